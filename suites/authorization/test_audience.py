"""Audience: a member authorizes an app for this FHIR server and for no other."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from payerproof.expect.claims import CLAIMS
from payerproof.expect.doorstep import attempt, told
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Clinic,
    Lease,
    Organisation,
    Person,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)


def _other_port(base: str) -> str:
    parts = urlsplit(base)
    return parts._replace(netloc=f"{parts.hostname}:{(parts.port or 443) + 1}").geturl()


NEIGHBOURS: dict[str, Callable[[str], str]] = {
    "plain-http": lambda base: base.replace("https:", "http:", 1),
    "other-port": _other_port,
    "sibling-path": lambda base: base.rpartition("/")[0] + "/payerproof-other-tenant",
    "longer-path": lambda base: base + "-other",
}


@check("smart.aud-checked/right-aud", needs=("member",))
def test_right_audience(
    apps: Apps, authorization: Authorization, target: Target, member: Person
) -> None:
    """The FHIR base as published is accepted as aud."""
    # given the request with which the member first connected the app
    sent = authorization.request(apps.default).get("aud")
    # when it went through, or was refused in words that speak of its aud
    outcome = authorization.first_connection(member)
    words = outcome.parameters.get("error_description", "").lower()
    inconclusive_unless(
        "code" in outcome.parameters or re.search(r"\baud(ience)?\b", words),
        f"a correct request was refused ({told(outcome)}), and not for its aud in so many words",
        *outcome.exchanges[-3:],
    )
    # then its aud was the base, and not something the payer file had to put in its place
    expect(outcome).gives_code()
    expect.that(
        sent.rstrip("/") == target.endpoints.patient_access.rstrip("/"),
        "the FHIR base URL is accepted as aud",
        "it is" if sent else "the payer file leaves aud out, or names another one",
        *outcome.exchanges[-3:],
    )


@check("smart.aud-checked/other-server", needs=("member",))
def test_audience_of_another_server(
    api: Api, apps: Apps, authorization: Authorization, member: Person
) -> None:
    """Naming another FHIR server as aud yields no code."""
    # given an app that is served with the right aud
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    # when it names somebody else's server
    request = authorization.request(apps.default, aud="https://fhir.payerproof.invalid/r4")
    outcome = attempt(api, authorization, member, request)
    # then no code comes
    expect(outcome).gives_no_code()


@check("smart.aud-checked/other-tenant-or-scheme", needs=("member",))
@each("variant", NEIGHBOURS)
def test_audience_nearly_right(
    api: Api, apps: Apps, authorization: Authorization, member: Person, variant: str
) -> None:
    """Naming a neighbour of the FHIR base as aud yields no code."""
    # given an app that is served with the right aud
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    # when its aud differs in scheme, port, host or path only
    request = authorization.request(apps.default, aud=NEIGHBOURS[variant](api.base))
    outcome = attempt(api, authorization, member, request)
    # then no code comes
    expect(outcome).gives_no_code()


@check("smart.aud-checked/missing", needs=("member",))
def test_audience_missing(
    api: Api, apps: Apps, authorization: Authorization, target: Target, member: Person
) -> None:
    """A request without aud yields no code."""
    # given a payer that takes aud, and an app that is served with it
    not_applicable_unless(
        target.quirks.aud != "omit", "the payer file says that this payer refuses aud altogether"
    )
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    # when aud is left out
    request = authorization.request(apps.default).without("aud")
    outcome = attempt(api, authorization, member, request)
    # then no code comes
    expect(outcome).gives_no_code()


@check("oauth.aud-slash-tolerated/with-and-without", needs=("member",))
def test_audience_with_and_without_slash(
    authorization: Authorization, lease: Lease, member: Person
) -> None:
    """The FHIR base is accepted as aud with and without the trailing slash."""
    # given the form of aud that brought the member's first connection
    app = lease.hold(member)
    sent = authorization.request(app).get("aud")
    # when the other form is sent
    other = sent.rstrip("/") if sent.endswith("/") else sent + "/"
    outcome = authorization.visit(member, authorization.request(app, aud=other))
    # then a code comes, as it did with the first
    expect(authorization.first_connection(member)).gives_code()
    expect(outcome).gives_code()


@check("oauth.token-audience/members-token-at-clinics-api", needs=("clinic", "member"))
def test_members_token_at_the_clinics_api(
    api: Api, clinic: Organisation[Clinic], member: Person
) -> None:
    """A member's token opens nothing at the API for clinics."""
    # given an API of its own for clinics, which gives a clinic something, and a member's token
    _apart(api, clinic)
    own = clinic.client.search("Patient", [("_count", "1")])
    inconclusive_unless(own.ok, "the clinic itself is given nothing", own.exchange)
    member.must_have("Patient")
    # when the member's token is presented there
    client = clinic.with_token(api.grant_of(member).access_token)
    replies = [client.search(kind, [("_count", "1")]) for kind in ("Patient", "Group")]
    # then nothing comes
    expect(*replies).has_no_resource_of("Patient", "Group")
    expect(*replies).discloses_nothing_about(member)


@check("oauth.token-audience/clinics-token-at-members-api", needs=("clinic", "member"))
def test_clinics_token_at_the_members_api(
    api: Api, clinic: Organisation[Clinic], member: Person
) -> None:
    """A clinic's token opens nothing at the API for members."""
    # given an API of its own for clinics, and a clinic's token that opens something there
    _apart(api, clinic)
    own = clinic.client.search("Patient", [("_count", "1")])
    inconclusive_unless(own.ok, "the clinic itself is given nothing", own.exchange)
    member.must_have("Patient", CLAIMS)
    # when the clinic's token is presented at the members' API
    client = api.anonymous().with_token(clinic.grant.access_token)
    replies = [
        client.search("Patient", [("_count", "1")]),
        client.search(CLAIMS, patient=member.patient_id),
    ]
    # then nothing comes
    expect(*replies).has_no_resource_of("Patient", CLAIMS)
    expect(*replies).discloses_nothing_about(member)


def _apart(api: Api, clinic: Organisation[Clinic]) -> None:
    not_applicable_unless(
        clinic.base.rstrip("/") != api.base.rstrip("/"),
        "Clinics and members are served at one address, so a token has no other API to be kept to.",
    )
