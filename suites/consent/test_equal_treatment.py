"""Every app is let in alike: the payer may warn about privacy, and the member decides."""

from __future__ import annotations

from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    FhirClient,
    Lease,
    Person,
    check,
    expect,
    inconclusive_unless,
)

CLAIMS = "ExplanationOfBenefit"
SAMPLE = {CLAIMS: "patient", "Coverage": "beneficiary", "Condition": "patient"}


@check(
    "consent-screen.warn-not-block/unattested-app",
    needs=("member", "browser", "attested_and_unattested_app"),
)
def test_unattested_app_after_the_warning(
    api: Api, apps: Apps, authorization: Authorization, lease: Lease, member: Person
) -> None:
    """An unattested app can be approved after the warning, and data flow."""
    # given an app whose developer has not attested
    member.must_have(CLAIMS)
    app = lease.hold(member, *apps.attested(False))
    request = authorization.request(app)
    # when the member goes on past whatever warning is shown
    outcome = authorization.visit(member, request)
    inconclusive_unless(
        outcome.redirected or outcome.pages, f"no page came ({outcome.trouble})", *outcome.exchanges
    )
    # then a code comes, and the token made from it opens claims
    expect(outcome).gives_code()
    answer = authorization.tokens(app, member).exchange(
        outcome.parameters["code"], request.redirect_uri, request.pkce.verifier
    )
    expect(answer).gives_token()
    reply = api.anonymous().with_token(answer.access_token).search(CLAIMS, _count="1")
    authorization.tokens(app, member).revoke(answer.refresh_token or answer.access_token)
    expect.that(
        bool(reply.matches),
        "claims for the app that was warned about",
        f"{reply.status} with {len(reply.matches)} claims ({{x:{reply.exchange}}})",
        *(page.screenshot for page in outcome.pages if page.kind == "consent"),
        reply.exchange,
    )


@check("apps.no-privacy-veto/unattested-app-reads", needs=("member", "attested_and_unattested_app"))
def test_unattested_app_reads_the_same(api: Api, apps: Apps, lease: Lease, member: Person) -> None:
    """An app with no attestation can be connected and reads data."""
    # given what the member's own record holds
    member.must_have(*SAMPLE)
    # when an app without attestation reads the same
    grant = lease(member, lease.hold(member, *apps.attested(False)))
    # then nothing is withheld
    _expect_whole(api.as_(grant), member, grant.exchange)


@check("apps.denial-objective-criteria/same-data-for-all", needs=("member", "two_apps"))
def test_apps_get_the_same_data(api: Api, apps: Apps, lease: Lease, member: Person) -> None:
    """Apps with the same scopes get the same data."""
    # given what one app's token opened
    member.must_have(*SAMPLE)
    # when another app asks for the same scopes
    grant = lease(member, scopes=apps.default.scopes)
    # then it finds the same resources
    _expect_whole(api.as_(grant), member, grant.exchange)


@check(
    "apps.attestation-voluntary/unattested-app-connects",
    needs=("member", "attested_and_unattested_app"),
)
def test_unattested_app_reaches_consent(
    apps: Apps, authorization: Authorization, lease: Lease, member: Person
) -> None:
    """An app that has not attested reaches login and consent."""
    app = lease.hold(member, *apps.attested(False))
    # when it comes with a correct request, and the member decides against it
    outcome = authorization.visit(member, authorization.request(app), decision="decline")
    # then it was the member who decided: consent was asked for, or remembered
    asked = outcome.consent_shown or "code" in outcome.parameters
    expect.that(
        asked,
        "a consent page for an app without attestation",
        "it was shown" if asked else outcome.parameters.get("error") or outcome.trouble or "none",
        *outcome.exchanges[-2:],
    )


def _expect_whole(client: FhirClient, person: Person, *evidence: str) -> None:
    """The client finds what the person's shared token found, resource by resource."""
    pages = {
        kind: client.all_pages(kind, [(parameter, person.patient_id), ("_count", "100")])
        for kind, parameter in SAMPLE.items()
    }
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
