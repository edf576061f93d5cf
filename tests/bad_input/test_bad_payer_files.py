"""Payer files that are wrong: a sentence naming file, line and key, and exit code 2."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ended_run import Ended, Go

from payerproof.sandbox.app import House

Make = Callable[..., Path]


def line_of(path: Path, text: str) -> int:
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


def environment(authority: Path) -> dict[str, str]:
    authority.touch()
    return {**House().environment(), "PAYERPROOF_SANDBOX_CA": str(authority)}


@pytest.fixture
def refused(run: Go, tmp_path: Path) -> Callable[..., Ended]:
    def go(payer: Path, without: str = "") -> Ended:
        env = environment(tmp_path / "ca.pem")
        env.pop(without, None)
        ended = run(payer, env)
        assert ended.code == 2, ended.said
        assert ended.told == {}
        assert not (tmp_path / "reports").exists()
        return ended

    return go


def test_an_unknown_key(payer_file: Make, refused: Callable[..., Ended]) -> None:
    path = payer_file(("requests_per_second = 900", "request_per_second = 200"))
    said = refused(path).said
    assert f"{path}:{line_of(path, 'request_per_second')}" in said
    assert "request_per_second" in said
    assert "requests_per_second" in said  # what was meant


def test_a_wrong_type(payer_file: Make, refused: Callable[..., Ended]) -> None:
    path = payer_file(("concurrency = 8", 'concurrency = "eight"'))
    said = refused(path).said
    assert f"{path}:{line_of(path, 'eight')}" in said
    assert "concurrency" in said


def test_a_missing_secret(payer_file: Make, refused: Callable[..., Ended]) -> None:
    path = payer_file()
    said = refused(path, without="PAYERPROOF_SANDBOX_PASSWORD_ADA").said
    assert f"{path}:{line_of(path, 'PASSWORD_ADA')}" in said
    assert "password" in said
    assert "PAYERPROOF_SANDBOX_PASSWORD_ADA is not set" in said


def test_a_secret_written_into_the_file_is_not_repeated(
    payer_file: Make, refused: Callable[..., Ended]
) -> None:
    path = payer_file(('"env:PAYERPROOF_SANDBOX_PASSWORD_ADA"', '"hunter2-hunter2"'))
    said = refused(path).said
    assert f"{path}:{line_of(path, 'hunter2')}" in said
    assert "hunter2" not in said


def test_a_missing_ca_bundle(payer_file: Make, run: Go, tmp_path: Path) -> None:
    path = payer_file()
    gone = tmp_path / "gone.pem"
    ended = run(path, {**House().environment(), "PAYERPROOF_SANDBOX_CA": str(gone)})
    assert ended.code == 2
    assert f"{path}:{line_of(path, 'ca_bundle')}" in ended.said
    assert str(gone) in ended.said


def test_a_ca_bundle_that_holds_no_certificate(payer_file: Make, run: Go, tmp_path: Path) -> None:
    path, junk = payer_file(), tmp_path / "junk.pem"
    junk.write_text("not a certificate")
    ended = run(path, {**House().environment(), "PAYERPROOF_SANDBOX_CA": str(junk)})
    assert ended.code == 2, ended.said
    assert str(junk) in ended.said
    assert "ca_bundle" in ended.said
