"""How long a full run takes: seconds, checks, requests sent, and our own processor time.

    python bench/demo.py [--part behaviour] [--latency 150] [--runs 3]

Each run is the one of ``make demo``: real browser, real sockets, the sandbox in a process of its
own; ``--part`` takes some of it. Processor time is that of everything the command started, the
browser included, the sandbox not. Figures are medians; the committed ones stand in bench/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from payerproof.places import shipped
from payerproof.plugin.discover import discover_checks
from payerproof.runfile import read_run
from payerproof.sandbox import Sandbox

AS_OF = "2026-11-21"
CONTENT = ("carin_bb", "quirks", "us_core")
MEMBERS = (
    "app_management", "authorization", "consent", "discovery", "isolation", "patient_access",
    "revocation", "scopes", "transport",
)  # fmt: skip
"""Folders of the suites that judge members' APIs."""


def parts() -> dict[str, list[str]]:
    """What of a run can be timed by itself, as arguments of ``payerproof run``."""
    checks = discover_checks(shipped("suites"))
    folders = {one.module.partition("/")[0] for one in checks.values()}
    matrix = "provider_access/test_who_gets_whose.py"
    return {
        "all": [],
        "members": _each("--area", MEMBERS),
        "behaviour": _each("--area", folders - {*CONTENT}),
        "matrix": [
            *_each("--check", (one.id for one in checks.values() if one.module == matrix)),
            *("--login", "hook"),
        ],
    }


def _each(option: str, names: Iterable[str]) -> list[str]:
    return [part for name in sorted(names) for part in (option, name)]


def one_run(latency: float, selected: list[str]) -> dict[str, float]:
    """Run everything once against a fresh sandbox."""
    with Sandbox(latency=latency) as sandbox, tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **sandbox.environment("plain")}
        # else every process of the run compiles all modules anew, as no user's does
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        command = [sys.executable, "-m", "payerproof", "run", "sandbox", *selected]
        command += ["--as-of", AS_OF, "--reports", folder, "--format", "json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        told = json.loads(done.stdout)
        run = read_run(Path(told["folder"]) / "run.jsonl")
        sent = list(run.exchanges.values())
        return {
            "seconds": seconds,
            "results": len(run.results),
            "not passed": sum(
                r.outcome in ("failed", "warning", "inconclusive", "error") for r in run.results
            ),
            "requests": len(sent),
            "of these by the browser": sum(exchange.via == "browser" for exchange in sent),
            "processor seconds": after.ru_utime
            + after.ru_stime
            - before.ru_utime
            - before.ru_stime,
        }


def main() -> None:
    """Print the medians of some runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--latency", type=float, default=0.0, help="milliseconds added to every answer"
    )
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--part", choices=parts(), default="all")
    options = parser.parse_args()
    selected = parts()[options.part]
    runs = [one_run(options.latency / 1000, selected) for _ in range(options.runs)]
    for name in runs[0]:
        values = sorted(run[name] for run in runs)
        print(f"{name:26} {statistics.median(values):8.1f}   ({values[0]:.1f} to {values[-1]:.1f})")


if __name__ == "__main__":
    main()
