"""How long a full run takes: seconds, checks, requests sent, and our own processor time.

    python bench/demo.py [--latency 150] [--runs 3] [--area AREA ...]

Each run is the one of ``make demo``: real browser, real sockets, the sandbox in a process of its
own. Processor time is that of everything the command started, the browser included, the sandbox
not. Figures are medians; the committed ones stand in bench/README.md.
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
from pathlib import Path

from payerproof.runfile import read_run
from payerproof.sandbox import Sandbox

AS_OF = "2026-11-21"


def one_run(latency: float, areas: list[str]) -> dict[str, float]:
    """Run everything once against a fresh sandbox."""
    with Sandbox(latency=latency) as sandbox, tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, **sandbox.environment("plain")}
        # else every process of the run compiles all modules anew, as no user's does
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        command = [sys.executable, "-m", "payerproof", "run", "sandbox"]
        command += [part for area in areas for part in ("--area", area)]
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
    parser.add_argument("--area", action="append", default=[], help="only this; repeatable")
    options = parser.parse_args()
    runs = [one_run(options.latency / 1000, options.area) for _ in range(options.runs)]
    for name in runs[0]:
        values = sorted(run[name] for run in runs)
        print(f"{name:26} {statistics.median(values):8.1f}   ({values[0]:.1f} to {values[-1]:.1f})")


if __name__ == "__main__":
    main()
