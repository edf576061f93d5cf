"""Redirect address: a code goes to the address that the app registered and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.doorstep import attempt, knock, returned, told
from payerproof.smart.request import AuthorizationRequest
from payerproof.suite import (
    Api,
    App,
    Apps,
    Authorization,
    Person,
    check,
    each,
    expect,
    inconclusive_unless,
)

FOREIGN = "https://payerproof.invalid/callback"


def _host(uri: str, change: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(netloc=change.format(parts.netloc)).geturl()


VARIANTS: dict[str, Callable[[str], str]] = {
    "added-path": lambda uri: uri + "/further",
    "added-query": lambda uri: uri + "?next=1",
    "subdomain": lambda uri: _host(uri, "www.{}"),
    "longer-host": lambda uri: _host(uri, "{}.payerproof.invalid"),
    "other-port": lambda uri: _host(uri, "{}:8443"),
    "userinfo": lambda uri: _host(uri, "{}@payerproof.invalid"),
    "user-name": lambda uri: _host(uri, "payerproof@{}"),
    "dot-segments": lambda uri: uri + "/../" + uri.rpartition("/")[2],
    "upper-case-path": lambda uri: urlsplit(uri)._replace(path=urlsplit(uri).path.upper()).geturl(),
    "slash": lambda uri: uri[:-1] if uri.endswith("/") else uri + "/",
    "fragment": lambda uri: uri + "#part",
    "plain-http": lambda uri: uri.replace("https:", "http:", 1),
    "other-host": lambda _: FOREIGN,
}


@check("smart.redirect-uri-exact/registered-one-works", needs=("member",))
def test_registered_address(apps: Apps, authorization: Authorization, member: Person) -> None:
    """The registered redirect_uri is redirected to unchanged."""
    # given the address the app registered
    registered = apps.default.redirect_uri
    # when the member first connected the app
    outcome = authorization.first_connection(member)
    # then the answer went there, with nothing but parameters added
    expect.that(
        outcome.redirect_url.startswith(registered)
        and outcome.redirect_url[len(registered) :][:1] in ("?", "&", "#"),
        "a redirect to the registered address",
        "a redirect to it" if outcome.redirected else "no redirect",
        *outcome.exchanges[-3:],
    )


@check("smart.redirect-uri-exact/altered", needs=("member",))
@each("variant", VARIANTS)
def test_altered_address(
    api: Api, apps: Apps, authorization: Authorization, member: Person, variant: str
) -> None:
    """Nobody is redirected to an address that is nearly the registered one."""
    # given an app with a web address that is served with this very address
    app = _on_the_web(apps)
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    request = authorization.request(app)
    # when the address in the request differs a little
    altered = request.having(redirect_uri=VARIANTS[variant](app.redirect_uri))
    outcome = attempt(api, authorization, member, altered)
    # then nothing goes there, and no code is issued
    _expect_nothing_sent(outcome, altered)


@check("smart.redirect-uri-exact/other-apps-address", needs=("member", "two_apps"))
def test_address_of_another_app(
    api: Api, apps: Apps, authorization: Authorization, member: Person
) -> None:
    """An app with another app's registered redirect_uri gets no redirect."""
    # given two registered apps, one of which is served with its own address
    inconclusive_unless(api.grant_of(member).access_token, "no app gets a token here")
    other = apps.other_than(apps.default)
    # when the one names the address of the other
    request = authorization.request(apps.default, redirect_uri=other.redirect_uri)
    outcome = attempt(api, authorization, member, request)
    # then nothing goes there, and no code is issued
    _expect_nothing_sent(outcome, request)


@check("oauth.no-open-redirect/bad-scope-foreign-address", needs=("member", "public_app"))
def test_error_to_a_foreign_address(
    api: Api, apps: Apps, authorization: Authorization, member: Person
) -> None:
    """A bad scope with an unregistered redirect_uri is no reason to redirect there."""
    # given a request that is wrong in itself
    wrong = authorization.request(apps.default, scope="payerproof/nonsense")
    # when it also names an address that nobody registered
    request = wrong.having(redirect_uri=FOREIGN)
    outcome = attempt(api, authorization, member, request)
    # then the error is not sent there
    _expect_nothing_sent(outcome, request)


@check("oauth.no-open-redirect/unknown-client")
def test_unknown_client(api: Api, apps: Apps, authorization: Authorization) -> None:
    """An unknown client_id is no reason to redirect to whatever address it names."""
    # given two addresses, one of them registered for another app
    unknown = authorization.request(apps.default, client_id="payerproof-unknown-client")
    requests = (unknown, unknown.having(redirect_uri=FOREIGN))
    # when a client that does not exist names them
    answers = [knock(api, request) for request in requests]
    # then nobody is redirected there
    sent = [
        answer
        for answer, request in zip(answers, requests, strict=True)
        if returned(answer, request)
    ]
    expect.that(
        not sent,
        "no redirect for an unknown client",
        f"{len(sent)} of 2 redirected"
        if sent
        else " and ".join(f"{answer.status} ({{x:{answer.exchange}}})" for answer in answers),
        *(answer.exchange for answer in sent or answers),
    )


def _on_the_web(apps: Apps) -> App:
    """An app whose address is an https one, the shared one first."""
    return next(
        (app for app in (apps.default, *apps.spare) if app.redirect_uri.startswith("https:")),
        apps.default,
    )


def _expect_nothing_sent(outcome: AuthorizationOutcome, request: AuthorizationRequest) -> None:
    wanted = request.redirect_uri.partition("#")[0]
    sent = outcome.redirected and outcome.redirect_url.startswith(wanted)
    expect.that(
        not sent and "code" not in outcome.parameters,
        "no redirect to that address and no code",
        "a redirect to that address" if sent else told(outcome),
        *outcome.exchanges[-3:],
    )
