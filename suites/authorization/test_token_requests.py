"""Token requests: what the endpoint takes, what it passes over, and how it says no."""

from __future__ import annotations

from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Person,
    SmartConfiguration,
    TokenAnswer,
    check,
    expect,
    inconclusive_unless,
)

ERRORS = (
    "invalid_request",
    "invalid_client",
    "invalid_grant",
    "unauthorized_client",
    "unsupported_grant_type",
    "invalid_scope",
)
"""RFC 6749 section 5.2."""


@check("oauth.token-errors/json-and-code", needs=("member",))
def test_errors_in_json(api: Api, apps: Apps, authorization: Authorization, member: Person) -> None:
    """A refused exchange answers 400 or 401 in JSON with one of RFC 6749's error codes."""
    # given an app whose right requests are served
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    tokens = authorization.tokens(apps.default)
    # when it sends a code nobody issued, a refresh token nobody issued, and no grant type at all
    answers = [
        tokens.exchange("payerproof-no-code", apps.default.redirect_uri, "v" * 43),
        tokens.refresh("payerproof-no-token"),
        tokens.post([("code", "payerproof-no-code")]),
    ]
    # then a program can read why it was refused
    odd = [answer for answer in answers if not _is_oauth_error(answer)]
    expect.that(
        not odd,
        "400 or 401 in JSON with an error code of RFC 6749",
        "; ".join(
            f"{answer.status} {answer.error or 'without an error code'} in "
            f"{answer.answer.content_type or 'no content type'} ({{x:{answer.exchange}}})"
            for answer in odd or answers
        ),
        *(answer.exchange for answer in odd or answers),
    )


@check("oauth.token-by-post/get-refused", needs=("member",))
def test_exchange_by_get(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """The token endpoint gives no token to GET."""
    # given a code with everything its exchange needs
    public = [app for app in apps.spare if app.type == "public"] or [apps.default]
    app = lease.hold(member, *public)
    request = authorization.request(app)
    code = authorization.code(member, request)
    tokens = authorization.tokens(app, member)
    fields = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": request.redirect_uri,
        "client_id": app.client_id,
        "code_verifier": request.pkce.verifier,
    }
    # when it is sent in the URL, where logs and caches keep it
    url = request.without(*dict(request.parameters)).having(**fields).url
    url = smart.endpoint("token_endpoint") + "?" + url.partition("?")[2]
    answer = tokens.read(api.send("GET", url, headers={"Accept": "application/json"}))
    # then no token comes, while the same by POST brings one
    expect(answer).gives_no_token()
    right = tokens.exchange(code, request.redirect_uri, request.pkce.verifier)
    inconclusive_unless(right.gave_token, "nor does the same by POST", right.exchange)


@check("oauth.token-request-form/charset-parameter", needs=("member",))
def test_charset_parameter(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    lease: Lease,
    smart: SmartConfiguration,
    member: Person,
) -> None:
    """A form-encoded exchange with a charset parameter is accepted."""
    # given a code with everything its exchange needs
    public = [app for app in apps.spare if app.type == "public"] or [apps.default]
    app = lease.hold(member, *public)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when the form says in which charset it is written, as many clients do
    answer = api.send(
        "POST",
        smart.endpoint("token_endpoint"),
        headers={
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        },
        form=[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", request.redirect_uri),
            ("client_id", app.client_id),
            ("code_verifier", request.pkce.verifier),
        ],
    )
    # then it is taken all the same
    expect(authorization.tokens(app, member).read(answer)).gives_token()


@check("oauth.token-request-form/unknown-parameters", needs=("member",))
def test_unknown_parameters(authorization: Authorization, lease: Lease, member: Person) -> None:
    """Unknown parameters in the exchange are ignored."""
    # given a code with everything its exchange needs
    app = lease.hold(member)
    request = authorization.request(app)
    code = authorization.code(member, request)
    # when the exchange carries something more
    answer = authorization.tokens(app, member).exchange(
        code,
        request.redirect_uri,
        request.pkce.verifier,
        extra=[("payerproof", "1"), ("ui_locales", "es")],
    )
    # then it is passed over
    expect(answer).gives_token()


def _is_oauth_error(answer: TokenAnswer) -> bool:
    return (
        answer.status in (400, 401)
        and answer.error in ERRORS
        and "json" in answer.answer.content_type
        and not answer.gave_token
    )
