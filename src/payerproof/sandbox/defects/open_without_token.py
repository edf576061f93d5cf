"""Doors of the API that open without a token, or with one that is none."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import World
from payerproof.sandbox.defects.changing import fhir, seed

Pairs = Sequence[tuple[str, str]]
Asked = Callable[[Refusal, tuple[str, ...], Pairs, World], str | None]
"""Whose record a request opens that brought no good token, or None."""

_NO_TOKEN = ""
"""Error code of a refusal where no token was brought at all (RFC 6750 section 3.1)."""


def _open(name: str, cites: str, title: str, whose: Asked, twin: str = "") -> None:
    """Seed a door that answers as the member's own app would be answered."""

    def without_token(
        refusal: Refusal, segments: tuple[str, ...], query: Pairs, world: World
    ) -> Access | Refusal:
        patient = whose(refusal, segments, query, world)
        person = world.person_of(patient or "")
        if patient is None or person is None:
            return refusal
        user = f"Patient/{patient}"
        return Access("", "gateway", person.user, patient, ("patient/*.rs",), user)

    seed(name, "patient_access", cites, title, fhir(without_token=without_token), twin=twin)


def _read_by_id(segments: tuple[str, ...], world: World) -> str | None:
    """Member whose resource a read by id asks for."""
    row = world.resource(*segments) if len(segments) == 2 else None
    return world.patient_of(row) if row else None


_open(
    "reads-need-no-token",
    "N-BOLA-40",
    "Searches ask for a token, reads by id don't, since nobody can guess an id",
    lambda _refusal, segments, _query, world: _read_by_id(segments, world),
)

_open(
    "junk-token-passes-for-one",
    "N-BOLA-40",
    "The gateway looks whether there is a Bearer token, and leaves its verification to others",
    lambda refusal, segments, _query, world: (
        None if refusal.error == _NO_TOKEN else _read_by_id(segments, world)
    ),
)


def _named(segments: tuple[str, ...], query: Pairs) -> str | None:
    given = dict(query)
    named = given.get("patient", given.get("beneficiary", "")).removeprefix("Patient/")
    return named if len(segments) == 1 and named else None


_open(
    "searches-need-no-token",
    "N-BOLA-40",
    "A search that names its patient is answered without a token, as if that were a key",
    lambda _refusal, segments, query, _world: _named(segments, query),
)
