"""Who is who on the consent page: the app, its developer, and whose record is meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from payerproof.browser.facts import AuthorizationOutcome, ConsentFacts
from payerproof.expect import consent_words as words
from payerproof.plugin.grants import acts_for
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    App,
    Apps,
    Authorization,
    Lease,
    Observed,
    Person,
    check,
    each,
    expect,
    inconclusive_unless,
)

_ADDRESS = re.compile(r"https?://\S+")
"""An address that is shown says nothing, whatever words it is made of."""
_LEGAL_FORM = re.compile(
    r",? (?:inc|llc|l\.l\.c|ltd|limited|corp|corporation|co|company|gmbh|plc|lp)\.?$", re.IGNORECASE
)


@check("consent-screen.app-identity/name", needs=("member", "browser"))
def test_app_is_named(apps: Apps, authorization: Authorization, member: Person) -> None:
    """The page names the app."""
    consent = _consent(authorization, member)
    inconclusive_unless(apps.default.name, "the payer file does not tell the app's name")
    expect(consent.page).says("the app's name", re.escape(apps.default.name))


@check("consent-screen.app-identity/developer-and-site", needs=("member", "browser"))
def test_developer_is_named(apps: Apps, authorization: Authorization, member: Person) -> None:
    """The page names the developer and the app's site."""
    # given what the developer registered
    app = apps.default
    inconclusive_unless(
        app.developer and app.site, "the payer file does not tell the app's developer and site"
    )
    consent = _consent(authorization, member)
    # then the developer is named, and the site is shown or linked
    expect(consent.page).says("the developer's name", re.escape(_LEGAL_FORM.sub("", app.developer)))
    host = (urlsplit(app.site).hostname or app.site).removeprefix("www.")
    hosts = {urlsplit(link.href).hostname or "" for link in consent.page.links}
    shown = host in consent.page.text or any(one.removeprefix("www.") == host for one in hosts)
    expect.that(
        shown,
        "the app's site, shown or linked",
        "it is" if shown else f"neither shown nor among {len(consent.page.links)} links",
        consent.page.screenshot,
    )


@check(
    "consent-screen.attestation-status/both-kinds",
    needs=("member", "browser", "attested_and_unattested_app"),
)
@each("kind", ("attested", "unattested"))
def test_attestation_is_told(
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    member: Person,
    observed: Observed,
    kind: str,
) -> None:
    """An attested and an unattested app are each told as what they are."""
    # given an app of this kind, to whose consent page the member comes
    pages: dict[str, Callable[[], ConsentFacts]] = {
        "attested": lambda: _seen(
            authorization, member, lease.hold(member, *_spare(apps, attested=True))
        ),
        "unattested": lambda: _shown(observed.unattested().outcome, "the app without attestation"),
    }
    # when its words are read
    consent = pages[kind]()
    # then the page tells the status, and the right one
    said = [_ADDRESS.sub(" ", text) for text in consent.sentences]
    denied = words.says(said, words.NOT_ATTESTED)
    claimed = words.says(said, words.ATTESTED)
    told = "unattested" if denied else "attested" if claimed else "neither"
    expect.that(
        told == kind,
        f"words that tell the app as {kind}",
        "no word on attestation" if told == "neither" else f"words that tell it as {told}",
        consent.page.screenshot,
        consent.page.exchange,
    )


@check("consent.names-the-member/shown-and-switchable", needs=("member", "browser"))
def test_member_is_named(authorization: Authorization, member: Person) -> None:
    """The page names whose record it is and offers another login."""
    member.must_have("Patient")
    consent = _consent(authorization, member)
    # when the page is searched for the member's name, as the record or the portal has it
    named = _is_named(consent, _written(member))
    offers = (*consent.page.buttons, *(link.text for link in consent.page.links))
    switch = words.says(offers, (words.OTHER_LOGIN,))
    # then it is there, with a control for somebody else
    expect.that(
        named,
        "the member's name on the page",
        "it is there" if named else "the page names nobody, or somebody else",
        consent.page.screenshot,
    )
    expect.that(
        switch,
        "a way to sign in as somebody else",
        f"the control reads: {_plain(switch)}" if switch else "no such link or button",
        consent.page.screenshot,
    )


