"""Attribution Groups (PDex 2.2.0 Provider Access v1) and Groups of a match: read and search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from payerproof.sandbox.data.coding import NPI, PDEX, concept
from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.fhir.bundles import searchset
from payerproof.sandbox.fhir.call import Refused
from payerproof.sandbox.fhir.matching import split, token_matches
from payerproof.sandbox.partners.matches import Match

if TYPE_CHECKING:
    from payerproof.sandbox.partners.clients import PartnerClient
    from payerproof.sandbox.partners.view import View
    from payerproof.sandbox.tenant import Tenant

ATR = "http://hl7.org/fhir/us/davinci-atr/StructureDefinition/"
TIN = "urn:oid:2.16.840.1.113883.4.4"
ATTRIBUTION = PDEX + "CodeSystem/PdexMemberAttributionCS"
RESULTS = PDEX + "CodeSystem/PdexMultiMemberMatchResultCS"
PARAMETERS = ("_id", "identifier", "code", "characteristic", "characteristic-value-reference")
_PROFILES = {
    "provider": {
        "match": "pdex-provider-member-match",
        "nomatch": "pdex-provider-member-no-match",
        "consentconstraint": "pdex-member-opt-out",
    },
    "payer": {
        "match": "pdex-member-match-group",
        "nomatch": "pdex-member-no-match-group",
        "consentconstraint": "pdex-member-no-match-group",
    },
}


def roster_id(tenant: Tenant, client: PartnerClient) -> str:
    """Logical id of a clinic's attribution Group."""
    return tenant.face.logical_id("Group", f"{client.id}/roster")


def roster(view: View) -> Resource | None:
    """A clinic's attribution Group as it stands now; None where there is no such (payers, v2).

    It has no count, and its date is that of the nightly run: neither tells who has opted out.
    """
    tenant, client = view.tenant, view.client
    if client.kind != "provider" or tenant.face.provider_access == "v2":
        return None
    shared = view.members("shares_on_roster")
    code = concept(ATTRIBUTION, "pdexprovidergroup")
    code["coding"][0]["display"] = "PDex Provider Group"  # part of the profile's pattern
    made: Resource = {
        "resourceType": "Group",
        "id": roster_id(tenant, client),
        "meta": {
            "versionId": "1",
            "lastUpdated": f"{tenant.clock.moment().date().isoformat()}T05:00:00Z",
            "profile": [PDEX + "StructureDefinition/pdex-provider-group"],
        },
        "extension": [{"url": ATR + "ext-attributionListStatus", "valueCode": "final"}],
        "identifier": [
            {"system": NPI, "value": client.npi},
            {"system": TIN, "value": client.tin},
        ],
        "active": True,
        "type": "person",
        "actual": True,
        "code": code,
        "name": f"Members attributed to {client.name}",
        "managingEntity": _payer(tenant),
        "characteristic": [
            {
                "code": code,
                "valueReference": _provider(tenant, client),
                "exclude": False,
                "period": {"start": "2026-01-01"},
            }
        ],
    }
    rows = [_entry(view, patient) for patient in sorted(shared)]
    if rows:
        made["member"] = rows
    return tenant.policies.partners.assembled_roster(view, made)


def as_made(_view: View, group: Resource) -> Resource:
    """Publish the roster as it was made."""
    return group


def _payer(tenant: Tenant) -> dict[str, Any]:
    return {"reference": f"Organization/{tenant.face.logical_id('Organization', 'payer')}"}


def _provider(tenant: Tenant, client: PartnerClient) -> dict[str, Any]:
    named: dict[str, Any] = {"identifier": {"system": NPI, "value": client.npi}}
    if client.organization:
        organization = tenant.face.logical_id("Organization", client.organization)
        named["reference"] = f"Organization/{organization}"
    return named


def _entry(view: View, patient: str) -> dict[str, Any]:
    extensions: list[dict[str, Any]] = [{"url": ATR + "ext-changeType", "valueCode": "nochange"}]
    for coverage in view.world.record(patient, "Coverage"):
        named = {"reference": f"Coverage/{coverage['id']}"}
        extensions.append({"url": ATR + "ext-coverageReference", "valueReference": named})
    provider = _provider(view.tenant, view.client)
    extensions.append({"url": ATR + "ext-attributedProvider", "valueReference": provider})
    return {"extension": extensions, "entity": {"reference": f"Patient/{patient}"}}


