"""The command line of pytest that carries out a run, and the options that its plugin reads."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

from payerproof.cli.invocation import Invocation
from payerproof.places import shipped

INI = Path(__file__).with_name("pytest.ini")
_PLUGINS = ("xdist.plugin", "_hypothesis_pytestplugin", "payerproof.plugin")
"""Only these: whatever else is installed for pytest stays out of a run."""


def pytest_command(
    asked: Invocation, run_dir: Path, progress: Path, *, resume: bool = False
) -> list[str]:
    """The arguments that start a run, beginning with this Python."""
    given = [
        *_common(asked),
        "-n",
        str(asked.jobs),
        f"--run-dir={run_dir}",
        f"--payerproof-progress={progress}",
    ]
    flags = {
        "--payerproof-allow-inconclusive": asked.allow_inconclusive,
        "--payerproof-production": asked.production,
        "--payerproof-headed": asked.headed,
        "--payerproof-resume": resume,
    }
    given += [name for name, wanted in flags.items() if wanted]
    if asked.max_seconds is not None:
        given.append(f"--payerproof-max-time={asked.max_seconds:g}")
    return given


def plan_command(asked: Invocation, plan: Path, run_dir: Path) -> list[str]:
    """The arguments that write what a run would do to `plan`, and send nothing."""
    flags = ["--payerproof-production"] if asked.production else []
    told = [f"--run-dir={run_dir}", f"--payerproof-plan={plan}"]
    return [*_common(asked), *flags, "-n", "0", *told]


def _common(asked: Invocation) -> list[str]:
    suites = shipped("suites")
    given = [sys.executable, "-m", "pytest"]
    for plugin in _PLUGINS:
        given += ["-p", plugin]
    given += ["-p", "no:cacheprovider", "-c", str(INI), f"--rootdir={suites}", str(suites)]
    given += [f"--payer={asked.payer}", f"--payerproof-selection={json.dumps(asked.selection)}"]
    given.append(f"--payerproof-login={asked.login}")
    given.append(f"--payerproof-command={shlex.join(['payerproof', *sys.argv[1:]])}")
    if asked.as_of:
        given.append(f"--payerproof-as-of={asked.as_of}")
    return given


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Our environment for pytest, without plugins that happen to be installed."""
    return {
        **os.environ,
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTEST_ADDOPTS": "",
        "PYTHONUNBUFFERED": "1",
        **(extra or {}),
    }
