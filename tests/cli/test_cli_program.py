"""The program as a process: exit codes, streams, and a whole run against the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from payerproof.sandbox import Sandbox

PROGRAM = [sys.executable, "-c", "from payerproof.cli import main; main()"]


def run(*arguments: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **(env or {})},
    )


def test_a_broken_payer_file_is_code_2_without_a_traceback(payer: Path) -> None:
    payer.write_text(payer.read_text().replace("[endpoints]", "[endpoints"))
    done = run("run", str(payer))
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"{payer}:4: is not valid TOML" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_error() -> None:
    shell = f"{sys.executable} -c 'from payerproof.cli import main; main()' list requirements"
    done = subprocess.run(
        ["/bin/sh", "-c", f"({shell}; echo $? >&2) | head -n 1"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.stderr.strip() == "0"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.mark.slow
def test_a_run_against_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    env = sandbox.environment()
    one = "patient-access.cross-member-isolation/search"
    done = run(
        "run", "sandbox", "--login", "hook", "--check", one, "--as-of", "2026-11-21",
        "--jobs", "1", "--format", "json", env=env,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["counts"] == {"passed": 1}
    assert told["verdict"] == "nothing failed in what was selected"
    folder = tmp_path / told["folder"]
    written = b"".join(path.read_bytes() for path in folder.iterdir())
    for name, value in env.items():
        if "PASSWORD" in name or "TOKEN" in name:
            assert value.encode() not in written, name


@pytest.mark.slow
def test_a_plan_sends_nothing(sandbox: Sandbox) -> None:
    env = {**sandbox.environment(), "PAYERPROOF_SANDBOX_URL": "https://localhost:1/nobody"}
    done = run("run", "sandbox", "--login", "hook", "--plan", env=env)
    assert done.returncode == 0, done.stderr
    assert "checks would run:" in done.stdout
    assert done.stdout.rstrip().endswith("Nothing was sent.")
    assert not Path("reports").exists()


@pytest.mark.slow
def test_doctor_on_the_sandbox(sandbox: Sandbox, tmp_path: Path) -> None:
    well = run("doctor", "sandbox", "--no-login", env=sandbox.environment())
    assert well.returncode == 0, well.stdout + well.stderr
    assert "authorization at https://localhost" in well.stdout
    ill = {**sandbox.environment(), "PAYERPROOF_SANDBOX_URL": "https://localhost:1/plain"}
    gone = run("doctor", "sandbox", "--no-login", env=ill)
    assert gone.returncode == 4
    assert "can't be reached" in gone.stdout
    (tmp_path / "other.pem").write_bytes(_some_authority())
    ill = {**sandbox.environment(), "PAYERPROOF_SANDBOX_CA": str(tmp_path / "other.pem")}
    untrusted = run("doctor", "sandbox", "--no-login", env=ill)
    assert untrusted.returncode == 4
    assert "not trusted" in untrusted.stdout


def _some_authority() -> bytes:
    import trustme

    return trustme.CA().cert_pem.bytes()
