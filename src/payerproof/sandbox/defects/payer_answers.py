"""Payer-to-Payer: the wrong payer served, the right member refused, the answer too late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import both, partners
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.partners import attribution, bulk, matching
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.jobs import ExportJob
from payerproof.sandbox.partners.matching import Asked
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "payer_to_payer"


def _wanted_by_somebody(tenant: Tenant, member: str) -> bool:
    day = tenant.clock.today().date()
    return any(one.member == member and one.holds_on(day) for one in tenant.partners.exchanges)


def _without_match(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    if client.kind == "provider":
        return attribution.shares(tenant, client, member)
    return _wanted_by_somebody(tenant, member)


seed(
    "exchange-opens-to-payers-unmatched",
    AREA,
    "N-BULK-22",
    "Members who opted into an exchange can be read by every payer, matched or not",
    partners(shares_on_read=_without_match, shares_on_search=_without_match),
)


def _any_payers_match(tenant: Tenant, _client: PartnerClient, member: str) -> bool:
    policies = tenant.policies.partners
    return any(
        member in match.members
        and policies.match_lives(tenant, match)
        and policies.consent_holds(tenant, match.members[member])
        for match in tenant.partners.matches.values()
    )


def _any_payer_wanted(tenant: Tenant, _client: PartnerClient, member: str) -> bool:
    return _wanted_by_somebody(tenant, member)


seed(
    "match-of-one-payer-opens-to-others",
    AREA,
    "N-BULK-22",
    "A match is kept by member and not by who asked: what one payer matched others read",
    partners(is_matched=_any_payers_match, wants_exchange=_any_payer_wanted),
)


def _by_the_desk(seen: View, job: ExportJob) -> Reply:
    by_a_payer = seen.client.kind == "payer" and bool(job.asked.group)
    if by_a_payer and seen.tenant.clock.now() < job.at + 5 * 86400.0:
        return Reply(202, headers={"X-Progress": "with the desk", "Retry-After": "7200"})
    return bulk.status(seen, job)


seed(
    "payers-wait-for-the-desk",
    AREA,
    "AC-05-6",
    "Clinics get their exports at once; those of payers go over a desk and take five days",
    both(partners(export_lifetime=30 * 86400.0), partners(status=_by_the_desk)),
)


def _at_one_address(person: Person, asked: Asked) -> bool:
    return bool(asked.patient.get("address")) and matching.describes(person, asked)


def _full_name(person: Person, asked: Asked) -> bool:
    rows = asked.patient.get("name", ())
    whole = any(one.get("text") == person.name for one in rows)
    return whole and matching.describes(person, asked)


seed(
    "payers-match-needs-an-address",
    AREA,
    "N-BULK-21",
    "No member is matched without a postal address, which no payer has to send",
    partners(describes=_at_one_address),
)
seed(
    "payers-match-needs-the-name-as-text",
    AREA,
    "N-BULK-21",
    "Names are compared by their text alone: family and given name match nobody",
    partners(describes=_full_name),
)


def _subscriber(seen: View, asked: Asked) -> Reply:
    reply = matching.member_match(seen, asked)
    others = [one for one in seen.tenant.world.people.values() if one.patient]
    person = seen.tenant.policies.partners.identified(seen.tenant, asked)
    if person is None or reply.resource is None:
        raise Refused(422, "not-found", "No single member matches.")
    wrong = next(one for one in others if one.user != person.user)
    rows: list[dict[str, Any]] = [
        {**one, "valueIdentifier": {**one["valueIdentifier"], "value": wrong.member_number}}
        if one["name"] == "MemberIdentifier"
        else {**one, "valueReference": {"reference": f"Patient/{wrong.patient}"}}
        for one in reply.resource["parameter"]
    ]
    return replace(reply, resource={**reply.resource, "parameter": rows})


seed(
    "match-answers-with-another-member",
    AREA,
    "N-BULK-21",
    "The right member is matched, and the answer names the next row of the table",
    partners(member_match=_subscriber),
)


def _unsaid(_tenant: Tenant, statement: dict[str, Any]) -> dict[str, Any]:
    rest = statement["rest"][0]
    rows = [
        {name: value for name, value in row.items() if name != "operation"}
        if row["type"] == "Patient"
        else row
        for row in rest["resource"]
    ]
    return {**statement, "rest": [{**rest, "resource": rows}]}


seed(
    "member-match-not-declared",
    AREA,
    "N-BULK-21",
    "$member-match works, and the statement doesn't declare it",
    partners(capability=_unsaid),
)


def _id_only(seen: View, asked: Asked) -> Reply:
    reply = matching.member_match(seen, asked)
    made = reply.resource or {}
    rows = [row for row in made.get("parameter", ()) if row["name"] != "MemberIdentifier"]
    return replace(reply, resource={**made, "parameter": rows})


def _as_patient(seen: View, asked: Asked) -> Reply:
    person = seen.tenant.policies.partners.identified(seen.tenant, asked)
    reply = matching.member_match(seen, asked)
    patient = seen.tenant.world.resource("Patient", person.patient) if person else None
    return replace(reply, resource=patient)


def _unmatched(status: int) -> Any:
    def answered(seen: View, asked: Asked) -> Reply:
        try:
            return matching.member_match(seen, asked)
        except Refused as refused:
            if status == 200:
                return Reply(resource={"resourceType": "Parameters"})
            raise Refused(status, refused.code, refused.text) from None

    return answered


seed(
    "match-answers-without-identifier",
    AREA,
    "N-BULK-21",
    "The answer of $member-match holds the logical id, and no MemberIdentifier",
    partners(member_match=_id_only),
)
seed(
    "match-answers-with-a-patient",
    AREA,
    "N-BULK-21",
    "$member-match answers with the Patient, as before HRex 1.0, not with Parameters",
    partners(member_match=_as_patient),
)
seed(
    "no-match-answered-404",
    AREA,
    "N-BULK-21",
    "Where no member matches $member-match answers 404",
    partners(member_match=_unmatched(404)),
)
seed(
    "no-match-answered-as-success",
    AREA,
    "N-BULK-21",
    "Where no member matches $member-match answers 200 with empty Parameters",
    partners(member_match=_unmatched(200)),
)


# -- all of a record in one answer


def _all_of(
    *, of_anybody: bool = False, whole: bool = False
) -> Callable[[View, Call, tuple[str, ...]], Reply]:
    """Serve $everything: through the gates of reading and delivery, or past some of them."""

    def everything(seen: View, call: Call, segments: tuple[str, ...]) -> Reply:
        policies, patient = seen.tenant.policies.partners, segments[1] if len(segments) == 3 else ""
        known = seen.tenant.world.person_of(patient) is not None
        opened = of_anybody or patient in seen.members("shares_on_read")
        if not known or not opened or segments[0] != "Patient":
            raise policies.absent(seen, "foreign", None)
        world = seen.world
        rows = [row for kind in world.record_types(patient) for row in world.record(patient, kind)]
        if not whole:
            rows = [policies.redacted(seen, row) for row in rows if seen.disclosable(row)]
        entries = [
            {"fullUrl": f"{call.base}/{row['resourceType']}/{row['id']}", "resource": row}
            for row in rows
        ]
        return Reply(resource={"resourceType": "Bundle", "type": "searchset", "entry": entries})

    return everything


seed(
    "payers-everything-whole",
    AREA,
    "N-BULK-20",
    "$everything gives a payer the whole record, with amounts, denials and all years",
    partners(everything=_all_of(whole=True)),
    twin="payers-everything-served",
)
seed(
    "payers-everything-of-anybody",
    AREA,
    "N-BULK-22",
    "$everything asks for a payer's token, and not whose record it may have",
    partners(everything=_all_of(of_anybody=True)),
    twin="payers-everything-served",
)
seed(
    "payers-everything-served",
    AREA,
    "N-BULK-20",
    "$everything is served to payers, of those who opted in, with what an export would hold",
    partners(everything=_all_of()),
    lawful=True,
)
