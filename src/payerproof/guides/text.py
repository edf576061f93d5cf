"""The text of a resource: what parsing loses (duplicate keys, digits), and places in it.

Parsers keep the last of two equal keys and round long numbers without a word. A fast test on the
bytes shows whether that can have happened; only then, and to give findings a line and a column,
the text is read token by token.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from payerproof.guides.findings import (
    ERROR,
    WARNING,
    Finding,
    Pointer,
    Result,
)

if TYPE_CHECKING:
    from payerproof.guides.validator import Validator

_DIGITS = bytes(0x30 if chr(b) in "0123456789." else 0x20 for b in range(256))
_LONG = b"0" * 17
_TOKEN = re.compile(
    rb'[ \t\r\n]+|([{}\[\],:])|("(?:[^"\\]|\\.)*")|(-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)'
    rb"|(true|false|null)",
    re.DOTALL,
)

MAX_SIGNIFICANT = 18
"""Digits that FHIR asks a receiver to keep (R4, decimal)."""


def intact(text: bytes, value: Any) -> bool:
    """Whether parsing lost nothing: no key twice, no number with more digits than a double has.

    Quotes are counted in the text and in the value written again; a key that stands twice is
    missing there. ``value`` is what `orjson.loads` made of ``text``. Only where such a sign is
    met is the text read token by token.
    """
    try:
        keys = text.count(b'"') == orjson.dumps(value).count(b'"') and b"\\u0022" not in text
    except TypeError:  # nested deeper than can be written
        keys = False
    if keys and not _long_number(text):
        return True
    return not Reader(text).faults()


def _long_number(text: bytes) -> bool:
    """Whether a run of 17 digits may be a number: it stands in no quotes right around it."""
    digits = text.translate(_DIGITS)
    at = digits.find(_LONG)
    while at >= 0:
        end = digits.find(b" ", at)
        end = len(text) if end < 0 else end
        before = text[at - 2 : at].lstrip(b"-+eE")[-1:] if at else b""
        after = text[end : end + 1]
        if before in _BEFORE and after in _AFTER:
            return True
        at = digits.find(_LONG, end)
    return False


_BEFORE = (b"", b":", b",", b"[", b" ", b"\n", b"\t", b"\r", b"-")
_AFTER = (b"", b",", b"]", b"}", b" ", b"\n", b"\t", b"\r", b"e", b"E")


def judge_text(validator: Validator, text: bytes, now: str) -> Result:
    """Parse and judge a resource as sent; never raises for what the text holds."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as why:
        return _unreadable(text, why)
    except RecursionError:
        return _failed("nested too deeply", 1, 1)
    if intact(text, value):
        return validator.judge(value, now=now, where=lambda full: _placed(full, Reader(text)))
    reader = Reader(text)
    full = _placed(validator.explain(value, now=now), reader)
    return full.with_findings([*full.findings, *reader.faults()])


def _placed(result: Result, reader: Reader) -> Result:
    """A result whose findings have a line and a column."""
    return result.with_findings([place(f, reader) for f in result.findings])


def place(finding: Finding, reader: Reader) -> Finding:
    """A finding with its line and column; the nearest element that is there stands for one not."""
    line, column = reader.position(finding.pointer)
    return finding.at(line, column)


def _failed(message: str, line: int, column: int) -> Result:
    finding = Finding(
        ERROR,
        "json",
        "(root)",
        (),
        "",
        "JSON in UTF-8",
        message,
        f"Send valid JSON in UTF-8: {message}.",
        line,
        column,
    )
    return Result("", (), (finding,))