def matched_group(view: View, match: Match) -> Resource:
    """The Group of a match; of those found only the ones that are still shared."""
    tenant, client = view.tenant, view.client
    shared = view.members("shares_on_roster")
    contained: list[dict[str, Any]] = []
    members: list[dict[str, Any]] = []
    for user, found in match.members.items():
        patient = tenant.world.people[user].patient
        if match.result == "match" and patient not in shared:
            continue
        key = f"sent-{len(contained) + 1}"
        contained.append({**found.sent, "id": key})
        named = {"reference": f"#{key}"}
        entity: dict[str, Any] = {"extension": [_sent(named)]}
        entity["reference"] = f"Patient/{patient}" if match.result == "match" else f"#{key}"
        members.append({"entity": entity})
    for sent in match.strangers:
        key = f"sent-{len(contained) + 1}"
        contained.append({**sent, "id": key})
        named = {"reference": f"#{key}"}
        members.append({"entity": {"extension": [_sent(named)], **named}})
    code = concept(RESULTS, match.result)
    profile = _PROFILES[client.kind][match.result]
    made: Resource = {
        "resourceType": "Group",
        "id": match.id,
        "meta": {
            "versionId": "1",
            "lastUpdated": datetime.fromtimestamp(match.created, UTC).isoformat(timespec="seconds"),
            "profile": [PDEX + "StructureDefinition/" + profile],
        },
        "contained": contained,
        "identifier": [{"system": NPI, "value": client.npi}],
        "active": True,
        "type": "person",
        "actual": True,
        "code": code,
        "managingEntity": _payer(tenant),
        "characteristic": [
            {
                "code": code,
                "valueReference": _provider(tenant, client),
                "exclude": False,
                "period": _period(match),
            }
        ],
        "member": members,
    }
    return {name: value for name, value in made.items() if value != []}


def _sent(named: Mapping[str, Any]) -> dict[str, Any]:
    url = PDEX + "StructureDefinition/base-ext-match-parameters"
    return {"url": url, "valueReference": dict(named)}


def _period(match: Match) -> dict[str, str]:
    start, end = (
        datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")
        for at in (match.created, match.expires)
    )
    return {"start": start, "end": end}


def groups_of(view: View) -> list[Resource]:
    """Every Group that a client may see: its own roster, and its own living matches."""
    found = [roster(view)]
    now = view.tenant.clock.now()
    found += [
        matched_group(view, match)
        for match in view.tenant.partners.matches.values()
        if match.client_id == view.client.client_id and now < match.expires
    ]
    return [group for group in found if group is not None]


def find_group(view: View, logical_id: str) -> Resource | None:
    """One of the client's own Groups by id, or None: somebody else's is none."""
    visible = view.tenant.policies.partners.groups_of(view)
    return next((group for group in visible if group["id"] == logical_id), None)


def search_groups(
    view: View, pairs: Sequence[tuple[str, str]], *, strict: bool = False
) -> dict[str, Any]:
    """Search the client's own Groups; raises `Refused` (400) on the unknown if `strict`."""
    kept = []
    for name, value in pairs:
        if name.partition(":")[0] in PARAMETERS and value:
            kept.append((name, value))
        elif strict and not name.startswith("_"):
            raise Refused(400, "not-supported", "A search parameter is not supported here.")
    rows = [
        group
        for group in view.tenant.policies.partners.groups_of(view)
        if all(_matches(view, group, name, value) for name, value in kept)
    ]
    base = view.tenant.partner_fhir_base
    query = f"?{urlencode(kept)}" if kept else ""
    entries = [
        {
            "fullUrl": f"{base}/Group/{row['id']}",
            "resource": row,
            "search": {"mode": "match"},
        }
        for row in rows
    ]
    return searchset([("self", f"{base}/Group{query}")], entries, len(rows))


def _matches(view: View, group: Resource, name: str, value: str) -> bool:
    matches = view.tenant.policies.partners.group_matches
    return any(matches(group, name, one) for one in split(value, ","))


def group_matches(group: Resource, name: str, value: str) -> bool:
    """Whether a Group satisfies one value of one search parameter."""
    if name == "_id":
        return bool(group["id"] == value)
    if name == "identifier":
        return any(token_matches(value, one, "") for one in group["identifier"])
    if name == "code":
        return token_matches(value, group["code"], "")
    if name == "characteristic":
        return any(token_matches(value, one["code"], "") for one in group["characteristic"])
    named = [one["valueReference"] for one in group["characteristic"]]
    return any(
        value in (one.get("reference"), str(one.get("reference")).rpartition("/")[2])
        or token_matches(value, one.get("identifier", {}), "")
        for one in named
    )
