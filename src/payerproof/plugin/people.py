"""The people of a run as checks see them: a persona with record and markers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from payerproof.expect.claims import CLAIMS
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.expect.prior_auth import is_authorization
from payerproof.fhir.markers import Markers, markers_of
from payerproof.fhir.record import Record
from payerproof.fhir.rows import packed
from payerproof.fhir.surroundings import Surroundings
from payerproof.target import Persona, Target
from payerproof.target.needs import can_log_in, members, related, representatives


class Source(Protocol):
    """Where a person's data come from."""

    def patient_id(self, persona: Persona) -> str:
        """Logical id of the persona's Patient."""
        ...

    def record(self, persona: Persona) -> Record:
        """The persona's record."""
        ...

    def around(self, persona: Persona) -> Surroundings:
        """What the persona's record names and does not hold."""
        ...


@dataclass(frozen=True, eq=False)
class Person:
    """A persona in the hands of a check; printed as its id, never by name."""

    persona: Persona
    _source: Source = field(repr=False)
    _among: tuple[Persona, ...] = field(repr=False)
    """The people of the check: a value that two of them share gives nobody away."""

    def __str__(self) -> str:
        return self.persona.id

    @property
    def id(self) -> str:
        """The persona's id in the payer file."""
        return self.persona.id

    @cached_property
    def record(self) -> Record:
        """Everything the person's own token may read, collected once per run."""
        return self._source.record(self.persona)

    @cached_property
    def around(self) -> Surroundings:
        """What the record names and does not hold (providers, places, drugs), read once per run."""
        return self._source.around(self.persona)

    def known(self, resource_type: str) -> Sequence[Mapping[str, Any]]:
        """Resources of a type that the person's token has shown, about them or around them."""
        return self.record.of(resource_type) or self.around.of(resource_type)

    @cached_property
    def authorizations(self) -> Sequence[Mapping[str, Any]]:
        """Prior authorizations of the record: what has use ``preauthorization``."""
        return packed(filter(is_authorization, self.record.of(CLAIMS)))

    @cached_property
    def claims(self) -> Sequence[Mapping[str, Any]]:
        """Claims of the record, without prior authorizations."""
        rows = self.record.of(CLAIMS)
        if not self.authorizations:
            return rows
        return packed(row for row in rows if not is_authorization(row))

    @cached_property
    def patient_id(self) -> str:
        """Logical id of the person's Patient."""
        return self._source.patient_id(self.persona)

    @cached_property
    def markers(self) -> Markers:
        """What gives the person away: values found in this record alone."""
        further = [marker.reveal() for marker in self.persona.markers]
        return markers_of(self.record, map(self._source.record, self._among), further)

    def must_have(self, *types: str) -> None:
        """End the check as inconclusive where the person has nothing of these types to protect."""
        for kind in types:
            why = self.record.troubles.get(kind, "")
            inconclusive_unless(
                self.record.of(kind),
                f"{self} sees no {kind} of their own, so there was nothing to protect"
                + (f": {why}" if why else ""),
                *self.record.exchanges.get(kind, ()),
            )
        inconclusive_unless(
            self.markers.ids or self.markers.values,
            f"{self}'s record holds nothing that could tell it from another member's",
            *(x for found in self.record.exchanges.values() for x in found[:1]),
        )


@dataclass(frozen=True)
class Cast:
    """Who plays which part, chosen from the payer file alone, so the same in every process."""

    target: Target

    @cached_property
    def pair(self) -> tuple[Persona, Persona] | None:
        """Two unrelated members with their own logins.

        Those with known claims come first, and among them those who share nothing with anybody.
        """
        able = [one for one in members(self.target) if can_log_in(self.target, one)]
        ranked = sorted(
            able,
            key=lambda one: (
                not (one.expect.claims or one.expect.data),
                bool(one.household or one.represents),
            ),
        )
        for one in ranked:
            for other in ranked:
                if one.id != other.id and not related(one, other):
                    return one, other
        return None

    @cached_property
    def authorized(self) -> Persona | None:
        """The member whose prior authorizations are known, else the one most checks act for."""
        known = (one for one in members(self.target) if one.expect.authorizations)
        return next(known, self.first)

    @cached_property
    def first(self) -> Persona | None:
        """The member most checks act for."""
        if self.pair:
            return self.pair[0]
        return next(iter(members(self.target)), None)

    @cached_property
    def relatives(self) -> tuple[Persona, Persona] | None:
        """Two adults covered by one subscriber, neither of whom acts for the other."""
        able = [
            one
            for one in self.target.personas
            if one.household and one.role != "minor" and can_log_in(self.target, one)
        ]
        for one in able:
            for other in able:
                acts = one.id in other.represents or other.id in one.represents
                if one.id != other.id and one.household == other.household and not acts:
                    return one, other
        return None

    @cached_property
    def bystanders(self) -> tuple[Persona, ...]:
        """Members with a login who play no other part, those whom nobody represents last.

        A check that logs somebody in a second time would wait for the next single-use code;
        one that acts for a bystander of its own does not.
        """
        acting = [*(self.pair or ()), *(self.relatives or ()), *representatives(self.target)]
        busy = {one.id for one in acting}
        led = {name for one in self.target.personas for name in one.represents}
        free = (one for one in members(self.target) if one.id not in busy)
        return tuple(sorted(free, key=lambda one: one.id not in led))

    def bystander(self, turn: int) -> Persona | None:
        """A bystander, another for each turn (0, 1, ...) as long as there are enough of them."""
        free = self.bystanders[::-1]
        return free[turn % len(free)] if free else None

    def representative(self, of: int = 1) -> Persona | None:
        """A representative who acts for at least so many members."""
        return next(iter(representatives(self.target, of)), None)


def unrelated_names(target: Target, member: Persona) -> tuple[str, ...]:
    """Full names of those in the payer file who have nothing to do with a member.

    Left out are relatives, whoever acts for whom, and namesakes; a single word is no full name.
    """
    names = (
        one.label
        for one in target.personas
        if one.id != member.id and not related(one, member) and " " in one.label.strip()
    )
    return tuple(dict.fromkeys(name for name in names if name != member.label))
