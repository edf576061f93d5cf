"""Opting out on the payer's page: by the member, and by somebody who acts for them."""

from __future__ import annotations

from payerproof.browser.facts import SharingPage
from payerproof.plugin.practice.paging import Paged
from payerproof.suite import (
    Choices,
    Portal,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic", "browser", "opt_out_page", "state_changes")


@check("provider-access.opt-out-process/on-the-page", needs=NEEDS, prod="no")
def test_opting_out_on_the_page(choices: Choices) -> None:
    """A member ends sharing on the page; it says so, and clinics are shown nothing."""
    # given a member whom a clinic was shown, and the page with its control
    seen = choices.by_page()
    _expect_control(seen.out)
    # when the member pressed it, then the page tells it and no clinic is shown the member
    _expect_taken(seen)


@check("provider-access.opt-back-in/on-the-page", needs=NEEDS, prod="no")
def test_opting_in_on_the_page(choices: Choices) -> None:
    """A member who opted out on the page opts in on it again, and clinics are shown them."""
    # given a member who opted out on the page
    seen = choices.by_page()
    seen.must_have_pressed()
    # when they began sharing again, then the clinic is shown them
    assert seen.back is not None
    after = seen.looks["after"]
    expect.that(
        bool(seen.back.pressed) and after.resource_type == "Patient",
        "a control to share again, and the member shown after it",
        f"{'a' if seen.back.pressed else 'no'} control; then {after.status}",
        *seen.back.exchanges[-3:],
        after.exchange,
    )


@check("provider-access.opt-out-before-first-date/page-is-there", needs=NEEDS, prod="no")
def test_the_page_is_there(choices: Choices) -> None:
    """The page to opt out is there, with a control that can be pressed, before 2027."""
    # given a member who opened the page
    seen = choices.by_page()
    # then it is there, and has the control
    page = seen.out.before
    expect.that(page.status not in (404, 410), "a page", f"status {page.status}", page.exchange)
    _expect_control(seen.out)


@check("provider-access.opt-out-process/login-needed", needs=("browser", "opt_out_page"))
def test_the_page_asks_for_a_login(portal: Portal, target: Target) -> None:
    """Without a login the page shows nobody's choice and lets nobody choose."""
    # when somebody who is not logged in opens the page
    page = portal.visit(str(target.pages.provider_access))
    # then it asks for a login, and names no member
    names = [one.label for one in target.personas if one.label and one.label in page.text]
    expect.that(
        not names
        and (page.password_fields or page.kind in ("login", "error") or page.status >= 400),
        "a login, and no member's name",
        f"a page of the kind {page.kind}, with {len(names)} members' names",
        page.exchange,
    )


@check("provider-access.opt-out-by-representative/on-the-page", needs=NEEDS, prod="no")
def test_a_representative_opts_a_member_out(choices: Choices) -> None:
    """Who acts for a member ends sharing for them on the page."""
    # given a representative's page, and a member they act for whom a clinic was shown
    seen = choices.by_representative()
    _expect_control(seen.out)
    # when they pressed the member's control, then no clinic is shown the member
    _expect_taken(seen)


def _expect_control(page: SharingPage) -> None:
    inconclusive_unless(
        page.before.status < 400 and page.before.kind != "login",
        "the page could not be opened",
        page.before.exchange,
    )
    expect.that(
        bool(page.pressed),
        "a control to end sharing",
        f"“{page.pressed}”" if page.pressed else f"buttons: {', '.join(page.before.buttons)}",
        page.before.exchange,
    )


def _expect_taken(seen: Paged) -> None:
    before = seen.looks["before"]
    inconclusive_unless(
        before.resource_type == "Patient", "the clinic was shown nothing before", before.exchange
    )
    assert seen.out.after is not None
    told = seen.out.after.text != seen.out.before.text
    shown = [
        name
        for name in ("during", "other")
        if name in seen.looks and seen.looks[name].resource_type == "Patient"
    ]
    not_applicable_unless(seen.out.pressed, "The page has no control to end sharing.")
    expect.that(
        told and not shown,
        "a page that tells the choice, and clinics that are shown nothing",
        f"the page {'changed' if told else 'is the same'}; "
        f"{len(shown)} clinics are still shown the member",
        *seen.out.exchanges[-3:],
        *(seen.looks[name].exchange for name in ("during", "other") if name in seen.looks),
    )
