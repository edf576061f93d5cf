"""UCUM units: the grammar with prefixes, exponents, brackets, and the units clinical data use.

Only the arithmetic is here (factor to base units and dimension); the table holds the base units,
the derived SI units, customary US units and the dimensionless ones. An unknown unit is unknown:
quantities in it compare only with the same unit.
"""

from __future__ import annotations

import re
from decimal import Decimal, localcontext
from functools import lru_cache

Dimension = tuple[tuple[str, int], ...]
"""Sorted (base unit, exponent) pairs."""

_PREFIXES = {
    "Y": 24,
    "Z": 21,
    "E": 18,
    "P": 15,
    "T": 12,
    "G": 9,
    "M": 6,
    "k": 3,
    "h": 2,
    "da": 1,
    "d": -1,
    "c": -2,
    "m": -3,
    "u": -6,
    "n": -9,
    "p": -12,
    "f": -15,
    "a": -18,
    "z": -21,
    "y": -24,
}

_METRIC: dict[str, tuple[str, str]] = {
    "m": ("1", "m"),
    "s": ("1", "s"),
    "g": ("1", "g"),
    "rad": ("1", "rad"),
    "K": ("1", "K"),
    "C": ("1", "C"),
    "cd": ("1", "cd"),
    "mol": ("6.02214076e23", "1"),
    "l": ("0.001", "m3"),
    "L": ("0.001", "m3"),
    "Hz": ("1", "s-1"),
    "N": ("1000", "g.m.s-2"),
    "Pa": ("1000", "g.m-1.s-2"),
    "J": ("1000", "g.m2.s-2"),
    "W": ("1000", "g.m2.s-3"),
    "V": ("1000", "g.m2.s-2.C-1"),
    "A": ("1", "C.s-1"),
    "eq": ("6.02214076e23", "1"),
    "osm": ("6.02214076e23", "1"),
    "U": ("1.00356e16", "s-1"),
    "kat": ("6.02214076e23", "s-1"),
    "bar": ("1e8", "g.m-1.s-2"),
    "cal": ("4184", "g.m2.s-2"),
    "m[H2O]": ("9806650", "g.m-1.s-2"),
    "m[Hg]": ("133322000", "g.m-1.s-2"),
    "Bq": ("1", "s-1"),
    "Gy": ("1", "m2.s-2"),
    "Sv": ("1", "m2.s-2"),
    "[iU]": ("1", "[iU]"),
    "[IU]": ("1", "[iU]"),
    "B": ("1", "B"),
    "t": ("1000000", "g"),
}
"""Units that take prefixes: unit -> (factor, base expression)."""

_PLAIN: dict[str, tuple[str, str]] = {
    "1": ("1", "1"),
    "%": ("0.01", "1"),
    "10*": ("10", "1"),
    "10^": ("10", "1"),
    "[ppth]": ("0.001", "1"),
    "[ppm]": ("0.000001", "1"),
    "[ppb]": ("0.000000001", "1"),
    "min": ("60", "s"),
    "h": ("3600", "s"),
    "d": ("86400", "s"),
    "wk": ("604800", "s"),
    "mo": ("2629800", "s"),
    "a": ("31557600", "s"),
    "deg": ("0.0174532925199432957692", "rad"),
    "[in_i]": ("0.0254", "m"),
    "[ft_i]": ("0.3048", "m"),
    "[yd_i]": ("0.9144", "m"),
    "[mi_i]": ("1609.344", "m"),
    "[lb_av]": ("453.59237", "g"),
    "[oz_av]": ("28.349523125", "g"),
    "[gr]": ("0.06479891", "g"),
    "[gal_us]": ("0.003785411784", "m3"),
    "[qt_us]": ("0.000946352946", "m3"),
    "[pt_us]": ("0.000473176473", "m3"),
    "[foz_us]": ("0.0000295735295625", "m3"),
    "[cup_us]": ("0.0002365882365", "m3"),
    "[tbs_us]": ("0.00001478676478125", "m3"),
    "[tsp_us]": ("0.00000492892159375", "m3"),
    "[drp]": ("0.00000005", "m3"),
    "[degF]": ("0", "K"),
    "Cel": ("0", "K"),
    "[pH]": ("1", "[pH]"),
    "[arb'U]": ("1", "[arb'U]"),
    "[CFU]": ("1", "[CFU]"),
    "[HPF]": ("1", "1"),
    "[diop]": ("1", "m-1"),
}
"""Units without prefixes."""

