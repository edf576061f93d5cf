"""Ways of payers that are lawful or grey: how providers are named, which extensions are used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payerproof.expect.claims import mappings
from payerproof.fhir.surroundings import local
from payerproof.guides.library import Library

_STANDARD = "http://hl7.org/fhir/StructureDefinition/"


def nameless_providers(
    claims: Iterable[Mapping[str, Any]], readable: frozenset[str], base: str
) -> tuple[int, int]:
    """How many references to providers of claims lead to no name, and how many there are.

    A name is at hand where the reference displays it, contains it, or can be read.
    """
    nameless = total = 0
    for claim in claims:
        parts = [
            claim.get("provider"),
            *(m.get("provider") for m in mappings(claim.get("careTeam"))),
        ]
        for reference in (one for one in parts if isinstance(one, Mapping)):
            total += 1
            written = str(reference.get("reference") or "")
            found = written.startswith("#") or local(written, base) in readable
            nameless += not (found or reference.get("display"))
    return nameless, total


def own_extensions(resources: Iterable[Mapping[str, Any]]) -> Counter[str]:
    """Addresses of extensions that neither FHIR nor a guide at hand defines."""
    found = Counter(url for resource in resources for url in _extensions(resource, within=False))
    library = Library()
    known = {url for url in found if url.startswith(_STANDARD) or library.defines(url)}
    return Counter({url: n for url, n in found.items() if url not in known})


def _extensions(value: object, *, within: bool) -> Iterator[str]:
    """Addresses of extensions; parts of a complex one have names of their own and are left out."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in ("extension", "modifierExtension") and isinstance(inner, list):
                for one in inner:
                    if isinstance(one, Mapping) and not within:
                        yield str(one.get("url") or "").partition("|")[0]
                    yield from _extensions(one, within=True)
            else:
                yield from _extensions(inner, within=within)
    elif isinstance(value, list):
        for inner in value:
            yield from _extensions(inner, within=within)
