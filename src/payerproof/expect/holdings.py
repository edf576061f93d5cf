"""What a whole export holds: about whom, how much of what, and what of money; in one pass.

An export may have millions of lines. Whatever can be said by adding up is added up here, line by
line, in parts that can be read by several processes; no check reads the files again for it.
"""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import orjson

from payerproof.expect.money import FINANCIAL, Found, Kind, money_in
from payerproof.expect.money_sieve import may_tell_of_money
from payerproof.fhir.compartment import elements_in, members_of, reference_id
from payerproof.fhir.matching import members_in

_PATIENT = b"Patient/"
_REFERENCE = re.compile(rb'"reference"\s*:\s*"([^"#\\][^"\\]*)"')


@dataclass
class Holdings:
    """Sums over the lines of an export. Ids are kept as 64-bit digests but those of members."""

    resources: int = 0
    types: Counter[str] = field(default_factory=Counter)
    patients: Counter[str] = field(default_factory=Counter, repr=False)
    """Lines with a Patient, by id."""
    about: Counter[str] = field(default_factory=Counter, repr=False)
    """Lines that are about a member, hold one or refer to one, by the Patient's id."""
    told_of: set[str] = field(default_factory=set, repr=False)
    """Members of whom there is coverage or a claim."""
    money: Counter[Found] = field(default_factory=Counter)
    prior_authorizations: int = 0
    names: dict[str, array[int]] = field(default_factory=dict, repr=False)
    """Digests of ids by type, one for each line."""
    targets: dict[str, array[int]] = field(default_factory=dict, repr=False)
    """Digests of ids that references name, by type; several times where parts were added up."""

    def see(self, text: bytes, value: Any) -> None:
        """Add a line, as sent and as parsed."""
        if not isinstance(value, dict):
            return
        if b"\\" in text:
            text = orjson.dumps(value)  # nothing is left that could be written in two ways
        kind = str(value.get("resourceType"))
        self.resources += 1
        self.types[kind] += 1
        self.names.setdefault(kind, array("Q")).append(_digest(str(value.get("id"))))
        own = members_of(value)
        if kind == "Patient":
            self.patients.update(own)
        elif kind in ("Coverage", "ExplanationOfBenefit"):
            self.told_of |= own
            self.prior_authorizations += value.get("use") == "preauthorization"
        self.about.update(_named(text, value, own))
        for reference in set(_REFERENCE.findall(text)):
            whose, digest = _target(reference)
            self.targets.setdefault(whose, array("Q")).append(digest)
        if kind in FINANCIAL or may_tell_of_money(text):
            self.money.update(money_in(value))

    def merge(self, other: Holdings) -> None:
        """Add what was seen in another part."""
        self.resources += other.resources
        self.prior_authorizations += other.prior_authorizations
        self.told_of |= other.told_of
        for mine, theirs in (
            (self.types, other.types),
            (self.patients, other.patients),
            (self.about, other.about),
        ):
            mine.update(theirs)
        self.money.update(other.money)
        for ours, more in ((self.names, other.names), (self.targets, other.targets)):
            for kind, digests in more.items():
                ours.setdefault(kind, array("Q")).extend(digests)

    def content(self, members: Iterable[str]) -> Content:
        """What it comes to, given the members of the Group that was exported."""
        known = set(members)
        alone = {one for one in known if self.patients[one] != 1 or one not in self.told_of}
        strangers = {one: lines for one, lines in self.about.items() if one not in known}
        ids = {kind: set(digests) for kind, digests in self.names.items()}
        return Content(
            self.resources,
            len(known),
            len(strangers),
            sum(strangers.values()),
            len(alone),
            tuple((kind, len(self.names[kind]) - len(own)) for kind, own in ids.items()),
            tuple((kind, len(set(self.targets.get(kind, ())) - own)) for kind, own in ids.items()),
            tuple(self.money.items()),
            self.prior_authorizations,
            self.types["ExplanationOfBenefit"] - self.prior_authorizations,
        )


@dataclass(frozen=True)
class Content:
    """What an export comes to; no id of anybody is in it."""

    resources: int
    members: int
    strangers: int
    """Patients who are not in the Group."""
    strangers_lines: int
    """Lines that are about them, hold them or refer to them."""
    alone: int
    """Members of the Group who are missing, come twice, or have neither coverage nor claims."""
    twice: tuple[tuple[str, int], ...]
    """By type, ids that more than one line has."""
    lost: tuple[tuple[str, int], ...]
    """By type, ids that references name and no line has; of types that were exported."""
    money: tuple[tuple[Found, int], ...]
    prior_authorizations: int
    claims: int

    def money_of(self, *kinds: Kind, prior: bool = False) -> dict[Found, int]:
        """Places that tell of money, of prior authorizations or of all else."""
        return {
            one: count
            for one, count in self.money
            if one.of_prior_authorization is prior and (not kinds or one.kind in kinds)
        }


def _named(text: bytes, value: Mapping[str, Any], own: frozenset[str]) -> set[str]:
    """Patients whom a line is about, holds or refers to; of a Group those who are in it."""
    if value.get("resourceType") == "Group":
        return set(members_in(value))  # one of a match may hold who was sent to be matched
    # most lines name one Patient once, and are about them: nothing else has to be looked for
    if len(own) == 1 and text.count(_PATIENT) <= 1 and b'"Patient"' not in text:
        return set(own)
    named = set(own)
    for element in elements_in(value):
        named |= members_of(element) | ({reference_id(element)} - {""})
    return named


@lru_cache(maxsize=100_000)
def _target(reference: bytes) -> tuple[str, int]:
    """Type and digest of the id that a reference names; those of no FHIR address under no type."""
    steps = reference.decode("utf-8", "replace").partition("/_history/")[0].split("/")
    return ("", 0) if len(steps) < 2 else (steps[-2], _digest(steps[-1]))


def _digest(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest())


def read_holdings(lines: Iterable[bytes]) -> Holdings:
    """What these lines hold, read in this process; what is no JSON is left out."""
    found = Holdings()
    for line in lines:
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        found.see(line, value)
    return found
