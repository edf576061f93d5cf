"""Indents JSON without touching a literal: digits, escapes and repeated keys stay as they came."""

from __future__ import annotations

import re

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"\s*:?|[{\[]\s*[}\]]|[{}\[\],]|[^\s{}\[\],"]+', re.DOTALL)


def indented(text: str) -> str:
    """`text`, a JSON document, with two spaces per level; as it is where it has lines already."""
    if text.lstrip()[:3] in ("{\n ", "[\n ") or "\r\n " in text[:16]:
        return text
    pieces: list[str] = []
    margin = "\n"
    for token in _TOKENS.findall(text):
        first = token[0]
        if first in "{[":
            if len(token) > 1:
                pieces.append(first + token[-1])
                continue
            margin += "  "
            pieces.append(token + margin)
        elif first in "}]":
            margin = margin[:-2]
            pieces.append(margin + token)
        elif first == ",":
            pieces.append(token + margin)
        elif token[-1] == ":":
            pieces.append(token + " ")
        else:
            pieces.append(token)
    return "".join(pieces)
