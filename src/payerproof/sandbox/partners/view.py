"""One client's view of the data: the gates of the FHIR API for clinics and payers.

Read, search, include, documents and export each ask anew whose record is shared, what other law
holds back, and what of it is left out; nothing is remembered from one request to the next.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.planted import with_partner_records
from payerproof.sandbox.data.world import SHARED_TYPES, Resource, World
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts, Refused, Reply
from payerproof.sandbox.fhir.compartment import holders, labels, referring
from payerproof.sandbox.fhir.interactions import refuse
from payerproof.sandbox.fhir.policy import FhirPolicies
from payerproof.sandbox.partners.attribution import shared_members
from payerproof.sandbox.partners.content import without_denied_lines

if TYPE_CHECKING:
    from payerproof.sandbox.partners.clients import PartnerClient
    from payerproof.sandbox.tenant import Tenant

_ABSENT = "No such resource, or none that this client may see."


@dataclass(frozen=True)
class View:
    """What one client sees of the payer's data at this moment, with the scopes of its token."""

    tenant: Tenant
    client: PartnerClient
    scopes: tuple[str, ...]

    @cached_property
    def world(self) -> World:
        """The data, with what only clinics and payers are told of."""
        return with_partner_records(self.tenant.world, self.tenant.face.logical_id)

    def members(self, path: str) -> frozenset[str]:
        """Patient ids that a path of the API shares with the client."""
        return shared_members(self.tenant, self.client, path)

    @cached_property
    def _on_read(self) -> frozenset[str]:
        return self.members("shares_on_read")

    @cached_property
    def _on_search(self) -> frozenset[str]:
        return self.members("shares_on_search")

    @cached_property
    def _on_include(self) -> frozenset[str]:
        return self.members("shares_on_include")

    def belongs(self, resource: Resource, members: frozenset[str]) -> bool:
        """Whether a resource is in the record of one of the members, or of the network it names."""
        if resource["resourceType"] in SHARED_TYPES:
            return f"{resource['resourceType']}/{resource['id']}" in self.linked(members)
        return self.world.patient_of(resource) in members

    def disclosable(self, resource: Resource) -> bool:
        """Whether a resource may go out as far as other law and the window of dates allow.

        A Provenance goes out with what it tells of, a Binary with the document that names it.
        """
        kind, policies = resource["resourceType"], self.tenant.policies.partners
        if kind == "Provenance":
            found = (self.world.at(str(t.get("reference", ""))) for t in resource["target"])
            if not all(one is not None and self.disclosable(one) for one in found):
                return False
        if kind == "Binary":
            documents = holders(resource, self.world)
            return bool(documents) and all(self.disclosable(one) for one in documents)
        return policies.is_lawful(self, resource) and policies.is_delivered(self, resource)

    def linked(self, members: frozenset[str]) -> frozenset[str]:
        """``Type/id`` of the shared resources that the members' disclosable records name."""
        made: dict[frozenset[str], frozenset[str]] = self.__dict__.setdefault("_linked", {})
        if members not in made:
            made[members] = frozenset(self._closure(members))
        return made[members]

    def _closure(self, members: frozenset[str]) -> set[str]:
        world = self.world
        todo = [
            reference
            for member in members
            for kind in world.record_types(member)
            if kind != "Provenance"
            for resource in world.record(member, kind)
            if self.disclosable(resource)
            for reference in world.references(resource)
        ]
        found: set[str] = set()
        while todo:
            reference = todo.pop()
            resource = world.at(reference)
            if reference in found or resource is None:
                continue
            if resource["resourceType"] not in SHARED_TYPES:
                continue
            found.add(reference)
            todo += world.references(resource)
            todo += [
                f"PractitionerRole/{one['id']}"
                for one in world.referrers(reference)
                if one["resourceType"] == "PractitionerRole"
            ]
        return found

    # the gates, in the form in which the FHIR API asks them

    def may_read(self, _access: Access, resource: Resource, _world: World) -> bool:
        """Whether the client may read a resource by id."""
        return self.belongs(resource, self._on_read)

    def may_find(self, _access: Access, resource: Resource, _world: World, _asked: Asked) -> bool:
        """Whether the client may find a resource."""
        return self.belongs(resource, self._on_search)

    def include_target(
        self, _access: Access, reference: dict[str, Any], world: World, _asked: Asked
    ) -> Resource | None:
        """Follow a reference for ``_include``, to what is shared only."""
        found = world.at(str(reference.get("reference", "")))
        return found if found is not None and self.belongs(found, self._on_include) else None

    def revinclude_sources(
        self,
        _access: Access,
        target: Resource,
        source: tuple[str, str],
        world: World,
        _asked: Asked,
    ) -> Sequence[Resource]:
        """Find what refers to a resource, among what is shared."""
        rows = referring(target, source, world)
        return [row for row in rows if self.belongs(row, self._on_include)]

    def may_open_binary(self, _access: Access, binary: Resource, world: World) -> bool:
        """Whether the client may open a Binary: with a document of a shared record."""
        return any(self.belongs(one, self._on_read) for one in holders(binary, world))

    def discloses(self, _access: Access, resource: Resource, _world: World) -> bool:
        """Whether other law and the window of dates let a resource out."""
        return self.disclosable(resource)

    def foreign_patients(self, _access: Access, named: Sequence[str]) -> Sequence[str]:
        """Those of the patients named who are not shared."""
        return [one for one in named if one not in self._on_search]

    def in_compartment(self, _access: Access, patient: str) -> bool:
        """Whether a compartment path names somebody shared."""
        return patient in self._on_search

    def scope_allows(self, _access: Access, kind: str, verb: str) -> bool:
        """Whether the scopes open a type."""
        return self.tenant.policies.partners.scope_allows(self.scopes, kind, verb)

    def scope_allows_include(self, access: Access, kind: str) -> bool:
        """Whether resources of a type may ride along."""
        return self.scope_allows(access, kind, "r") or self.scope_allows(access, kind, "s")

    def redact(self, _access: Access, resource: Resource) -> Resource:
        """What goes out of a resource."""
        return self.tenant.policies.partners.redacted(self, resource)

    def refused(self, _face: FaceFacts, why: str, resource: Resource | None) -> Refused:
        """What is answered about a resource that the client may not see."""
        return self.tenant.policies.partners.absent(self, why, resource)

    def policies(self) -> FhirPolicies:
        """The decisions of the FHIR API for this client."""
        return replace(
            FhirPolicies(),
            may_read=self.may_read,
            may_vread=self.may_read,
            may_find=self.may_find,
            include_target=self.include_target,
            revinclude_sources=self.revinclude_sources,
            may_open_binary=self.may_open_binary,
            in_own_compartment=self.in_compartment,
            foreign_patients=self.foreign_patients,
            discloses_read=self.discloses,
            discloses_search=self.discloses,
            discloses_include=self.discloses,
            discloses_binary=self.discloses,
            scope_allows=self.scope_allows,
            scope_allows_include=self.scope_allows_include,
            granular_read=_no_granular,
            granular_search=_no_granular,
            granular_include=_no_granular,
            redact=self.redact,
            absent=self.refused,
            foreign_search=_empty,
            docref=_no_docref,
            everything=partial(self.tenant.policies.partners.everything, self),
        )


