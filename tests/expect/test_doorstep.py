"""What the authorization endpoint's first answer tells, and when the whole trip is needed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.expect.doorstep import attempt, issued, returned, told
from payerproof.polite import Answer, Headers
from payerproof.smart.request import AuthorizationRequest, standalone_launch

HOME = "https://app.example/callback"


def a_request(redirect_uri: str = HOME) -> AuthorizationRequest:
    return standalone_launch(
        "https://payer.example/authorize",
        client_id="app",
        redirect_uri=redirect_uri,
        scope="patient/*.rs",
        aud="https://payer.example/fhir",
    )


@dataclass
class Door:
    status: int
    location: str = ""
    tripped: list[str] = field(default_factory=list)

    def send(self, method: str, url: str, **how: object) -> Answer:
        headers = [("Location", self.location)] if self.location else []
        return Answer(self.status, Headers(headers), b"<p>No.</p>", url, "x1", 1)

    def visit(self, person: object, request: AuthorizationRequest, **how: object):
        self.tripped.append(str(person))
        return AuthorizationOutcome(redirected=True, parameters={"code": "c"})


@pytest.mark.parametrize(
    ("door", "error"),
    [(Door(400), ""), (Door(302, f"{HOME}?error=invalid_request&state=s"), "invalid_request")],
)
def test_what_is_turned_away_at_the_door_needs_no_login(door: Door, error: str) -> None:
    outcome = attempt(door, door, "ada", a_request())
    assert not door.tripped
    assert not issued(outcome)
    assert outcome.parameters.get("error", "") == error


@pytest.mark.parametrize("door", [Door(200), Door(302, "https://login.payer.example/sign-in")])
def test_what_gets_past_the_door_is_tried_whole(door: Door) -> None:
    outcome = attempt(door, door, "ada", a_request())
    assert door.tripped == ["ada"]
    assert issued(outcome) == ("c",)


@pytest.mark.parametrize(
    ("location", "back"),
    [
        (f"{HOME}?error=x", True),
        (f"{HOME}#access_token=x", True),
        (f"{HOME}/further?error=x", False),
        ("https://login.payer.example/?redirect_uri=" + HOME, False),
    ],
)
def test_only_the_named_address_counts_as_returned(location: str, back: bool) -> None:
    answer = Answer(302, Headers([("Location", location)]), b"", "", "x1", 1)
    assert returned(answer, a_request()) is back


def test_told_names_the_error() -> None:
    outcome = AuthorizationOutcome(redirected=True, parameters={"error": "invalid_scope"})
    assert told(outcome) == "a redirect with error invalid_scope"
