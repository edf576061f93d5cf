"""What the consent page says: which data, how long, what risk, where to end it."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import urldefrag, urlsplit

from payerproof.browser.facts import ConsentFacts
from payerproof.expect import consent_words as words
from payerproof.expect.said_dates import days_in
from payerproof.smart.scopes import resource_scopes
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Observed,
    Person,
    Portal,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

RESERVED = ("example", "test", "invalid", "localhost")
"""Top-level names that lead nowhere by design (RFC 2606)."""


@check("consent-screen.data-types/each-scope", needs=("member", "browser"))
def test_each_scope_is_described(
    api: Api, apps: Apps, authorization: Authorization, member: Person, target: Target
) -> None:
    """Each scope asked for is described."""
    # given the consent page and the scopes the app had asked for
    consent = _consent(authorization, member)
    asked = api.grant_of(member).asked
    types = {scope.type for scope in resource_scopes(asked)}
    # when each data type, and each other scope that opens something, is looked for
    named = words.EVERYDAY_WORDS.keys() & (member.record.types if "*" in types else types)
    said = words.descriptions(consent.sentences, _names(apps, target, consent))
    missing = [*words.undescribed(sorted(named), said)]
    missing += [name for name in asked if not _described(name, said)]
    # then each is told in some words
    expect.that(
        not missing,
        "a description of each scope asked for",
        f"not described: {', '.join(missing)}"
        if missing
        else f"{len(named)} kinds of data and {len(asked)} scopes are described",
        consent.page.screenshot,
        api.grant_of(member).exchange,
    )


@check("consent-screen.scope-descriptions-plain/no-jargon", needs=("member", "browser"))
def test_no_jargon(authorization: Authorization, member: Person) -> None:
    """No FHIR resource name, scope string or code stands in the descriptions."""
    consent = _consent(authorization, member)
    # when every sentence and every label is searched for what only software needs
    texts = [*consent.sentences, *(choice.label for choice in consent.choices)]
    found = dict.fromkeys(word for text in texts for word in words.JARGON.findall(text))
    # then there is none
    expect.that(
        not found,
        "everyday words only",
        f"found: {', '.join(found)}" if found else f"{len(texts)} sentences and labels, all plain",
        consent.page.screenshot,
    )


@check("consent-screen.scope-descriptions-plain/browser-language", needs=("member", "browser"))
def test_spanish_asked_for(
    authorization: Authorization, member: Person, observed: Observed
) -> None:
    """With Spanish asked for, the page is Spanish or says its language, with the same choices."""
    # given the page in English, and a browser that prefers Spanish, of somebody not met before
    english = _consent(authorization, member)
    # when it came to the same request
    outcome = observed.in_spanish()
    spanish = outcome.consent
    inconclusive_unless(
        spanish, f"no consent page was shown: {outcome.trouble}", *outcome.exchanges[-2:]
    )
    assert spanish is not None
    # then it tells its language truly, and leaves the same choices
    written = "es" if words.says(spanish.sentences, words.SPANISH) else "en"
    remark(f"Asked for Spanish, the page came in {'Spanish' if written == 'es' else 'English'}.")
    choices = [(choice.name, choice.checked) for choice in spanish.choices]
    alike = choices == [(choice.name, choice.checked) for choice in english.choices]
    expect.that(
        spanish.page.lang.lower().startswith(written) and alike and spanish.has_decline,
        "a page in Spanish, or one that says which language it has, with the same choices",
        f"a page marked {spanish.page.lang or 'with no language'} and written in "
        f"{'Spanish' if written == 'es' else 'English'}, with {len(choices)} choices for "
        f"{len(english.choices)}{', all alike' if alike else ', not alike'}",
        spanish.page.screenshot or spanish.page.exchange,
        english.page.screenshot,
    )


@check("consent-screen.duration/offline-access", needs=("member", "browser"))
def test_duration_is_told(api: Api, authorization: Authorization, member: Person) -> None:
    """With offline_access asked for, the page says how long, and that access goes on while away."""
    consent = _consent(authorization, member)
    not_applicable_unless(
        "offline_access" in api.grant_of(member).asked,
        "The app of this run does not ask for access while the member is away.",
        api.grant_of(member).exchange,
    )
    # then a sentence tells the end, and a sentence the absence
    missing = [
        what
        for what, family in (
            ("how long access lasts", words.HOW_LONG),
            ("that it goes on while away", words.WHILE_AWAY),
        )
        if not words.says(consent.sentences, family)
    ]
    _expect_said(consent, "how long access lasts and that it goes on while away", missing)


@check("consent-screen.risk-statement/leaves-protection", needs=("member", "browser"))
def test_risk_is_told(authorization: Authorization, member: Person) -> None:
    """The page says that data leave the plan's protection."""
    consent = _consent(authorization, member)
    said = words.says(consent.sentences, words.UNPROTECTED)
    what = "that data leave the plan's protection"
    _expect_said(consent, what, [] if said else [what])


@check("consent-screen.manage-link/where-to-revoke", needs=("member", "browser"))
def test_where_to_end_access(authorization: Authorization, member: Person) -> None:
    """The page says or links where access can be ended."""
    consent = _consent(authorization, member)
    said = consent.manage_links or words.says(consent.sentences, words.WHERE_TO_END)
    what = "where access can be ended"
    _expect_said(consent, what, [] if said else [what])


