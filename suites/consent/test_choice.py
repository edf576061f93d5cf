"""The member's choice: declining is easy and harmless, and what is left out stays out."""

from __future__ import annotations

from payerproof.browser.facts import Choice, ConsentFacts
from payerproof.expect import consent_words as words
from payerproof.suite import (
    Api,
    Authorization,
    Lease,
    Observed,
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

ANYWAY = ("Coverage",)
"""Types that were asked for, about which a box may be ticked."""


@check("consent-screen.decline/as-easy", needs=("member", "browser"))
def test_declining_is_as_easy(authorization: Authorization, member: Person) -> None:
    """The decline control stands on the same page as approve, one press away."""
    consent = _consent(authorization, member)
    inconclusive_unless(consent.has_approve, "no control to approve was recognised on the page")
    pressable = {*consent.page.buttons, *(link.text for link in consent.page.links)}
    expect.that(
        consent.has_decline and consent.decline_label in pressable,
        "a control to decline beside the one to approve",
        f"approve reads “{consent.approve_label}”, decline reads “{consent.decline_label}”"
        if consent.has_decline
        else f"“{consent.approve_label}” and no way to decline",
        consent.page.screenshot,
    )


@check("consent-screen.decline/access-denied", needs=("member", "browser", "two_apps"))
def test_declining_gives_access_denied(observed: Observed) -> None:
    """Declining gives error=access_denied and no code."""
    # given an app that wanted the member to be asked
    outcome = observed.asked().declined
    # when the member declined
    inconclusive_unless(
        outcome.consent, "no consent page was shown, so nothing was declined", *outcome.exchanges
    )
    # then the app was told so
    expect(outcome).reports("access_denied")


@check("consent.cancel-changes-nothing/earlier-grant-lives", needs=("member", "two_apps"))
def test_declining_leaves_an_earlier_grant(observed: Observed) -> None:
    """Declining leaves an earlier grant of the same app untouched."""
    # given a grant for coverage that worked
    seen = observed.asked()
    answer = seen.must_have(seen.answer, "a grant for coverage")
    before = seen.must_have(seen.before, "a token for coverage")
    after = seen.must_have(seen.after, "a token for coverage")
    inconclusive_unless(answer.refresh_token, "no refresh token was given", answer.exchange)
    inconclusive_unless(before.matches, "the grant opens nothing", before.exchange)
    # when the member declined as the same app asked for more
    outcome = seen.declined_more
    inconclusive_unless(
        outcome.consent_shown and "code" not in outcome.parameters,
        "the member was not asked, so nothing was declined",
        *outcome.exchanges[-2:],
    )
    # then its tokens still work
    expect.that(
        bool(after.matches),
        "data with the earlier token",
        f"{after.status} ({{x:{after.exchange}}})",
        before.exchange,
        after.exchange,
    )
    expect(seen.must_have(seen.refreshed, "the refresh token")).gives_token()


@check(
    "consent.cancel-changes-nothing/no-list-entry",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_declining_adds_no_entry(observed: Observed, target: Target) -> None:
    """Declining a first connection leaves no entry in the connected apps."""
    # given an app that was not on the list, and that the member declined to connect
    seen = observed.asked()
    outcome, app = seen.declined, target.app(seen.app)
    inconclusive_unless(
        outcome.consent and "code" not in outcome.parameters,
        "nothing was declined",
        *outcome.exchanges[-2:],
    )
    # then it is not there afterwards either
    after = seen.must_have(seen.after_declining, "the list of connected apps")
    listed = [entry for entry in after.apps if entry.name == app.name]
    expect.that(
        not listed,
        "no entry for an app that was declined",
        f"{app.id} is listed" if listed else f"{len(after.apps)} entries, none for {app.id}",
        after.page.screenshot or after.page.exchange,
    )


@check(
    "consent-screen.no-preticked-extras/within-the-request",
    needs=("member", "browser", "two_apps"),
)
def test_nothing_extra_is_ticked(observed: Observed) -> None:
    """Nothing outside the request is ticked."""
    # given an app that asked for coverage only
    outcome = observed.asked().narrow
    inconclusive_unless(outcome.consent, "no consent page was shown", *outcome.exchanges[-2:])
    assert outcome.consent is not None
    # when each box that was ticked, shown or hidden, is laid beside the request
    ticked = [choice for choice in outcome.consent.choices if choice.checked]
    extra = [choice.label or choice.name for choice in ticked if not _asked_for(choice)]
    # then each is about something asked for
    expect.that(
        not extra,
        "nothing ticked beyond coverage, identity and access while away",
        f"ticked beyond it: {', '.join(extra)}"
        if extra
        else f"{len(ticked)} ticked, all asked for",
        outcome.consent.page.screenshot,
        outcome.consent.page.exchange,
    )


@check("consent-screen.no-preticked-extras/specially-protected", needs=("member", "browser"))
def test_protected_data_are_not_ticked(authorization: Authorization, member: Person) -> None:
    """A choice about specially protected data waits for the member's own tick."""
    # given the consent page of an app that asked for all it may read
    consent = _consent(authorization, member)
    about = [choice for choice in consent.choices if words.says([_text(choice)], words.PROTECTED)]
    not_applicable_unless(about, "The page has no choice about specially protected data.")
    # then none of the choices about such data, shown or hidden, is made beforehand
    ticked = [choice.label or choice.name for choice in about if choice.checked]
    expect.that(
        not ticked,
        "no tick for specially protected data before the member sets it",
        f"ticked: {', '.join(ticked)}" if ticked else f"{len(about)} such choices, none ticked",
        consent.page.screenshot,
        consent.page.exchange,
    )


@check("consent-screen.choice-per-type/leave-one-out", needs=("member", "browser", "two_apps"))
def test_one_type_left_out(api: Api, lease: Lease, member: Person) -> None:
    """One data type can be left out, and the grant shrinks accordingly."""
    # given a member with conditions and a choice to leave them out
    member.must_have("Condition", "Coverage")
    grant = lease.reading(member, leave_out=("Condition",))
    client = api.as_(grant)
    # when both kinds are asked for
    kept = client.search("Coverage", beneficiary=member.patient_id)
    inconclusive_unless(kept.matches, "the rest does not come either", kept.exchange)
    left_out = client.search("Condition", patient=member.patient_id)
    # then only what was left ticked comes
    expect(left_out).has_no_resource_of("Condition")


def _asked_for(choice: Choice) -> bool:
    text = _text(choice)
    data = any(words.describes(kind, text) for kind in ANYWAY)
    return data or any(words.says([text], family) for family in words.SCOPE_WORDS.values())


def _text(choice: Choice) -> str:
    return f"{choice.label} {choice.name}"


def _consent(authorization: Authorization, person: Person) -> ConsentFacts:
    """The consent page on which the person's shared grant was given."""
    outcome = authorization.first_connection(person)
    inconclusive_unless(
        outcome.consent, f"no consent page was shown to {person}", *outcome.exchanges[-2:]
    )
    assert outcome.consent is not None
    return outcome.consent
