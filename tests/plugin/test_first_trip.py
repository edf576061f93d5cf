"""Which first trips tell something though they led to no grant; when a token is stale."""

from __future__ import annotations

import time

import pytest

from payerproof.browser.facts import AuthorizationOutcome
from payerproof.plugin.first_trip import Exchanged, Trouble
from payerproof.plugin.grants import Grant


def trouble(outcome: AuthorizationOutcome | None, **more: Exchanged) -> Trouble:
    return Trouble("ada could not authorize the app", (), outcome, **more)


@pytest.mark.parametrize(
    ("parameters", "refused"),
    [
        ({"code": "c"}, True),
        ({"error": "invalid_scope"}, True),
        ({"error": "invalid_request"}, True),
        ({"error": "access_denied"}, False),
        ({"error": "server_error"}, False),
        ({}, False),
    ],
)
def test_errors_that_blame_the_request_are_the_payers(
    parameters: dict[str, str], refused: bool
) -> None:
    outcome = AuthorizationOutcome(bool(parameters), parameters=parameters)
    assert trouble(outcome).refused_by_rule is refused


def test_a_member_who_could_not_log_in_says_nothing_of_the_request() -> None:
    assert not trouble(None).refused_by_rule
    locked = AuthorizationOutcome(True, parameters={"code": "c"}, trouble="locked")
    assert not trouble(locked).refused_by_rule


def grant(lifetime: float | None, age: float) -> Grant:
    return Grant("ada", "app", (), (), "", "t", expires_in=lifetime, issued=time.time() - age)


@pytest.mark.parametrize(
    ("lifetime", "age", "stale"),
    [
        (3600, 0, False),
        (3600, 3580, True),
        (20, 0, False),  # else a run would ask for tokens without end
        (20, 16, True),
        (1, 0, False),
        (None, 99999, False),
    ],
)
def test_when_a_token_is_stale(lifetime: float | None, age: float, stale: bool) -> None:
    assert grant(lifetime, age).stale is stale
