"""Every app is let in alike: the payer may warn about privacy, and the member decides."""

from __future__ import annotations

from collections.abc import Mapping

from payerproof.expect.doorstep import told
from payerproof.plugin.observed import SAMPLE, sample
from payerproof.suite import (
    Api,
    Apps,
    Lease,
    Observed,
    Person,
    Reply,
    check,
    expect,
    inconclusive_unless,
)

CLAIMS = "ExplanationOfBenefit"


@check(
    "consent-screen.warn-not-block/unattested-app",
    needs=("member", "browser", "attested_and_unattested_app"),
)
def test_unattested_app_after_the_warning(member: Person, observed: Observed) -> None:
    """An unattested app can be approved after the warning, and data flow."""
    # given an app whose developer has not attested
    member.must_have(CLAIMS)
    seen = observed.unattested()
    outcome = seen.outcome
    # when the member went on past whatever warning was shown
    inconclusive_unless(
        outcome.redirected or outcome.pages, f"no page came ({outcome.trouble})", *outcome.exchanges
    )
    # then a code came, and the token made from it opened claims
    expect(outcome).gives_code()
    assert seen.answer is not None
    expect(seen.answer).gives_token()
    found = [claim for page in seen.pages[CLAIMS] for claim in page.matches]
    expect.that(
        found,
        "claims for the app that was warned about",
        f"{len(found)} claims ({{x:{seen.pages[CLAIMS][0].exchange}}})",
        *(page.screenshot for page in outcome.pages if page.kind == "consent"),
        seen.pages[CLAIMS][0].exchange,
    )


@check("apps.no-privacy-veto/unattested-app-reads", needs=("member", "attested_and_unattested_app"))
def test_unattested_app_reads_the_same(member: Person, observed: Observed) -> None:
    """An app with no attestation can be connected and reads data."""
    # given what the member's own record holds
    member.must_have(*SAMPLE)
    # when an app without attestation read the same
    seen = observed.unattested()
    inconclusive_unless(
        seen.answer and seen.answer.gave_token,
        f"no token came ({told(seen.outcome)})",
        *seen.outcome.exchanges[-2:],
    )
    # then nothing was withheld
    _expect_whole(seen.pages, member)


@check("apps.denial-objective-criteria/same-data-for-all", needs=("member", "two_apps"))
def test_apps_get_the_same_data(api: Api, apps: Apps, lease: Lease, member: Person) -> None:
    """Apps with the same scopes get the same data."""
    # given what one app's token opened
    member.must_have(*SAMPLE)
    # when another app asks for the same scopes
    grant = lease(member, scopes=apps.default.scopes)
    pages = sample(api.as_(grant), member.patient_id)
    # then it finds the same resources
    _expect_whole(pages, member, grant.exchange)


@check(
    "apps.attestation-voluntary/unattested-app-connects",
    needs=("member", "attested_and_unattested_app"),
)
def test_unattested_app_reaches_consent(observed: Observed) -> None:
    """An app that has not attested reaches login and consent."""
    # given an app that has not, with a correct request
    outcome = observed.unattested().outcome
    # when the member decided about it
    # then it was the member who decided: consent was asked for, or remembered
    asked = outcome.consent_shown or "code" in outcome.parameters
    expect.that(
        asked,
        "a consent page for an app without attestation",
        "it was shown" if asked else outcome.parameters.get("error") or outcome.trouble or "none",
        *outcome.exchanges[-2:],
    )


def _expect_whole(pages: Mapping[str, tuple[Reply, ...]], person: Person, *evidence: str) -> None:
    """An app found what the person's shared token found, resource by resource."""
    found = {
        kind: {str(one.get("id")) for page in replies for one in page.matches}
        for kind, replies in pages.items()
    }
    short = [
        f"{len(missing)} of {len(person.record.ids(kind))} {kind}"
        for kind in SAMPLE
        if (missing := set(person.record.ids(kind)) - found[kind])
    ]
    expect.that(
        not short,
        "the same data as the first app got",
        f"missing: {', '.join(short)}"
        if short
        else ", ".join(f"{len(ids)} {kind}" for kind, ids in found.items()),
        *evidence,
        *(page.exchange for replies in pages.values() for page in replies[:1]),
    )
