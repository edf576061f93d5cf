"""Secrets are fetched late and shown nowhere."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme

from payerproof.target import (
    PayerFileError,
    Secret,
    SecretError,
    load_target,
    missing_files,
    secrets_of,
    unresolved_secrets,
)

Write = Callable[..., Path]
PYTHON = sys.executable


def test_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "s3cret")
    assert Secret.parse("env:A_SECRET").reveal() == "s3cret"
    monkeypatch.delenv("A_SECRET")
    with pytest.raises(SecretError, match=r"A_SECRET is not set; .*export A_SECRET="):
        Secret.parse("env:A_SECRET").reveal()
    monkeypatch.setenv("A_SECRET", "")
    with pytest.raises(SecretError, match="is empty"):
        Secret.parse("env:A_SECRET").reveal()


def test_file_beside_the_payer_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN-----\nabc\n-----END-----\n")
    assert Secret.parse("file:key.pem", str(tmp_path)).reveal().endswith("-----END-----")
    with pytest.raises(SecretError, match=r"nothing\.pem can't be read \(No such file"):
        Secret.parse("file:nothing.pem", str(tmp_path)).reveal()


def test_command_runs_in_the_folder_of_the_payer_file_and_without_a_shell(tmp_path: Path) -> None:
    (tmp_path / "here").write_text("")
    script = "import os; print(os.path.exists('here'), '$HOME', ';')"
    secret = Secret.parse(f'cmd:{PYTHON} -c "{script}"', str(tmp_path))
    assert secret.reveal() == "True $HOME ;"


def test_a_failing_command_shows_neither_of_its_streams() -> None:
    script = "import sys; print('t0psecret'); sys.exit('t0psecret')"
    with pytest.raises(SecretError, match="exit code 1") as caught:
        Secret.parse(f'cmd:{PYTHON} -c "{script}"').reveal()
    assert "t0psecret" not in str(caught.value)
    with pytest.raises(SecretError, match="'no-such-program-x' was not found"):
        Secret.parse("cmd:no-such-program-x get").reveal()


@pytest.mark.parametrize("text", ["hunter2", "env: ", "vault:x", "cmd:'open", "env:A B", ""])
def test_anything_else_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the text is the point
        Secret.parse(text)
    assert not text or text not in str(caught.value)


def test_a_secret_shows_no_value_and_travels_between_processes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("A_SECRET", "s3cret")
    secret = Secret.parse("env:A_SECRET")
    secret.reveal()
    assert "s3cret" not in repr(secret) + str(secret)
    assert pickle.loads(pickle.dumps(secret)) == secret


def test_every_secret_of_a_file_is_found(
    payer_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ADA_PASSWORD", "ELI_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    more = (
        'totp = "env:T"\ncode = "cmd:code"\nmarkers = ["env:M"]\nanswers = { pet = "env:P" }\n'
        '[controls.grant]\nkind = "http"\nurl = "https://c.example"\ntoken = "env:C"\n'
        '[quirks.secret_headers]\nX-Key = "env:H"\n[tokens]\nada = "env:A"\n'
    )
    target = load_target(payer_file(more=more))
    found = {
        "".join(str(part) + "." for part in path): str(one) for path, one in secrets_of(target)
    }
    assert found == {
        "personas.0.password.": "env:ADA_PASSWORD",
        "personas.1.password.": "env:ELI_PASSWORD",
        "personas.1.totp.": "env:T",
        "personas.1.code.": "cmd:code",
        "personas.1.answers.pet.": "env:P",
        "personas.1.markers.0.": "env:M",
        "controls.grant.token.": "env:C",
        "quirks.secret_headers.X-Key.": "env:H",
        "tokens.ada.": "env:A",
    }
    problems = unresolved_secrets(target)
    assert (problems[0].key, problems[0].line) == ("personas[0].password", 18)
    assert "personas[1].code" not in [one.key for one in problems], "its command is not run early"
    assert len(problems) == len(found) - 1


def test_missing_certificates_are_named(payer_file: Write, tmp_path: Path) -> None:
    target = load_target(payer_file(more='[tls]\nca_bundle = "ca.pem"\n'))
    assert [(one.key, one.line) for one in missing_files(target)] == [("tls.ca_bundle", 26)]
    (tmp_path / "ca.pem").write_text("no certificate")
    (problem,) = missing_files(target)
    assert (problem.key, problem.line) == ("tls.ca_bundle", 26)
    assert "holds no PEM certificates" in problem.sentence
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    assert missing_files(target) == []


def test_a_number_is_no_secret(payer_file: Write) -> None:
    with pytest.raises(PayerFileError, match="a reference to a secret is a string"):
        load_target(payer_file(('"env:ADA_PASSWORD"', "123456")))
