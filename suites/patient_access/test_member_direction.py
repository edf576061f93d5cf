"""Approval: data flow at the member's direction, and a representative's, and not otherwise."""

from __future__ import annotations

import base64
import json

from payerproof.expect.claims import CLAIMS, numbers
from payerproof.fhir.compartment import member_parameter
from payerproof.fhir.record import CLAIMS_AND_BASICS
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Person,
    Persona,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

FLOW = {"login", "second-factor", "picker", "consent"}
PART_OF_LOGIN = {"wait", "callback", "stay-signed-in", "resume"}
"""Finer words for pages that go on by themselves, or ask for no more than a press."""

JUNK = {
    "junk": ("Patient", CLAIMS, "Coverage"),
    "null": (CLAIMS, "Coverage"),
    "cut": ("Patient", CLAIMS),
    "foreign-realm": ("Patient", "Coverage"),
}
"""Shape of a token that was never given → the types that it is tried on."""


@check("patient-access.member-directed/no-token", needs=("member",))
@each("kind", ("Patient", CLAIMS, "Coverage", "Condition"))
def test_nothing_opens_without_a_token(api: Api, member: Person, kind: str) -> None:
    """No type of the record opens without a token."""
    # given a resource that the member's own token reads
    member.must_have(kind)
    ident = member.record.ids(kind)[0]
    wanted = [(member_parameter(kind), member.patient_id)]
    # when it is read and searched for without a token
    client = api.once()
    replies = [client.read(kind, ident), client.search(kind, wanted)]
    # then nothing comes
    expect(*replies).has_no_resource_of(kind)
    expect(*replies).discloses_nothing_about(member)


@check("patient-access.member-directed/no-token-by-other-ways", needs=("member",))
def test_no_other_way_opens_without_a_token(api: Api, member: Person) -> None:
    """Claims come without a token neither by POST nor by their number."""
    # given a claim that the member's own token reads, and its number
    member.must_have(CLAIMS)
    claim = next((c for c in member.record.of(CLAIMS) if c.get("identifier")), {})
    found = next(iter(claim.get("identifier") or []), {})
    wanted = [("identifier", f"{found.get('system', '')}|{found.get('value', '')}")]
    # when claims are searched for without a token, by POST and by a number as in a letter
    client = api.once()
    replies = [
        client.search_by_post(CLAIMS, patient=member.patient_id),
        client.search(CLAIMS, wanted),
    ]
    # then nothing comes
    expect(*replies).has_no_resource_of(CLAIMS)
    expect(*replies).discloses_nothing_about(member)


@check("patient-access.member-directed/junk-token", needs=("member",))
@each("shape", JUNK)
def test_nothing_opens_with_a_junk_token(api: Api, member: Person, shape: str) -> None:
    """No type of the record opens with a junk, null, cut or foreign-realm token."""
    # given a record that the member's own token reads
    member.must_have("Patient", CLAIMS, "Coverage")
    token = {
        "junk": "payerproof-was-never-given-this-token",
        "null": "null",
        "cut": api.grant_of(member).access_token[:-8],
        "foreign-realm": _unsigned_token(member.patient_id),
    }[shape]
    # when a token that the payer never gave asks for it
    client = api.once().with_token(token)
    replies = [
        client.search(kind, [(member_parameter(kind), member.patient_id)])
        if kind != "Patient"
        else client.read(kind, member.patient_id)
        for kind in JUNK[shape]
    ]
    # then nothing comes
    expect(*replies).has_no_resource_of("Patient", CLAIMS, "Coverage")
    expect(*replies).discloses_nothing_about(member)


@check("patient-access.member-directed/declined", needs=("member", "two_apps"))
def test_a_declining_member_gives_nothing(
    api: Api, apps: Apps, authorization: Authorization, lease: Lease, member: Person
) -> None:
    """After the member declines no token exists and nothing opens."""
    # given a member whose approval opens the record
    approved = api.grant_of(member)
    inconclusive_unless(
        approved.access_token and member.record.of("Patient"),
        f"{member}'s approval opens nothing either",
        approved.exchange,
    )
    # when the member declines what another app asks for
    app = lease.hold(member, *apps.spare)
    request = authorization.request(app, prompt="consent")
    outcome = authorization.visit(member, request, decision="decline")
    inconclusive_unless(
        outcome.consent_shown or "code" not in outcome.parameters,
        f"{member} was not asked, so there was nothing to decline",
        *outcome.exchanges[-3:],
    )
    # then the app gets neither a code nor a token
    given = {"code", "access_token", "id_token"} & outcome.parameters.keys()
    expect.that(
        not given,
        "no code and no token after the member declined",
        f"the redirect carries {' and '.join(sorted(given))}" if given else "neither came",
        *outcome.exchanges[-3:],
    )


