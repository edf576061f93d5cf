"""Identity token: an app learns who connected, from the payer and in answer to its own request."""

from __future__ import annotations

import re
import time
from typing import Any

from payerproof.expect.given import userinfo_address
from payerproof.plugin.grants import acts_for
from payerproof.plugin.session import RunSession
from payerproof.smart.identity import parts
from payerproof.suite import (
    Api,
    Authorization,
    Person,
    SmartConfiguration,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target.needs import can_log_in

PEOPLE = "Patient|Practitioner|PractitionerRole|RelatedPerson|Person"


@check("smart.id-token-fhiruser/claim", needs=("member",))
def test_fhir_user_is_told(api: Api, member: Person) -> None:
    """With openid and fhirUser the id_token carries fhirUser, the URL of a person's resource."""
    # given a grant of openid and fhirUser
    grant = api.grant_of(member)
    not_applicable_unless(
        {"openid", "fhirUser"} <= set(grant.scopes), "openid and fhirUser were not granted"
    )
    # when its identity token is read
    user = str(_claims(api, member).get("fhirUser") or "")
    # then it points to a person's resource
    right = re.fullmatch(rf"(https://\S+/)?({PEOPLE})/[A-Za-z0-9.-]{{1,64}}", user)
    expect.that(
        right,
        "fhirUser with the URL of a person's resource",
        "such a URL" if right else "no such URL" if user else "no fhirUser",
        grant.exchange,
    )


@check("smart.id-token-fhiruser/resolves", needs=("member",))
def test_fhir_user_resolves(api: Api, member: Person) -> None:
    """The fhirUser URL can be read with the access token."""
    # given an identity token that tells fhirUser
    grant = api.grant_of(member)
    user = str(_claims(api, member).get("fhirUser") or "")
    inconclusive_unless(user, "the identity token tells no fhirUser", grant.exchange)
    # when the resource is read
    reply = api.as_(member).get(user)
    # then it is the one that was named
    expect(reply).has_status(200)
    expect.that(
        user.endswith(f"{reply.resource_type}/{reply.body.get('id')}"),
        "the resource that fhirUser names",
        f"a {reply.resource_type or 'body without a resource'}",
        reply.exchange,
    )


@check("standards.openid-connect/subject-and-nonce", needs=("member",))
def test_subject_and_nonce(
    api: Api, smart: SmartConfiguration, target: Target, member: Person
) -> None:
    """The sub is not empty, nonce comes back, iss, aud and times are as OpenID Connect has them."""
    # given an identity token
    grant = api.grant_of(member)
    claims = _claims(api, member)
    # when its claims are compared with the request and with discovery
    wrong = [
        name
        for name, right in (
            ("sub", isinstance(claims.get("sub"), str) and bool(claims["sub"])),
            ("nonce", not grant.nonce or claims.get("nonce") == grant.nonce),
            ("iss", not smart.issuer or claims.get("iss") == smart.issuer),
            ("aud", target.app(grant.app).client_id in _listed(claims.get("aud"))),
            ("exp", _is_near(claims.get("exp"))),
            ("iat", _is_near(claims.get("iat"))),
        )
        if not right
    ]
    # then they fit
    expect.that(
        not wrong,
        "a sub, the nonce sent, discovery's issuer, the app as audience, and times in seconds",
        f"missing or different: {', '.join(wrong)}" if wrong else "all fit",
        grant.exchange,
        smart.exchange,
    )


@check("standards.openid-connect/subjects-differ", needs=("unrelated_pair",))
def test_two_members_two_subjects(api: Api, member: Person, stranger: Person) -> None:
    """Two members have different sub and fhirUser."""
    # given identity tokens of two members
    mine, theirs = _claims(api, member), _claims(api, stranger)
    # when what identifies them is compared
    same = [name for name in ("sub", "fhirUser") if name in mine and mine[name] == theirs.get(name)]
    # then nothing is the same
    expect.that(
        not same,
        "different sub and fhirUser for different members",
        f"the same {' and '.join(same)}" if same else "they differ",
        api.grant_of(member).exchange,
        api.grant_of(stranger).exchange,
    )


@check("oauth.iss-parameter/equals-issuer", needs=("member",))
def test_issuer_in_the_redirect(
    authorization: Authorization, smart: SmartConfiguration, member: Person
) -> None:
    """The authorization response carries iss equal to the issuer."""
    # given the member's first connection
    outcome = authorization.first_connection(member)
    # when the parameters of its redirect are read
    iss = outcome.parameters.get("iss", "")
    # then the app can tell which payer answered
    expect.that(
        iss and iss == smart.issuer,
        "iss with the issuer of discovery",
        "it equals the issuer" if iss == smart.issuer else "another value" if iss else "no iss",
        *outcome.exchanges[-3:],
    )


@check("oauth.iss-parameter/never-wrong", needs=("member",))
def test_issuer_is_never_wrong(
    authorization: Authorization, smart: SmartConfiguration, member: Person
) -> None:
    """Where iss comes it equals the issuer of discovery."""
    # given a redirect that carries iss
    outcome = authorization.first_connection(member)
    iss = outcome.parameters.get("iss", "")
    not_applicable_unless(iss, "the payer sends no iss", *outcome.exchanges[-3:])
    # when it is compared with discovery
    right = iss == smart.issuer
    # then they are the same
    expect.that(
        right,
        "iss equal to the issuer of discovery",
        "they are equal" if right else "they differ",
        *outcome.exchanges[-3:],
    )


@check("standards.openid-connect/userinfo-same-subject", needs=("member",))
def test_userinfo_names_the_same_subject(
    api: Api, smart: SmartConfiguration, member: Person
) -> None:
    """The sub of userinfo is that of the id_token."""
    # given an identity token, and a payer that offers userinfo
    claims = _claims(api, member)
    address = userinfo_address(api, smart)
    not_applicable_unless(address, "no userinfo endpoint is published", smart.exchange)
    # when userinfo is asked with the access token of the same grant
    reply = api.as_(member).get(address)
    inconclusive_unless(reply.ok, f"userinfo answers {reply.status}", reply.exchange)
    # then it speaks of the same person
    same = bool(reply.body.get("sub")) and reply.body.get("sub") == claims.get("sub")
    expect.that(
        same,
        "the sub of the identity token",
        "the same" if same else "another one, or none",
        reply.exchange,
        api.grant_of(member).exchange,
    )


@check("smart.id-token-fhiruser/representative", needs=("representative",))
def test_fhir_user_of_a_representative(api: Api, run_session: RunSession) -> None:
    """The fhirUser of somebody who acts for another is not that other."""
    # given a grant by which a representative without a record of their own connected another's
    target = run_session.target
    able = [one for one in target.personas if acts_for(one) and can_log_in(target, one)]
    not_applicable_unless(able, "whoever acts for others here has a record of their own")
    representative = run_session.person(able[0])
    user = str(_claims(api, representative).get("fhirUser") or "")
    grant = api.grant_of(representative)
    not_applicable_unless(user, "the identity token tells no fhirUser", grant.exchange)
    inconclusive_unless(grant.patient, "the token response names no patient", grant.exchange)
    # when its identity token is read, then it is not the member who is said to have signed in
    other = not user.endswith(f"Patient/{grant.patient}")
    expect.that(
        other,
        "fhirUser of whoever signed in",
        "somebody else than the member" if other else "the member whose record it is",
        grant.exchange,
    )


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, list) else [value]


def _is_near(value: object) -> bool:
    """True for seconds since 1970 within a year of now: no milliseconds."""
    return isinstance(value, int | float) and abs(value - time.time()) < 365 * 24 * 3600


def _claims(api: Api, person: Person) -> dict[str, Any]:
    """Claims of the identity token of a person's shared grant."""
    grant = api.grant_of(person)
    not_applicable_unless("openid" in grant.scopes, "openid was not granted", grant.exchange)
    read = parts(grant.id_token)
    inconclusive_unless(read, f"{person} got no identity token that can be read", grant.exchange)
    return read[1] if read else {}
