"""No secret and no member's value appears in any output of a run, in any format.

The personas are declared not synthetic here, so that nothing of theirs may be kept whole.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from payerproof.cli.pytest_command import INI
from payerproof.places import shipped
from payerproof.report import write_all
from payerproof.runfile import read_run
from payerproof.sandbox import Sandbox

AREAS = ("authorization", "discovery", "isolation", "scopes")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """A run against the sandbox whose members are treated as real, and the secrets it used."""
    folder = tmp_path_factory.mktemp("canary")
    text = (shipped("profiles") / "payers" / "sandbox.toml").read_text(encoding="utf-8")
    payer = folder / "payer.toml"
    payer.write_text(text.replace("synthetic = true", "synthetic = false"), encoding="utf-8")
    with Sandbox() as sandbox:
        environment = sandbox.environment("plain")
        command = [sys.executable, "-m", "pytest", "-p", "payerproof.plugin"]
        command += ["-p", "no:cacheprovider", "-c", str(INI), f"--rootdir={shipped('suites')}"]
        command += [str(shipped("suites") / area) for area in AREAS]
        command += [f"--payer={payer}", f"--run-dir={folder / 'run'}", "--payerproof-login=hook"]
        command += ["--payerproof-as-of=2026-11-21"]
        switches = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        done = subprocess.run(
            command,
            env={**os.environ, **environment, **switches},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (folder / "run" / "run.jsonl").exists(), done.stdout[-3000:]
    (folder / "run" / "terminal.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    write_all(folder / "run")
    return folder / "run", environment


def _outputs(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.slow
def test_no_secret_is_in_any_output(run_dir: tuple[Path, dict[str, str]]) -> None:
    folder, environment = run_dir
    secrets = {
        name: value
        for name, value in environment.items()
        if re.search(r"PASSWORD|TOTP|SECRET|KEY|TOKEN", name)
    }
    assert len(secrets) > 20
    for path in _outputs(folder):
        content = path.read_text(encoding="utf-8")
        found = [name for name, value in secrets.items() if value in content]
        assert not found, f"{path.name} holds {found}"


@pytest.mark.slow
def test_no_members_value_is_in_any_output(run_dir: tuple[Path, dict[str, str]]) -> None:
    folder, _ = run_dir
    values = sorted(_values_of_the_cast())
    assert len(values) > 40
    for path in _outputs(folder):
        content = path.read_text(encoding="utf-8")
        found = [value for value in values if value in content]
        assert not found, f"{path.name} holds {len(found)} values of members, such as {found[0]!r}"


@pytest.mark.slow
def test_no_token_is_in_any_output(run_dir: tuple[Path, dict[str, str]]) -> None:
    """Every bearer header and every token field is a tag."""
    folder, _ = run_dir
    run = read_run(folder / "run.jsonl")
    assert run.complete
    bearer = [
        value
        for exchange in run.exchanges.values()
        for name, value in exchange.request_headers.items()
        if name.lower() == "authorization"
    ]
    assert bearer
    assert all("‹" in value for value in bearer)
    for exchange in run.exchanges.values():
        assert not re.search(r'"(access|refresh|id)_token": "[^‹]', exchange.response_body)


def _values_of_the_cast() -> Iterator[str]:
    """Names, numbers, streets and telephone numbers of the sandbox's people."""
    for path in (shipped("fixtures") / "people").glob("*.toml"):
        yield from _identifying(tomllib.loads(path.read_text(encoding="utf-8")))
    for path in (shipped("fixtures") / "claims").glob("*.toml"):
        text = path.read_text(encoding="utf-8")
        yield from re.findall(r'"(\d{2}[A-Z]\d[A-Z]\d{5})"', text)


def _identifying(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _identifying(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _identifying(inner, name)
    elif isinstance(value, str) and len(value) >= 8 and name in _TELLING:
        yield value


_TELLING = ("family", "line", "phone", "email", "member_number", "subscriber_id")
