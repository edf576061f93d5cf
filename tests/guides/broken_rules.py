"""Mutants that break one invariant, made from the text of its expression.

Nothing of `payerproof.guides` is used here. Only shapes of expressions that can be broken blindly
are known; each invariant is broken by hand besides, in ``invariants/*.json``.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any

Pointer = tuple[str | int, ...]
Broken = tuple[Any, Pointer]
"""A copy that breaks the rule, and the place inside the element ("" the element itself)."""

_ANY_EXISTS = re.compile(r"(\w+)\.exists\(\)(?: or (\w+)\.exists\(\))+")
_ANY_NAME = re.compile(r"\w+(?: or \w+)+")
_WHEN_STATUS = re.compile(r"\(?(?:\s*(?:or )?\w+='[\w-]+'\s*(?:or)?)+\)? implies (\w+)\.exists\(\)")
_NOT_BOTH = re.compile(r"(\w+)\.empty\(\) or (\w+)\.empty\(\)")
_MATCHES = re.compile(r"value\.matches\('[^']+'\)")
_LED_TO = re.compile(r"code in \(([^)]*)\).*provider\.all\(resolve\(\) is (\w+)\)", re.DOTALL)


def broken(expression: str, value: dict[str, Any]) -> Iterator[Broken]:
    """The element with one rule broken, where its shape is known and it is in force."""
    text = expression.strip()
    for shape, make in _SHAPES:
        match = shape.fullmatch(text) if shape is not _LED_TO else shape.search(text)
        if match is not None:
            out = make(match, text, copy.deepcopy(value))
            if out is not None:
                yield out
            return


def _forms(value: dict[str, Any], name: str) -> list[str]:
    """The JSON keys under which an element stands, choices included."""
    return [k for k in value if k == name or re.fullmatch(re.escape(name) + "[A-Z]\\w*", k)]


def _without(value: dict[str, Any], names: list[str]) -> Broken | None:
    keys = {k for name in names for k in _forms(value, name)}
    for key in keys:
        del value[key]
    return (value, ()) if keys and value else None


def _none_of(_: re.Match[str], text: str, value: dict[str, Any]) -> Broken | None:
    return _without(value, re.findall(r"(\w+)(?:\.exists\(\))?(?: or |$)", text))


def _status(match: re.Match[str], text: str, value: dict[str, Any]) -> Broken | None:
    asked = re.findall(r"(\w+)='([\w-]+)'", text)
    in_force = any(value.get(name) == code for name, code in asked)
    return _without(value, [match[1]]) if in_force else None


def _both(match: re.Match[str], _: str, value: dict[str, Any]) -> Broken | None:
    first, second = match[1], match[2]
    if first == "dataAbsentReason" and _forms(value, second) and first not in value:
        value[first] = {"text": "unknown"}
        return value, ()
    return None


def _unlike(_: re.Match[str], __: str, value: dict[str, Any]) -> Broken | None:
    if not isinstance(value.get("value"), str):
        return None
    value["value"] = "no number"
    return value, ()


def _led_astray(match: re.Match[str], _: str, value: dict[str, Any]) -> Broken | None:
    codes = re.findall(r"'(\w+)'", match[1])
    held = [c.get("code") for c in value.get("role", {}).get("coding", [])]
    reference = value.get("provider", {}).get("reference", "")
    other = "Organization" if match[2] == "Practitioner" else "Practitioner"
    if not set(codes) & set(held) or not reference.startswith(match[2] + "/"):
        return None
    value["provider"] = {"reference": f"{other}/1"}
    return value, ()


_SHAPES: tuple[
    tuple[re.Pattern[str], Callable[[re.Match[str], str, dict[str, Any]], Broken | None]], ...
] = (
    (_ANY_EXISTS, _none_of),
    (_ANY_NAME, _none_of),
    (_WHEN_STATUS, _status),
    (_NOT_BOTH, _both),
    (_MATCHES, _unlike),
    (_LED_TO, _led_astray),
)
