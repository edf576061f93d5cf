"""The list of connected apps: behind a login, complete, and true."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from payerproof.browser.facts import ConnectedApps
from payerproof.expect import consent_words as words
from payerproof.expect.said_dates import days_in
from payerproof.smart.scopes import opens
from payerproof.suite import (
    Api,
    App,
    Apps,
    Ended,
    Observed,
    Person,
    Portal,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CLAIMS = "ExplanationOfBenefit"

NOT_DELETED = (
    r"\b(?:not|n.t|never)\b[^.]{0,40}\b(?:delet|eras|remov|destroy|tak|recall|get)\w*[^.]{0,60}"
    r"\b(?:already|has|have|had|holds?|received|kept|shared|copies|copy|information|data)\b",
    r"\b(?:cop(?:y|ies)|data|information)\b[^.]{0,60}\b(?:not|n.t|never)\b[^.]{0,20}"
    r"\b(?:delet|eras|remov|destroy)\w*",
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
    undated = [one.name for one in connected.apps if not _is_dated(one.text)]
    expect.that(
        not undated,
        "a date of connection in each entry",
        f"without a date: {', '.join(undated)}"
        if undated
        else f"all of {len(connected.apps)} entries have one",
        connected.page.screenshot or connected.page.exchange,
    )


@check("app-management.lists-connected-apps/by-name", needs=("member", "portal"))
def test_app_is_listed_by_its_name(api: Api, apps: Apps, member: Person, portal: Portal) -> None:
    """A connected app stands in the list under its name."""
    # given the app of the shared grant
    grant, app = api.grant_of(member), apps.default
    inconclusive_unless(app.name, "the payer file does not tell the app's name")
    # when the member looks at the list, then it stands there by its name
    connected = portal.first_look(member)
    expect.that(
        any(one.name == app.name for one in connected.apps),
        f"an entry with the name of {app.id}",
        f"{len(connected.apps)} entries, none with its name"
        if all(one.name != app.name for one in connected.apps)
        else "there is one",
        connected.page.screenshot or connected.page.exchange,
        grant.exchange,
    )


@check(
    "app-management.lists-connected-apps/true-dates",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_date_is_that_of_the_connection(observed: Observed) -> None:
    """An app that was connected today is not dated otherwise."""
    # given an app that was connected a moment ago, and the days that its entry names
    seen = observed.listed()
    entries = [one.text for one in seen.connected.apps if one.name == seen.app_name]
    days = [day for text in entries for day in days_in(text)]
    not_applicable_unless(days, "The entry names no day in figures or words.", seen.exchange)
    # then one of them is today, in whatever zone
    today = datetime.now(UTC).date()
    expect.that(
        any(abs(day - today) <= timedelta(days=1) for day in days),
        "today's date in the entry of an app that was connected today",
        f"{', '.join(map(str, days))}",
        seen.connected.page.screenshot or seen.connected.page.exchange,
        seen.exchange,
    )


@check(
    "app-management.lists-connected-apps/short-access",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_app_without_refresh_token_is_listed(observed: Observed) -> None:
    """An app that may not come back while the member is away is listed like any other."""
    # given an app that a member connected without access while they are away
    seen = observed.listed()
    # then it stands in their list
    listed = any(one.name == seen.app_name for one in seen.connected.apps)
    expect.that(
        listed,
        f"an entry for {seen.app}",
        "there is one" if listed else f"{len(seen.connected.apps)} entries, none for it",
        seen.connected.page.screenshot or seen.connected.page.exchange,
        seen.exchange,
    )


@check(
    "app-management.lists-connected-apps/data-as-granted",
    needs=("member", "portal", "three_apps", "state_changes"),
)
def test_entry_tells_what_was_granted(revoked: Ended, target: Target) -> None:
    """An entry names no kind of data that the member left out."""
    # given two connected apps, from one of which the member left claims out
    kept = revoked.must_have(revoked.kept, "another app")
    connected = revoked.must_have(revoked.listed, "the list")
    not_applicable_unless(
        not opens(kept.scopes, CLAIMS, "s") and not opens(kept.scopes, CLAIMS, "r"),
        "A member cannot leave claims out here.",
        kept.exchange,
    )
    # when their entries are read, names of apps and developers aside
    told = {
        grant.app: _tells_of_claims(connected, target, target.app(grant.app))
        for grant in (revoked.grant, kept)
    }
    not_applicable_unless(
        told[revoked.grant.app],
        "The entry of an app with all data does not tell of claims either.",
        connected.page.exchange,
    )
    # then that of the app without claims tells of none
    expect.that(
        not told[kept.app],
        f"no claims among what {kept.app} gets",
        "the entry names claims" if told[kept.app] else "it names none",
        connected.page.screenshot or connected.page.exchange,
        kept.exchange,
    )


@check(
    "app-management.lists-connected-apps/each-member",
    needs=("representative", "browser", "portal", "two_apps", "state_changes"),
)
def test_representative_sees_each_connection(observed: Observed, target: Target) -> None:
    """A representative who connected an app for two people sees both, and nobody else's."""
    # given one app that a representative connected for two people
    seen = observed.acting()
    app = target.app(seen.app)
    gave = [
        one for one in (seen.first, seen.second) if one and one.answer and one.answer.gave_token
    ]
    inconclusive_unless(
        len(gave) == 2 and seen.listed,
        f"{seen.person} could not connect {seen.app} for two people",
        *seen.first.outcome.exchanges[-2:],
    )
    assert seen.listed is not None
    # when the entries are read
    text = " ".join(one.text for one in seen.listed.apps if one.name == app.name).casefold()
    whole = " ".join(one.text for one in seen.listed.apps).casefold()
    unnamed = [one.whom for one in gave if target.persona(one.whom).label.casefold() not in text]
    own = {seen.person, *target.persona(seen.person).represents}
    others = [
        one.id
        for one in target.personas
        if one.id not in own and one.label and one.label.casefold() in whole
    ]
    # then both are named there, and nobody for whom they do not act
    expect.that(
        not unnamed and not others,
        f"entries of {app.id} for {' and '.join(one.whom for one in gave)}, and nobody else's",
        f"not named: {', '.join(unnamed) or 'none'}; of others: {', '.join(others) or 'none'}",
        seen.listed.page.screenshot or seen.listed.page.exchange,
    )