@check("consent.names-the-member/switch-leads-on", needs=("member", "browser"))
def test_switch_leads_to_a_login(observed: Observed) -> None:
    """The way to another account leads away from the consent page."""
    # given a consent page with a control for somebody else, which was pressed
    outcome = observed.in_spanish()
    inconclusive_unless(
        outcome.pressed, "no control for somebody else was recognised", *outcome.exchanges[-2:]
    )
    # then another person can sign in
    page = outcome.answer
    inconclusive_unless(page, "no page came", *outcome.exchanges[-2:])
    assert page is not None
    expect.that(
        page.kind != "consent",
        "a login, or a page that says one is signed out",
        f"a page of kind {page.kind}",
        page.exchange,
        page.screenshot,
    )


@check("consent.names-the-member/represented", needs=("representative", "browser", "two_apps"))
def test_represented_member_is_named(
    authorization: Authorization, lease: Lease, run_session: RunSession
) -> None:
    """Acting for another, the page names the represented member."""
    # given a representative, and a member they act for whose name the payer file tells
    person, other = _representative(run_session)
    label = run_session.target.persona(other).label
    inconclusive_unless(label, f"the payer file does not tell the name of {other} (key label)")
    # when they choose that member and come to the consent page
    consent = _chosen(authorization, lease, person, other)
    # then the page names the one who was chosen
    named = _is_named(consent, [label])
    expect.that(
        named,
        f"the name of {other}, whose record is shared",
        "it is there" if named else f"the page does not name {other}",
        consent.page.screenshot,
        consent.page.exchange,
    )


def _consent(authorization: Authorization, person: Person) -> ConsentFacts:
    """The consent page on which the person's shared grant was given."""
    outcome = authorization.first_connection(person)
    inconclusive_unless(
        outcome.consent,
        f"no consent page was shown to {person}, so there was none to judge",
        *outcome.exchanges[-2:],
    )
    assert outcome.consent is not None
    return outcome.consent


def _seen(authorization: Authorization, person: Person, app: App, choose: str = "") -> ConsentFacts:
    """The consent page of an app, looked at and left."""
    request = authorization.request(app, prompt="consent")
    outcome = authorization.visit(person, request, decision="look", choose=choose)
    return _shown(outcome, app.id)


def _chosen(authorization: Authorization, lease: Lease, person: Person, other: str) -> ConsentFacts:
    """The consent page on which a representative connects another's record.

    That of their first connection, where it was for this one.
    """
    if acts_for(person.persona) == other:
        return _shown(authorization.first_connection(person), "the first app")
    return _seen(authorization, person, lease.hold(person), choose=other)


def _shown(outcome: AuthorizationOutcome, app: str) -> ConsentFacts:
    inconclusive_unless(
        outcome.consent,
        f"no consent page was shown for {app} "
        f"({outcome.trouble or outcome.parameters.get('error') or 'a code came at once'})",
        *outcome.exchanges[-2:],
    )
    assert outcome.consent is not None
    return outcome.consent


def _spare(apps: Apps, *, attested: bool) -> list[App]:
    """Apps of this kind, without the one whose grants are shared."""
    found = [app for app in apps.attested(attested) if app in apps.spare]
    inconclusive_unless(
        found, "the payer file has no such app besides the first one, whose grants are shared"
    )
    return found


def _representative(session: RunSession) -> tuple[Person, str]:
    """Somebody who acts for another, if possible without being a member themselves."""
    able = [one for one in session.target.personas if one.represents and one.username]
    first = sorted(able, key=lambda one: one.role != "representative")[0]
    return session.person(first), first.represents[0]


def _written(person: Person) -> list[str]:
    """The person's name in the ways it may be written."""
    names = [name for patient in person.record.of("Patient") for name in patient.get("name") or ()]
    join: Callable[[str, str], str] = "{} {}".format
    written = [
        join(str((name.get("given") or [""])[0]), str(name.get("family", ""))) for name in names
    ]
    return [*written, person.persona.label]


def _is_named(consent: ConsentFacts, written: list[str]) -> bool:
    text = " ".join(consent.page.text.split()).casefold()
    return any(name.strip() and name.strip().casefold() in text for name in written)


def _plain(control: str) -> str:
    """The start of a control's label, which may go on with a name."""
    return " ".join(control.split()[:2]).rstrip("?")
