"""Payer-to-Payer, matching: only who wants it, only on a good consent, and never a near miss.

42 CFR 422.121(b)(2) and (4); HRex 1.1.0, $member-match; PDex 2.2.0, §pdex-138 and §pdex-154.
"""

from __future__ import annotations

from payerproof.expect.advertised import resources_of
from payerproof.expect.claims import mappings
from payerproof.expect.no_match import expect_no_match
from payerproof.expect.profiles import told_by_profile
from payerproof.fhir.exchanging import identifies, matched_patient
from payerproof.plugin.exchange import GOOD, SPARE, Matches
from payerproof.plugin.near_misses import NAMES
from payerproof.suite import (
    Exchanges,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("other_payer", "payer_to_payer", "member")
CONSENTS = (
    "no consent",
    "consent that has ended",
    "consent that has not begun",
    "consent to another payer",
    "consent of another member",
    "consent that denies",
    "consent that is not active",
)
MATCH_OUT = (
    "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition/hrex-parameters-member-match-out"
)
UNWANTED = ("withdrawn", "never asked", "a payer whom the member did not choose")


@check("payer-to-payer.exact-match/right-member", needs=NEEDS)
def test_a_right_request_matches(exchanges: Exchanges) -> None:
    """A member who wants it, described as the payer knows them, is matched."""
    # when a payer asked for a member who opted in, with a good consent
    seen = exchanges.matches()
    # then the member is matched
    reply = seen.replies[GOOD]
    whose = matched_patient(reply)
    expect.that(
        identifies(reply) and whose in ("", seen.patient),
        "200 with the member's identifier, and no other Patient",
        f"{reply.status}" + (", naming another Patient" if whose not in ("", seen.patient) else ""),
        reply.exchange,
    )


@check("payer-to-payer.match-standards/without-address", needs=NEEDS)
def test_no_address_is_needed(exchanges: Exchanges) -> None:
    """A member is matched by number, name, birth date and sex, without a postal address."""
    # given a payer that matches a member who is described with address and telephone number
    seen = exchanges.matches()
    seen.must_match()
    # when neither is sent, which HRex (hrex-patient-demographics) leaves to the asker
    reply = seen.replies[SPARE]
    # then the member is matched all the same
    expect.that(
        identifies(reply),
        "200 with the member's identifier, as with an address",
        f"{reply.status}",
        seen.replies[GOOD].exchange,
        reply.exchange,
    )


@check("payer-to-payer.exact-match/near-miss", needs=NEEDS)
@each("how", NAMES)
def test_a_near_miss_matches_nobody(exchanges: Exchanges, how: str) -> None:
    """A description that is nearly right matches nobody."""
    # given a payer that matches a right description
    seen = exchanges.matches()
    seen.must_match()
    # when one thing of it was wrong, then nobody was matched
    _expect_no_match(seen, how)


@check("payer-to-payer.exact-match/tells-nothing", needs=NEEDS)
def test_a_refusal_tells_nothing_of_the_member(exchanges: Exchanges) -> None:
    """A refused match tells nothing of the member who was nearly meant."""
    # given requests that were nearly right
    seen = exchanges.matches()
    seen.must_match()
    refused = {
        name: seen.replies[name] for name in seen.hidden if not identifies(seen.replies[name])
    }
    # when the answers are read, then nothing stands there that was not sent
    told = [
        name
        for name, reply in refused.items()
        if not identifies(reply) and any(fact in reply.text for fact in seen.hidden[name])
    ]
    expect.that(
        not told,
        "refusals that tell nothing which was not sent",
        f"facts of the member in the answers to: {', '.join(told)}"
        if told
        else f"nothing in {len(refused)} refusals",
        *(seen.replies[name].exchange for name in told or refused),
    )


@check("payer-to-payer.opt-in/consent-needed", needs=NEEDS)
@each("how", CONSENTS)
def test_without_a_good_consent_nobody_is_matched(exchanges: Exchanges, how: str) -> None:
    """Without a consent of this member, to this payer, for this day, nobody is matched."""
    # given a payer that matches on a good consent
    seen = exchanges.matches()
    seen.must_match()
    # when the consent was missing or wrong, then nobody was matched
    _expect_no_match(seen, how)


@check("payer-to-payer.opt-in/match", needs=NEEDS)
@each("who", UNWANTED)
def test_who_did_not_opt_in_is_not_matched(exchanges: Exchanges, who: str) -> None:
    """Whoever did not opt in for this payer is not matched, whatever the other payer says."""
    # given a payer that matches a member who opted in
    seen = exchanges.matches()
    seen.must_match()
    not_applicable_unless(who in seen.replies, "The payer file names nobody to try it on.")
    # when somebody was asked for who did not, then nobody was matched
    _expect_no_match(seen, who)


@check("payer-to-payer.match-standards/declared", needs=NEEDS)
def test_the_operation_is_declared(exchanges: Exchanges) -> None:
    """The CapabilityStatement lists $member-match under Patient."""
    # given the statement of the API that other payers ask
    payer = exchanges.payer
    reply = payer.remembering.get("metadata")
    inconclusive_unless(
        reply.resource_type == "CapabilityStatement", f"answered {reply.status}", reply.exchange
    )
    # then the operation stands there
    patient = resources_of(reply.body).get("Patient", {})
    names = {str(one.get("name")).lstrip("$") for one in mappings(patient.get("operation"))}
    expect.that(
        "member-match" in names,
        "member-match among the operations on Patient",
        ", ".join(sorted(names)) or "no operation on Patient",
        reply.exchange,
    )


@check("payer-to-payer.match-standards/answer", needs=NEEDS)
def test_a_match_is_answered_as_hrex_defines(exchanges: Exchanges) -> None:
    """The answer to a match conforms to HRex's profile of it."""
    # given the answer to a right request
    seen = exchanges.matches()
    seen.must_match()
    reply = seen.replies[GOOD]
    # when it is held to the profile, then nothing departs from it
    told = told_by_profile(reply.body, MATCH_OUT)
    expect.that(
        not told,
        "Parameters as hrex-parameters-member-match-out defines them",
        told or "so they are",
        reply.exchange,
    )


@check("payer-to-payer.match-standards/no-match-is-422", needs=NEEDS)
@each("how", (*NAMES, *CONSENTS))
def test_no_match_is_answered_422(exchanges: Exchanges, how: str) -> None:
    """Whatever is no match is answered 422, as HRex says."""
    # given a payer that matches a right description
    seen = exchanges.matches()
    seen.must_match()
    reply = seen.replies[how]
    not_applicable_unless(
        not identifies(reply), "Somebody was matched, which other checks judge.", reply.exchange
    )
    # when one thing of it was wrong, then the answer is 422
    expect(reply).has_status(422)


def _expect_no_match(seen: Matches, how: str) -> None:
    reply = seen.replies[how]
    expect_no_match(reply, int(identifies(reply)), seen.replies[GOOD].exchange, what=how)
