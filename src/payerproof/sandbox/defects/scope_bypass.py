"""Ways round scopes and choices: $everything, projections, formats, an older version."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import decision, fhir, seed
from payerproof.sandbox.fhir import compartment, interactions, negotiation, reading, scopes
from payerproof.sandbox.fhir.call import Asked, Call, Reply

Make = Callable[[], Reply]


def _everything(gate: Callable[[Call, Resource], bool]) -> Callable[..., Reply]:
    def answer(call: Call, segments: tuple[str, ...]) -> Reply:
        if len(segments) != 3 or segments[:2] != ("Patient", call.access.patient):
            interactions.refuse(call, segments)
        kinds = call.world.record_types(call.access.patient)
        rows = [row for kind in kinds for row in call.world.record(call.access.patient, kind)]
        entries = [
            {"fullUrl": f"{call.base}/{row['resourceType']}/{row['id']}", "resource": row}
            for row in rows
            if gate(call, row)
        ]
        return Reply(resource={"resourceType": "Bundle", "type": "searchset", "entry": entries})

    return answer


def _in_scope(call: Call, row: Resource) -> bool:
    return scopes.allows(call.access, row["resourceType"], "r")


seed(
    "everything-past-scopes",
    "scopes",
    "N-SCOPE-01 N-SCOPE-06",
    "Patient/$everything gives all types of the own record, whatever the scopes",
    fhir(
        everything=_everything(
            lambda call, row: compartment.may_disclose(call.access, row, call.world)
        )
    ),
    twin="everything-served",
)

seed(
    "everything-past-choice",
    "scopes",
    "N-SCOPE-13 N-LEAK-10",
    "Patient/$everything asks for scopes, and forgets what the member withholds",
    fhir(
        everything=_everything(
            lambda call, row: scopes.allows(call.access, row["resourceType"], "r")
        )
    ),
    twin="everything-served",
)


def _tied(part: Callable[[Call, str], bool], **opened: Any) -> Callable[[Call, str, Make], Reply]:
    """Make a server whose filters are tied to one way of asking, and left out on another."""

    def answer(call: Call, target: str, make: Make) -> Reply:
        path, _, query = target.partition("/fhir/")[2].partition("?")
        if not part(call, query) or "$" in path:
            return make()
        policies = replace(call.policies, **opened)
        segments = tuple(path.split("/"))
        return reading.get(replace(call, policies=policies), segments, parse_qsl(query))

    return answer


def _unredacted(_access: Access, resource: Resource) -> Resource:
    return resource


def _disclosed(_access: Access, _resource: Resource, _world: World) -> bool:
    return True


seed(
    "elements-past-redaction",
    "scopes",
    "N-SCOPE-15 N-SCOPE-04",
    "A search with _elements takes another way of writing, which redacts nothing contained",
    fhir(through_cache=_tied(lambda _call, query: "_elements=" in query, redact=_unredacted)),
    twin="elements-not-honoured",
)

seed(
    "summary-past-choice",
    "scopes",
    "N-SCOPE-15 N-SCOPE-13",
    "With _summary the rows come from an index, which knows nothing of what the member withholds",
    fhir(
        through_cache=_tied(lambda _call, query: "_summary=" in query, discloses_search=_disclosed)
    ),
    twin="elements-not-honoured",
)

seed(
    "plain-json-past-choice",
    "scopes",
    "N-SCOPE-15 N-SCOPE-13",
    "With Accept: application/json an older way of writing answers, without the member's choices",
    fhir(
        through_cache=_tied(
            lambda call, _query: call.headers.get("accept", "") == "application/json",
            discloses_read=_disclosed,
            discloses_search=_disclosed,
        )
    ),
)

seed(
    "pretty-print-past-redaction",
    "scopes",
    "N-SCOPE-15 N-SCOPE-04",
    "_pretty=true is written by a viewer of the support desk, with contained copies of any type",
    fhir(through_cache=_tied(lambda _call, query: "_pretty=true" in query, redact=_unredacted)),
)


def _older(raw: bytes) -> tuple[str, ...]:
    segments = negotiation.path_segments(raw)
    return segments[1:] if segments[:1] == ("v1",) else segments


def _first_version(call: Call, target: str, make: Make) -> Reply:
    if "/fhir/v1/" not in target:
        return make()
    policies = replace(call.policies, discloses_read=_disclosed, discloses_search=_disclosed)
    path, _, query = target.partition("/fhir/v1/")[2].partition("?")
    return reading.get(replace(call, policies=policies), tuple(path.split("/")), parse_qsl(query))


seed(
    "older-version-past-choice",
    "scopes",
    "N-SCOPE-14 N-SCOPE-13 Q-REST-29",
    "The first version still answers under v1/ and was never taught what a member may withhold",
    fhir(path_segments=_older, through_cache=_first_version),
)

seed(
    "withheld-record-read-by-id",
    "scopes",
    "N-SCOPE-13",
    "What the member withholds is left out of searches and opened by its id",
    fhir(discloses_read=_disclosed),
)


@decision(
    "discloses_search",
    "withheld-drug-claims-found",
    "scopes",
    "N-SCOPE-13 N-LEAK-10",
    "The filter of withheld data looks at diagnoses, and lets drugs of the same treatment pass",
)
def _drugs(access: Access, resource: Resource, world: World) -> bool:
    claim_type = str(resource.get("type", ""))
    is_drug = resource["resourceType"] in ("MedicationRequest", "MedicationDispense")
    return is_drug or "pharmacy" in claim_type or compartment.may_disclose(access, resource, world)


@decision(
    "may_find",
    "withheld-provider-found",
    "scopes",
    "N-LEAK-10 N-SCOPE-13",
    "The providers of withheld treatment turn up in a search of one's own network",
    twin="providers-found-by-every-app",
)
def _providers(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    whole = replace(access, sensitive=True)
    if resource["resourceType"] in ("Practitioner", "Organization", "PractitionerRole"):
        return compartment.may_find(whole, resource, world, asked)
    return compartment.may_find(access, resource, world, asked)


@decision(
    "may_find",
    "providers-found-by-every-app",
    "scopes",
    "N-LEAK-10",
    "A search for providers goes through the plan's directory, whoever asks, as everybody may",
    lawful=True,
)
def _directory(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    if resource["resourceType"] in ("Practitioner", "Organization"):
        return True
    return compartment.may_find(access, resource, world, asked)
