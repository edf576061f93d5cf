"""The options by which a run is asked for; the command line passes them on."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from payerproof.plugin.settings import Selection


def add_options(parser: pytest.Parser) -> None:
    """Register the options of a run with pytest."""
    group = parser.getgroup("payerproof", "payerproof: test a payer")
    add = group.addoption
    add("--payer", help="payer file, or the name of a shipped one")
    add(
        "--run-dir",
        help="folder of the run; default: reports/<date>-<payer> below the current folder",
    )
    add("--payerproof-progress", metavar="FILE", help="write progress as JSON lines")
    add(
        "--payerproof-selection",
        metavar="JSON",
        default="{}",
        help="areas, checks, left_out, personas, quick",
    )
    add("--payerproof-as-of", metavar="DATE", help="judge duties as of this day; default: today")
    add(
        "--payerproof-login",
        choices=["browser", "hook"],
        default="browser",
        help="how members authorize apps",
    )
    add(
        "--payerproof-max-time",
        metavar="SECONDS",
        type=float,
        default=0.0,
        help="start no check after this",
    )
    add("--payerproof-resume", action="store_true", help="go on with the run in --run-dir")
    add(
        "--payerproof-plan",
        metavar="FILE",
        help="write what would be done to FILE, and send nothing",
    )
    add("--payerproof-production", action="store_true", help="yes, this is a production payer")
    add("--payerproof-headed", action="store_true", help="show the browser")
    add(
        "--payerproof-allow-inconclusive",
        action="store_true",
        help="an inconclusive SHALL doesn't stop a pipeline",
    )
    add("--payerproof-command", metavar="TEXT", default="", help="command line, for the report")


def selection(config: pytest.Config) -> Selection:
    """What was asked for."""
    asked = json.loads(config.getoption("--payerproof-selection"))
    lists = {
        name: tuple(asked.get(name) or ()) for name in ("areas", "checks", "left_out", "personas")
    }
    return Selection(**lists, quick=bool(asked.get("quick")))


def as_of(config: pytest.Config) -> str:
    """The day by which duties are judged."""
    return str(config.getoption("--payerproof-as-of") or datetime.now(UTC).date().isoformat())


def deadline(config: pytest.Config) -> float:
    """Clock time at which to stop starting checks; 0 for never."""
    seconds = float(config.getoption("--payerproof-max-time"))
    return time.time() + seconds if seconds else 0.0


def run_dir(config: pytest.Config, payer: str, started: datetime) -> Path:
    """Folder of the run."""
    given = config.getoption("--run-dir")
    if given:
        return Path(given).resolve()
    name = f"{started:%Y%m%d-%H%M%S}-{Path(payer).stem}"
    return (Path.cwd() / "reports" / name).resolve()
