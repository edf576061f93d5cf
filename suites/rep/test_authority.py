"""Representatives: what an authority opens ends with it, and nothing else does.

45 CFR 164.502(g)(1)-(2) and 164.514(h): whoever may no longer act for a member is nobody to them.
"""

from __future__ import annotations

from payerproof.suite import (
    Observed,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

NEEDS = ("representative", "two_apps", "control:representation", "state_changes")


@check("rep.authority-ends/access-token", needs=NEEDS, prod="no")
def test_access_token_ends_with_the_authority(observed: Observed, target: Target) -> None:
    """The access token that a representative's app holds is refused once the authority ends."""
    # given a token for a member, given while the authority held
    seen = observed.ended_authority()
    seen.must_have_opened()
    remark(
        f"The token was refused after {seen.delay:.1f} seconds."
        if seen.delay is not None
        else f"The token still worked after {target.policy.revocation_wait_seconds:g} seconds."
    )
    # when the payer has ended the authority, then it is refused within the limit
    limit, waited = target.policy.revocation_limit_seconds, target.policy.revocation_wait_seconds
    inconclusive_unless(
        seen.delay is not None or waited >= limit,
        f"the token still worked after {waited:g} seconds, and the limit is {limit:g}: "
        "set policy.revocation_wait_seconds as long as the limit to see it out",
        seen.after.exchange,
    )
    expect.that(
        seen.delay is not None and seen.delay <= limit,
        f"a refusal within {limit:g} seconds",
        "none" if seen.delay is None else f"refused after {seen.delay:.1f} seconds",
        seen.before.exchange,
        seen.after.exchange,
    )


@check("rep.authority-ends/refresh", needs=NEEDS, prod="no")
def test_refresh_ends_with_the_authority(observed: Observed) -> None:
    """The refresh token of a representative's app brings nothing once the authority has ended."""
    # given a refresh token for a member, given while the authority held
    seen = observed.ended_authority()
    seen.must_have_opened()
    not_applicable_unless(seen.refreshed, "No refresh token was given to the representative's app.")
    assert seen.refreshed
    # when it is used after the authority has ended, then no token comes that opens the record
    opened = seen.opened_by_refresh
    expect.that(
        not (opened and opened.resources),
        "no token, or one that does not open the member's record",
        f"{seen.refreshed.status}"
        + (f", with a token that was answered {opened.status}" if opened else " without a token"),
        seen.refreshed.exchange,
        opened.exchange if opened else "",
    )


@check("rep.authority-ends/page-link", needs=NEEDS, prod="no")
def test_page_links_end_with_the_authority(observed: Observed) -> None:
    """A next link that was given while the authority held brings nothing afterwards."""
    # given a next link of the member's claims
    seen = observed.ended_authority()
    seen.must_have_opened()
    not_applicable_unless(
        seen.page_after, "The member's claims come on one page.", seen.page_before.exchange
    )
    assert seen.page_after
    # when it is followed after the authority has ended, then nothing comes
    expect.that(
        not seen.page_after.resources,
        "nothing by the link",
        f"{seen.page_after.status} with {len(seen.page_after.resources)} resources",
        seen.page_before.exchange,
        seen.page_after.exchange,
    )


@check("rep.authority-ends/new-connection", needs=NEEDS, prod="no")
def test_former_representative_connects_nothing(observed: Observed) -> None:
    """Whoever may no longer act for a member cannot connect a further app for them."""
    # given somebody who connected an app for a member while the authority held
    seen = observed.ended_authority()
    seen.must_have_opened()
    # when they ask again for the same member, then no token comes for that member
    answer = seen.brought
    theirs = bool(answer and answer.gave_token and answer.patient == seen.grant.patient)
    expect.that(
        not theirs,
        "no token for the member",
        "a token for the member came" if theirs else "none came",
        *seen.again.exchanges[-3:],
        answer.exchange if answer else "",
    )


@check("rep.authority-ends/nothing-else", needs=NEEDS, prod="no")
def test_nothing_else_ends_with_the_authority(observed: Observed) -> None:
    """The member's own app, and what the representative connected for others, go on."""
    # given grants that worked while the authority held
    seen = observed.ended_authority()
    alive = {whose: both for whose, both in seen.bystanders.items() if both[0].resources}
    inconclusive_unless(alive, "no other grant worked to begin with", seen.before.exchange)
    # when the authority has ended, then they work on
    dead = [whose for whose, (_, after) in alive.items() if not after.resources]
    expect.that(
        not dead,
        f"the grants for {', '.join(alive)} work as before",
        f"ended for {', '.join(dead)}" if dead else "all of them work",
        *(after.exchange for _, after in alive.values()),
    )


@check("rep.member-selector/former-not-offered", needs=(*NEEDS, "browser"), prod="no")
def test_former_member_is_not_offered(observed: Observed) -> None:
    """Once the authority has ended the member is not offered to the representative any more."""
    # given the page that asks a former representative whose record is meant
    seen = observed.ended_authority()
    seen.must_have_opened()
    inconclusive_unless(seen.label, f"the payer file does not tell the label of {seen.member}")
    not_applicable_unless(seen.again.picker, "The representative is not asked whose is meant.")
    offered = " | ".join(option.label for option in seen.picker.options).casefold()
    # then the member is not among those offered
    found = seen.label.casefold() in offered
    expect.that(
        not found,
        f"a choice without {seen.member}",
        f"{len(seen.picker.options)} offered, {seen.member} " + ("too" if found else "not"),
        *(page.screenshot for page in seen.again.pages if page.kind == "picker"),
        *seen.again.exchanges[-2:],
    )


@check(
    "rep.authority-ends/sharing-choice",
    needs=(*NEEDS, "browser", "opt_out_page", "control:opt-in"),
    prod="no",
)
def test_former_representative_decides_nothing(observed: Observed) -> None:
    """Whoever may no longer act for a member cannot opt them out of sharing with clinics."""
    # given a page on which the representative could decide for the member
    seen = observed.ended_authority()
    not_applicable_unless(seen.offered, "The page about sharing was not looked at.")
    assert seen.offered
    not_applicable_unless(
        seen.label and seen.label in seen.offered.text,
        "The page offers no choice for those whom a representative acts for.",
        seen.offered.exchange,
    )
    # when they come again after the authority has ended
    page = seen.decided
    inconclusive_unless(page, "the page was not opened afterwards")
    assert page
    # then there is nothing to press for that member
    expect.that(
        not page.pressed,
        f"no choice for {seen.member} any more",
        "a choice was offered and taken" if page.pressed else "none was offered",
        seen.offered.exchange,
        *page.exchanges[-2:],
    )
