"""Member matching: $provider-member-match, $member-match and $bulk-member-match (PDex 2.2.0, HRex).

A match needs every particular that was sent to be right; near misses are strangers, and a stranger
is told apart from nobody: the answer never says which particular was wrong, nor who has opted out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from starlette.requests import Request

from payerproof.sandbox.data.members import MEMBER_NUMBERS
from payerproof.sandbox.data.world import Person, Resource
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.fhir.serving import body_of
from payerproof.sandbox.oauth.store import new_id
from payerproof.sandbox.partners import jobs
from payerproof.sandbox.partners.clients import Attribution
from payerproof.sandbox.partners.consents import consent_ends
from payerproof.sandbox.partners.groups import matched_group
from payerproof.sandbox.partners.kickoff import ExportRequest
from payerproof.sandbox.partners.matches import Match, MatchedMember

if TYPE_CHECKING:
    from payerproof.sandbox.partners.view import View
    from payerproof.sandbox.tenant import Tenant

DAY = 86400.0
OPERATIONS = ("$provider-member-match", "$member-match", "$bulk-member-match")
_HREX_CODES = "http://hl7.org/fhir/us/davinci-hrex/CodeSystem/hrex-temp"
_PARTS = {"match": "MatchedMembers", "nomatch": "NonMatchedMembers"}
_PARTS |= {"consentconstraint": "ConsentConstrainedMembers"}
_NO_MATCH = "No single member matches, or the consent cannot be honoured."


@dataclass(frozen=True)
class Asked:
    """One member asked for: the patient and coverage sent, and the consent or attestation."""

    patient: Resource
    coverage: Resource
    consent: Resource


def match_operations(tenant: Tenant) -> tuple[str, ...]:
    """The operations that this payer offers."""
    return OPERATIONS[1:] if tenant.face.provider_access == "v1" else OPERATIONS


async def operation(view: View, call: Call, request: Request, segments: tuple[str, ...]) -> Reply:
    """Answer one of the matching operations; raises `Refused`."""
    name, tenant = segments[-1], view.tenant
    home = ("Patient", name) if name == "$member-match" else ("Group", name)
    needed = "provider" if name == "$provider-member-match" else "payer"
    absent = name not in tenant.policies.partners.match_operations(tenant)
    if segments != home or absent:
        raise Refused(404, "not-supported", "There is no such operation here.")
    if call.method != "POST":
        raise Refused(405, "not-supported", "This operation is POSTed.", headers={"Allow": "POST"})
    if view.client.kind != needed:
        raise Refused(403, "forbidden", "This operation is not for this kind of client.")
    if not tenant.policies.partners.scope_allows(view.scopes, home[0], "r"):
        raise Refused(403, "forbidden", f"The token has no scope for {home[0]}.")
    wanted = _read(await body_of(request), single=name == "$member-match")
    if name == "$member-match":
        return tenant.policies.partners.member_match(view, wanted[0])
    late = "respond-async" in request.headers.get("prefer", "")
    if name == "$bulk-member-match" and not late:
        raise Refused(400, "required", "$bulk-member-match needs Prefer: respond-async.")
    policies = tenant.policies.partners
    provider = needed == "provider"
    judge = policies.judged_for_provider if provider else policies.judged_for_payer
    made = _matched(view, wanted, judge)
    return _later(view, call, made, segments) if late else _at_once(view, made)


def _read(body: bytes, *, single: bool) -> list[Asked]:
    try:
        rows = orjson.loads(body)["parameter"]
        bundles = [{"part": rows}] if single else [r for r in rows if r["name"] == "MemberBundle"]
        found = [_asked(bundle["part"]) for bundle in bundles]
    except (ValueError, KeyError, TypeError):
        raise Refused(400, "structure", "The body must be the Parameters of this match.") from None
    if not found:
        raise Refused(400, "required", "At least one MemberBundle is required.")
    return found


def _asked(parts: Sequence[Mapping[str, Any]]) -> Asked:
    resources = {part["name"]: part["resource"] for part in parts if "resource" in part}
    asked = Asked(
        resources["MemberPatient"], resources["CoverageToMatch"], resources.get("Consent", {})
    )
    if (asked.patient["resourceType"], asked.coverage["resourceType"]) != ("Patient", "Coverage"):
        raise ValueError("other resources")
    return asked


def identified(tenant: Tenant, asked: Asked) -> Person | None:
    """The one member whom everything sent describes; None for none, several, or a near miss."""
    matches = tenant.policies.partners.describes
    found = [
        person
        for person in tenant.world.people.values()
        if person.patient and matches(person, asked)
    ]
    return found[0] if len(found) == 1 else None


def describes(person: Person, asked: Asked) -> bool:
    """Whether name, birth date, sex and a number of the plan's all are this member's."""
    patient = asked.patient
    if patient.get("birthDate") != person.birth_date.isoformat():
        return False
    if patient.get("gender", person.gender) != person.gender:
        return False
    return _is_named(person, patient) and has_number(person, asked)


def _is_named(person: Person, patient: Mapping[str, Any]) -> bool:
    return any(
        str(name.get("family", "")).casefold() == person.family.casefold()
        and [given.casefold() for given in name.get("given", ())][:1] == [person.given.casefold()]
        for name in patient.get("name", ())
    )


def has_number(person: Person, asked: Asked) -> bool:
    """Whether at least one number of the plan's was sent, and none that is another's."""
    rows = [*asked.patient.get("identifier", ()), *asked.coverage.get("identifier", ())]
    numbers = {one.get("value") for one in rows if one.get("system") == MEMBER_NUMBERS}
    subscriber = asked.coverage.get("subscriberId")
    if subscriber not in (None, person.subscriber_id):
        return False
    return numbers == {person.member_number} or (not numbers and subscriber is not None)


def judged_for_provider(view: View, asked: Asked, person: Person | None) -> str:
    """Whether a clinic's member matches: known, attested, in the network, and sharing.

    Who has opted out is answered as who isn't known (PDex 2.2.0, pdex-261a).
    """
    tenant, client, policies = view.tenant, view.client, view.tenant.policies.partners
    if person is None or not policies.attestation_holds(tenant, client, asked):
        return "nomatch"
    if not policies.in_network(tenant, client) or not policies.is_enrolled(tenant, person):
        return "nomatch"
    return "nomatch" if policies.has_opted_out(tenant, person.user) else "match"


def judged_for_payer(view: View, asked: Asked, person: Person | None) -> str:
    """Whether a payer's member matches: known, and both consent and opt-in allow it."""
    tenant, client, policies = view.tenant, view.client, view.tenant.policies.partners
    if person is None:
        return "nomatch"
    if not policies.consent_allows(tenant, client, asked):
        return "consentconstraint"
    opted_in = policies.wants_exchange(tenant, client, person.user)
    return "match" if opted_in else "consentconstraint"


