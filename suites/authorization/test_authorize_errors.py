"""Refused requests: people see a page, apps get an error code, and nothing breaks."""

from __future__ import annotations

from payerproof.expect.doorstep import at_the_door, attempt, knock, told
from payerproof.smart.scopes import parse
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Person,
    SmartConfiguration,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

GARBAGE = "\x00'\"><%s${7*7}\u202e\U0001f600/../"
GARBLED = {
    "client_id": {"client_id": GARBAGE},
    "lang": {"lang": GARBAGE},
    "code_challenge": {"code_challenge": GARBAGE},
    "challenge-of-45-characters": {"code_challenge": "x" * 45},
    "state": {"state": GARBAGE},
}
"""A SHA-256 in base64url has 43 characters, and nothing has 45."""


@check("oauth.authorize-errors-readable/unsafe-cases")
def test_errors_on_a_page(api: Api, apps: Apps, authorization: Authorization) -> None:
    """Errors that must not redirect come as a readable HTML page, not as raw XML or JSON."""
    # given requests whose client or address is not known, so that nobody may be sent anywhere
    right = authorization.request(apps.default)
    requests = (right.having(client_id=""), right.having(redirect_uri="https://payerproof.invalid"))
    # when a browser sends them
    answers = [
        api.send("GET", request.url, headers={"Accept": "text/html"}, follow=3)
        for request in requests
    ]
    # then a person can read what comes
    odd = [
        answer
        for answer in answers
        if answer.content_type not in ("text/html", "application/xhtml+xml")
        or len(answer.text.strip()) < 40
    ]
    expect.that(
        not odd,
        "a page in HTML",
        "; ".join(
            f"{answer.status} {answer.content_type or 'without a content type'} "
            f"({{x:{answer.exchange}}})"
            for answer in odd or answers
        ),
        *(answer.exchange for answer in odd or answers),
    )


@check("oauth.authorize-errors-readable/redirected-cases", needs=("member", "public_app"))
def test_errors_in_the_redirect(
    api: Api, apps: Apps, authorization: Authorization, member: Person
) -> None:
    """A bad response_type with a registered redirect_uri comes back as error= with state."""
    # given a request that names a registered app and address
    request = authorization.request(apps.of_type("public")[-1], response_type="payerproof")
    # when its response_type does not exist
    outcome = attempt(api, authorization, member, request)
    # then the app is told so, under its own state
    told_so = "error" in outcome.parameters and outcome.parameters.get("state") == request.state
    expect.that(
        outcome.redirected and told_so,
        "a redirect to the app with error and state",
        "such a redirect" if told_so else told(outcome),
        *outcome.exchanges[-3:],
    )


@check("oauth.response-mode-named/query", needs=("public_app",))
def test_the_default_named(
    api: Api, apps: Apps, authorization: Authorization, smart: SmartConfiguration
) -> None:
    """response_mode=query, which is the default, changes nothing where it is named."""
    # given a payer that lists no response modes, or query among them, and lets a request in
    modes = smart.listed("response_modes_supported")
    not_applicable_unless(not modes or "query" in modes, f"It offers {', '.join(modes)} only.")
    right = authorization.request(apps.default)
    usual = knock(api, right)
    inconclusive_unless(
        at_the_door(usual, right) is None, "the same request is refused without it", usual.exchange
    )
    # when the same request names it
    named = knock(api, right.having(response_mode="query"))
    refused = at_the_door(named, right)
    # then it goes on as before
    expect.that(
        refused is None,
        "the login, as without it",
        told(refused) if refused else "it goes on",
        usual.exchange,
        named.exchange,
    )


@check("oauth.no-server-error/garbage-identifiers", needs=("public_app",))
@each("field", GARBLED)
def test_garbage_in_a_field(api: Api, apps: Apps, authorization: Authorization, field: str) -> None:
    """Garbage in one field of the request is refused or passed over, never a server error."""
    # given a correct request
    right = authorization.request(apps.default)
    # when one field holds control characters, quotes, markup and the like, or is of no sound length
    answer = knock(api, right.having(**GARBLED[field]))
    # then the server does not stumble
    expect.that(
        answer.status < 500,
        "no server error",
        f"status {answer.status}",
        answer.exchange,
    )


@check("oauth.no-server-error/long-scope-list", needs=("member", "public_app"))
def test_long_list_of_scopes(
    api: Api, authorization: Authorization, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """A scope list over two kilobytes is handled or refused, never a server error."""
    # given every patient scope the payer lists, in both notations, and then some
    listed = [name for name in smart.listed("scopes_supported") if parse(name)]
    further = [f"patient/Observation.rs?code=payerproof-{n:04}" for n in range(60)]
    right = authorization.request(lease.hold(member))
    request = right.having(scope=" ".join(["openid", "launch/patient", *listed, *further]))
    # when all are asked for at once, by somebody who is not logged in yet
    answer = knock(api, request)
    expect.that(answer.status < 500, "no server error", f"status {answer.status}", answer.exchange)
    # and by the member
    outcome = authorization.visit(member, request)
    # then the server does not stumble
    statuses = [page.status for page in outcome.pages]
    expect.that(
        all(status < 500 for status in statuses) and (outcome.redirected or statuses),
        "no server error",
        told(outcome),
        *outcome.exchanges[-3:],
    )
    expect.that(
        outcome.parameters.get("error") != "server_error",
        "no error named server_error",
        told(outcome),
        *outcome.exchanges[-3:],
    )


@check("oauth.no-server-error/token-endpoint")
def test_garbage_at_the_token_endpoint(api: Api, smart: SmartConfiguration) -> None:
    """Garbage in a token request is refused, never a server error."""
    # given the address where apps exchange codes
    address = smart.endpoint("token_endpoint")
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    # when a form holds bytes that belong to no form, and fields that hold what no text should
    answers = [
        api.send("POST", address, headers=kind, content="grant_type=pâyer™&%zz&=".encode()),
        api.send("POST", address, form=[("grant_type", GARBAGE), ("code", GARBAGE)]),
    ]
    # then the server does not stumble
    broken = [answer for answer in answers if answer.status >= 500]
    expect.that(
        not broken,
        "no server error",
        " and ".join(f"{answer.status} ({{x:{answer.exchange}}})" for answer in answers),
        *(answer.exchange for answer in broken or answers),
    )