@check(
    "app-management.lists-connected-apps/nothing-else",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_nothing_else_is_listed(apps: Apps, observed: Observed, target: Target) -> None:
    """No app is listed that the member has not connected."""
    # given a member for whom no other check acts, and the one app they have just connected
    seen = observed.listed()
    # when they look at the list
    named = {one.name for one in seen.connected.apps}
    inconclusive_unless(
        seen.app_name in named,
        "the app that was connected is not listed either",
        seen.connected.page.screenshot or seen.connected.page.exchange,
    )
    # then none of the other registered apps stands there
    own = {seen.app_name, apps.default.name}
    others = [one.id for one in target.apps if one.name in named - own]
    expect.that(
        not others,
        f"{seen.app} alone",
        f"listed without having been connected: {', '.join(others)}" if others else "so it is",
        seen.connected.page.screenshot or seen.connected.page.exchange,
    )


@check("app-management.no-deletion-notice/said", needs=("member", "portal"))
def test_page_says_that_data_stay(api: Api, member: Person, portal: Portal) -> None:
    """The page says that revoking does not delete what the app already holds."""
    _expect_said(api, portal, member, NOT_DELETED, "that what the app already holds stays there")


@check("app-management.deletion-contact-advice/said", needs=("member", "portal"))
def test_page_advises_to_ask_for_deletion(api: Api, member: Person, portal: Portal) -> None:
    """The page advises to ask the developer for deletion."""
    _expect_said(api, portal, member, ASK_DEVELOPER, "to ask the developer for deletion")


def _is_dated(text: str) -> bool:
    """True where an entry tells a day that is not to come, or one in a way of its own."""
    days, tomorrow = days_in(text), datetime.now(UTC).date() + timedelta(days=1)
    return bool(words.says([text], CONNECTED_ON)) and (
        not days or any(day <= tomorrow for day in days)
    )


def _tells_of_claims(connected: ConnectedApps, target: Target, app: App) -> bool:
    """True where the entry of an app speaks of claims, the names of apps aside."""
    names = [name for one in target.apps for name in (one.name, one.developer)]
    texts = [one.text for one in connected.apps if one.name == app.name]
    return any(words.describes(CLAIMS, text) for text in words.descriptions(texts, names))


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
