"""Login, then consent, then the code: nothing of a member shows or moves before that."""

from __future__ import annotations

from payerproof.browser.facts import AuthorizationOutcome, PageFacts
from payerproof.browser.troubles import from_text
from payerproof.suite import (
    App,
    Apps,
    Authorization,
    Observed,
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
)

SIGNING_IN = ("login", "second-factor")
UNFIT = ("no-linked-record", "ineligible")


@check("consent-screen.after-login/order", needs=("member", "browser"))
def test_login_then_consent_then_code(
    apps: Apps, authorization: Authorization, member: Person, observed: Observed, target: Target
) -> None:
    """Login, then consent, then the code, in this order."""
    # given the pages of the first connection, and the first page that a stranger's browser gets
    outcome = authorization.first_connection(member)
    code = "code" in outcome.parameters
    inconclusive_unless(code, "no code came to a correct request", *outcome.exchanges[-2:])
    kinds = [page.kind for page in outcome.pages]
    inconclusive_unless(
        "consent" in kinds or not _others_are_asked(observed, apps.default, target),
        "no consent page came, and another app met one: this one may have been connected "
        "before the run (end that in the portal, and run again)",
        *outcome.exchanges[-2:],
    )
    entrance = authorization.entrance()
    # then nobody meets the consent page before the login, and no code comes without it
    after_consent = kinds[kinds.index("consent") :] if "consent" in kinds else kinds
    late = [kind for kind in after_consent if kind in SIGNING_IN]
    expect.that(
        entrance.kind in SIGNING_IN and "consent" in kinds and not late,
        "the login first, consent after it, and the code last",
        f"a stranger's browser gets a page of kind {entrance.kind}; "
        f"the member met {', then '.join(kinds) or 'no page'}, then the code came",
        entrance.exchange,
        *(page.screenshot or page.exchange for page in outcome.pages),
    )


def _others_are_asked(observed: Observed, app: App, target: Target) -> bool:
    """True where an app of the same standing, which was not connected, met the consent page."""
    seen = observed.asked()
    alike = target.app(seen.app).attested == app.attested
    return alike and seen.first is not None and seen.first.consent_shown


@check("consent-screen.after-login/consent-address-alone", needs=("member", "browser", "two_apps"))
def test_consent_address_without_a_login(member: Person, observed: Observed) -> None:
    """The consent page's address opened in a fresh browser shows the login, no consent, no data."""
    # given a consent page that waited for its member
    seen = observed.asked()
    # when somebody who is not logged in opened its address
    page = seen.must_have(seen.unattended, "the address of a consent page")
    # then neither the page nor anything of the member was shown
    expect.that(
        page.kind != "consent",
        "the login, or a refusal",
        f"a page of kind {page.kind}, status {page.status}",
        page.exchange,
        page.screenshot,
    )
    expect(page).shows_nothing_about(member.markers)


@check("consent-screen.after-login/login-left-out", needs=("member", "browser", "two_apps"))
def test_login_cannot_be_left_out(observed: Observed) -> None:
    """The consent page of one's own journey is not shown before the login of that journey."""
    # given a journey that waited for its login, and the address where consent pages are shown
    seen = observed.asked()
    # when the browser of that journey opened this address in place of the login page
    page = seen.must_have(seen.jumped, "the consent page of a journey without a login")
    # then it was not shown
    expect.that(
        page.kind != "consent",
        "the login, or a refusal",
        f"a page of kind {page.kind}, status {page.status}",
        page.exchange,
        page.screenshot,
    )


@check("oauth.consent-forgery/form-token", needs=("member", "browser", "two_apps"))
def test_decision_by_a_forged_form(observed: Observed) -> None:
    """A decision whose form carries another token than the page's own is not taken."""
    # given a consent page whose form works with the token it carries
    seen = observed.asked()
    outcome = seen.must_have(seen.first, "a first connection")
    inconclusive_unless(
        seen.declined.redirected and outcome.consent,
        "a decision by the page's own form did not lead back to the app either",
        *seen.declined.exchanges[-2:],
    )
    inconclusive_unless(
        outcome.pressed,
        "the form carries no field that is known as a token against forgery",
        *outcome.exchanges[-2:],
    )
    # when a decision was sent with that token changed
    # then the payer did not carry it out
    expect.that(
        not outcome.redirected,
        "a refusal, and no redirect to the app",
        "the app was told of the decision" if outcome.redirected else "a page of the payer",
        *outcome.exchanges[-2:],
    )


