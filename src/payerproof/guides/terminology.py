"""Value sets: expanded from facts as far as they can be, and honest about the rest.

Membership has three answers. *None* means that it cannot be known here: the value set draws on a
code system whose codes are not at hand (licensed, not published, or by a filter we cannot apply).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from payerproof.guides.library import Library, Prefer

CURRENCIES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN
BZD CAD CDF CHE CHF CHW CLF CLP CNY COP COU CRC CUC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD
FKP GBP GEL GGP GHS GIP GMD GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS IMP INR IQD IRR ISK JEP JMD JOD
JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRO MRU
MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB
RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SPL SRD SSP STD STN SVC SYP SZL THB TJS TMT TND TOP TRY
TTD TVD TWD TZS UAH UGX USD USN UYI UYU UYW UZS VED VEF VES VND VUV WST XAF XAG XAU XBA XBB XBC XBD
XCD XDR XOF XPD XPF XPT XSU XTS XUA XXX YER ZAR ZMW ZWL
"""
"""Currency codes (ISO 4217), which the base specification names without listing."""

CURRENCY = "urn:iso:std:iso:4217"

_SHAPES = {
    "urn:ietf:bcp:13": re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(\s*;.*)?"),
    "urn:ietf:bcp:47": re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*"),
}
"""Systems without a list in the packages whose codes at least have a shape."""

LISTED = frozenset(_SHAPES)
"""Systems for which that decides."""


@dataclass
class Expansion:
    """``codes``: system -> codes known to be in; ``open``: systems about which we do not know.

    ``never``: codes of open systems known to be out; ``folded``: systems that ignore case.
    """

    codes: dict[str, set[str]] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    never: dict[str, set[str]] = field(default_factory=dict)
    folded: set[str] = field(default_factory=set)
    unknown: str = ""

    @property
    def enumerable(self) -> bool:
        """Whether every question has an answer."""
        return not self.open and not self.unknown

    def has(self, system: str | None, code: str | None) -> bool | None:
        """Whether a coding is a member; None when it cannot be known."""
        if self.unknown:
            return None
        if not isinstance(code, str) or not isinstance(system, str):
            return False
        if code in self.codes.get(system, ()) or self._folds(system, code):
            return True
        if system in self.open:
            return self._open(system, code)
        return False

    def _folds(self, system: str, code: str) -> bool:
        return system in self.folded and code.casefold() in {
            c.casefold() for c in self.codes.get(system, ())
        }

    def _open(self, system: str, code: str) -> bool | None:
        if code in self.never.get(system, ()):
            return False
        shape = _SHAPES.get(system)
        return None if shape is None else shape.fullmatch(code) is not None

    def has_code(self, code: str) -> bool | None:
        """Whether a bare code is a member in any of the systems."""
        if self.unknown:
            return None
        answers = {self.has(system, code) for system in (*self.codes, *self.open)}
        return True if True in answers else None if None in answers else False

    def pairs(self) -> frozenset[tuple[str, str]]:
        """All known members."""
        return frozenset((s, c) for s, codes in self.codes.items() for c in codes)


