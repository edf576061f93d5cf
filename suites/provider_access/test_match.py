"""$provider-member-match: a member is matched on a right description and a right attestation."""

from __future__ import annotations

from payerproof.expect.no_match import expect_no_match
from payerproof.fhir.matching import groups_in
from payerproof.plugin.practice.matched import GOOD, NEAR, OPTED_OUT, UNKNOWN, Matched
from payerproof.suite import (
    Practice,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic",)
ATTESTATIONS = (
    "no attestation",
    "attestation that has ended",
    "attestation that denies",
    "attestation that was not verified",
    "withdrawn attestation",
    "attestation for somebody else",
    "attestation of another clinic",
)


@check("provider-access.attestation-workflow/right-member", needs=NEEDS)
def test_a_right_request_matches(practice: Practice) -> None:
    """A member described as the payer knows them, with an attestation, is matched."""
    # when a clinic had a member of its own matched
    seen = practice.matched()
    # then the matched Group holds that member and nobody else
    found = set(seen.members(GOOD))
    expect.that(
        found == {seen.patient},
        "a matched Group with that member",
        f"a matched Group of {len(found)} members"
        + ("" if found <= {seen.patient} else ", somebody else among them"),
        seen.replies[GOOD].exchange,
    )


@check("provider-access.attestation-workflow/near-miss", needs=NEEDS)
@each("how", (*NEAR, UNKNOWN))
def test_a_near_miss_matches_nobody(practice: Practice, how: str) -> None:
    """A description that is nearly right matches nobody, and tells nothing of the member."""
    # given a payer that matches a right description
    seen = practice.matched()
    seen.must_match()
    # when one thing of it was wrong, then nobody was matched
    _expect_no_match(practice, how)


@check("provider-access.attestation-workflow/attestation-needed", needs=NEEDS)
@each("how", ATTESTATIONS)
def test_a_wrong_attestation_matches_nobody(practice: Practice, how: str) -> None:
    """Without an attestation of the clinic's own that holds today, nobody is matched."""
    # given a payer that matches a right request
    seen = practice.matched()
    seen.must_match()
    not_applicable_unless(how in seen.replies, "There is no second clinic to try it with.")
    # when the attestation was missing or wrong, then nobody was matched
    _expect_no_match(practice, how)


@check("provider-access.attestation-workflow/opted-out", needs=("clinic", "opted_out_member"))
def test_who_opted_out_is_not_matched(practice: Practice) -> None:
    """Who opted out is in no matched Group, alone or beside others."""
    # given a payer that matches a right request
    seen = practice.matched()
    seen.must_match()
    inconclusive_unless(OPTED_OUT in seen.replies, "nobody who opted out can log in")
    # when somebody who opted out was sent, alone and beside another
    _expect_no_match(practice, OPTED_OUT)
    # then the other alone was matched
    found = set(seen.members("mixed"))
    expect.that(
        found == {seen.patient},
        "the other member alone in the matched Group",
        f"{len(found)} members",
        seen.replies["mixed"].exchange,
    )


@check("provider-access.opt-out-status-private/match-alike", needs=("clinic", "opted_out_member"))
def test_match_does_not_tell_an_opt_out(practice: Practice) -> None:
    """A match answers alike for somebody who opted out and somebody who isn't there."""
    # given a payer that matches a right request
    seen = practice.matched()
    seen.must_match()
    inconclusive_unless(OPTED_OUT in seen.replies, "nobody who opted out can log in")
    # then the two answers have the same shape
    shapes = {name: _shape(seen, name) for name in (OPTED_OUT, UNKNOWN)}
    expect.that(
        len(set(shapes.values())) == 1,
        "answers that can't be told apart",
        "; ".join(f"{name}: {shape}" for name, shape in shapes.items()),
        *(seen.replies[name].exchange for name in shapes),
    )


@check("provider-access.in-network-only/no-match", needs=("clinic", "clinic_out_of_network"))
def test_outsiders_match_nobody(practice: Practice) -> None:
    """A clinic outside the network matches nobody, whatever it attests."""
    # given a payer that matches a right request of a clinic in the network
    seen = practice.matched()
    seen.must_match()
    outside = [name for name in seen.replies if name.startswith("by ")]
    not_applicable_unless(outside, "No clinic outside the network treats that member.")
    # when clinics outside sent the same, then nobody was matched
    matched = [name for name in outside if seen.members(name)]
    expect.that(
        not matched,
        "no match for clinics outside the network",
        "; ".join(matched) or "none",
        *(seen.replies[name].exchange for name in outside),
    )


@check("provider-access.upcoming-appointment/attested", needs=NEEDS)
def test_a_new_patient_is_matched(practice: Practice) -> None:
    """A clinic that has no claims of a member yet is served on its word that it is about to."""
    # given a clinic in the network that treats nobody yet
    seen = practice.matched()
    seen.must_match()
    not_applicable_unless("new patient" in seen.replies, "Every clinic treats somebody already.")
    # when it attested that it treats a member, then the member was matched
    expect.that(
        seen.patient in seen.members("new patient"),
        "the member in the matched Group",
        f"{len(seen.members('new patient'))} members in it",
        seen.replies["new patient"].exchange,
    )


@check("provider-access.group-restricted/matched-group", needs=("clinic", "two_clinics"))
def test_a_matched_group_is_the_clinics_own(practice: Practice) -> None:
    """A matched Group opens for the clinic that asked, and for no other."""
    # given a matched Group that its own clinic can read
    seen = practice.matched()
    seen.must_match()
    own = seen.reads.get("own")
    inconclusive_unless(
        own is not None and own.resource_type == "Group",
        "the clinic itself could not read the matched Group",
        *((own.exchange,) if own else ()),
    )
    # when another clinic read it, then nothing came
    expect(seen.reads["foreign"]).is_refused()


def _expect_no_match(practice: Practice, name: str) -> None:
    seen = practice.matched()
    expect_no_match(seen.replies[name], len(seen.members(name)), what=name, secret=seen.patient)


def _shape(seen: Matched, name: str) -> str:
    reply = seen.replies[name]
    groups = groups_in(reply)
    sizes = {kind: len(group.get("member") or []) for kind, group in groups.items()}
    return f"{reply.status} " + (", ".join(f"{kind} of {n}" for kind, n in sizes.items()) or "none")
