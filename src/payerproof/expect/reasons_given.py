"""Reasons for missing data where they belong and where they do not (US Core, Missing Data)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payerproof.guides.duties import Duties
from payerproof.guides.library import Library

REASON = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"


def needless_reasons(resources: Iterable[Mapping[str, Any]], held: Duties) -> Counter[str]:
    """Element paths at which a reason stands for an element that the profiles leave optional."""
    found: Counter[str] = Counter()
    library = Library()
    for resource in resources:
        kind = str(resource.get("resourceType"))
        demanded = _demanded(library, held, kind)
        for name in _with_reason(resource):
            if demanded and name not in demanded:
                found[f"{kind}.{name}"] += 1
    return found


def _demanded(library: Library, held: Duties, kind: str) -> frozenset[str]:
    """Names of elements that some profile of the guide demands of a type, choices by their stem."""
    guide = library.guide(held.guide, held.version)
    names = {"resourceType"}
    for address in held.profiles(kind):
        structure = guide.structures.get(address)
        for identifier, facts in structure["elements"] if structure else ():
            steps = identifier.split(".")
            if len(steps) == 2 and facts.get("n", 0) > 0:
                names.add(steps[1].partition(":")[0].removesuffix("[x]"))
    return frozenset(names) if held.profiles(kind) else frozenset()


def _with_reason(resource: Mapping[str, Any]) -> Iterator[str]:
    for name, value in resource.items():
        if name in ("extension", "contained", "meta", "text"):
            continue
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Mapping) and _gives_reason(one):
                yield _stem(name.removeprefix("_"))
                break


def _gives_reason(value: Mapping[str, Any]) -> bool:
    extensions = value.get("extension")
    return any(
        isinstance(one, Mapping) and one.get("url") == REASON
        for one in (extensions if isinstance(extensions, list) else ())
    )


def _stem(name: str) -> str:
    """``onset`` of ``onsetDateTime``; other names as they are."""
    for kind in ("DateTime", "Period", "CodeableConcept", "Reference", "String", "Quantity", "Age"):
        if name.endswith(kind) and name != kind:
            return name.removesuffix(kind)
    return name