class Terminology:
    """Expansions of value sets, made once each."""

    def __init__(self, library: Library) -> None:
        self.library = library
        self._made: dict[tuple[str, int], Expansion] = {}
        self._prefer: dict[int, Prefer] = {}
        self._defined: dict[str, frozenset[str] | None] = {}

    def expansion(self, canonical: str, prefer: Prefer) -> Expansion:
        """The expansion of a value set as seen from a guide."""
        key = (canonical, id(prefer))
        found = self._made.get(key)
        if found is None:
            self._prefer[id(prefer)] = prefer
            found = self._made[key] = self._expand(canonical.partition("|")[0], prefer, ())
        return found

    def defined(self, system: str) -> frozenset[str] | None:
        """Every code that a system defines in any guide at hand; None when its list is not here."""
        if system not in self._defined:
            self._defined[system] = self._collect(system)
        return self._defined[system]

    @cached_property
    def published(self) -> frozenset[str]:
        """Every code of every list at hand, in lower case: words of a standard, nobody's data."""
        listed = (
            guide.codesystems[system]["codes"]
            for guide in self.library.guides.values()
            for system in guide.codesystems
        )
        return frozenset(str(code).casefold() for codes in listed for code in codes)

    def _collect(self, system: str) -> frozenset[str] | None:
        if system == CURRENCY:
            return frozenset(CURRENCIES.split())
        codes: set[str] = set()
        for guide in self.library.guides.values():
            facts = guide.codesystems.get(system)
            if facts is None:
                continue
            if facts["content"] != "complete" or not facts["codes"] or facts.get("any_case"):
                return None
            codes.update(facts["codes"])
        return frozenset(codes) if codes else None

    def _expand(self, url: str, prefer: Prefer, above: tuple[str, ...]) -> Expansion:
        facts = self._value_set(url, prefer)
        if facts is None or url in above:
            return Expansion(unknown=f"the value set {url} is in none of the guides at hand")
        out = Expansion()
        for include in facts["include"]:
            _merge(out, self._include(include, prefer, (*above, url)))
        for exclude in facts.get("exclude", []):
            _subtract(out, self._include(exclude, prefer, (*above, url)))
        return out

    def _value_set(self, url: str, prefer: Prefer) -> Any:
        for guide in self.library.terminology_guides(prefer):
            found = guide.valuesets.get(url)
            if found is not None:
                return found
        return None

    def _include(self, include: Any, prefer: Prefer, above: tuple[str, ...]) -> Expansion:
        parts = [self._expand(v.split("|")[0], prefer, above) for v in include.get("v", [])]
        if "s" in include:
            parts.insert(0, self._of_system(include, prefer))
        out = parts[0] if parts else Expansion()
        for more in parts[1:]:
            out = _intersection(out, more)
        return out

    def _of_system(self, include: Any, prefer: Prefer) -> Expansion:
        system = include["s"]
        out = Expansion()
        if "c" in include:
            out.codes[system] = set(include["c"])
            known = self.code_system(system, prefer)
            if known is not None and known.get("any_case"):
                out.folded.add(system)
            return out
        if system == CURRENCY and "f" not in include:
            out.codes[system] = set(CURRENCIES.split())
            return out
        facts = None if "w" in include else self.code_system(system, prefer)
        codes = None if facts is None else _filtered(facts, include.get("f", []))
        if codes is None:
            out.open.add(system)
            return out
        out.codes[system] = codes
        if facts is not None and facts.get("any_case"):
            out.folded.add(system)
        return out

    def code_system(self, system: str, prefer: Prefer) -> Any:
        """Codes of a complete code system, from all guides that hold it; None when not at hand."""
        found = [
            facts
            for guide in self.library.terminology_guides(prefer)
            if (facts := guide.codesystems.get(system)) is not None
            and facts["content"] == "complete"
            and facts["codes"]
        ]
        if len(found) < 2:
            return found[0] if found else None
        parents: dict[str, list[str]] = {}
        for facts in reversed(found):
            parents.update(facts.get("parents", {}))
        codes = [c for facts in found for c in facts["codes"]]
        return {"codes": codes, "parents": parents, "any_case": found[0].get("any_case", False)}


def _merge(out: Expansion, more: Expansion) -> None:
    for system, codes in more.codes.items():
        out.codes.setdefault(system, set()).update(codes)
    out.open |= more.open
    out.folded |= more.folded
    out.unknown = out.unknown or more.unknown


def _subtract(out: Expansion, less: Expansion) -> None:
    for system, codes in less.codes.items():
        out.codes.get(system, set()).difference_update(codes)
        out.never.setdefault(system, set()).update(codes)
    for system in less.open:
        if out.codes.pop(system, None) is not None:
            out.open.add(system)
    out.unknown = out.unknown or less.unknown


def _intersection(left: Expansion, right: Expansion) -> Expansion:
    out = Expansion(folded=left.folded | right.folded, unknown=left.unknown or right.unknown)
    for system in {*left.codes, *left.open} & {*right.codes, *right.open}:
        one, other = left.codes.get(system), right.codes.get(system)
        sure = (one or set()) & (other or set())
        if sure:
            out.codes[system] = sure
        if system in left.open or system in right.open:
            out.open.add(system)
    return out


def _filtered(facts: Any, filters: list[list[str]]) -> set[str] | None:
    codes = set(facts["codes"])
    for prop, op, value in filters:
        kept = _apply(facts, prop, op, value)
        if kept is None:
            return None
        codes &= kept
    return codes


def _apply(facts: Mapping[str, Any], prop: str, op: str, value: str) -> set[str] | None:
    """Codes that a filter keeps; None for a filter on properties that the facts do not hold."""
    if prop not in ("concept", "code") or op not in ("is-a", "descendent-of", "is-not-a", "="):
        return None
    if op == "=":
        return {value}
    below = _descendants(facts.get("parents", {}), value)
    if op == "descendent-of":
        return below
    if op == "is-not-a":
        return set(facts["codes"]) - below - {value}
    return below | {value}


def _descendants(parents: Mapping[str, list[str]], top: str) -> set[str]:
    children: dict[str, list[str]] = {}
    for code, above in parents.items():
        for parent in above:
            children.setdefault(parent, []).append(code)
    out: set[str] = set()
    pending = [top]
    while pending:
        for code in children.get(pending.pop(), []):
            if code not in out:
                out.add(code)
                pending.append(code)
    return out
