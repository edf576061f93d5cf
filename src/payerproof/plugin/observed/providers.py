"""Providers who give away what is withheld: found though no open record names them (N-LEAK-10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from payerproof.fhir.client import FhirClient
from payerproof.fhir.record import collect
from payerproof.fhir.reply import Reply
from payerproof.fhir.surroundings import local, references_in

Row = Mapping[str, Any]
PROVIDERS = ("Practitioner", "Organization")


def told_by_providers(
    client: FhirClient,
    patient: str,
    kept_back: Iterable[Row],
    told: Mapping[str, Reply],
    foreign: Iterable[Row],
) -> frozenset[str]:
    """``Type/id`` of providers in searches that only records which are kept back name.

    `told` holds a grant's searches for providers; `foreign` is another member's record. Whoever
    finds that member's providers too looks into a directory, which tells nothing of anybody; and
    whom an open record of one's own names, or such a provider in turn, may be known by that.
    """
    found = frozenset(
        f"{row.get('resourceType')}/{row.get('id')}"
        for reply in told.values()
        for row in reply.matches
    )
    suspects = _named(kept_back, client.base) & found
    if not suspects:
        return suspects
    own = _named(collect(client, patient).everything, client.base)
    own |= _named((row for reply in told.values() for row in reply.matches), client.base)
    directory = (_named(foreign, client.base) - own - suspects) & found
    return frozenset() if directory else suspects - own


def _named(rows: Iterable[Row], base: str) -> frozenset[str]:
    references = (local(reference, base) for row in rows for _, reference in references_in(row))
    return frozenset(one for one in references if one.partition("/")[0] in PROVIDERS)
