"""Payers that can't be reached: code 4, a sentence on why, and a report all the same."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
import trustme
from ended_run import OPEN, SEARCH, Ended, Go
from hostile import Hostile, Twist, answer, never, path_ends

from payerproof.model import Outcome
from payerproof.sandbox.app import House

Make = Callable[..., Path]
Start = Callable[[Twist], Hostile]
CONFIGURATION = path_ends("/fhir/.well-known/smart-configuration")
pytestmark = pytest.mark.slow


def reported(ended: Ended) -> None:
    """Everything that was asked for stands in a complete run file and in the report."""
    assert {one.check for one in ended.run.results} == {OPEN, SEARCH}
    assert ended.run.complete
    assert OPEN in (ended.folder / "report.html").read_text(encoding="utf-8")


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def test_a_host_where_nobody_listens(payer_file: Make, run: Go, tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    env = House(origin=f"https://localhost:{free_port()}").environment()
    ended = run(payer_file(), {**env, "PAYERPROOF_SANDBOX_CA": str(authority)})
    assert ended.code == 4, ended.said
    reported(ended)
    assert all(one.outcome is Outcome.INCONCLUSIVE for one in ended.run.results)
    assert "refused" in ended.result(SEARCH).message
    assert any("refused" in note for note in ended.told["notes"])


def test_a_host_without_an_address(payer_file: Make, run: Go, tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    env = House(origin="https://fhir.payer.invalid").environment()
    ended = run(payer_file(), {**env, "PAYERPROOF_SANDBOX_CA": str(authority)})
    assert ended.code == 4, ended.said
    reported(ended)
    assert "fhir.payer.invalid" in ended.result(SEARCH).message


def test_a_certificate_of_an_unknown_authority(
    payer_file: Make, run: Go, hostile: Start, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(str(other))
    payer = hostile(answer(lambda _path: False, b""))
    ended = run(payer_file(), {**payer.environment, "PAYERPROOF_SANDBOX_CA": str(other)})
    assert ended.code == 4, ended.said
    reported(ended)
    message = ended.result(SEARCH).message
    assert "certificate" in message
    assert "ca_bundle" in message
    assert ended.result(SEARCH).evidence


def test_a_connection_that_hangs(payer_file: Make, run: Go, hostile: Start) -> None:
    payer = hostile(never(CONFIGURATION))
    path = payer_file(("deadline_seconds = 30", "deadline_seconds = 6"))
    ended = run(path, payer.environment)
    assert ended.code == 4, ended.said
    reported(ended)
    assert ended.result(OPEN).outcome is Outcome.PASSED
    assert ended.result(SEARCH).outcome is Outcome.INCONCLUSIVE
    assert "6 seconds" in ended.result(SEARCH).message
    assert ended.result(SEARCH).evidence


def test_a_configuration_that_is_a_web_page(payer_file: Make, run: Go, hostile: Start) -> None:
    payer = hostile(answer(CONFIGURATION, b"<html><title>Welcome</title></html>"))
    both = "patient-access.api-exists/metadata-and-configuration"
    ended = run(payer_file(), payer.environment, both)
    assert ended.code == 1, ended.said
    assert ended.result(OPEN).outcome is Outcome.PASSED
    failed = ended.result(both)
    assert failed.outcome is Outcome.FAILED
    shown = [ended.run.exchanges[one] for one in failed.exchanges]
    assert any(one.response_headers["content-type"] == "text/html" for one in shown)
