"""What is granted: never more than was asked for, shown and approved, then or later."""

from __future__ import annotations

import re

from payerproof.plugin.observed.asking import NARROW
from payerproof.smart.scopes import parse
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Observed,
    Person,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CLAIMS = "ExplanationOfBenefit"
WRITING = "launch/patient patient/Coverage.rs patient/Coverage.cud"
_VERBS = (
    r"\b(?:chang|writ|edit|updat|add|creat|modif|delet|remov|cambi|escrib|a\u00f1ad|borr|elimin)"
)
CHANGING = re.compile(_VERBS, re.IGNORECASE)
MAY_CHANGE = re.compile(rf"\b(?:can|may|able to|puede)\b[^.]{{0,40}}{_VERBS}", re.IGNORECASE)
"""How boxes, and how sentences speak of writing, in English and Spanish."""


@check("smart.scope-subset/within-the-request", needs=("member",))
def test_granted_within_the_request(api: Api, member: Person) -> None:
    """The granted scopes do not go beyond those asked for."""
    from payerproof.smart.scopes import beyond

    grant = api.grant_of(member)
    inconclusive_unless(grant.scopes, "the token response names no scopes", grant.exchange)
    extra = beyond(grant.scopes, grant.asked)
    expect.that(
        not extra,
        "scopes within those asked for",
        f"beyond them: {' '.join(extra)}"
        if extra
        else f"{len(grant.scopes)} scopes, all asked for",
        grant.exchange,
    )


@check("smart.scope-subset/narrow-request", needs=("member", "two_apps"))
def test_granted_within_a_narrow_request(observed: Observed) -> None:
    """An app that asks for coverage is granted nothing more."""
    # given an app that asked for coverage, identity and access while away, and was approved
    seen = observed.asked()
    answer = seen.must_have(seen.answer, "a grant for coverage")
    inconclusive_unless(answer.scopes, "the token response names no scopes", answer.exchange)
    # then nothing goes beyond that
    expect(answer).grants_within(NARROW.split())


@check("smart.scope-subset/shown-to-the-member", needs=("member", "browser"))
def test_granted_scopes_were_shown(api: Api, authorization: Authorization, member: Person) -> None:
    """Each granted patient/ scope was shown on the consent page."""
    # given the consent page on which the shared grant was given
    grant = api.grant_of(member)
    outcome = authorization.first_connection(member)
    inconclusive_unless(outcome.consent, "no consent page was shown", *outcome.exchanges[-2:])
    assert outcome.consent is not None
    # when the data classes it showed are counted against the types granted
    shown = [choice for choice in outcome.consent.choices if choice.visible]
    hidden = [choice for choice in outcome.consent.choices if choice.checked and not choice.visible]
    resources = [name for name in grant.scopes if parse(name)]
    # then nothing was granted behind the member's back
    expect.that(
        bool(shown or outcome.consent.sentences) and not hidden,
        "a page that shows each data class granted, none of them hidden",
        f"{len(shown)} classes shown, {len(hidden)} ticked and hidden, {len(resources)} scopes",
        outcome.consent.page.screenshot,
        grant.exchange,
    )


@check("smart.scope-subset/writing", needs=("member", "browser", "two_apps"))
def test_writing_is_not_granted_unsaid(
    authorization: Authorization, lease: Lease, member: Person
) -> None:
    """Leave to write is granted only where the consent page speaks of changing something."""
    # given an app that asked for coverage, to be read and to be written, and was approved
    app = lease.hold(member)
    request = authorization.request(app, WRITING, prompt="consent")
    outcome = authorization.visit(member, request)
    page, code = outcome.consent, outcome.parameters.get("code", "")
    not_applicable_unless(code, "The payer refuses such a request.", *outcome.exchanges[-2:])
    inconclusive_unless(page, "no consent page was shown", *outcome.exchanges[-2:])
    assert page is not None
    tokens = authorization.tokens(app, member)
    answer = tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
    inconclusive_unless(answer.scopes, "the answer names no scopes", answer.exchange)
    # when what was granted is read beside the words of the page
    written = [name for name in answer.scopes if (one := parse(name)) and one.letters & set("cud")]
    told = any(CHANGING.search(one.label) for one in page.choices)
    told = told or any(MAY_CHANGE.search(one) for one in page.sentences)
    # then no leave was given that the page did not speak of
    expect.that(
        not written or told,
        "reading, or a page that speaks of changing something",
        f"granted unsaid: {' '.join(written)}" if written and not told else "so it is",
        page.page.screenshot,
        *outcome.exchanges[-2:],
        answer.exchange,
    )


