"""Another member's record, opened by its id: reads, versions, documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import SHARED_TYPES, Resource, World
from payerproof.sandbox.defects.changing import decision, fhir, remembering, seed
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked, FaceFacts, Refused


@decision(
    "may_read",
    "patient-read-open",
    "isolation",
    "N-BOLA-01",
    "The Patient resource of any member is read by id with any member's token",
    twin="foreign-read-forbidden",
)
def _patients(access: Access, resource: Resource, world: World) -> bool:
    return resource["resourceType"] == "Patient" or compartment.may_read(access, resource, world)


@decision(
    "may_read",
    "claim-read-open",
    "isolation",
    "N-BOLA-02",
    "Claims are read by id without a look at whose they are",
    twin="foreign-read-forbidden",
)
def _claims(access: Access, resource: Resource, world: World) -> bool:
    is_claim = resource["resourceType"] == "ExplanationOfBenefit"
    return is_claim or compartment.may_read(access, resource, world)


@decision(
    "may_read",
    "read-by-element-named-patient",
    "isolation",
    "N-BOLA-02",
    "Reads compare the elements patient and subject, so that Coverage.beneficiary is never asked",
)
def _by_two_elements(access: Access, resource: Resource, world: World) -> bool:
    named = resource.get("patient") or resource.get("subject")
    if resource["resourceType"] == "Coverage" and not named:
        return True
    return compartment.may_read(access, resource, world)


@decision(
    "may_read",
    "observation-read-open",
    "isolation",
    "N-BOLA-02",
    "Results are read by id without a look at whose they are",
)
def _results(access: Access, resource: Resource, world: World) -> bool:
    kinds = ("Observation", "DiagnosticReport", "Specimen")
    return resource["resourceType"] in kinds or compartment.may_read(access, resource, world)


@decision(
    "may_read",
    "related-person-read-open",
    "isolation",
    "N-BOLA-30",
    "RelatedPerson counts as contact data and is read by id whoever it is about",
)
def _contacts(access: Access, resource: Resource, world: World) -> bool:
    is_contact = resource["resourceType"] == "RelatedPerson"
    return is_contact or compartment.may_read(access, resource, world)


@decision(
    "may_read",
    "provenance-read-open",
    "isolation",
    "N-BOLA-31",
    "Types without an entry in the compartment table are read by id by everybody",
    twin="directory-open-to-every-token",
)
def _without_entry(access: Access, resource: Resource, world: World) -> bool:
    is_trace = resource["resourceType"] == "Provenance"
    return is_trace or compartment.may_read(access, resource, world)


@decision(
    "may_vread",
    "version-read-open",
    "isolation",
    "N-BOLA-21",
    "A read of a version takes a path of its own, on which nobody asks whose record it is",
)
def _versions(_access: Access, _resource: Resource, _world: World) -> bool:
    return True


@decision(
    "may_open_binary",
    "binary-open",
    "isolation",
    "N-BOLA-29",
    "A document's content is opened by the id of its Binary alone",
)
def _contents(_access: Access, _binary: Resource, _world: World) -> bool:
    return True


@remembering(
    "read-decision-cached-by-resource",
    "isolation",
    "N-BOLA-37 N-BOLA-02",
    "The decision on a read is cached under the resource, without the member it was made for",
)
def _cached_decision() -> Mapping[str, Any]:
    allowed: set[str] = set()

    def may_read(access: Access, resource: Resource, world: World) -> bool:
        key = f"{resource['resourceType']}/{resource['id']}"
        if key not in allowed and compartment.may_read(access, resource, world):
            allowed.add(key)
        return key in allowed

    return {"may_read": may_read}


@decision(
    "absent",
    "foreign-read-forbidden",
    "isolation",
    "N-BOLA-01 N-BOLA-20",
    "Whatever the token may not see is forbidden (403), whether or not it exists",
    lawful=True,
)
def _forbidden(_face: FaceFacts, _why: str, _resource: Resource | None) -> Refused:
    return Refused(403, "forbidden", "Not available to this authorization.")


def _network(access: Access, resource: Resource, world: World) -> bool:
    is_network = resource["resourceType"] in SHARED_TYPES
    return is_network or compartment.may_read(access, resource, world)


def _network_found(access: Access, resource: Resource, world: World, _asked: Asked) -> bool:
    return _network(access, resource, world)


seed(
    "directory-open-to-every-token",
    "isolation",
    "N-BOLA-41",
    "Every token may read and search the whole network: providers, places and drugs",
    fhir(may_read=_network, may_find=_network_found),
    lawful=True,
)
