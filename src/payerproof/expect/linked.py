"""References of a record that somebody has to be able to follow, and included resources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from payerproof.expect.outcomes import not_applicable_unless, settle
from payerproof.fhir.reply import Reply
from payerproof.fhir.searching import values_of
from payerproof.fhir.surroundings import Surroundings, local, references_in
from payerproof.guides.duties import Duties


def expect_resolved(
    resources: Sequence[Mapping[str, Any]], around: Surroundings, base: str, kind: str, whose: str
) -> None:
    """Each reference of a kind's resources that was followed leads to a resource.

    Raises `NotApplicable` where none was followed, and `Unmet`.
    """
    exchanges = followed(resources, around, base)
    not_applicable_unless(exchanges, f"No {kind} of {whose} refers to anything that was followed.")
    dead = dead_links(resources, around, base)
    settle(
        not dead,
        f"each of {len(exchanges)} references of {kind} leads to a resource",
        ", ".join(f"{path} {told}" for path, told in sorted(dead.items())[:5])
        or "each of them does",
        *exchanges,
    )


def dead_links(
    resources: Iterable[Mapping[str, Any]], around: Surroundings, base: str
) -> dict[str, str]:
    """Element path -> status of references that led nowhere; refusals for want of scope aside."""
    found: dict[str, str] = {}
    for resource in resources:
        kind = str(resource.get("resourceType"))
        for path, written in references_in(resource):
            status, _ = around.read.get(local(written, base), (200, ""))
            if status not in (200, 0, 401, 403):
                found[f"{kind}.{path}"] = f"answered {status}"
    return found


def followed(
    resources: Iterable[Mapping[str, Any]], around: Surroundings, base: str
) -> tuple[str, ...]:
    """Exchanges of the references that were followed from these resources."""
    asked = {
        local(written, base) for resource in resources for _, written in references_in(resource)
    }
    return tuple(around.read[one][1] for one in asked if one in around.read)


def referred(reply: Reply, duties: Duties, kind: str, name: str, base: str) -> frozenset[str]:
    """``Type/id`` of what the matches refer to by a search parameter, literally and here."""
    parameter = duties.parameter(kind, name)
    if parameter is None:
        return frozenset()
    return frozenset(
        target
        for match in reply.matches
        for value in values_of(match, parameter)
        if isinstance(value, Mapping) and (target := local(str(value.get("reference") or ""), base))
    )


def keys_of(resources: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """``Type/id`` of resources."""
    return frozenset(f"{one.get('resourceType')}/{one.get('id')}" for one in resources)
