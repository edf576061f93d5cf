"""Access tokens after a revocation: refused in time, in every form, and for good."""

from __future__ import annotations

from payerproof.plugin.revocation import OPENED, Watched
from payerproof.suite import (
    Ended,
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

NEEDS = ("member", "portal", "two_apps", "state_changes")


@check("revocation.access-token-dies/after-console-revoke", needs=NEEDS)
def test_access_token_after_revoking_in_the_portal(revoked: Ended, target: Target) -> None:
    """After the member revokes, the access token is refused within the limit."""
    # given a token that opened the member's own Patient
    # when the member revoked the app in the portal
    # then the token was refused before the limit was up
    _expect_within(revoked.access, target, target.policy.revocation_limit_seconds)


@check("revocation.prompt/target", needs=NEEDS)
def test_access_token_is_refused_promptly(revoked: Ended, target: Target) -> None:
    """The delay is within the payer file's target."""
    _expect_within(revoked.access, target, target.policy.revocation_target_seconds)


@check("revocation.access-token-dies/every-type-and-form", needs=NEEDS)
def test_no_type_opens_in_any_form(member: Person, revoked: Ended) -> None:
    """After revocation no type opens, by read, search, POST search or $everything."""
    # given data of several types, and a token that opened them in each form
    member.must_have("ExplanationOfBenefit", "Coverage", "Condition")
    forms = [revoked.fhir[name] for name in OPENED if name in revoked.fhir]
    opened = [form for form in forms if form.before.resources]
    inconclusive_unless(
        opened,
        "nothing opened before the revocation",
        *(form.before.exchange for form in forms),
    )
    # when the app was revoked, and its token refused for the member's own Patient
    (revoked.renewed or revoked.access).must_be_dead()
    # then the very same requests are refused as well
    expect(*(form.after for form in opened)).is_refused()


@check("revocation.access-token-dies/userinfo", needs=NEEDS)
def test_userinfo_after_revocation(revoked: Ended) -> None:
    """After revocation userinfo tells the app nothing more."""
    # given a payer that offers userinfo, and a token for which it told who signed in
    not_applicable_unless("userinfo" in revoked.fhir, "No userinfo is offered.")
    told = revoked.tried("userinfo")
    # when the app was revoked, and its token refused for the member's own Patient
    (revoked.renewed or revoked.access).must_be_dead()
    # then userinfo refuses it as well
    expect(told.after).is_refused()


@check("revocation.access-token-dies/remaining-life-told", needs=NEEDS)
def test_remaining_life_of_a_living_token(revoked: Ended, target: Target) -> None:
    """Where a self-contained token lives on, its remaining life is told."""
    # given a token that worked, until the app was revoked
    grant, watched = revoked.grant, revoked.access
    watched.must_have_opened()
    # then it dies, or says when it will, and that is within the limit
    kind = "self-contained" if grant.access_token.count(".") == 2 else "opaque"
    told = "a life it does not tell" if grant.expires_in is None else f"{grant.expires_in:g} s"
    remark(f"The access token is {kind}; it was issued for {told}.")
    limit = target.policy.revocation_limit_seconds
    expect.that(
        watched.delay is not None or (grant.expires_in is not None and grant.expires_in <= limit),
        f"a token that dies with the grant, or ends by itself within {limit:g} seconds",
        f"refused {watched.delay:.1f} seconds after the revocation"
        if watched.delay is not None
        else f"still opens data {target.policy.revocation_wait_seconds:g} seconds after the "
        f"revocation, and was issued for {told}",
        grant.exchange,
        watched.last.exchange,
    )


@check("revocation.access-token-dies/stays-dead", needs=NEEDS)
def test_refused_token_stays_refused(revoked: Ended) -> None:
    """A refused token does not come back to life."""
    # given a token that was refused once after the revocation
    revoked.access.must_be_dead()
    # when it was presented again, to whatever stands behind the same address
    inconclusive_unless(revoked.again, "it was not tried again", revoked.access.last.exchange)
    # then it is refused every time
    expect(*revoked.again).is_refused()


def _expect_within(watched: Watched, target: Target, limit: float) -> None:
    """Refused before the limit; where the run waited for less than that, it cannot be told."""
    watched.must_have_opened()
    waited, delay = target.policy.revocation_wait_seconds, watched.delay
    remark(
        f"After the revocation the access token still worked for the {waited:g} seconds the run "
        "waited."
        if delay is None
        else f"The access token was refused {delay:.1f} seconds after the revocation."
    )
    inconclusive_unless(
        delay is not None or waited >= limit,
        f"the token still worked after {waited:g} seconds, and the limit is {limit:g}: "
        "set policy.revocation_wait_seconds as long as the limit to see it out",
        watched.last.exchange,
    )
    expect.that(
        delay is not None and delay <= limit,
        f"a refusal within {limit:g} seconds",
        f"refused after {delay:.1f} seconds ({{x:{watched.last.exchange}}})"
        if delay is not None
        else f"not refused in {waited:g} seconds ({{x:{watched.last.exchange}}})",
        watched.before.exchange,
        watched.last.exchange,
    )