@check("patient-access.member-directed/consented-opens", needs=("member",))
def test_approval_opens_the_record(api: Api, member: Person) -> None:
    """With the member's approval the member's own record opens."""
    grant = api.grant_of(member)
    own = [row for row in member.record.of("Patient") if row.get("id") == member.patient_id]
    claims = member.record.of(CLAIMS)
    # (somebody of whom no claims are known may have none, and yet a record)
    none = not member.persona.expect.claims and CLAIMS not in member.record.troubles
    other = none and len(member.record.everything) > len(own)
    expect.that(
        own and (claims or other),
        "the member's Patient and claims, read with the token they approved",
        f"{len(own)} Patient, {len(claims)} claims and "
        f"{len(member.record.everything) - len(own) - len(claims)} other resources",
        grant.exchange,
        *member.record.exchanges.get("Patient", ()),
        *member.record.exchanges.get(CLAIMS, ())[:1],
    )


@check("patient-access.personal-rep/token-for-the-represented", needs=("representative",))
def test_representatives_token_opens_the_represented(
    api: Api, lease: Lease, representative: Person, target: Target
) -> None:
    """A representative's token opens the chosen member's record and not the representative's."""
    # given a representative of somebody whose claims are known beforehand
    chosen = _represented(target, representative.persona)
    theirs = {claim.id for claim in chosen.expect.claims}
    inconclusive_unless(
        theirs, f"the payer file names no claim of those whom {representative} acts for"
    )
    # when the representative connects an app for that member and it reads claims
    grant = lease.reading(representative, choose=chosen.id)
    reply = api.once(grant).search(CLAIMS, [("patient", grant.patient), ("_count", "100")])
    # then they are the represented member's, and none is the representative's own
    came = {number for row in reply.matches for number in numbers(row)}
    own = {claim.id for claim in representative.persona.expect.claims} & came
    expect.that(
        theirs & came and not own,
        f"claims of {chosen.id}, and none of {representative}",
        f"{len(theirs & came)} claims known to be {chosen.id}'s, {len(own)} known to be "
        f"{representative}'s ({{x:{reply.exchange}}})",
        grant.exchange,
        reply.exchange,
    )
    expect(reply).has_status(200)


@check("patient-access.personal-rep/same-types", needs=("representative",))
def test_representative_sees_every_type(run_session: RunSession, target: Target) -> None:
    """The representative's record of the member has the types that the member's own has."""
    # given an adult member who logs in, and a representative who connects for that member alone
    pairs = _acting_pairs(target)
    not_applicable_unless(
        pairs,
        "The payer file names no representative without a record of their own who acts for an "
        "adult with a login, so the two records cannot be compared.",
    )
    acting, represented = (run_session.person(persona) for persona in pairs[0])
    inconclusive_unless(represented.record.types, f"{represented} sees no record of their own")
    # when both records are collected
    wanted = {"Patient", *CLAIMS_AND_BASICS} & set(represented.record.types)
    missing = sorted(wanted - set(acting.record.types))
    # then they hold the same types
    expect.that(
        acting.patient_id == represented.patient_id and not missing,
        f"{acting}'s view of {represented}'s record holds the types of {represented}'s own",
        f"missing: {', '.join(missing)}"
        if missing
        else f"on both sides: {', '.join(sorted(wanted))}",
        *(x for found in acting.record.exchanges.values() for x in found[:1]),
    )


@check("patient-access.no-special-effort/portal-and-consent-only", needs=("member", "browser"))
def test_login_and_consent_are_enough(authorization: Authorization, member: Person) -> None:
    """From the app's request to the first data stand only login, second factor, choice, consent."""
    # given the trip on which the member's app was connected
    outcome = authorization.first_connection(member)
    inconclusive_unless(outcome.pages, f"no page was seen on {member}'s way", *outcome.exchanges)
    # when its pages are sorted
    extra = [p for p in outcome.pages if p.kind not in FLOW and p.detail not in PART_OF_LOGIN]
    remark(f"{len(outcome.pages)} pages: {', '.join(p.kind for p in outcome.pages)}")
    # then nothing else stood in between, and the plain code flow led to data
    expect.that(
        not extra and "code" in outcome.parameters and member.record.types,
        "login, second factor, choice of member and consent, then data",
        f"further pages: {', '.join(p.detail or p.kind for p in extra)}"
        if extra
        else f"{len(outcome.pages)} pages, then data",
        *(page.screenshot for page in extra or outcome.pages),
    )


def _unsigned_token(patient: str) -> str:
    """A JWT of another realm that nobody signed, made out to the member."""
    parts = (
        {"alg": "none", "typ": "at+jwt"},
        {
            "iss": "https://issuer.payerproof.example",
            "sub": patient,
            "patient": patient,
            "scope": "launch/patient patient/*.read patient/*.rs",
            "exp": 4102444800,
        },
    )
    encoded = [base64.urlsafe_b64encode(json.dumps(p).encode()).decode().rstrip("=") for p in parts]
    return ".".join([*encoded, ""])


def _represented(target: Target, acting: Persona) -> Persona:
    """Whom a representative acts for; those with known claims first."""
    people = [target.persona(name) for name in acting.represents]
    return next((one for one in people if one.expect.claims), people[0])


def _acting_pairs(target: Target) -> list[tuple[Persona, Persona]]:
    """Representatives without a record of their own, each with an adult they act for."""
    return [
        (one, represented)
        for one in target.personas
        if one.username and one.represents and not (one.patient_id or one.expect.claims)
        for represented in [target.persona(one.represents[0])]
        if represented.username and represented.role != "minor"
    ]