@check(
    "consent-screen.after-login/no-code-before-consent",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_stopping_at_the_consent_page(observed: Observed, target: Target) -> None:
    """Stopping at the consent page leaves no code and no connected app."""
    # given an app that was not on the list
    seen = observed.asked()
    app = target.app(seen.app)
    # when the member came to its consent page and did nothing
    outcome = seen.must_have(seen.first, "a first connection")
    inconclusive_unless(
        outcome.consent or outcome.redirected,
        f"neither consent page nor code came ({outcome.trouble})",
        *outcome.exchanges[-2:],
    )
    after = seen.must_have(seen.after_first, "the list of connected apps")
    # then no code was issued, and the app is not connected
    expect(outcome).gives_no_code()
    listed = any(entry.name == app.name for entry in after.apps)
    expect.that(
        not listed,
        "no entry for an app that was not approved",
        f"{app.id} is {'' if listed else 'not '}listed",
        after.page.screenshot or after.page.exchange,
    )


@check("consent-screen.no-phi-before-login/pages-and-addresses", needs=("member", "browser"))
def test_nothing_of_a_member_before_login(
    authorization: Authorization, member: Person, target: Target
) -> None:
    """No marker of a member is in any page, address or request before login."""
    # given the member's markers, and every page on the way to the login
    member.must_have("Patient")
    outcome = authorization.first_connection(member)
    before = [page for page in outcome.pages if page.kind in SIGNING_IN]
    entrance = authorization.entrance()
    inconclusive_unless(
        entrance.kind in SIGNING_IN, "no login page was shown to a stranger", entrance.exchange
    )
    # when each page, its address, its links and the addresses of its scripts are searched
    pages = [*before, entrance]
    found = [
        (trace, page)
        for page in pages
        for trace in member.markers.traces_in_text(_everything_on(page))
    ]
    # and the first page for the name of anybody who may have signed in before
    shown = _everything_on(entrance).casefold()
    named = [one.id for one in target.personas if one.label and one.label.casefold() in shown]
    # then nothing of the member is in them, and nobody is named
    expect.that(
        not found and not named,
        f"nothing about {member}, and nobody's name, on {len(pages)} pages before the login",
        ", ".join(
            [
                *(f"{trace.kind} of {trace.member}" for trace, _ in found),
                *(f"name of {one}" for one in named),
            ]
        )
        or "nothing",
        *dict.fromkeys(page.screenshot or page.exchange for _, page in found),
        entrance.exchange,
    )


@check("consent.refusal-explained/no-linked-record", needs=("browser", "portal_user"))
def test_account_without_a_record(observed: Observed) -> None:
    """A portal user with no member record is told so in words and gets no code."""
    # given a portal account without a member's record behind it
    # when its owner logged in to connect an app
    outcome = _without_record(observed)
    # then no code came, and a sentence said why
    expect(outcome).gives_no_code()
    said = any(from_text(page.text) in UNFIT for page in outcome.pages)
    told = (
        outcome.trouble in UNFIT
        or said
        or bool(
            outcome.parameters.get("error") == "access_denied"
            and outcome.parameters.get("error_description")
        )
    )
    expect.that(
        told,
        "words that tell that the account has no member record",
        "they stand there" if told else _ending(outcome),
        *outcome.exchanges[-2:],
        *(page.screenshot for page in outcome.pages[-1:]),
    )


@check("consent.refusal-explained/app-is-told", needs=("browser", "portal_user"))
def test_app_is_told_of_the_refusal(observed: Observed) -> None:
    """The app of a portal user with no member record is told access_denied."""
    # given a portal account without a member's record behind it
    # when its owner logged in to connect an app, and went back to it from whatever was shown
    outcome = _without_record(observed)
    # then the app could tell that this account has nothing for it
    expect(outcome).reports("access_denied")


def _without_record(observed: Observed) -> AuthorizationOutcome:
    seen = observed.without_record()
    outcome = seen.outcome
    inconclusive_unless(
        seen.got_in,
        f"the portal user could not log in: {outcome.trouble}",
        *outcome.exchanges[-2:],
    )
    return outcome


def _everything_on(page: PageFacts) -> str:
    addresses = [page.url, *page.scripts, *(link.href for link in page.links)]
    return "\n".join((page.title, page.text, *page.buttons, *addresses))


def _ending(outcome: AuthorizationOutcome) -> str:
    kinds = ", ".join(page.kind for page in outcome.pages) or "no page"
    error = outcome.parameters.get("error") or "no error"
    return f"pages of kind {kinds}, {error} to the app, and no such words"
