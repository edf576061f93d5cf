"""One harness process that judges tenant after tenant, so that start-up is paid once.

Reads one JSON job a line on its input, answers one JSON line. A job is ``{"environment": {…},
"selection": {…}, "login": "hook"|"browser", "as_of": date, "payer": file}``; the answer
``{"outcomes": {key: outcome}, "observed": {key: sentence}, "requests": n, "repeated": [method and
URL], "code": n, "seconds": s}``. A MAY that was not met is ``noted``: it passed by the payer's
right to be odd, and a fault that is an oddity must show by it.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from payerproof.cli.pytest_command import INI
from payerproof.model import Check, Result
from payerproof.places import shipped
from payerproof.plugin.discover import discover_checks
from payerproof.plugin.judge import ODDITY
from payerproof.runfile import read_run

AS_OF = "2026-11-21"
LATER = "2027-01-02"
"""When duties bind that are ahead of date today: Provider Access, exports, Payer-to-Payer."""


def judge(job: dict[str, Any], payer: str) -> dict[str, Any]:
    """Run the selected checks against one tenant in this process."""
    os.environ.update(job["environment"])
    suites = shipped("suites")
    places = _places(job["selection"])
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="payerproof-matrix-") as folder:
        run_dir = Path(folder) / "run"
        arguments = [
            "-p", "payerproof.plugin", "-p", "no:cacheprovider", "-p", "no:randomly",
            "-c", str(INI), f"--rootdir={suites}", *places,
            f"--payer={payer}", f"--run-dir={run_dir}",
            f"--payerproof-as-of={job.get('as_of') or AS_OF}",
            f"--payerproof-login={job['login']}",
            f"--payerproof-selection={json.dumps(job['selection'])}",
        ]  # fmt: skip
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            code = pytest.main(arguments)
        file = run_dir / "run.jsonl"
        if not file.exists():
            return {"error": said.getvalue()[-4000:], "code": int(code)}
        run = read_run(file)
    results = run.results
    sent = Counter(
        (one.method, one.url, one.request_body, str(sorted(one.request_headers.items())))
        for one in run.exchanges.values()
    )
    return {
        "outcomes": {result.key: outcome_of(result) for result in results},
        "observed": {
            result.key: result.observed or result.message
            for result in results
            if outcome_of(result) != "passed"
        },
        "requests": len(run.exchanges),
        "repeated": [" ".join(what[:2]) for what, times in sent.items() if times > 1],
        "code": int(code),
        "seconds": round(time.monotonic() - started, 2),
    }


def _places(selection: dict[str, Any]) -> list[str]:
    """Folders or files to collect from: the whole tree would cost more than most checks."""
    suites = shipped("suites")
    files = {str(suites / _checks()[name].module) for name in selection.get("checks", ())}
    areas = [str(suites / area) for area in selection.get("areas", ())]
    return sorted(files) or areas or [str(suites)]


@cache
def _checks() -> Mapping[str, Check]:
    return discover_checks(shipped("suites"))


def outcome_of(result: Result) -> str:
    """The outcome in a word; ``noted`` for a MAY that was not met."""
    noted = result.outcome == "passed" and result.message.startswith(ODDITY)
    return "noted" if noted else str(result.outcome)


def main() -> None:
    """Answer jobs until the input ends."""
    payer = sys.argv[1]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever prints goes to the error stream; answers have their own
    for line in sys.stdin:
        job = json.loads(line)
        print(json.dumps(judge(job, job.get("payer") or payer)), file=answers, flush=True)
        if not gc.get_freeze_count():
            gc.freeze()  # what the first job has loaded stays: no later one looks through it again


if __name__ == "__main__":
    main()
