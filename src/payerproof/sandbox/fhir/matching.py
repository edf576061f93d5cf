"""Does a resource satisfy a search criterion? Token, reference, date and string as R4 defines."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.fhir import dates
from payerproof.sandbox.fhir.call import AS_OF, Criterion, Refused
from payerproof.sandbox.fhir.dates import Span
from payerproof.sandbox.fhir.parameters import Parameter

_SEPARATOR = {",": re.compile(r"(?<!\\),"), "|": re.compile(r"(?<!\\)\|")}
_ESCAPED = re.compile(r"\\([\\,|$])")
MODIFIERS = {
    "token": ("missing", "not"),
    "reference": ("missing", "identifier"),
    "date": ("missing",),
    "string": ("missing", "exact", "contains"),
}
"""Modifiers that are understood, per kind; a reference also takes a type name."""


@lru_cache(maxsize=512)
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def elements(resource: Resource, parameter: Parameter) -> list[Any]:
    """Return the values at which a parameter looks, in document order."""
    found: list[Any] = []
    for path in parameter.paths:
        if path.startswith("extension:"):
            url, _, name = path.removeprefix("extension:").partition("|")
            found += [
                extension[name]
                for extension in resource.get("extension", ())
                if extension.get("url") == url and name in extension
            ]
        else:
            found += _walk(resource, _steps(path))
    return found


def _walk(value: Any, steps: Sequence[str]) -> list[Any]:
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _walk(inner, steps)]
    if not steps:
        return [value]
    if isinstance(value, dict) and steps[0] in value:
        return _walk(value[steps[0]], steps[1:])
    return []


def split(text: str, separator: str) -> list[str]:
    """Split at a separator that is not escaped, without unescaping the parts."""
    return _SEPARATOR[separator].split(text)


def unescape(text: str) -> str:
    r"""Take the escapes ``\,`` ``\|`` ``\$`` ``\\`` out of a search value."""
    return _ESCAPED.sub(r"\1", text)


def token_matches(asked: str, value: Any, implied_system: str) -> bool:
    """Match ``code``, ``system|code``, ``|code`` or ``system|`` against one element."""
    parts = [unescape(part) for part in split(asked, "|")]
    for system, code in _tokens(value, implied_system):
        if len(parts) == 1:
            if code == parts[0]:
                return True
        elif (not parts[1] or code == parts[1]) and system == parts[0]:
            return True
    return False


def _tokens(value: Any, implied_system: str) -> Iterable[tuple[str, str]]:
    if isinstance(value, bool):
        yield implied_system, str(value).lower()
    elif isinstance(value, str):
        yield implied_system, value
    elif isinstance(value, dict):
        if "coding" in value:
            for coding in value["coding"]:
                yield coding.get("system", ""), coding.get("code", "")
        elif "code" in value:
            yield value.get("system", ""), value["code"]
        elif "value" in value:
            yield value.get("system", ""), str(value["value"])


def reference_matches(asked: str, value: Any, parameter: Parameter, base: str) -> bool:
    """Match ``id``, ``Type/id`` or the absolute URL of this server; exactly."""
    if not isinstance(value, dict):
        return bool(asked == value)
    actual = value.get("reference", "")
    asked = asked.removeprefix(base + "/")
    if "/" in asked:
        return bool(actual == asked)
    return any(actual == f"{target}/{asked}" for target in parameter.targets)


def string_matches(asked: str, value: Any, modifier: str) -> bool:
    """Match the start of a string without regard to case and accents, or as the modifier says."""
    texts = [text for text in _strings(value) if text]
    if modifier == "exact":
        return asked in texts
    wanted = _plain(asked)
    if modifier == "contains":
        return any(wanted in _plain(text) for text in texts)
    return any(_plain(text).startswith(wanted) for text in texts)


def _strings(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key in ("text", "family", "given", "prefix", "suffix"):
            yield from _strings(value.get(key))
        for key in ("line", "city", "district", "state", "postalCode", "country"):
            yield from _strings(value.get(key))
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def compare_date(prefix: str, wanted: Span, found: Span) -> bool:
    """Compare two spans as R4 search defines, ``ap`` counted from the day of the data."""
    return dates.compare(prefix, wanted, found, AS_OF)


def check_value(criterion: Criterion) -> None:
    """Refuse (400) a value that the kind of parameter cannot have."""
    if criterion.modifier == "missing":
        if any(value not in ("true", "false") for value in criterion.values):
            raise Refused(400, "value", "The modifier :missing takes true or false.")
    elif criterion.parameter.kind == "date":
        for value in criterion.values:
            try:
                dates.span(dates.split_prefix(value)[1])
            except ValueError:
                text = f"A value of {criterion.parameter.name} is not a FHIR date."
                raise Refused(400, "value", text) from None
