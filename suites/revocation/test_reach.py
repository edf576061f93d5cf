"""How far a revocation reaches: page links, attachments, pending codes, every grant of the app."""

from __future__ import annotations

from payerproof.suite import (
    Authorization,
    Ended,
    Person,
    check,
    expect,
    inconclusive_unless,
)

NEEDS = ("member", "portal", "two_apps", "state_changes")
CLAIMS = "ExplanationOfBenefit"


@check("revocation.paging-ends/next-link", needs=NEEDS)
def test_next_link_after_revocation(member: Person, revoked: Ended) -> None:
    """A next link of before the revocation gives nothing after it."""
    # given a search whose next link worked, until the app's token was refused
    member.must_have(CLAIMS)
    link = revoked.tried("next link")
    (revoked.renewed or revoked.access).must_be_dead()
    # then the link is refused, with the token and by itself
    expect(link.after, revoked.fhir["next link without a token"].after).is_refused()


@check("revocation.attachments-end/own-binary", needs=NEEDS)
def test_attachment_after_revocation(revoked: Ended) -> None:
    """An attachment address of before the revocation gives nothing after it."""
    # given an attachment that the app could fetch, until its token was refused
    fetched = revoked.tried("attachment")
    (revoked.renewed or revoked.access).must_be_dead()
    # then the bytes do not come, with the token or without
    replies = [fetched.after, revoked.fhir["attachment without a token"].after]
    again = [r for r in replies if r.answer.content == fetched.before.answer.content]
    expect.that(
        not again,
        "no bytes of the attachment",
        "; ".join(f"{reply.status} ({{x:{reply.exchange}}})" for reply in again or replies),
        fetched.before.exchange,
        *(reply.exchange for reply in replies),
    )
    expect(*replies).is_refused()


@check("revocation.all-grants-of-app/three-grants", needs=NEEDS)
def test_all_grants_of_the_app_end(revoked: Ended) -> None:
    """Three grants of one app end by one revocation."""
    # given three grants of one app, as from three devices, all of which worked
    inconclusive_unless(
        len(revoked.older) == 2, "the app was not connected three times", revoked.grant.exchange
    )
    others = [revoked.fhir["older 1"], revoked.fhir["older 2"]]
    inconclusive_unless(
        all(one.before.resource_type == "Patient" for one in others),
        "an earlier grant ended as a later one was given",
        *(one.before.exchange for one in others),
    )
    # when the member revoked the app once, and its newest token was refused
    (revoked.renewed or revoked.access).must_be_dead()
    # then the others are refused too, and no refresh token works
    expect(*(one.after for one in others)).is_refused()
    given = [answer for answer in revoked.refreshes.values() if answer.gave_token]
    expect.that(
        not given,
        "no token for any refresh token of the app",
        f"{len(given)} of {len(revoked.refreshes)} refresh tokens still work",
        *(answer.exchange for answer in given or revoked.refreshes.values()),
    )


@check("revocation.reconsent-needed/pending-code-dies", needs=NEEDS)
def test_code_of_before_the_revocation(revoked: Ended) -> None:
    """A code given before the revocation is not exchanged after it."""
    # given an app whose codes were exchanged rightly, and one code more that waited
    # when the member revoked the app before the code was used
    answer = revoked.must_have(revoked.code, "a code that waits")
    # then it gives no token
    expect(answer).is_refused()


@check("revocation.reconsent-needed/consent-page-again", needs=NEEDS)
def test_whole_consent_page_after_revocation(
    authorization: Authorization, member: Person, revoked: Ended
) -> None:
    """Connecting again after revocation shows the whole consent page."""
    # given the whole page, as it was at the first connection, and an app that was revoked
    first = authorization.first_connection(member).consent
    inconclusive_unless(first, f"no consent page was shown to {member} at first")
    assert first is not None
    # when the app connects again
    outcome = revoked.must_have(revoked.reconnecting, "connecting again")
    inconclusive_unless(
        outcome.consent or outcome.redirected,
        f"neither consent page nor code came ({outcome.trouble})",
        *outcome.exchanges[-2:],
    )
    # then the member is asked, with every choice and a way to decline
    expect(outcome).shows_consent()
    assert outcome.consent is not None
    choices = len(outcome.consent.choices)
    expect.that(
        choices >= len(first.choices) and outcome.consent.has_decline,
        f"a page with all {len(first.choices)} choices and a way to decline",
        f"{choices} choices, {'with' if outcome.consent.has_decline else 'without'} a way to "
        "decline",
        outcome.consent.page.screenshot or outcome.consent.page.exchange,
        first.page.screenshot,
    )


@check("revocation.reconsent-needed/old-tokens-stay-dead", needs=NEEDS)
def test_old_tokens_after_connecting_again(revoked: Ended) -> None:
    """Connecting again after a revocation brings no token of before it back to life."""
    # given a token that was revoked and refused, and an app that the member connected again
    revoked.access.must_be_dead()
    answer = revoked.must_have(revoked.reconnected, "connecting again")
    inconclusive_unless(answer.gave_token, "the app got no token again", answer.exchange)
    # when the tokens of before are tried again, then they are refused as before
    expect(revoked.must_have(revoked.after_reconnecting, "the old token")).is_refused()
    expect(revoked.must_have(revoked.refresh_after_reconnecting, "its refresh token")).is_refused()
