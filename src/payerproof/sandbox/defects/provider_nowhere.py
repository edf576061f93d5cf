"""Clinics that find no way to their patients, and clinics that find somebody else's members."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from payerproof.sandbox.data.members import MEMBER_NUMBERS
from payerproof.sandbox.data.world import Person, Resource, World
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, both, partners
from payerproof.sandbox.partners import attribution, groups, matching, token
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant, TenantSpec

AREA = "provider_access"
Json = dict[str, Any]


def _seed(name: str, cites: str, title: str, change: Change) -> None:
    seed(name, AREA, cites, title, change)


# -- PDex 2.2 declared; neither the match operation nor an attribution Group


def _matches_only(seen: View) -> list[Resource]:
    own = groups.roster_id(seen.tenant, seen.client)
    return [one for one in groups.groups_of(seen) if one["id"] != own]


def _payers_operations(_tenant: Tenant) -> tuple[str, ...]:
    return matching.OPERATIONS[1:]


def _match_unsaid(_tenant: Tenant, statement: Json) -> Json:
    rest = statement["rest"][0]
    rows = [
        {**one, "operation": [op for op in one["operation"] if "provider" not in op["name"]]}
        if one["type"] == "Group"
        else one
        for one in rest["resource"]
    ]
    return {**statement, "rest": [{**rest, "resource": rows}]}


def _group_closed(scopes: tuple[str, ...], kind: str, verb: str) -> bool:
    return kind != "Group" and token.scope_allows(scopes, kind, verb)


_NOWHERE = partners(groups_of=_matches_only, match_operations=_payers_operations)

_seed(
    "clinics-without-roster-or-match",
    "AC-05-1",
    "PDex 2.2 is declared; clinics have no attribution Group, and no match operation either",
    both(_NOWHERE, partners(capability=_match_unsaid)),
)
_seed(
    "clinics-roster-gone-match-to-come",
    "AC-05-1",
    "The attribution Groups are gone, and the match that is declared instead is answered 404",
    _NOWHERE,
)
_seed(
    "no-scope-opens-group",
    "AC-05-1",
    "No scope opens Group: clinics can neither find their list nor match a member",
    partners(scope_allows=_group_closed),
)

# -- members of another plan


def _their_patient(tenant: Tenant) -> str:
    return tenant.face.logical_id("Patient", "a member of our other plan")


def _with_a_row(seen: View, group: Resource) -> Resource:
    named = {"entity": {"reference": f"Patient/{_their_patient(seen.tenant)}"}}
    return {**group, "member": [*group.get("member", ()), named]}


_seed(
    "roster-names-another-plans-member",
    "N-BULK-10 AC-05-1",
    "The list comes from a table for two plans: it names a member of the other one",
    partners(assembled_roster=_with_a_row),
)

_THEIRS = Person(
    user="of-another-plan",
    role="member",
    given="Zelda",
    family="Synthetic-Zimmer",
    birth_date=date(1971, 6, 2),
    gender="female",
    email="",
    member_number="OTHER-PLAN-7001",
    subscriber_id="OTHER-PLAN-7001",
)


def _record(patient: str, coverage: str, payer: str) -> tuple[Resource, ...]:
    number = {"system": MEMBER_NUMBERS, "value": _THEIRS.member_number}
    meta = {"versionId": "1", "lastUpdated": "2026-11-02T05:00:00Z"}
    name = {"family": _THEIRS.family, "given": [_THEIRS.given]}
    born = _THEIRS.birth_date.isoformat()
    return (
        {"resourceType": "Patient", "id": patient, "meta": meta, "identifier": [number],
         "name": [name], "gender": _THEIRS.gender, "birthDate": born},
        {"resourceType": "Coverage", "id": coverage, "meta": meta, "status": "active",
         "beneficiary": {"reference": f"Patient/{patient}"},
         "payor": [{"reference": f"Organization/{payer}"}]},
    )  # fmt: skip


def _loaded_beside(spec: TenantSpec) -> TenantSpec:
    ids = spec.face.logical_id
    patient = ids("Patient", "a member of our other plan")
    made = _record(patient, ids("Coverage", "of our other plan"), ids("Organization", "payer"))

    def change(world: World) -> World:
        return world.with_resources(*made).with_people(replace(_THEIRS, patient=patient))

    return replace(spec, reshape=(*spec.reshape, change))


def _theirs_too(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    return member == _THEIRS.user or attribution.is_attributed(tenant, client, member)


_seed(
    "another-plans-member-for-every-clinic",
    "N-BULK-10 AC-05-1",
    "A member of another plan came in with a shared table, and is given to every clinic",
    both(_loaded_beside, partners(is_attributed=_theirs_too)),
)
