"""A member's record: everything their token may read, collected once and judged many times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from payerproof.fhir.client import EndlessPaging, FhirClient
from payerproof.fhir.compartment import SUBJECT_ELEMENTS, member_parameter
from payerproof.fhir.reply import Reply
from payerproof.fhir.rows import Joined, Packer, Rows
from payerproof.polite import Unreachable

CLAIMS_AND_CLINICAL = (
    "Coverage",
    "ExplanationOfBenefit",
    "AllergyIntolerance",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "Goal",
    "Immunization",
    "MedicationDispense",
    "MedicationRequest",
    "Observation",
    "Procedure",
    "QuestionnaireResponse",
    "RelatedPerson",
    "ServiceRequest",
)
"""Types of the Patient compartment that CARIN Blue Button and US Core speak of."""

CLAIMS_AND_BASICS = ("Coverage", "ExplanationOfBenefit", "Condition", "Observation")
"""Enough of a record to tell a member from another, where nothing hangs on the rest."""


@dataclass(frozen=True)
class Record:
    """What one member's token showed, by type. Its repr shows counts only."""

    persona: str
    patient_id: str
    resources: Mapping[str, Sequence[Mapping[str, Any]]] = field(repr=False)
    """By type; many of one type are packed (`payerproof.fhir.rows`), so look at them in turn."""
    exchanges: Mapping[str, tuple[str, ...]] = field(repr=False)
    """By type, the exchanges that brought it."""
    troubles: Mapping[str, str] = field(default_factory=dict)
    """By type, why it could not be read whole."""

    def __repr__(self) -> str:
        counts = ", ".join(
            f"{kind} {len(found)}" for kind, found in self.resources.items() if found
        )
        return f"<Record of {self.persona}: {counts or 'empty'}>"

    def of(self, resource_type: str) -> Sequence[Mapping[str, Any]]:
        """Resources of a type, in the order in which the payer gave them."""
        return self.resources.get(resource_type, ())

    def ids(self, resource_type: str) -> tuple[str, ...]:
        """Logical ids of a type's resources."""
        return tuple(str(resource["id"]) for resource in self.of(resource_type) if "id" in resource)

    @property
    def everything(self) -> Sequence[Mapping[str, Any]]:
        """All resources of all types."""
        return Joined(self.resources.values())

    @property
    def types(self) -> tuple[str, ...]:
        """Types of which there is at least one resource."""
        return tuple(kind for kind, found in self.resources.items() if found)


class HasRecord(Protocol):
    """A person whose record was collected."""

    @property
    def patient_id(self) -> str:
        """Logical id of the person's Patient."""
        ...

    @property
    def record(self) -> Record:
        """What their token showed."""
        ...


def collect(
    client: FhirClient, patient_id: str, types: Iterable[str] = CLAIMS_AND_CLINICAL
) -> Record:
    """Collect a member's record politely: Patient by id, then one search per type, all pages.

    A type that cannot be read whole is noted in `troubles`, never an exception.
    """
    resources: dict[str, Sequence[Mapping[str, Any]]] = {}
    exchanges: dict[str, tuple[str, ...]] = {}
    troubles: dict[str, str] = {}
    try:
        own = client.read("Patient", patient_id)
        resources["Patient"] = (own.body,) if own.resource_type == "Patient" else ()
        exchanges["Patient"] = (own.exchange,)
        if not own.ok:
            troubles["Patient"] = f"reading it was answered {own.status}"
    except Unreachable as trouble:
        troubles["Patient"] = trouble.sentence
    for kind in types:
        resources[kind], exchanges[kind], trouble_text = _collect_type(client, patient_id, kind)
        if trouble_text:
            troubles[kind] = trouble_text
    return Record(client.persona, patient_id, resources, exchanges, troubles)


def record_replies(
    client: FhirClient, person: HasRecord, types: Iterable[str]
) -> tuple[Reply, ...]:
    """The replies that brought a person's record, by a client that sends each request once.

    For what the record does not hold: headers, links, totals. A type whose reading ended in trouble
    is left out.
    """
    found: list[Reply] = []
    for kind in types:
        if kind in person.record.exchanges and kind not in person.record.troubles:
            if kind == "Patient":
                found.append(client.read(kind, person.patient_id))
            else:
                found += client.pages(client.search(kind, _query(kind, person.patient_id)))
    return tuple(found)


def _query(kind: str, patient_id: str) -> list[tuple[str, str]]:
    return [(member_parameter(kind), patient_id), ("_count", "100")]


def _collect_type(
    client: FhirClient, patient_id: str, kind: str
) -> tuple[Rows, tuple[str, ...], str]:
    found, ids = Packer(), set[str]()
    seen: list[str] = []
    trouble = ""
    try:
        first = client.search(kind, _query(kind, patient_id))
        for page in client.pages(first):
            seen.append(page.exchange)
            if not page.ok:
                trouble = f"searching it was answered {page.status}"
                break
            if page.resource_type != "Bundle":
                trouble = f"searching it was answered by {_what(page)} instead of a Bundle"
                break
            for resource in page.matches:
                ident = str(resource.get("id"))
                if resource.get("resourceType") == kind and ident not in ids:
                    ids.add(ident)
                    found.add(resource)
    except Unreachable as unreachable:
        trouble = unreachable.sentence
        seen += [unreachable.exchange] if unreachable.exchange else []
    except EndlessPaging as endless:
        trouble = endless.sentence
    return found.rows(), tuple(seen), trouble


def _what(page: Reply) -> str:
    if page.resource_type:
        return f"a {page.resource_type}"
    return page.answer.content_type or "nothing"


def is_member_data(resource_type: str) -> bool:
    """True for types that are about one member."""
    return resource_type == "Patient" or resource_type in SUBJECT_ELEMENTS