def no_everything(_view: View, call: Call, segments: tuple[str, ...]) -> Reply:
    """$everything is not offered to clinics and payers."""
    refuse(call, segments)


def _no_docref(call: Call, _parameters: Sequence[tuple[str, str]]) -> Reply:
    refuse(call, ())


def _no_granular(_access: Access, _resource: Resource, _verb: str) -> bool:
    return True


def absent(_view: View, _why: str, _resource: Resource | None) -> Refused:
    """One answer for whatever may not be seen: unknown, not treated, opted out, held back."""
    return Refused(404, "not-found", _ABSENT)


def _empty(_face: FaceFacts) -> None:
    return None


def is_lawful(view: View, resource: Resource) -> bool:
    """Whether other law lets a resource out to this client.

    Substance use records need the member's written consent to this recipient (42 CFR 2.31, 2.33);
    an adolescent's confidential service is the adolescent's own.
    """
    marks = labels(resource)
    if "ADOL" in marks:
        return False
    return "42CFRPart2" not in marks or view.tenant.policies.partners.has_part2_consent(
        view.tenant, view.client, view.world.patient_of(resource) or ""
    )


def has_part2_consent(tenant: Tenant, client: PartnerClient, patient: str) -> bool:
    """Whether a member agreed in writing that this client gets substance use records.

    To the payer itself, or by the consent that another payer sent with its match.
    """
    person = tenant.world.person_of(patient)
    if person is None:
        return False
    agreed = any(
        match.client_id == client.client_id and match.members[person.user].sensitive
        for match in tenant.partners.matches.values()
        if person.user in match.members
    )
    return agreed or (client.client_id, person.user) in tenant.partners.part2


def is_delivered(view: View, resource: Resource) -> bool:
    """Whether a resource is among what this kind of client is owed."""
    policies = view.tenant.policies.partners
    if policies.is_remittance(resource):
        return False
    if view.client.kind == "provider":
        return view.tenant.face.before_floor or policies.after_floor(resource)
    today: date = view.tenant.clock.today().date()
    return not policies.is_denied(resource) and policies.within_five_years(resource, today)


NO_REDISCLOSURE = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "code": "NORDSCLCD",
}
"""Label of the notice that goes with substance use records (42 CFR 2.32)."""


def redacted(view: View, resource: Resource) -> Resource:
    """What goes out of a resource: no money, and the notice with substance use records.

    To a payer no denied line of an authorization either (42 CFR 422.121(b)(4)(i)).
    """
    shown = view.tenant.policies.partners.without_money(resource)
    if view.client.kind == "payer":
        shown = without_denied_lines(shown)
    if "42CFRPart2" not in labels(resource):
        return shown
    meta = shown["meta"]
    return {**shown, "meta": {**meta, "security": [*meta["security"], NO_REDISCLOSURE]}}
