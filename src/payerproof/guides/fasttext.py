"""Primitive checks of the fast pass: sound shortcuts first, the full rule behind them.

Texts that recur (codes, addresses, dates) are remembered once found good, so that the full rule
runs once for each; the memories are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from payerproof.guides.primitive import doubt, fault

LIMIT = 50_000
"""Texts that each memory keeps."""


def remembered(kind: str) -> tuple[set[Any], Callable[[Any], bool]]:
    """(memory, slow test) of a primitive type; the test adds what is good to the memory."""
    memory: set[Any] = set()

    def good(value: Any) -> bool:
        if fault(kind, value) is not None:
            return False
        if len(memory) < LIMIT and len(value) < 200:
            memory.add(value)
        return True

    return memory, good


MEMORIES = {
    kind: remembered(kind)
    for kind in ("code", "uri", "url", "canonical", "oid", "uuid", "date", "dateTime", "time")
}
"""Types whose values recur."""

RARE = {kind: kind for kind in ("id", "instant", "base64Binary")}
"""Types whose values seldom recur: the full rule each time."""


def text_good(value: Any) -> bool:
    """The full rule of ``string`` and ``markdown``."""
    return fault("string", value) is None and doubt("string", value) is None


_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}").fullmatch
_INSTANT = re.compile(
    r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:"
    r"([0-5][0-9]|60)(\.[0-9]+)?(Z|[+-]((0[0-9]|1[0-3]):[0-5][0-9]|14:00))"
).fullmatch


def id_good(value: Any) -> bool:
    """The rule of ``id``."""
    return _ID(value) is not None


def instant_good(value: Any) -> bool:
    """The rule of ``instant``; the calendar matters at the end of a month only."""
    if _INSTANT(value) is None:
        return False
    return bool(value[8:10] < "29") or fault("instant", value) is None


def rare_good(kind: str) -> Callable[[Any], bool]:
    """The full rule of a type."""
    return lambda value: fault(kind, value) is None


def lines(kind: str, v: str) -> list[str]:
    """Python statements that raise `Slow` unless ``v`` is a good value."""
    if kind == "boolean":
        return [f"if {v} is not True and {v} is not False: raise Slow"]
    if kind in ("integer", "positiveInt", "unsignedInt"):
        low = {"integer": "-2147483648", "positiveInt": "1", "unsignedInt": "0"}[kind]
        return [f"if {v}.__class__ is not int or not {low} <= {v} <= 2147483647: raise Slow"]
    if kind == "decimal":
        return [f"if {v}.__class__ is not float and {v}.__class__ is not int: raise Slow"]
    if kind in MEMORIES:
        return [f"if {v} not in M_{kind} and not good_{kind}({v}): raise Slow"]
    if kind == "xhtml":
        return [f"if not html_good({v}): raise Slow"]
    if kind in RARE:
        return [f"if not good_{kind}({v}): raise Slow"]
    return [
        f"if not ({v} >= '!' and {v}.isprintable() and len({v}) < 1048577)"
        f" and not text_good({v}): raise Slow"
    ]


_QUICK: dict[str, Callable[[Any], bool]] = {"id": id_good, "instant": instant_good}


def names() -> dict[str, Any]:
    """The globals that the statements use."""
    out: dict[str, Any] = {"text_good": text_good}
    for kind, (memory, good) in MEMORIES.items():
        out[f"M_{kind}"] = memory
        out[f"good_{kind}"] = good
    for kind in RARE:
        out[f"good_{kind}"] = _QUICK.get(kind) or rare_good(kind)
    return out