def _unreadable(text: bytes, why: orjson.JSONDecodeError) -> Result:
    if text[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in text[:4]:
        return _failed("the text is in UTF-16 or UTF-32", 1, 1)
    if text[:3] == b"\xef\xbb\xbf":
        return _failed("the text begins with a byte order mark", 1, 1)
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as wrong:
        line, column = line_column(text, wrong.start)
        return _failed(f"byte {text[wrong.start]:#04x} is not UTF-8", line, column)
    return _failed(str(why).partition(":")[0], why.lineno, why.colno)


def line_column(text: bytes, offset: int) -> tuple[int, int]:
    """Line and column (in characters), both from 1, of an offset in bytes."""
    start = text.rfind(b"\n", 0, offset) + 1
    column = len(text[start:offset].decode("utf-8", "replace")) + 1
    return text.count(b"\n", 0, offset) + 1, column


class Reader:
    """A text read token by token: where everything stands, and what parsing would lose."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.offsets: dict[Pointer, int] = {}
        self.twice: list[tuple[Pointer, int]] = []
        self.numbers: list[tuple[Pointer, int, bytes]] = []
        self._read()

    def _read(self) -> None:
        stack: list[list[Any]] = []  # [pointer, key or index, keys met, is object]
        key: bytes | None = None
        for match in _TOKEN.finditer(self.text):
            kind = match.lastindex
            if kind is None:
                continue
            token = match[0]
            if kind == 1:
                key = self._punctuation(token, stack, key, match.start())
                continue
            if kind == 2 and stack and stack[-1][3] and key is None:
                key = token
                self._key(token, stack, match.start())
                continue
            pointer = _pointer(stack)
            self.offsets.setdefault(pointer, match.start())
            if kind == 3 and len(token) > 15:
                self.numbers.append((pointer, match.start(), token))
            key = None

    def _key(self, token: bytes, stack: list[list[Any]], offset: int) -> None:
        frame = stack[-1]
        frame[1] = orjson.loads(token)
        if frame[1] in frame[2]:
            self.twice.append((_pointer(stack), offset))
        frame[2].add(frame[1])

    def _punctuation(
        self, token: bytes, stack: list[list[Any]], key: bytes | None, offset: int
    ) -> bytes | None:
        if token in b"{[":
            pointer = _pointer(stack)
            self.offsets.setdefault(pointer, offset)
            stack.append([pointer, 0, set(), token == b"{"])
            return None
        if token in b"}]":
            if stack:
                stack.pop()
            return None
        if token == b"," and stack and not stack[-1][3]:
            stack[-1][1] += 1
        return key if token == b":" else None

    def position(self, pointer: Pointer) -> tuple[int, int]:
        """Line and column of an element, or of the nearest one above it that is there."""
        while pointer and pointer not in self.offsets:
            pointer = pointer[:-1]
        return line_column(self.text, self.offsets.get(pointer, 0))

    def faults(self) -> list[Finding]:
        """Duplicate keys and numbers that a double cannot hold."""
        out = []
        for pointer, offset in self.twice:
            line, column = line_column(self.text, offset)
            out.append(
                Finding(
                    ERROR,
                    "duplicate-key",
                    path_of(pointer),
                    pointer,
                    "",
                    "each property once",
                    "the same property again",
                    f"Send {pointer[-1]} once: a receiver keeps only one of the two.",
                    line,
                    column,
                )
            )
        for pointer, offset, token in self.numbers:
            finding = _number(pointer, token)
            if finding is not None:
                out.append(finding.at(*line_column(self.text, offset)))
        return out


def _number(pointer: Pointer, token: bytes) -> Finding | None:
    exact = Decimal(token.decode())
    digits = len(exact.as_tuple().digits)
    value = float(exact)
    if value in (float("inf"), float("-inf")):
        severity, found = ERROR, "a number beyond the range of a double"
    elif Decimal(repr(value)) != exact:
        severity = WARNING
        found = f"a number of {digits} digits, which a double cannot hold"
    else:
        return None
    return Finding(
        severity,
        "decimal-digits",
        path_of(pointer),
        pointer,
        "",
        f"at most {MAX_SIGNIFICANT} significant digits",
        found,
        "Send fewer digits: most receivers will round this number silently.",
    )


def _pointer(stack: list[list[Any]]) -> Pointer:
    return (*stack[-1][0], stack[-1][1]) if stack else ()


def path_of(pointer: Pointer) -> str:
    """A pointer as a path, for places outside any definition."""
    out = "(root)"
    for step in pointer:
        out += f"[{step}]" if isinstance(step, int) else f".{step}"
    return out
