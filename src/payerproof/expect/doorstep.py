"""The authorization endpoint as somebody meets it who is not logged in.

A wrong request is mostly turned away before any login (RFC 6749 section 4.1.2.1), and then one
request tells all. Only a request that gets past the door is worth a trip through login and consent.
"""

from __future__ import annotations

from typing import Any, Protocol

from payerproof.browser.facts import AuthorizationOutcome, PageFacts
from payerproof.browser.redirects import parameters_of
from payerproof.polite import Answer
from payerproof.smart.request import AuthorizationRequest


class Sends(Protocol):
    """Somebody who sends requests, such as the fixture ``api``."""

    def send(self, method: str, url: str, **how: Any) -> Answer:
        """Send one request."""
        ...


class Visits(Protocol):
    """Somebody who makes the whole trip, such as the fixture ``authorization``."""

    def visit(self, person: Any, request: AuthorizationRequest, **how: Any) -> AuthorizationOutcome:
        """Send a member there."""
        ...


def knock(api: Sends, request: AuthorizationRequest, **headers: str) -> Answer:
    """Send the request without a login; ``accept_language`` stands for a hyphen."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return api.send("GET", request.url, headers={"Accept": "text/html,*/*;q=0.8", **named})


def returned(answer: Answer, request: AuthorizationRequest) -> bool:
    """True where the answer redirects to the address the request names."""
    location = answer.headers.get("location") or ""
    return bool(location) and _place(location) == _place(request.redirect_uri)


def at_the_door(answer: Answer, request: AuthorizationRequest) -> AuthorizationOutcome | None:
    """What came of a request that was turned away without a login; None where it goes on."""
    if returned(answer, request):
        location = answer.headers.get("location") or ""
        return AuthorizationOutcome(
            redirected=True,
            redirect_url=location,
            parameters=parameters_of(location),
            exchanges=(answer.exchange,),
        )
    if answer.status < 400:
        return None
    page = PageFacts(
        kind="error",
        url=answer.url,
        status=answer.status,
        text=answer.text,
        headers={name.lower(): value for name, value in answer.headers.items()},
        exchange=answer.exchange,
    )
    return AuthorizationOutcome(redirected=False, pages=(page,), exchanges=(answer.exchange,))


def attempt(
    api: Sends, authorization: Visits, person: Any, request: AuthorizationRequest, **how: Any
) -> AuthorizationOutcome:
    """Try a request that should be turned away: at the door first, then by a whole trip."""
    turned_away = at_the_door(knock(api, request), request)
    return turned_away or authorization.visit(person, request, **how)


def issued(outcome: AuthorizationOutcome) -> tuple[str, ...]:
    """The code that was issued against expectation, or nothing: so one can go on with it."""
    code = outcome.parameters.get("code", "")
    return (code,) if code else ()


def told(outcome: AuthorizationOutcome) -> str:
    """One clause on how an authorization ended."""
    if outcome.redirected:
        error = outcome.parameters.get("error")
        return f"a redirect with error {error}" if error else "a redirect without an error"
    page = outcome.pages[-1] if outcome.pages else None
    return f"a page with status {page.status}" if page else outcome.trouble or "no page"


def _place(address: str) -> str:
    return address.partition("#")[0].partition("?")[0]
