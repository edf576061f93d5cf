"""Resources of others that ride along in a search of one's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import decision
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked, Call

Source = tuple[str, str]
Sources = Sequence[Resource]


def _rightly(
    access: Access, target: Resource, source: Source, world: World, asked: Asked
) -> Sources:
    return compartment.revinclude_sources(access, target, source, world, asked)


@decision(
    "revinclude_sources",
    "claims-of-practitioner-ride-along",
    "isolation",
    "N-BOLA-14",
    "What refers to a practitioner is brought along without asking whose claim it is",
)
def _of_practitioner(
    access: Access, target: Resource, source: Source, world: World, asked: Asked
) -> Sources:
    if target["resourceType"] == "Practitioner":
        return compartment.referring(target, source, world)
    return _rightly(access, target, source, world, asked)


@decision(
    "revinclude_sources",
    "coverages-of-payer-ride-along",
    "isolation",
    "N-BOLA-14",
    "Coverage:payor brings every member's Coverage along with the payer's Organization",
)
def _of_payer(
    access: Access, target: Resource, source: Source, world: World, asked: Asked
) -> Sources:
    if source == ("Coverage", "payor"):
        return compartment.referring(target, source, world)
    return _rightly(access, target, source, world, asked)


@decision(
    "revinclude_sources",
    "iterated-revinclude-unfiltered",
    "isolation",
    "N-BOLA-14",
    "The first round of includes is filtered; what an iterated _revinclude adds to it is not",
)
def _iterated(
    access: Access, target: Resource, source: Source, world: World, asked: Asked
) -> Sources:
    if target["resourceType"] != asked.resource_type:
        return compartment.referring(target, source, world)
    return _rightly(access, target, source, world, asked)


@decision(
    "revinclude_sources",
    "revinclude-of-later-pages-unfiltered",
    "isolation",
    "N-BOLA-15",
    "What is brought along is filtered on the first page of a search only",
)
def _on_later_pages(
    access: Access, target: Resource, source: Source, world: World, asked: Asked
) -> Sources:
    if asked.offset:
        return compartment.referring(target, source, world)
    return _rightly(access, target, source, world, asked)


@decision(
    "revinclude_sources",
    "enrolment-trace-rides-along",
    "isolation",
    "N-BOLA-14 N-BOLA-31",
    "Provenance comes along with a Patient even where it names every member of the enrolment file",
)
def _traces(
    access: Access, target: Resource, source: Source, world: World, asked: Asked
) -> Sources:
    if source == ("Provenance", "target"):
        return compartment.referring(target, source, world)
    return _rightly(access, target, source, world, asked)


def _by_number(reference: dict[str, Any], world: World) -> Resource | None:
    """Follow a logical reference to the Patient who bears the identifier."""
    named = reference.get("identifier", {})
    found = world.by_identifier("Patient", named.get("system", ""), named.get("value", ""))
    return found[0] if found else None


@decision(
    "include_target",
    "subscriber-rides-along",
    "isolation",
    "N-BOLA-13 N-HOUSE-02",
    "_include=Coverage:subscriber resolves the family's subscriber number into another's Patient",
)
def _subscriber(
    access: Access, reference: dict[str, Any], world: World, asked: Asked
) -> Resource | None:
    found = _by_number(reference, world)
    return found or compartment.include_target(access, reference, world, asked)


@decision(
    "include_target",
    "iterated-include-unfiltered",
    "isolation",
    "N-BOLA-13 N-HOUSE-02",
    "Only in an iterated _include is a logical reference followed into another member's record",
)
def _iterated_subscriber(
    access: Access, reference: dict[str, Any], world: World, asked: Asked
) -> Resource | None:
    found = _by_number(reference, world) if asked.resource_type != "Coverage" else None
    return found or compartment.include_target(access, reference, world, asked)


@decision(
    "assemble",
    "includes-come-first",
    "isolation",
    "N-BOLA-13",
    "A Bundle lists what was included before what matched",
    lawful=True,
)
def _included_first(bundle: dict[str, Any], _call: Call, _asked: Asked) -> dict[str, Any]:
    entries = sorted(bundle.get("entry", ()), key=lambda one: str(one["search"]["mode"]))
    return {**bundle, "entry": entries} if entries else bundle
