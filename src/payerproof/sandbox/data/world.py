"""The payer's data as an immutable value: people, resources, and whose record each belongs to.

A `World` is shared by every tenant whose logical ids have the same shape. Changes (an injected
claim, a fault of the data) make a new world that shares everything untouched: cheap overlays.
Resources are plain dicts in FHIR R4 JSON form and must be treated as read-only.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from types import MappingProxyType
from typing import Any

Resource = dict[str, Any]
Edit = Callable[[Resource], Resource | None]

SHARED_TYPES = frozenset(
    {"Organization", "Practitioner", "PractitionerRole", "Location", "Medication"}
)
"""Types that belong to no member's record: the network and the drug list."""

_PATIENT_ELEMENTS = ("patient", "subject", "beneficiary")


@dataclass(frozen=True)
class Person:
    """A synthetic person of the cast.

    `user` is the portal user name and the key in `World.people`. `patient` is the logical id of
    the person's own Patient ("" for someone who is not a member). `password` and `totp` (base32,
    RFC 6238) are empty for people without a portal account. `represents` holds keys of the people
    this person may act for; `related_people` maps each of those keys to the RelatedPerson by which
    the member's record names this person.
    """

    user: str
    role: str
    given: str
    family: str
    birth_date: date
    gender: str
    email: str
    password: str = field(default="", repr=False)
    totp: str = field(default="", repr=False)
    patient: str = ""
    represents: tuple[str, ...] = ()
    related_people: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    member_number: str = ""
    subscriber_id: str = ""
    household: str = ""
    phone: str = ""
    provider_access_opt_out: bool = False
    coverage_end: date | None = None

    @property
    def name(self) -> str:
        """Full name as pages show it."""
        return f"{self.given} {self.family}"

    @property
    def related_person(self) -> str:
        """Logical id of the first RelatedPerson by which a member's record names this person."""
        return next(iter(self.related_people.values()), "")

    def age_on(self, day: date) -> int:
        """Age in whole years on a day."""
        before_birthday = (day.month, day.day) < (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - before_birthday


class World:
    """People and resources; every method that changes something returns another world."""

    def __init__(
        self,
        people: Mapping[str, Person],
        resources: Iterable[Resource] = (),
        *,
        _tables: Mapping[str, Mapping[str, Resource]] | None = None,
    ) -> None:
        self.people: Mapping[str, Person] = MappingProxyType(dict(people))
        if _tables is None:
            tables: dict[str, dict[str, Resource]] = {}
            for resource in resources:
                table = tables.setdefault(resource["resourceType"], {})
                if resource["id"] in table:
                    raise ValueError(f"{resource['resourceType']}/{resource['id']} occurs twice")
                table[resource["id"]] = resource
            _tables = tables
        self._tables = _tables

    @property
    def types(self) -> tuple[str, ...]:
        """Resource types present, sorted."""
        return tuple(sorted(self._tables))

    def resources(self, resource_type: str) -> Sequence[Resource]:
        """All resources of one type, in a stable order."""
        return list(self._tables.get(resource_type, {}).values())

    def resource(self, resource_type: str, logical_id: str) -> Resource | None:
        """Return one resource, or None."""
        return self._tables.get(resource_type, {}).get(logical_id)

    def at(self, reference: str) -> Resource | None:
        """Return the resource that a relative reference ``Type/id`` names, or None."""
        resource_type, _, logical_id = reference.partition("/")
        return self.resource(resource_type, logical_id)

    def patient_of(self, resource: Resource) -> str | None:
        """Logical id of the Patient whose record a resource belongs to; None for shared ones.

        Follows the Patient compartment of FHIR R4, narrowed to the element that names the member
        whom the resource is *about*; a Provenance goes with its target, a Binary with the
        DocumentReference or DiagnosticReport that names it.
        """
        if resource["resourceType"] == "Patient":
            return str(resource["id"])
        owner = self._owners.get(f"{resource['resourceType']}/{resource.get('id')}")
        return owner if owner is not None else _named_patient(resource)

    def record(self, patient: str, resource_type: str) -> Sequence[Resource]:
        """All resources of one type that belong to one member's record."""
        return self._records.get((patient, resource_type), ())

    def record_types(self, patient: str) -> tuple[str, ...]:
        """Types of which a member's record holds at least one resource, sorted."""
        return tuple(sorted(kind for owner, kind in self._records if owner == patient))

    def person_of(self, patient: str) -> Person | None:
        """Return the person whose own Patient has this logical id."""
        return self._members.get(patient)

    def referrers(self, reference: str) -> Sequence[Resource]:
        """Resources that hold a literal reference ``Type/id`` anywhere but in `contained`."""
        return self._referrers.get(reference, ())

    def references(self, resource: Resource) -> tuple[str, ...]:
        """Relative literal references (``Type/id``) in a resource, without repetition."""
        key = f"{resource['resourceType']}/{resource.get('id')}"
        known = self._references.get(key)
        if known is not None and known[0] is resource:
            return known[1]
        return tuple(dict.fromkeys(references_in(resource)))

    def by_identifier(self, resource_type: str, system: str, value: str) -> Sequence[Resource]:
        """Resources of a type that carry an identifier of this system and value."""
        return [
            resource
            for resource in self.resources(resource_type)
            for identifier in resource.get("identifier", ())
            if (identifier.get("system"), identifier.get("value")) == (system, value)
        ]

    def fhir_user(self, user: str, patient: str) -> str:
        """Who a portal user is towards one member: ``Patient/…``, ``RelatedPerson/…`` or ``""``."""
        person = self.people[user]
        if person.patient and person.patient == patient:
            return f"Patient/{patient}"
        member = self.person_of(patient)
        related = person.related_people.get(member.user, "") if member else ""
        return f"RelatedPerson/{related}" if related else ""

    def with_resources(self, *resources: Resource) -> World:
        """Add or replace resources (by type and id)."""
        tables = dict(self._tables)
        for resource in resources:
            kind = resource["resourceType"]
            if tables.get(kind) is self._tables.get(kind):
                tables[kind] = dict(self._tables.get(kind, {}))
            tables[kind] = {**tables[kind], resource["id"]: resource}
        return World(self.people, _tables=tables)

    def without(self, *references: str) -> World:
        """Drop resources by ``Type/id``."""
        tables = dict(self._tables)
        for reference in references:
            kind, _, logical_id = reference.partition("/")
            tables[kind] = {k: v for k, v in tables.get(kind, {}).items() if k != logical_id}
        return World(self.people, _tables=tables)

    def edit(self, resource_type: str, change: Edit) -> World:
        """Pass a copy of every resource of a type through `change`; None drops the resource."""
        table: dict[str, Resource] = {}
        for resource in self._tables.get(resource_type, {}).values():
            changed = change(copy.deepcopy(resource))
            if changed is not None:
                table[changed["id"]] = changed
        return World(self.people, _tables={**self._tables, resource_type: table})

    def claims(self) -> Sequence[Resource]:
        """Every ExplanationOfBenefit of a claim, in a stable order."""
        return [one for one in self.resources("ExplanationOfBenefit") if is_claim(one)]

    def edit_claims(self, change: Edit) -> World:
        """Pass a copy of every claim through `change`, and leave prior authorizations alone."""
        return self.edit("ExplanationOfBenefit", lambda one: change(one) if is_claim(one) else one)

    def edit_authorizations(self, change: Edit) -> World:
        """Pass a copy of every prior authorization through `change`, and leave claims alone."""
        return self.edit("ExplanationOfBenefit", lambda one: one if is_claim(one) else change(one))

    def with_people(self, *people: Person) -> World:
        """Add or replace people (by user name)."""
        return World(
            {**self.people, **{person.user: person for person in people}}, _tables=self._tables
        )

    @cached_property
    def _members(self) -> Mapping[str, Person]:
        return {person.patient: person for person in self.people.values() if person.patient}

    @cached_property
    def _references(self) -> Mapping[str, tuple[Resource, tuple[str, ...]]]:
        return {
            f"{kind}/{logical_id}": (resource, tuple(dict.fromkeys(references_in(resource))))
            for kind, table in self._tables.items()
            for logical_id, resource in table.items()
        }

    @cached_property
    def _referrers(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for resource, references in self._references.values():
            for reference in references:
                found.setdefault(reference, []).append(resource)
        return found

    @cached_property
    def _owners(self) -> Mapping[str, str]:
        owners: dict[str, str] = {}
        for resource in self.resources("Binary"):
            key = f"Binary/{resource['id']}"
            for holder in ("DocumentReference", "DiagnosticReport"):
                for document in self.resources(holder):
                    if key in attachments(document):
                        owners[key] = _named_patient(document) or ""
        for resource in self.resources("Provenance"):
            patients = {self._target_owner(target) for target in resource.get("target", ())}
            patients.discard(None)
            if len(patients) == 1:
                owners[f"Provenance/{resource['id']}"] = str(patients.pop())
        return owners

    def _target_owner(self, target: Mapping[str, Any]) -> str | None:
        found = self.at(str(target.get("reference", "")))
        if found is None:
            return None
        return str(found["id"]) if found["resourceType"] == "Patient" else _named_patient(found)

    @cached_property
    def _records(self) -> Mapping[tuple[str, str], list[Resource]]:
        records: dict[tuple[str, str], list[Resource]] = {}
        for kind, table in self._tables.items():
            for resource in table.values():
                owner = self.patient_of(resource)
                if owner:
                    records.setdefault((owner, kind), []).append(resource)
        return records


def is_claim(benefit: Resource) -> bool:
    """Whether an ExplanationOfBenefit tells of a claim, and not of a request in advance."""
    return benefit.get("use") != "preauthorization"


def attachments(document: Resource) -> tuple[str, ...]:
    """``Binary/id`` of every attachment of a DocumentReference or DiagnosticReport."""
    found = [
        content.get("attachment", {}).get("url", "") for content in document.get("content", ())
    ]
    found += [form.get("url", "") for form in document.get("presentedForm", ())]
    return tuple(url for url in found if url.startswith("Binary/"))


def references_in(value: Any) -> Iterable[str]:
    """Yield relative literal references, passing by absolute URLs and what is contained."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "reference" and isinstance(inner, str):
                if not inner.startswith("#") and inner.count("/") == 1:
                    yield inner
            elif key != "contained":
                yield from references_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references_in(inner)


def _named_patient(resource: Resource) -> str | None:
    for element in _PATIENT_ELEMENTS:
        reference = resource.get(element)
        if isinstance(reference, dict):
            kind, _, logical_id = str(reference.get("reference", "")).partition("/")
            if kind == "Patient" and logical_id:
                return logical_id
    return None
