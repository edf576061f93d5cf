"""Payers whose login lets nobody through: code 4, and what stood in the way is named."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ended_run import OPEN, SEARCH, Go
from hostile import Hostile, Twist, answer, path_ends

from payerproof.model import Outcome

Make = Callable[..., Path]
Start = Callable[[Twist], Hostile]
AUTHORIZE = path_ends("/oauth/authorize")
LOCKED = (
    b"<!doctype html><html lang=en><title>Sign in</title><h1>Sign in</h1>"
    b"<p role=alert>Your account has been locked after too many attempts. Call us.</p></html>"
)
WELCOME = b"<!doctype html><html lang=en><title>Plan</title><h1>Welcome</h1><p>A healthy day.</p>"
pytestmark = [pytest.mark.slow, pytest.mark.browser]


def nothing(_path: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("twist", "trouble"),
    [
        (answer(nothing, b""), "wrong-credentials"),
        (answer(path_ends("/portal/sign-in"), LOCKED), "locked"),
        (answer(AUTHORIZE, WELCOME), "no-login-form"),
        (answer(AUTHORIZE, b"", "text/plain", 302, (b"location", b"authorize")), "redirect-loop"),
    ],
    ids=["wrong-password", "locked", "no-login-form", "redirect-loop"],
)
def test_a_login_that_lets_nobody_through(
    payer_file: Make, run: Go, hostile: Start, twist: Twist, trouble: str
) -> None:
    payer = hostile(twist)
    env = dict(payer.environment)
    if trouble == "wrong-credentials":
        env |= {name: f"not-{env[name]}" for name in env if "_PASSWORD_" in name}
    ended = run(payer_file(), env, login="browser")
    assert ended.code == 4, ended.said
    assert ended.result(OPEN).outcome is Outcome.PASSED
    result = ended.result(SEARCH)
    assert result.outcome is Outcome.INCONCLUSIVE
    assert trouble in result.message
    assert result.evidence
    assert any(trouble in note for note in ended.told["notes"])
    assert (ended.folder / "report.html").is_file()


def test_a_password_is_typed_once(payer_file: Make, run: Go, hostile: Start) -> None:
    """Portals lock accounts: a login that failed is not tried again in the same run."""
    payer = hostile(answer(nothing, b""))
    env = dict(payer.environment)
    env |= {name: f"not-{env[name]}" for name in env if "_PASSWORD_" in name}
    ended = run(
        payer_file(), env, SEARCH, "patient-access.cross-member-isolation/read", login="browser"
    )
    assert ended.code == 4, ended.said
    assert payer.house.tenant("plain").attempts.failures.get("ada") is not None
    assert len(payer.house.tenant("plain").attempts.failures["ada"]) == 1
