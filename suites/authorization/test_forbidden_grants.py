"""Grants: a member's data leave by a code that the member approved, and by no other way."""

from __future__ import annotations

from payerproof.expect.doorstep import attempt, told
from payerproof.smart.scopes import parse
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Person,
    check,
    expect,
    inconclusive_unless,
)

SCOPES = ("system/*.rs", "patient/*.rs")


@check("oauth.no-password-grant/refused", needs=("member", "public_app"))
def test_password_grant(api: Api, apps: Apps, authorization: Authorization, member: Person) -> None:
    """The password grant gives no token."""
    # given a member's right user name and password, and an app that is served otherwise
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    persona = member.persona
    inconclusive_unless(persona.password, f"the payer file has no password of {member}")
    password = persona.password.reveal() if persona.password else ""
    # when the app sends them to the token endpoint
    answer = authorization.tokens(apps.default, member).post(
        [
            ("grant_type", "password"),
            ("username", persona.username),
            ("password", password),
            ("scope", "patient/*.rs"),
        ]
    )
    # then it gets nothing for them
    expect(answer).gives_no_token()


@check("oauth.no-implicit-grant/refused", needs=("member",))
def test_implicit_grant(
    api: Api, authorization: Authorization, lease: Lease, member: Person
) -> None:
    """A request with response_type=token gives no token in the redirect."""
    # given an app that is served with a code
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    right = authorization.request(lease.hold(member))
    # when it asks for the token itself, alone or beside an identity token
    outcomes = [
        attempt(api, authorization, member, right.having(response_type=kind))
        for kind in ("token", "id_token token")
    ]
    # then none comes through the browser
    leaked = [outcome for outcome in outcomes if "access_token" in outcome.parameters]
    expect.that(
        not leaked,
        "no token in the redirect",
        "a token" if leaked else "; ".join(told(outcome) for outcome in outcomes),
        *(exchange for outcome in outcomes for exchange in outcome.exchanges[-3:]),
    )


@check("oauth.member-app-grants/client-credentials", needs=("confidential_app",))
def test_client_credentials(api: Api, apps: Apps, authorization: Authorization) -> None:
    """The client_credentials grant gives a member's app no token that opens member data."""
    # given an app that acts for members and has credentials
    app = apps.of_type("confidential-symmetric")[0]
    tokens = authorization.tokens(app)
    # when it asks for a token without any member
    answers = [
        tokens.post([("grant_type", "client_credentials"), ("scope", scope)]) for scope in SCOPES
    ]
    replies = [
        api.anonymous().with_token(answer.access_token).search("ExplanationOfBenefit")
        for answer in answers
        if answer.gave_token
    ]
    # then nobody's data come of it
    wide = [
        name
        for answer in answers
        for name in answer.scopes
        if answer.gave_token and (scope := parse(name)) and scope.context in ("system", "patient")
    ]
    open_ones = [reply for reply in replies if reply.matches]
    expect.that(
        not open_ones and not wide,
        "no member data, nor leave to read them, without a member",
        f"claims came for {len(open_ones)} of {len(SCOPES)} requests"
        if open_ones
        else f"granted without a member: {' '.join(wide)}"
        if wide
        else "; ".join(f"{answer.status} {answer.error}" for answer in answers),
        *(reply.exchange for reply in open_ones),
        *(answer.exchange for answer in answers),
    )


@check("oauth.member-app-grants/unknown-grant", needs=("public_app",))
def test_unknown_grant(apps: Apps, authorization: Authorization) -> None:
    """An unknown grant_type is refused with unsupported_grant_type."""
    # given an app without a member
    tokens = authorization.tokens(apps.of_type("public")[-1])
    # when it sends a grant type that nobody defined
    answer = tokens.post([("grant_type", "urn:payerproof:grant"), ("scope", "patient/*.rs")])
    # then it is told so
    expect(answer).is_refused("unsupported_grant_type")