def _matched(view: View, wanted: Sequence[Asked], judge: Any) -> list[Match]:
    """Judge every member and keep what came of it, as one Group for each result."""
    tenant, now = view.tenant, view.tenant.clock.now()
    made: dict[str, Match] = {}
    for asked in wanted:
        person = tenant.policies.partners.identified(tenant, asked)
        result = judge(view, asked, person)
        if result not in made:
            lifetime = tenant.policies.partners.match_lifetime
            client_id = view.client.client_id
            match = Match(
                f"match-{new_id()}".replace("_", "-"), client_id, result, now, now + lifetime
            )
            made[result] = match
        if result == "match" and person is not None:
            made[result].members[person.user] = _found(view, asked, person)
        else:
            made[result].strangers.append(asked.patient)
    for match in made.values():
        tenant.partners.matches[match.id] = match
    return list(made.values())


def _found(view: View, asked: Asked, person: Person) -> MatchedMember:
    tenant, client = view.tenant, view.client
    if client.kind == "provider":
        if not tenant.policies.partners.is_attributed(tenant, client, person.user):
            day = tenant.clock.today().date()
            new = Attribution(client.client_id, person.user, "attestation", day)
            tenant.partners.attributions.append(new)
        return MatchedMember(asked.patient)
    sensitive = any("#sensitive" in str(one.get("uri")) for one in asked.consent.get("policy", ()))
    return MatchedMember(asked.patient, consent_ends(asked.consent), sensitive)


def member_match(view: View, asked: Asked) -> Reply:
    """Answer $member-match: the member's identifier, or 422 whatever the reason (HRex 1.1.0)."""
    made = _matched(view, [asked], view.tenant.policies.partners.judged_for_payer)
    match = made[0]
    if match.result != "match":
        view.tenant.partners.matches.pop(match.id)
        raise Refused(422, "not-found", _NO_MATCH)
    person = view.tenant.world.people[next(iter(match.members))]
    identifier = {
        "type": {
            "coding": [
                {"system": _HREX_CODES, "code": "UMB"},
                {"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MB"},
            ]
        },
        "system": MEMBER_NUMBERS,
        "value": person.member_number,
    }
    parameters = [
        {"name": "MemberIdentifier", "valueIdentifier": identifier},
        {"name": "MemberId", "valueReference": {"reference": f"Patient/{person.patient}"}},
    ]
    return Reply(resource={"resourceType": "Parameters", "parameter": parameters})


def _at_once(view: View, made: Sequence[Match]) -> Reply:
    parameters = [
        {"name": _PARTS[match.result], "resource": matched_group(view, match)} for match in made
    ]
    if not any(match.result == "match" for match in made):
        now = view.tenant.clock.now()
        empty = Match(f"match-{len(made)}", view.client.client_id, "match", now, now)
        parameters.insert(0, {"name": _PARTS["match"], "resource": matched_group(view, empty)})
    return Reply(resource={"resourceType": "Parameters", "parameter": parameters})


def _later(view: View, call: Call, made: Sequence[Match], segments: tuple[str, ...]) -> Reply:
    url = view.tenant.partner_fhir_base + "/" + "/".join(segments)
    asked = ExportRequest(group="", url=url, types=("Group",))

    def write(job: jobs.ExportJob) -> None:
        rows = [matched_group(view, match) for match in made]
        jobs.write_rows(view, job, "Group", rows)

    job = jobs.begin(view, call, asked, write)
    where = f"{view.tenant.partner_base}/bulk/jobs/{job.id}"
    return Reply(202, headers={"Content-Location": where})
