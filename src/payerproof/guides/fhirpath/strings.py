"""Functions on texts (FHIRPath section 5.6), with Python's ``re`` behind the regular ones."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from payerproof.guides.fhirpath.errors import FhirPathError
from payerproof.guides.fhirpath.items import Collection, Scope, system
from payerproof.guides.fhirpath.operators import one

Fn = Callable[[Scope], Collection]
Maker = Callable[..., Fn]


def text_of(collection: Collection, name: str) -> str | None:
    """The only text; None for none; raises for anything else."""
    value = one(collection, name)
    if value is not None and not isinstance(value, str):
        raise FhirPathError(f"{name} needs a text")
    return value


def _texts(name: str, action: Callable[..., Any]) -> Maker:
    """A function of texts to one value; empty when the text or an argument is empty."""

    def make(target: Fn, *arguments: Fn) -> Fn:
        def run(scope: Scope) -> Collection:
            text = text_of(target(scope), name)
            values = [one(a(scope), name) for a in arguments]
            if text is None or any(v is None for v in values):
                return []
            if not all(isinstance(v, str) for v in values):
                raise FhirPathError(f"{name} needs texts")
            result = action(text, *values)
            return [] if result is None else [result]

        return run

    return make


@lru_cache(maxsize=1024)
def pattern(text: str) -> re.Pattern[str]:
    """A compiled expression; raises `FhirPathError` when it is none."""
    try:
        return re.compile(text, re.DOTALL)
    except re.error as why:
        raise FhirPathError(f"not a regular expression: {why}") from why


def _substring(text: str, start: Any, length: Any = None) -> str | None:
    if not isinstance(start, int) or isinstance(start, bool):
        raise FhirPathError("substring() starts at a whole number")
    if not 0 <= start < len(text):
        return None
    return text[start:] if length is None else text[start : start + max(int(length), 0)]


def _substring_call(target: Fn, start: Fn, length: Fn | None = None) -> Fn:
    def run(scope: Scope) -> Collection:
        text = text_of(target(scope), "substring()")
        begin = one(start(scope), "substring()")
        if text is None or begin is None:
            return []
        count = one(length(scope), "substring()") if length is not None else None
        if count is not None and not isinstance(count, int):
            raise FhirPathError("substring() takes a whole number of characters")
        found = _substring(text, begin, count)
        return [] if found is None else [found]

    return run


def _replace_matches(text: str, regex: str, by: str) -> str:
    if not regex:
        return text
    by = re.sub(r"\$\{(\w+)\}", r"\\g<\1>", by)
    by = re.sub(r"\$(\d+)", r"\\g<\1>", by)
    return pattern(regex).sub(by, text)


def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new)


def _split(target: Fn, separator: Fn) -> Fn:
    def run(scope: Scope) -> Collection:
        text = text_of(target(scope), "split()")
        by = text_of(separator(scope), "split()")
        if text is None or by is None:
            return []
        return list(text.split(by)) if by else list(text)

    return run


def _join(target: Fn, separator: Fn | None = None) -> Fn:
    def run(scope: Scope) -> Collection:
        items = [system(i) for i in target(scope)]
        by = text_of(separator(scope), "join()") if separator is not None else ""
        if any(not isinstance(i, str) for i in items):
            raise FhirPathError("join() needs texts")
        return [(by or "").join(items)] if items else []

    return run


_ENCODE: dict[str, Callable[[str], str]] = {
    "hex": lambda s: s.encode().hex(),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "urlbase64": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "url": lambda s: quote(s, safe=""),
}
_DECODE: dict[str, Callable[[str], str]] = {
    "hex": lambda s: bytes.fromhex(s).decode(),
    "base64": lambda s: base64.b64decode(s, validate=True).decode(),
    "urlbase64": lambda s: base64.urlsafe_b64decode(s).decode(),
    "url": unquote,
}
_ESCAPE: dict[str, Callable[[str], str]] = {
    "html": lambda s: html.escape(s, quote=True).replace("&#x27;", "&#39;"),
    "json": lambda s: json.dumps(s, ensure_ascii=False)[1:-1],
}
_UNESCAPE: dict[str, Callable[[str], str]] = {
    "html": html.unescape,
    "json": lambda s: str(json.loads(f'"{s}"')),
}


def _coded(table: dict[str, Callable[[str], str]]) -> Callable[[str, str], str | None]:
    def run(text: str, form: str) -> str | None:
        action = table.get(form)
        if action is None:
            return None
        try:
            return action(text)
        except ValueError:
            return None

    return run


def _row(low: int, high: int, make: Maker) -> tuple[int, int, Maker, bool]:
    return low, high, make, False


def _length(text: str) -> int:
    return len(text)


FUNCTIONS: dict[str, tuple[int, int, Maker, bool]] = {
    "indexOf": _row(1, 1, _texts("indexOf()", lambda s, x: s.find(x))),
    "lastIndexOf": _row(1, 1, _texts("lastIndexOf()", lambda s, x: s.rfind(x))),
    "substring": _row(1, 2, _substring_call),
    "startsWith": _row(1, 1, _texts("startsWith()", str.startswith)),
    "endsWith": _row(1, 1, _texts("endsWith()", str.endswith)),
    "contains": _row(1, 1, _texts("contains()", lambda s, x: x in s)),
    "upper": _row(0, 0, _texts("upper()", str.upper)),
    "lower": _row(0, 0, _texts("lower()", str.lower)),
    "replace": _row(2, 2, _texts("replace()", _replace)),
    "matches": _row(1, 2, _texts("matches()", lambda s, x, *_: pattern(x).search(s) is not None)),
    "matchesFull": _row(
        1, 2, _texts("matchesFull()", lambda s, x, *_: pattern(x).fullmatch(s) is not None)
    ),
    "replaceMatches": _row(2, 3, _texts("replaceMatches()", _replace_matches)),
    "length": _row(0, 0, _texts("length()", _length)),
    "toChars": _row(0, 0, lambda t: lambda scope: list(text_of(t(scope), "toChars()") or "")),
    "trim": _row(0, 0, _texts("trim()", str.strip)),
    "split": _row(1, 1, _split),
    "join": _row(0, 1, _join),
    "encode": _row(1, 1, _texts("encode()", _coded(_ENCODE))),
    "decode": _row(1, 1, _texts("decode()", _coded(_DECODE))),
    "escape": _row(1, 1, _texts("escape()", _coded(_ESCAPE))),
    "unescape": _row(1, 1, _texts("unescape()", _coded(_UNESCAPE))),
}
