"""Primitive values: JSON type, lexical form and range (FHIR R4, section Data Types)."""

from __future__ import annotations

import base64
import binascii
import calendar
import re
from collections.abc import Callable
from typing import Any

_YEAR = r"([0-9]([0-9]([0-9][1-9]|[1-9]0)|[1-9]00)|[1-9]000)"
_DATE = _YEAR + r"(-(0[1-9]|1[0-2])(-(0[1-9]|[1-2][0-9]|3[0-1]))?)?"
_DAY = _YEAR + r"-(0[1-9]|1[0-2])-(0[1-9]|[1-2][0-9]|3[0-1])"
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?"
_ZONE = r"(Z|(\+|-)((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"

PATTERNS: dict[str, str] = {
    "string": r"[ \r\n\t\S]+",
    "markdown": r"[ \r\n\t\S]+",
    "code": r"[^\s]+( [^\s]+)*",
    "id": r"[A-Za-z0-9\-\.]{1,64}",
    "uri": r"\S+",
    "url": r"\S+",
    "canonical": r"\S+",
    "oid": r"urn:oid:[0-2](\.(0|[1-9][0-9]*))+",
    "uuid": r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "base64Binary": r"(\s*([0-9a-zA-Z+/=]){4}\s*)+",
    "date": _DATE,
    "dateTime": rf"{_DATE}|{_DAY}T{_CLOCK}{_ZONE}",
    "instant": rf"{_DAY}T{_CLOCK}{_ZONE}",
    "time": _CLOCK,
}
"""Type -> the regular expression of the specification, for the whole value."""

_COMPILED = {name: re.compile(text, re.ASCII) for name, text in PATTERNS.items()}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_MAX_TEXT = 1024 * 1024

INTEGERS = {
    "integer": (-(2**31), 2**31 - 1),
    "positiveInt": (1, 2**31 - 1),
    "unsignedInt": (0, 2**31 - 1),
}
"""Type -> lowest and highest value."""

_FORMS = {
    "date": "YYYY, YYYY-MM or YYYY-MM-DD, a day of the calendar",
    "dateTime": "YYYY, YYYY-MM, YYYY-MM-DD or YYYY-MM-DDThh:mm:ss with offset",
    "instant": "YYYY-MM-DDThh:mm:ss with offset",
    "time": "hh:mm:ss",
    "id": "1 to 64 of A-Z a-z 0-9 - .",
    "code": "no spaces at either end, single ones inside",
    "uri": "an address without spaces",
    "url": "an address without spaces",
    "canonical": "an address without spaces",
    "oid": "urn:oid: and a dotted number",
    "uuid": "urn:uuid: and a lower-case UUID",
    "base64Binary": "base64",
}


def fault(kind: str, value: Any) -> tuple[str, str] | None:
    """(rule, what is expected) when a value is not of a primitive type; None when it is."""
    if kind == "boolean":
        return None if isinstance(value, bool) else ("type", "true or false, without quotes")
    if kind in INTEGERS:
        return _integer(kind, value)
    if kind == "decimal":
        ok = isinstance(value, int | float) and not isinstance(value, bool)
        return None if ok else ("type", "a number, without quotes")
    if not isinstance(value, str):
        return ("type", f"a text in quotes ({kind})")
    return _text(kind, value)


def _integer(kind: str, value: Any) -> tuple[str, str] | None:
    if isinstance(value, bool) or not isinstance(value, int):
        return ("type", "a whole number, without quotes or decimal point")
    low, high = INTEGERS[kind]
    if not low <= value <= high:
        return ("primitive-range", f"a whole number from {low} to {high}")
    return None


def _text(kind: str, value: str) -> tuple[str, str] | None:
    if not value:
        return ("primitive-format", "a text that is not empty")
    pattern = _COMPILED.get(kind)
    if pattern is not None and not pattern.fullmatch(value):
        return ("primitive-format", _FORMS.get(kind, "printable characters"))
    check = _CHECKS.get(kind)
    return check(value) if check is not None else None


def doubt(kind: str, value: Any) -> str | None:
    """What a text should have or lack, though R4 does not demand it; None when all is well."""
    if kind not in ("string", "markdown"):
        return None
    if _CONTROL.search(value):
        return "no control characters but tab, CR and LF"
    return None if value.strip(" \t\r\n") else "more than spaces"


def _plain(value: str) -> tuple[str, str] | None:
    return ("primitive-range", "at most 1 MiB of text") if len(value) > _MAX_TEXT else None


def _calendar(value: str) -> tuple[str, str] | None:
    if len(value) < 10:
        return None
    year, month, day = int(value[:4]), int(value[5:7]), int(value[8:10])
    if day > calendar.monthrange(year, month)[1]:
        return ("primitive-format", "a day that is on the calendar")
    return None


def _base64(value: str) -> tuple[str, str] | None:
    try:
        base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return ("primitive-format", "base64")
    return None


def _uri(value: str) -> tuple[str, str] | None:
    """OIDs and UUIDs are written as URNs, and as their RFCs say (R4, uri)."""
    bare = re.split(r"[|#]", value, maxsplit=1)[0]
    if value.startswith(("oid:", "uuid:")):
        return ("uri-scheme", "urn: before oid: and uuid:")
    if value.startswith("urn:oid:") and not _COMPILED["oid"].fullmatch(bare):
        return ("uri-scheme", _FORMS["oid"])
    if value.startswith("urn:uuid:") and not _COMPILED["uuid"].fullmatch(bare):
        return ("uri-scheme", _FORMS["uuid"])
    return None


def _canonical(value: str) -> tuple[str, str] | None:
    """A canonical is absolute, or a fragment of the resource it stands in (R4, canonical)."""
    if ":" not in value and not value.startswith("#"):
        return ("uri-absolute", "an absolute address, or # and the id of a contained resource")
    return _uri(value)


_CHECKS: dict[str, Callable[[str], tuple[str, str] | None]] = {
    "string": _plain,
    "markdown": _plain,
    "date": _calendar,
    "dateTime": _calendar,
    "instant": _calendar,
    "base64Binary": _base64,
    "uri": _uri,
    "url": _uri,
    "canonical": _canonical,
}