@check("scopes.no-system-access/user-wildcard", needs=("unrelated_pair", "two_apps"))
def test_user_wildcard(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    stranger: Person,
) -> None:
    """user/*.read asked in a member's flow opens nothing beyond the member."""
    _wide_scope_opens_nothing(api, apps, authorization, lease, member, stranger, "user/*.read")


@check("scopes.no-system-access/system-wildcard", needs=("unrelated_pair", "two_apps"))
def test_system_wildcard(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    stranger: Person,
) -> None:
    """system/*.read asked in a member's flow is not granted."""
    _wide_scope_opens_nothing(api, apps, authorization, lease, member, stranger, "system/*.read")


@check("scopes.refresh-not-wider/more-asked", needs=("member", "two_apps"))
@each("asked", ("more", "unknown", "wildcard"))
def test_refresh_that_asks_for_more(observed: Observed, asked: str) -> None:
    """A refresh that asks for more gives nothing wider."""
    # given a grant for coverage and conditions with a refresh token
    seen = observed.rescoped()
    # when it is refreshed with a wider scope, then nothing wider comes
    expect(seen.wider[asked]).grants_within(seen.grant.scopes, named="what was granted before")


@check("scopes.refresh-not-wider/plain-refresh", needs=("member", "two_apps"))
def test_plain_refresh(member: Person, observed: Observed) -> None:
    """A plain refresh gives no wider scope and no more data than before."""
    # given a grant for coverage and conditions, and a member who has more
    member.must_have("Observation")
    seen = observed.rescoped()
    assert seen.plain is not None
    assert seen.observations is not None
    # when it is refreshed without a word on scopes
    inconclusive_unless(seen.plain.gave_token, "the refresh was refused", seen.plain.exchange)
    # then nothing wider comes
    expect(seen.plain).grants_within(seen.grant.scopes, named="what was granted before")
    expect(seen.observations).has_no_resource_of("Observation")


@check("scopes.refresh-not-wider/narrower-asked", needs=("member", "two_apps"))
def test_refresh_that_asks_for_less(member: Person, observed: Observed) -> None:
    """A refresh that asks for less gives less."""
    # given a grant for coverage and conditions
    member.must_have("Condition", "Coverage")
    seen = observed.rescoped()
    assert seen.narrower is not None
    assert seen.coverage is not None
    assert seen.conditions is not None
    # when it is refreshed for coverage only, and the new token reads coverage
    inconclusive_unless(seen.narrower.gave_token, "the refresh was refused", seen.narrower.exchange)
    inconclusive_unless(
        seen.coverage.matches, "the new token reads no coverage", seen.coverage.exchange
    )
    # then conditions are closed to it
    expect(seen.conditions).has_no_resource_of("Condition")


def _wide_scope_opens_nothing(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    stranger: Person,
    wide: str,
) -> None:
    """Ask for a scope beyond the member's compartment; nothing of it may be granted or opened."""
    # given another member with a record, and an app that asks for everybody's
    stranger.must_have(CLAIMS)
    app = lease.hold(member, *apps.spare)
    request = authorization.request(app, f"launch/patient patient/Coverage.read {wide}")
    outcome = authorization.visit(member, request)
    code = outcome.parameters.get("code", "")
    not_applicable_unless(
        code or outcome.parameters.get("error") != "server_error",
        "The payer failed on the request.",
        *outcome.exchanges[-2:],
    )
    if not code:
        expect(outcome).gives_no_code()
        return
    # when the code it gets all the same is exchanged and the other's claims are read
    answer = authorization.tokens(app, member).exchange(
        code, request.redirect_uri, request.pkce.verifier
    )
    token = api.anonymous().with_token(answer.access_token)
    replies = [
        token.read("Patient", stranger.patient_id),
        token.search(CLAIMS, patient=stranger.patient_id),
        token.search("Patient"),
    ]
    # then nothing of the other comes, and no scope beyond the member's compartment was given
    given = [name for name in answer.scopes if name.startswith(("user/", "system/"))]
    expect(*replies).discloses_nothing_about(stranger)
    if wide.startswith("system/"):
        expect.that(
            not given,
            "no system/ scope",
            f"granted: {' '.join(given) or 'no user/ or system/ scope'}",
            answer.exchange,
        )