@check("consent-screen.manage-link/opens", needs=("member", "portal"))
def test_link_to_connected_apps_opens(
    authorization: Authorization, member: Person, portal: Portal, target: Target
) -> None:
    """A link to the connected apps leads to a page that is there."""
    # given the addresses to which the consent page sends the member who wants to end access
    consent = _consent(authorization, member)
    here = urldefrag(consent.page.url).url
    linked = (urldefrag(link.href).url for link in consent.manage_links)
    addresses = [address for address in dict.fromkeys(linked) if address != here]
    not_applicable_unless(addresses, "The consent page has no link to the connected apps.")
    # when the member opens them; the page of the payer file has been looked at already
    known = str(target.pages.app_management).rstrip("/")
    pages = [
        portal.first_look(member).page
        if address.rstrip("/") == known
        else portal.visit(address, member)
        for address in addresses
    ]
    # then there is a page behind each
    gone = [page for page in pages if page.kind == "error" or page.status >= 400]
    expect.that(
        not gone,
        "a page behind each link to the connected apps",
        "; ".join(f"an error page, status {page.status}" for page in gone)
        or f"{len(pages)} linked, all there",
        consent.page.screenshot,
        *(page.exchange for page in gone or pages),
    )


@check("consent-screen.privacy-policy-link/opens", needs=("member", "browser"))
def test_privacy_policy_link(
    api: Api, apps: Apps, authorization: Authorization, member: Person
) -> None:
    """The page links to this app's policy, and the link opens."""
    # given the address that the developer registered
    consent = _consent(authorization, member)
    inconclusive_unless(
        apps.default.privacy_policy, "the payer file does not tell the app's privacy policy"
    )
    # then the page has a link to it, by name or by a redirect of the payer's own
    expect(consent.page).links_to("the app's privacy policy", [apps.default.privacy_policy])
    # and, unless its name is one that leads nowhere by design, the link opens
    host = urlsplit(apps.default.privacy_policy).hostname or ""
    real = [apps.default.privacy_policy] if host.rpartition(".")[2] not in RESERVED else []
    answers = [api.send("GET", address, follow=5) for address in real]
    expect.that(
        all(answer.status < 400 for answer in answers),
        "a link that opens",
        ", ".join(f"answered {answer.status} ({{x:{answer.exchange}}})" for answer in answers)
        or "a link to a name reserved for examples, which was not opened",
        *(answer.exchange for answer in answers),
    )


@check("consent-screen.privacy-policy-link/own", needs=("member", "browser", "two_apps"))
def test_each_app_has_its_own_policy(observed: Observed, target: Target) -> None:
    """The consent page of a second app links to that app's own policy."""
    # given another app than the first, whose developer registered a policy
    seen = observed.asked()
    app, consent = target.app(seen.app), seen.narrow.consent
    inconclusive_unless(app.privacy_policy, "the payer file does not tell the app's privacy policy")
    inconclusive_unless(consent, "no consent page was shown", *seen.narrow.exchanges[-2:])
    assert consent is not None
    # then its consent page has a link to it
    expect(consent.page).links_to(f"the privacy policy of {app.id}", [app.privacy_policy])


@check("consent.text-equals-grant/end-date", needs=("member", "portal"))
def test_end_is_told_alike(
    apps: Apps, authorization: Authorization, member: Person, portal: Portal
) -> None:
    """The day on which access ends is the same on the consent page and in the list of apps."""
    # given the days to come that the consent page names, and those in the app's entry
    consent = _consent(authorization, member)
    said = _days_to_come(" ".join(consent.sentences))
    not_applicable_unless(said, "The consent page names no day on which access ends.")
    entries = [one for one in portal.first_look(member).apps if one.name == apps.default.name]
    inconclusive_unless(entries, "the app is not in the list of connected apps")
    listed = _days_to_come(" ".join(one.text for one in entries))
    not_applicable_unless(listed, "The list of connected apps names no day on which access ends.")
    # then they are the same, but for the zone in which a day is counted
    expect.that(
        abs(max(said) - max(listed)) <= timedelta(days=1),
        f"{max(said)}, as the consent page has it, in the list of connected apps",
        f"{max(listed)}",
        consent.page.screenshot,
        portal.first_look(member).page.screenshot or portal.first_look(member).page.exchange,
    )


@check("consent.text-equals-grant/delivered-classes", needs=("member", "browser"))
def test_delivered_data_were_shown(
    apps: Apps, authorization: Authorization, member: Person, target: Target
) -> None:
    """No data class is delivered that the page did not show."""
    # given what the member's token really opens
    member.must_have("ExplanationOfBenefit", "Coverage")
    consent = _consent(authorization, member)
    # when it is laid beside the page, boxes left empty aside
    empty = {choice.label for choice in consent.choices if choice.visible and not choice.checked}
    offered = [text for text in consent.sentences if text not in empty]
    said = words.descriptions(offered, _names(apps, target, consent))
    hidden = words.undescribed(member.record.types, said)
    # then each type that was delivered had been shown
    expect.that(
        not hidden,
        "only kinds of data that the page showed",
        f"delivered and not shown: {', '.join(hidden)}"
        if hidden
        else f"{len(member.record.types)} types were delivered, all of them shown",
        consent.page.screenshot,
        *(found[0] for kind in hidden if (found := member.record.exchanges.get(kind))),
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


def _days_to_come(text: str) -> list[date]:
    return [day for day in days_in(text) if day > date.today() + timedelta(days=1)]


def _names(apps: Apps, target: Target, consent: ConsentFacts) -> tuple[str, ...]:
    """Names on the page that may hold words for data without describing any."""
    return (apps.default.name, apps.default.developer, target.name, *consent.app_names)


def _described(scope: str, said: tuple[str, ...]) -> bool:
    return scope not in words.SCOPE_WORDS or bool(words.says(said, words.SCOPE_WORDS[scope]))


def _expect_said(consent: ConsentFacts, what: str, missing: list[str]) -> None:
    expect.that(
        not missing,
        f"the page says {what}",
        f"no sentence says {' or '.join(missing)}" if missing else f"it says {what}",
        consent.page.screenshot,
    )
