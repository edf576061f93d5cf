"""How far a revocation reaches: page links, attachments, pending codes, every grant of the app."""

from __future__ import annotations

from payerproof.expect.given import Looks
from payerproof.suite import (
    Api,
    Authorization,
    FhirClient,
    Lease,
    Person,
    Portal,
    Reply,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
)

NEEDS = ("member", "portal", "two_apps", "state_changes")
CLAIMS = "ExplanationOfBenefit"


@check("revocation.paging-ends/next-link", needs=NEEDS)
def test_next_link_after_revocation(
    api: Api, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """A next link of before the revocation gives nothing after it."""
    # given a search whose next link works
    member.must_have(CLAIMS)
    grant = lease(member)
    client = api.as_(grant)
    first = client.search(CLAIMS, [("patient", member.patient_id), ("_count", "2")])
    following = first.link("next")
    inconclusive_unless(following, "the claims came without a next link", first.exchange)
    before = client.get(following)
    inconclusive_unless(before.matches, "the next link opens nothing anyway", before.exchange)
    # when the app is revoked, and its token is refused
    portal.revoke(member, target.app(grant.app))
    _must_be_dead(client, member, target)
    # then the link is refused, with the token and by itself
    replies = [client.get(following), api.anonymous().get(following)]
    expect(*replies).is_refused()


@check("revocation.attachments-end/own-binary", needs=NEEDS)
def test_attachment_after_revocation(
    api: Api, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """An attachment address of before the revocation gives nothing after it."""
    # given an attachment that the app can fetch
    addresses = [
        str(content["attachment"]["url"])
        for document in member.record.of("DocumentReference")
        for content in document.get("content") or []
        if (content.get("attachment") or {}).get("url")
    ]
    inconclusive_unless(addresses, f"{member} has no document with an attachment")
    grant = lease(member)
    client = api.as_(grant)
    before = client.get(addresses[0])
    inconclusive_unless(
        before.ok and before.answer.content, "the attachment does not open anyway", before.exchange
    )
    # when the app is revoked, and its token is refused
    portal.revoke(member, target.app(grant.app))
    _must_be_dead(client, member, target)
    # then the bytes do not come, with the token or without
    replies = [client.get(addresses[0]), api.anonymous().get(addresses[0])]
    again = [reply for reply in replies if reply.answer.content == before.answer.content]
    expect.that(
        not again,
        "no bytes of the attachment",
        "; ".join(f"{reply.status} ({{x:{reply.exchange}}})" for reply in again or replies),
        before.exchange,
        *(reply.exchange for reply in replies),
    )
    expect(*replies).is_refused()


@check("revocation.all-grants-of-app/three-grants", needs=NEEDS)
def test_all_grants_of_the_app_end(
    api: Api,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    portal: Portal,
    target: Target,
) -> None:
    """Three grants of one app end by one revocation."""
    # given three grants of one app, as from three devices, all of which work
    oldest = lease(member)
    app = target.app(oldest.app)
    grants = [oldest, lease(member, app), lease(member, app)]
    clients = [api.as_(grant) for grant in grants]
    before = [client.read("Patient", member.patient_id) for client in clients]
    inconclusive_unless(
        all(reply.resource_type == "Patient" for reply in before),
        "an earlier grant ended as a later one was given",
        *(reply.exchange for reply in before),
    )
    # when the member revokes the app once, and its newest token is refused
    portal.revoke(member, app)
    _must_be_dead(clients[-1], member, target)
    # then the others are refused too, and no refresh token works
    replies = [client.read("Patient", member.patient_id) for client in clients[:-1]]
    tokens = authorization.tokens(app, member)
    answers = [tokens.refresh(grant.refresh_token) for grant in grants if grant.refresh_token]
    expect(*replies).is_refused()
    given = [answer for answer in answers if answer.gave_token]
    expect.that(
        not given,
        "no token for any refresh token of the app",
        f"{len(given)} of {len(answers)} refresh tokens still work",
        *(answer.exchange for answer in given or answers),
    )


@check("revocation.reconsent-needed/pending-code-dies", needs=NEEDS)
def test_code_of_before_the_revocation(
    authorization: Authorization, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """A code given before the revocation is not exchanged after it."""
    # given an app whose codes are exchanged rightly, and one code more that waits
    app = target.app(lease(member).app)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when the member revokes the app before the code is used
    portal.revoke(member, app)
    answer = authorization.tokens(app, member).exchange(
        code, request.redirect_uri, request.pkce.verifier
    )
    # then it gives no token
    expect(answer).is_refused()


@check("revocation.reconsent-needed/consent-page-again", needs=NEEDS)
def test_whole_consent_page_after_revocation(
    authorization: Authorization, lease: Lease, member: Person, portal: Portal, target: Target
) -> None:
    """Connecting again after revocation shows the whole consent page."""
    # given the whole page, as it was at the first connection, and an app that was revoked
    first = authorization.first_connection(member).consent
    inconclusive_unless(first, f"no consent page was shown to {member} at first")
    assert first is not None
    app = target.app(lease(member).app)
    portal.revoke(member, app)
    # when the app connects again
    outcome = authorization.visit(member, authorization.request(app), decision="look")
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


def _must_be_dead(client: FhirClient, person: Person, target: Target) -> Reply:
    """Wait until the token is refused; without that nothing can be told of what hangs on it."""
    looks = Looks(client, person.patient_id)
    died = eventually(
        looks.refused,
        within=target.policy.revocation_wait_seconds,
        every=target.policy.revocation_poll_seconds,
    )
    inconclusive_unless(
        died is not None, "the access token itself still works", looks.last.exchange
    )
    return looks.last
