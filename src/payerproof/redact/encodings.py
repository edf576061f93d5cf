"""The forms in which one secret can turn up: percent-encoded, base64, JSON- and HTML-escaped."""

from __future__ import annotations

import base64
import html
import json
from urllib.parse import quote, quote_plus

SHORTEST_BASE64 = 8
"""Fewer base64 characters than this would match by chance."""


def forms(value: str) -> tuple[str, ...]:
    """Every form of `value` that a scan must know, the plain one first, without repeats."""
    found = [value]
    if not value.isalnum() or not value.isascii():
        found += _percent_forms(value)
        found += _json_forms(value)
        found += [html.escape(value), html.escape(value, quote=False)]
    found += _base64_forms(value)
    return tuple(dict.fromkeys(found))


def _percent_forms(value: str) -> list[str]:
    """Form-encoded and path-encoded, in either case of the hexadecimal digits, once and twice."""
    strict = quote(value, safe="")
    encoded = [strict, quote(value), quote_plus(value), quote(value, safe="/:@!$&'()*+,;=-._~")]
    lowered = [_lower_escapes(one) for one in encoded]
    return [*encoded, *lowered, quote(strict, safe="")]


def _lower_escapes(text: str) -> str:
    pieces = text.split("%")
    return pieces[0] + "".join(f"%{piece[:2].lower()}{piece[2:]}" for piece in pieces[1:])


def _json_forms(value: str) -> list[str]:
    """As JSON writers put it: plain UTF-8, ASCII only, slashes escaped, markup as code points."""
    plain = json.dumps(value, ensure_ascii=False)[1:-1]
    ascii_only = json.dumps(value)[1:-1]
    found = [plain, ascii_only]
    found += [one.replace("/", "\\/") for one in (plain, ascii_only)]
    for one in (plain, ascii_only):
        safe = one.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
        found += [safe, safe.replace("'", "\\u0027"), _upper_code_points(safe)]
    return found


def _upper_code_points(text: str) -> str:
    pieces = text.split("\\u")
    return pieces[0] + "".join(f"\\u{piece[:4].upper()}{piece[4:]}" for piece in pieces[1:])


def _base64_forms(value: str) -> list[str]:
    """The characters that are the same wherever `value` stands inside a longer base64 text.

    A byte sequence can begin at three places within a group of three bytes; of each only the
    characters that no neighbouring byte can change are taken.
    """
    raw = value.encode("utf-8", "surrogatepass")
    found: list[str] = []
    for shift in range(3):
        first = -(-shift * 8 // 6)
        last = (shift + len(raw)) * 8 // 6
        if last - first < SHORTEST_BASE64:
            continue
        standard = base64.b64encode(b"\0" * shift + raw).decode("ascii")[first:last]
        found += [standard, standard.replace("+", "-").replace("/", "_")]
    return found
