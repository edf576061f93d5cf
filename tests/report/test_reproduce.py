"""The curl line says what was sent, safely quoted, and never a secret."""

from __future__ import annotations

import shlex
import subprocess

import pytest

from payerproof.model import Exchange
from payerproof.report.reproduce import curl, run_command


def tagged(label: str) -> str:
    return f"\u2039{label}\u203a"


def exchange(**fields) -> Exchange:
    values = {
        "id": "x1", "started": "", "duration_ms": 1, "method": "GET", "url": "https://p.example/a",
        "request_headers": {}, "request_body": "", "status": 200, "response_headers": {},
        "response_body": "", "response_bytes": 0,
    }  # fmt: skip
    return Exchange(**(values | fields))


def arguments(line: str, **variables: str) -> list[str]:
    """What a shell makes of the line: each argument on a line of its own."""
    script = line.replace("curl", "printf '%s\\n'", 1)
    done = subprocess.run(
        ["/bin/sh", "-c", script], env=variables, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_a_shell_gets_exactly_what_was_sent():
    url = f'https://p.example/Patient/{tagged("id 0a1b2c")}?q=$HOME`id`"x\\'
    sent = arguments(curl(exchange(url=url)), ID_0A1B2C="77", HOME="/nowhere")
    assert sent[-1] == 'https://p.example/Patient/77?q=$HOME`id`"x\\'


def test_token_and_accept_are_sent_and_the_tag_of_the_token_is_not():
    line = curl(
        exchange(
            request_headers={
                "accept": "application/fhir+json",
                "authorization": f"Bearer {tagged('access token 3f9ac1')}",
                "user-agent": "payerproof",
            }
        )
    )
    sent = arguments(line, TOKEN="t0k")
    assert "Authorization: Bearer t0k" in sent
    assert "accept: application/fhir+json" in sent
    assert "3f9ac1" not in line
    assert "payerproof" not in line


def test_a_form_is_given_with_variables():
    line = curl(
        exchange(
            method="POST",
            request_headers={"Content-Type": "application/x-www-form-urlencoded"},
            request_body=f"grant_type=refresh_token&refresh_token={tagged('refresh token ab12cd')}",
        )
    )
    sent = arguments(line, REFRESH_TOKEN_AB12CD="r")
    assert "grant_type=refresh_token&refresh_token=r" in sent
    assert sent[sent.index("--request") + 1] == "POST"


def test_another_body_is_read_from_a_file():
    line = curl(
        exchange(method="POST", request_headers={"Content-Type": "application/fhir+json"},
                 request_body='{"resourceType": "Bundle"}')
    )  # fmt: skip
    assert "@request-body" in arguments(line)


def test_a_client_that_authenticates_is_shown_as_such():
    line = curl(exchange(request_headers={"Authorization": f"Basic {tagged('secret 112233')}"}))
    assert arguments(line, CLIENT_ID="c", CLIENT_SECRET="s")[3:5] == ["--user", "c:s"]


def test_head_and_a_shape_without_a_tag():
    line = curl(exchange(method="HEAD", url=f"https://p.example/?n={tagged('text, 4 characters')}"))
    assert "--head" in line
    assert arguments(line, TEXT="abcd")[-1] == "https://p.example/?n=abcd"


def test_what_the_browser_sent_has_no_curl_line():
    assert curl(exchange(via="browser")) == ""


@pytest.mark.parametrize(
    ("command", "payer"),
    [
        ("payerproof run sandbox --as-of 2026-11-21", "sandbox"),
        ("payerproof run 'my payer.toml'", "my payer.toml"),
        (["payerproof", "run", "payer.toml"], "payer.toml"),
        ("payerproof run --quick", "PAYER"),
        ("payerproof demo", "PAYER"),
        ("pytest suites --payer x", "PAYER"),
        ("broken ' quote", "PAYER"),
        ("", "PAYER"),
    ],
)
def test_the_command_names_the_payer_as_it_was_given(command, payer):
    line = run_command({"command": command}, "a.b/c")
    assert shlex.split(line) == ["payerproof", "run", payer, "--check", "a.b/c"]
