"""Ending access: one app at a time, seen on the page, and by every way that is offered."""

from __future__ import annotations

from payerproof.browser.consent import sentences
from payerproof.expect import consent_words as words
from payerproof.suite import (
    Api,
    Ended,
    Observed,
    Person,
    SmartConfiguration,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

ENDED = (
    r"\b(?:revoked|removed|disconnected|cancell?ed|withdrawn|stopped|ended|deleted|unlinked)\b",
    r"\b(?:no longer|cannot|can.t|will not|won.t|not any ?more|lost|has no) \w+",
    r"\b(?:success|done|confirmed|turned off)\w*",
)
"""That access has ended."""
NEEDS = ("member", "portal", "two_apps", "state_changes")


@check("app-management.revoke-per-app/only-the-chosen", needs=NEEDS)
def test_only_the_chosen_app_loses_access(api: Api, member: Person, revoked: Ended) -> None:
    """After one of the apps is revoked it alone loses access."""
    # given two connected apps that both read, and the second of them revoked and refused
    kept = revoked.tried("shared grant")
    watched, after = revoked.access, revoked.must_have(revoked.page, "the list")
    inconclusive_unless(
        watched.delay is not None, "the revoked app still has access", watched.last.exchange
    )
    # then the first is listed and reads as before
    first = api.target.app(api.grant_of(member).app)
    listed = any(one.name == first.name for one in after.apps)
    expect.that(
        listed and kept.after.resource_type == "Patient",
        f"{first.id} still listed and served",
        f"{first.id} is {'' if listed else 'not '}listed and was answered {kept.after.status} "
        f"({{x:{kept.after.exchange}}})",
        after.page.screenshot or after.page.exchange,
        watched.last.exchange,
        kept.after.exchange,
    )


@check("app-management.confirmation/entry-gone", needs=NEEDS)
def test_entry_is_gone(revoked: Ended, target: Target) -> None:
    """The page confirms and the app leaves the list."""
    # given a connected app that was on the list: its Revoke control was pressed
    app, after = target.app(revoked.grant.app), revoked.must_have(revoked.page, "the list")
    # then the list no longer has it, or calls it revoked and offers nothing more to revoke
    left = [one for one in after.apps if one.name == app.name and one.revoke_label]
    expect.that(
        not left,
        f"no entry for {app.id}, or one marked as ended",
        f"{app.id} can still be revoked" if left else f"{len(after.apps)} entries, none for it",
        after.page.screenshot or after.page.exchange,
    )


@check("app-management.confirmation/said", needs=NEEDS)
def test_page_says_that_access_ended(revoked: Ended) -> None:
    """After Revoke the page says in words that the app's access has ended."""
    # given the list as it was, and the page that came of pressing Revoke
    before = revoked.must_have(revoked.listed, "the list").page
    pressed = revoked.must_have(revoked.page, "Revoke").pressed
    inconclusive_unless(pressed, "nothing was pressed")
    assert pressed is not None
    # when what is new on it is read
    known = set(sentences(before.text))
    new = [one for one in sentences(pressed.page.text) if one not in known]
    said = words.says(new, ENDED)
    # then a sentence says so
    expect.that(
        said,
        "a sentence which says that access has ended",
        "there is one" if said else f"{len(new)} new sentences on the page, none says so",
        pressed.page.screenshot or pressed.page.exchange,
    )


@check("app-management.revoke-deliberate/not-by-an-address", needs=NEEDS)
def test_access_is_not_ended_by_an_address(revoked: Ended, target: Target) -> None:
    """Access is not ended by an address that is merely opened."""
    # given an app whose Revoke control was pressed, and that is no longer on the list
    after = revoked.must_have(revoked.page, "the list")
    app = target.app(revoked.grant.app)
    pressed = after.pressed
    inconclusive_unless(
        pressed and not any(one.name == app.name and one.revoke_label for one in after.apps),
        "nothing was revoked by pressing Revoke",
        after.page.exchange,
    )
    assert pressed is not None
    # then something else than GET was sent on the way: pages, mails and prefetching send GET
    unsafe = [method for method in pressed.methods if method not in ("GET", "HEAD", "OPTIONS")]
    expect.that(
        unsafe,
        "a request by POST, PUT, PATCH or DELETE that ended access",
        f"sent on the way: {', '.join(pressed.methods)}",
        pressed.page.exchange,
        after.page.exchange,
    )


@check("app-management.paths-consistent/page-and-endpoint", needs=(*NEEDS, "three_apps"))
def test_both_ways_end_access(
    observed: Observed, revoked: Ended, smart: SmartConfiguration
) -> None:
    """Ending access on the page and by the revocation endpoint both work."""
    not_applicable_unless(
        smart.endpoint("revocation_endpoint"),
        "The configuration names no revocation endpoint, so the page is the only way.",
        smart.exchange,
    )
    # given an app that read, and ended its own access, beside the one that was ended on the page
    by_endpoint = observed.refresh_returned().newest
    by_endpoint.must_have_opened()
    # then both tokens are refused
    inconclusive_unless(
        (by_endpoint.delay, revoked.access.delay) != (None, None),
        "neither way ended an access token while the run waited",
        revoked.access.last.exchange,
        by_endpoint.looks[-1].exchange,
        by_endpoint.revocation.exchange,
    )
    expect(revoked.access.last, by_endpoint.looks[-1]).is_refused()
