"""Flows: who logs in is whose record opens, also when two log in side by side."""

from __future__ import annotations

import html

from payerproof.expect.said_numbers import unknown_numbers
from payerproof.fhir.record import record_replies
from payerproof.plugin.people import unrelated_names
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
)


@check("isolation.concurrent-flows/interleaved", needs=("unrelated_pair",), prod="gated")
def test_two_flows_side_by_side(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    stranger: Person,
) -> None:
    """Flows of two members started side by side give each their own record."""
    # given one app that both members authorize before either code is exchanged
    app = lease.hold(member, *apps.spare)
    lease.hold(stranger, app)
    requests = {person: authorization.request(app) for person in (member, stranger)}
    codes = {person: authorization.code(person, request) for person, request in requests.items()}
    # when the codes are exchanged in the other order
    answers = {
        person: authorization.tokens(app, person).exchange(
            codes[person], requests[person].redirect_uri, requests[person].pkce.verifier
        )
        for person in (stranger, member)
    }
    for answer in answers.values():
        inconclusive_unless(answer.gave_token, "a code was not exchanged", answer.exchange)
    own = api.anonymous().with_token(answers[member].access_token).search("Patient")
    other = api.anonymous().with_token(answers[stranger].access_token).search("Patient")
    # then each token opens the record of the member who gave it
    # (whether a token response must name a member is another requirement's matter)
    mixed_up = [one for one in answers if answers[one].patient not in ("", one.patient_id)]
    expect.that(
        not mixed_up,
        "no token response names another member than the one who logged in",
        "they are mixed up" if mixed_up else "none does",
        *(answer.exchange for answer in answers.values()),
    )
    expect(own).concerns_only(member)
    expect(other).concerns_only(stranger)


@check("patient-access.cross-member-isolation/own-record-clean", needs=("unrelated_pair",))
def test_own_record_holds_nobody_else(
    api: Api, member: Person, stranger: Person, target: Target
) -> None:
    """Nothing in one's own record carries a marker of another persona."""
    # given two members with records
    for person in (member, stranger):
        person.must_have("Patient", "ExplanationOfBenefit")
    # when the replies that brought one's own record are looked through
    replies = record_replies(api.once(member), member, member.record.exchanges)
    inconclusive_unless(replies, f"{member}'s own record could not be read")
    # then nothing in them is about the other
    expect(*replies).discloses_nothing_about(stranger)
    expect(*replies).concerns_only(member)
    # and nobody in the payer file who has nothing to do with the member is named
    others = unrelated_names(target, member.persona)
    naming = [r for r in replies if any(name in html.unescape(r.text) for name in others)]
    expect.that(
        not naming,
        "no name of anybody who has nothing to do with the member",
        f"names of {len(others)} people looked for, found in {len(naming)} answers",
        *(reply.exchange for reply in naming or replies[:3]),
    )


@check("isolation.nobody-unknown/numbers", needs=("member",))
def test_no_number_of_somebody_unknown(member: Person) -> None:
    """What notes in one's own record call a member number is one that the record knows."""
    # given a member whose record has numbers of their own
    member.must_have("Patient", "Coverage")
    rows = member.record.everything
    # when notes, narratives and displays are read
    unknown = unknown_numbers(rows)
    # then each member number they speak of stands in a field of the record too
    expect.that(
        not unknown,
        "no member number but the member's and the subscriber's",
        f"{len(unknown)} that the record does not know" if unknown else f"none in {len(rows)} rows",
        *(x for found in member.record.exchanges.values() for x in found[:1]),
    )