_OFFSETS = {
    "Cel": (Decimal(1), Decimal("273.15")),
    "[degF]": (Decimal(5) / Decimal(9), Decimal("459.67")),
}

_PART = re.compile(r"([./])|(\()|(\))|(\{[^{}]*\})|(10[*^])|((?:\[[^\]]*\]|[^\[\]()./{}0-9+-])+)")
_EXPONENT = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"\d+(?![\d*^])")

Known = tuple[Decimal, dict[str, int]]


@lru_cache(maxsize=2048)
def canonical(unit: str) -> tuple[Decimal, Decimal, Dimension] | None:
    """(factor, offset, dimension), base value = (value + offset) * factor; None if unknown."""
    if unit in _OFFSETS:
        factor, offset = _OFFSETS[unit]
        return factor, offset, (("K", 1),)
    with localcontext() as context:
        context.prec = 40
        try:
            reader = _Reader(unit)
            factor, powers = reader.expression()
            if reader.at != len(unit):
                return None
        except (LookupError, ValueError, RecursionError):
            return None
    dimension = tuple(sorted((k, v) for k, v in powers.items() if v and k != "1"))
    return factor, Decimal(0), dimension


class _Reader:
    """A recursive reader of one unit expression; raises LookupError on an unknown unit."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def expression(self) -> Known:
        factor, powers = Decimal(1), dict[str, int]()
        sign = 1
        if self.text.startswith("/", self.at):
            self.at += 1
            sign = -1
        while True:
            one, more = self.component()
            factor = factor * one if sign > 0 else factor / one
            for name, power in more.items():
                powers[name] = powers.get(name, 0) + sign * power
            if self.at < len(self.text) and self.text[self.at] in "./":
                sign = 1 if self.text[self.at] == "." else -1
                self.at += 1
                continue
            return factor, powers

    def component(self) -> Known:
        number = _NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            self.annotation()
            return Decimal(number[0]), {}
        match = _PART.match(self.text, self.at)
        if match is None or match[1] or match[3]:
            raise LookupError(self.text)
        self.at = match.end()
        if match[2]:
            inner = self.expression()
            if not self.text.startswith(")", self.at):
                raise LookupError(self.text)
            self.at += 1
            return self.raised(inner)
        if match[4]:
            return Decimal(1), {}
        out = self.raised(_atom(match[0]))
        self.annotation()
        return out

    def annotation(self) -> None:
        match = re.compile(r"\{[^{}]*\}").match(self.text, self.at)
        if match:
            self.at = match.end()

    def raised(self, known: Known) -> Known:
        match = _EXPONENT.match(self.text, self.at)
        if match is None:
            return known
        self.at = match.end()
        power = int(match[0])
        if abs(power) > 30:
            raise LookupError(self.text)
        return known[0] ** power, {k: v * power for k, v in known[1].items()}


def _atom(name: str) -> Known:
    if name in _PLAIN:
        return _entry(_PLAIN[name])
    if name in _METRIC:
        return _entry(_METRIC[name])
    for prefix, power in _PREFIXES.items():
        if name.startswith(prefix) and name[len(prefix) :] in _METRIC:
            factor, powers = _entry(_METRIC[name[len(prefix) :]])
            return factor * Decimal(10) ** power, powers
    raise LookupError(name)


def _entry(row: tuple[str, str]) -> Known:
    powers: dict[str, int] = {}
    for part in row[1].split("."):
        match = re.fullmatch(r"(\[.*\]|[A-Za-z1]+?)(-?\d+)?", part)
        if match is not None:
            powers[match[1]] = int(match[2] or 1)
    if row[0] == "0":
        raise LookupError("special units stand alone")
    return Decimal(row[0]), powers
