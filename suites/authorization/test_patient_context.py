"""Patient in context: the token names the member who consented, by one id, all along."""

from __future__ import annotations

import json

from payerproof.expect.doorstep import told
from payerproof.smart.identity import parts
from payerproof.suite import (
    Api,
    Authorization,
    Observed,
    Person,
    check,
    expect,
    inconclusive_unless,
)

CLAIMS = "ExplanationOfBenefit"


@check("smart.patient-context/right-member", needs=("member",))
def test_right_member(api: Api, member: Person) -> None:
    """The patient named is the consenting member and no other."""
    # given what is known of the member beforehand
    grant = api.grant_of(member)
    known = [claim.id for claim in member.persona.expect.claims]
    inconclusive_unless(
        known or member.persona.patient_id,
        f"the payer file says nothing by which {member}'s record is known",
    )
    # when the record behind the id in the token response is read
    claims = json.dumps([dict(claim) for claim in member.record.of(CLAIMS)])
    found = [number for number in known if number in claims]
    # then it is the member's own: that id, or those claims
    expect.that(
        member.persona.patient_id in (None, grant.patient) and (found or not known),
        f"the record of {member}",
        f"{len(found)} of {len(known)} claims known to be {member}'s are in it",
        grant.exchange,
        *member.record.exchanges.get(CLAIMS, ())[:1],
    )


@check("smart.patient-context/refresh-keeps-it", needs=("member",))
def test_refresh_keeps_the_member(member: Person, observed: Observed) -> None:
    """The refreshed token opens the same member, and patient, where repeated, is equal."""
    # given a grant that was refreshed, and the new token used
    seen = observed.refreshed()
    answer = seen.must_have_refreshed()
    # when patient is compared with what the first answer said, letter by letter
    first, again = (one.document.get("patient") for one in (seen.grant, answer))
    same = again in (None, first) and answer.patient in ("", member.patient_id)
    # then it is still about the same member
    expect.that(
        same,
        "the same patient as before, or none repeated",
        "the same or none" if same else "another patient, or the same written otherwise",
        seen.grant.exchange,
        answer.exchange,
    )
    expect(seen.own).concerns_only(member)
    expect.that(
        seen.own.matches,
        "the member's own Patient with the refreshed token",
        f"{len(seen.own.matches)} found",
        seen.own.exchange,
    )


@check("smart.patient-context/without-launch-scope", needs=("member",))
def test_patient_scope_alone(observed: Observed) -> None:
    """A patient/ scope without launch/patient still establishes the patient."""
    # given a request for data of one member that does not ask for launch/patient
    seen = observed.alone(f"patient/{CLAIMS}.read")
    # when the member approved it
    given = [answer for answer in seen.answers if answer.gave_token]
    inconclusive_unless(
        given, f"no token came ({told(seen.outcome)})", *seen.outcome.exchanges[-3:]
    )
    # then the answer names the patient all the same
    expect.that(
        given[0].document.get("patient"),
        "a patient in the token response",
        "it is there" if given[0].document.get("patient") else "no patient",
        given[0].exchange,
    )


@check("smart.patient-context/launch-patient-accepted", needs=("member",))
def test_launch_patient_is_accepted(api: Api, authorization: Authorization, member: Person) -> None:
    """launch/patient is accepted and yields patient."""
    # given the member's first connection
    outcome = authorization.first_connection(member)
    grant = api.grant_of(member)
    inconclusive_unless("launch/patient" in grant.asked, "the app does not ask for launch/patient")
    # when it went through
    patient = grant.document.get("patient")
    # then launch/patient was no obstacle, and the patient is named
    expect(outcome).gives_code()
    expect.that(
        patient,
        "a patient in the token response",
        "it is there" if patient else "no patient",
        grant.exchange,
    )


@check("oauth.one-patient-id/every-route", needs=("member",))
def test_one_id_by_every_route(api: Api, member: Person) -> None:
    """Every route that gives a patient id gives the same one."""
    # given the ids in the token response, in the access token and in the identity token
    grant = api.grant_of(member)
    told = {"the token response": grant.patient}
    _, in_access = parts(grant.access_token) or ({}, {})
    _, in_identity = parts(grant.id_token) or ({}, {})
    user = str(in_identity.get("fhirUser") or "")
    told["the access token"] = str(in_access.get("patient") or "").rpartition("/")[2]
    told["fhirUser"] = user.rpartition("/")[2] if "Patient/" in user else ""
    # when the member's Patient is searched for as well
    reply = api.as_(member).search("Patient")
    inconclusive_unless(reply.matches, "a search for Patient finds none", reply.exchange)
    told |= {f"the search, entry {n}": str(one.get("id")) for n, one in enumerate(reply.matches)}
    # then all that tell one tell the same
    ids = {ident for ident in told.values() if ident}
    expect.that(
        len(ids) == 1,
        "one patient id by every route",
        f"{len(ids)} different ids from "
        + ", ".join(name for name, ident in told.items() if ident),
        grant.exchange,
        reply.exchange,
    )


@check("oauth.patient-id-complete/linked-records", needs=("member",))
def test_nothing_behind_links_only(api: Api, member: Person) -> None:
    """The launch id finds every claim; records behind Patient.link are readable too."""
    # given the claims the member is known to have
    known = [claim.id for claim in member.persona.expect.claims]
    inconclusive_unless(
        known, f"the payer file does not say which claims {member} has; list them under expect"
    )
    # when the record that the launch id opens is searched for them, and links are followed
    claims = json.dumps([dict(claim) for claim in member.record.of(CLAIMS)])
    missing = [number for number in known if number not in claims]
    links = [
        str(link.get("other", {}).get("reference") or "")
        for patient in member.record.of("Patient")
        for link in patient.get("link") or []
    ]
    replies = [api.as_(member).get(reference) for reference in links if "Patient/" in reference]
    # then nothing is missing and nothing is closed
    expect.that(
        not missing and all(reply.ok for reply in replies),
        "every claim found by the launch id, and every linked Patient readable",
        f"{len(missing)} of {len(known)} claims not found, "
        f"{sum(not reply.ok for reply in replies)} of {len(replies)} linked Patients closed",
        *member.record.exchanges.get(CLAIMS, ())[:1],
        *(reply.exchange for reply in replies),
    )
