"""The list of connected apps: behind a login, complete, and true."""

from __future__ import annotations

import re

from payerproof.expect import consent_words as words
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Apps,
    Ended,
    Lease,
    Person,
    Portal,
    Target,
    check,
    expect,
    inconclusive_unless,
)

NOT_DELETED = (
    r"\b(?:not|n.t|never)\b[^.]{0,40}\b(?:delet|eras|remov|destroy|tak|recall|get)\w*[^.]{0,60}"
    r"\b(?:already|has|have|had|holds?|received|kept|shared|copies|copy|information|data)\b",
    r"\b(?:may|can|could|might|will)\b[^.]{0,30}\b"
    r"(?:keep|retain|still (?:have|hold|use)|hold on)\b",
    r"\balready\b[^.]{0,60}\b(?:stays?|remains?|kept|retained|keeps?)\b",
    r"\b(?:keeps?|retains?|stays? with)\b[^.]{0,60}\b(?:already|received|shared|has|have)\b",
)
"""That revoking does not delete what the app already holds."""

ASK_DEVELOPER = (
    r"\b(?:ask|contact|write|reach|call|e-?mail|tell|request|speak)\b[^.]{0,80}"
    r"\b(?:app|developer|company|maker|vendor|provider|them)\b[^.]{0,60}\b(?:delet|eras|remov)\w*",
    r"\b(?:delet|eras|remov)\w*[^.]{0,80}\b(?:ask|contact|write to|reach|call|e-?mail|speak)\b"
    r"[^.]{0,60}\b(?:app|developer|company|maker|vendor|them)\b",
)
"""That deletion is to be asked of the developer."""

CONNECTED_ON = (
    words.DATE, r"\b(?:today|yesterday|just now|\d+ (?:minutes?|hours?|days?) ago)\b",
)  # fmt: skip


@check("app-management.login-required/anonymous", needs=("member", "portal"))
def test_list_is_behind_a_login(api: Api, member: Person, portal: Portal, target: Target) -> None:
    """The connected-apps page asks for a login and shows no app to a stranger."""
    # given a member whose list has entries
    grant = api.grant_of(member)
    connected = portal.first_look(member)
    inconclusive_unless(connected.apps, f"{member}'s list has no entry to protect", grant.exchange)
    # when somebody who is not logged in opens the page
    page = portal.visit(str(target.pages.app_management))
    # then a login comes, or a refusal, and no app is named
    named = [app.id for app in target.apps if app.name and app.name in page.text]
    expect.that(
        page.kind in ("login", "second-factor", "error") or page.status in (401, 403),
        "a login, or a refusal",
        f"a page of kind {page.kind}, status {page.status}",
        page.exchange,
        page.screenshot,
    )
    expect.that(
        not named,
        "no app is named to a stranger",
        f"named: {', '.join(named)}" if named else "none is",
        page.exchange,
        page.screenshot,
    )
    expect(page).shows_nothing_about(member.markers)


@check(
    "app-management.lists-connected-apps/three-apps",
    needs=("member", "portal", "three_apps", "state_changes"),
)
def test_each_connected_app_is_listed(
    api: Api, apps: Apps, member: Person, revoked: Ended, target: Target
) -> None:
    """Each of three connected apps is listed by name."""
    # given the app of the shared grant, and two more, one of which will be revoked
    kept = revoked.must_have(revoked.kept, "a third app")
    wanted = [apps.default, *(target.app(grant.app) for grant in (revoked.grant, kept))]
    # when the member looked at the list before that
    connected = revoked.must_have(revoked.listed, "the list")
    # then each stood there by its name
    missing = [app.id for app in wanted if app.name not in {one.name for one in connected.apps}]
    expect.that(
        not missing,
        f"entries for {', '.join(app.id for app in wanted)}",
        f"not listed: {', '.join(missing)}" if missing else f"{len(connected.apps)} entries",
        connected.page.screenshot or connected.page.exchange,
        api.grant_of(member).exchange,
        revoked.grant.exchange,
        kept.exchange,
    )


@check("app-management.lists-connected-apps/date-and-data", needs=("member", "portal"))
def test_each_entry_has_its_date(api: Api, member: Person, portal: Portal) -> None:
    """Each entry shows when it was connected."""
    # given a member with at least one connected app
    grant = api.grant_of(member)
    connected = portal.first_look(member)
    inconclusive_unless(connected.apps, "the list has no entry", grant.exchange)
    # then every entry has a date
    undated = [one.name for one in connected.apps if not words.says([one.text], CONNECTED_ON)]
    expect.that(
        not undated,
        "a date of connection in each entry",
        f"without a date: {', '.join(undated)}"
        if undated
        else f"all of {len(connected.apps)} entries have one",
        connected.page.screenshot or connected.page.exchange,
    )


@check("app-management.lists-connected-apps/nothing-else", needs=("member", "portal", "two_apps"))
def test_nothing_else_is_listed(
    apps: Apps, lease: Lease, portal: Portal, run_session: RunSession, target: Target
) -> None:
    """No app is listed that the member has not connected."""
    # given a member for whom no other check acts, and the one app they have just connected
    quiet = run_session.cast.bystander(1)
    inconclusive_unless(quiet, "the checks of this run connect apps for every member there is")
    assert quiet is not None
    person = run_session.person(quiet)
    app = target.app(lease(person).app)
    # when they look at the list
    connected = portal.connected_apps(person)
    inconclusive_unless(
        any(one.name == app.name for one in connected.apps),
        "the app that was connected is not listed either",
        connected.page.screenshot or connected.page.exchange,
    )
    # then none of the other registered apps stands there
    named = {one.name for one in connected.apps}
    own = {app.name, apps.default.name}
    others = [one.id for one in target.apps if one.name in named - own]
    expect.that(
        not others,
        f"{app.id} alone",
        f"listed without having been connected: {', '.join(others)}" if others else "so it is",
        connected.page.screenshot or connected.page.exchange,
    )


@check("app-management.no-deletion-notice/said", needs=("member", "portal"))
def test_page_says_that_data_stay(api: Api, member: Person, portal: Portal) -> None:
    """The page says that revoking does not delete what the app already holds."""
    _expect_said(api, portal, member, NOT_DELETED, "that what the app already holds stays there")


@check("app-management.deletion-contact-advice/said", needs=("member", "portal"))
def test_page_advises_to_ask_for_deletion(api: Api, member: Person, portal: Portal) -> None:
    """The page advises to ask the developer for deletion."""
    _expect_said(api, portal, member, ASK_DEVELOPER, "to ask the developer for deletion")


def _expect_said(
    api: Api, portal: Portal, person: Person, patterns: tuple[str, ...], what: str
) -> None:
    """The list, with an entry that could be revoked, says so."""
    grant = api.grant_of(person)
    page = portal.first_look(person).page
    text = [" ".join(page.text.split())]
    said = words.says(re.split(r"(?<=[.!?:]) ", text[0]), patterns) or words.says(text, patterns)
    expect.that(
        said,
        f"the page says {what}",
        f"it says {what}" if said else f"no sentence says {what}",
        page.screenshot or page.exchange,
        grant.exchange,
    )
