"""``payerproof sandbox`` with packages and with another authorization server."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from payerproof.cli.failures import Stop
from payerproof.cli.sandbox_issuer import read_issuer

GOOD = """\
issuer = "https://login.example"
client_id = "payer"
client_secret = "env:ADA_PASSWORD"
[members]
x1 = "ada"
"""


def package(path: Path) -> Path:
    patient = {"resourceType": "Patient", "id": "p", "name": [{"family": "Pack"}]}
    with tarfile.open(path, "w:gz") as archive:
        for name, value in {"package.json": {"name": "x"}, "example/p.json": patient}.items():
            content = json.dumps(value).encode()
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_the_issuer_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "issuer.toml"
    (tmp_path / "ca.pem").write_text("x")
    path.write_text('ca_bundle = "ca.pem"\n' + GOOD)
    found = read_issuer(path)
    assert (found.issuer, found.accept, found.members) == (
        "https://login.example",
        "introspection",
        {"x1": "ada"},
    )
    assert found.client_secret == "ada-has-a-password"
    assert found.ca_bundle == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("issuer = 3", "issuer: a text is needed"),
        ("isuer = 'x'", "there is no key 'isuer'"),
        ("client_id = 'x'", "issuer: the address"),
        ("issuer = 'x'\nmembers = 3", "members: a table"),
        ("issuer = 'x'", "client_id and client_secret"),
        ("issuer = 'x'\nclient_secret = 'hunter2'", "client_secret: a secret is not written"),
        ("issuer = 'x'\nca_bundle = 'gone.pem'", "ca_bundle: there is no file"),
        ("issuer = 'x'\naccept = 'jwks'", "audience"),
        ("issuer = 'x'\naccept = 'magic'", "accept"),
        ("issuer", "not valid TOML"),
    ],
)
def test_a_wrong_issuer_file_is_told_by_file_and_key(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "issuer.toml"
    path.write_text(text)
    with pytest.raises(Stop, match=words) as caught:
        read_issuer(path)
    assert str(path) in caught.value.message
    assert "hunter2" not in caught.value.message


def test_a_missing_issuer_file_and_secret_are_code_2(
    tmp_path: Path, say: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = say("sandbox", "--issuer", "gone.toml")
    assert told.code == 2
    assert "can't read gone.toml" in told.err
    (tmp_path / "issuer.toml").write_text(GOOD)
    monkeypatch.delenv("ADA_PASSWORD")
    told = say("sandbox", "--issuer", "issuer.toml")
    assert told.code == 2
    assert "ADA_PASSWORD is not set" in told.err


def test_a_package_that_cannot_be_loaded_is_code_2(say: Callable[..., Any]) -> None:
    told = say("sandbox", "--load", "gone.tgz")
    assert told.code == 2
    assert "gone.tgz: not a readable .tgz package" in told.err


def test_accounts_of_a_package_are_printed_and_written(tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    serving = subprocess.Popen(
        [
            sys.executable, "-c", "from payerproof.cli import main; main()",
            "sandbox", "--load", str(package(tmp_path / "x.tgz")), "--env-file", str(environment),
        ],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ},
    )  # fmt: skip
    assert serving.stderr is not None
    said: list[str] = []
    try:
        for line in serving.stderr:
            said.append(line)
            if line.startswith("Serving"):
                break
    finally:
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=60)
    assert serving.returncode == 0, said
    (account,) = [line.split() for line in said if line.startswith("  example-1")]
    written = environment.read_text()
    assert f"export PAYERPROOF_SANDBOX_PASSWORD_EXAMPLE_1='{account[1]}'" in written
    assert f"export PAYERPROOF_SANDBOX_TOTP_EXAMPLE_1={account[2]}" in written
    assert environment.stat().st_mode & 0o777 == 0o600
