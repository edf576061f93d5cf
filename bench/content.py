"""What the content suites cost: seconds, requests and memory, also for a member with many claims.

    python bench/content.py [--claims 5000] [--login hook|browser]

The suites us_core, carin_bb, quirks and patient_access against the sandbox, first as it is, then
with a member who has 5,000 claims. Memory is the proportional set size of everything the command
started, highest sum; the sandbox is not in it. Committed figures stand in bench/README.md.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import resource
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from memory import Peak

from payerproof.runfile import read_run
from payerproof.sandbox import Sandbox
from payerproof.sandbox.data import build_world
from payerproof.sandbox.faces import FACES

AREAS = ("us_core", "carin_bb", "quirks", "patient_access")
AS_OF = "2026-11-21"
MEMBER = "ada"
_AT_ONCE = 500


def further_claims(wanted: int) -> Iterator[dict[str, Any]]:
    """Claims like the member's own, each with id, number and days of its own."""
    world = build_world(FACES["plain"].logical_id)
    own = world.record(world.people[MEMBER].patient, "ExplanationOfBenefit")
    models = [claim for claim in own if not claim.get("related")]
    for number in count(1) if wanted else ():
        claim = copy.deepcopy(models[number % len(models)])
        day = date(2017, 1, 1) + timedelta(days=number % 2500)
        claim["id"] = f"{claim['id'][:20]}-{number:05d}"
        claim["identifier"][0]["value"] += f"{number:05d}"
        claim["billablePeriod"] = {"start": f"{day}", "end": f"{day}"}
        for line in (one for one in claim["item"] if "servicedDate" in one):
            line["servicedDate"] = f"{day}"
        claim["created"] = f"{day + timedelta(days=9)}"
        moment = f"{day + timedelta(days=11)}T10:00:{number % 60:02d}Z"
        claim["meta"]["lastUpdated"] = moment
        yield claim


def fill(sandbox: Sandbox, tenant: str, claims: int) -> None:
    """Give the member so many claims in all, by the operator's hook."""
    environment = sandbox.environment(tenant)
    world = build_world(FACES["plain"].logical_id)
    has = len(world.record(world.people[MEMBER].patient, "ExplanationOfBenefit"))
    rows = list(islice(further_claims(claims), max(0, claims - has)))
    context = ssl.create_default_context(cafile=environment["PAYERPROOF_SANDBOX_CA"])
    for start in range(0, len(rows), _AT_ONCE):
        request = urllib.request.Request(
            environment["PAYERPROOF_SANDBOX_URL"] + "/control/claims",
            json.dumps({"resources": rows[start : start + _AT_ONCE]}).encode(),
            {
                "Authorization": f"Bearer {environment['PAYERPROOF_SANDBOX_CONTROL_TOKEN']}",
                "Content-Type": "application/json",
            },
        )
        urllib.request.urlopen(request, context=context).close()


def one_run(claims: int, login: str) -> dict[str, float]:
    """Run the content suites once against a fresh sandbox."""
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        sandbox.tenant(name="filled")
        fill(sandbox, "filled", claims)
        command = [sys.executable, "-m", "payerproof", "run", "sandbox", "--login", login]
        command += [word for area in AREAS for word in ("--area", area)]
        command += ["--as-of", AS_OF, "--reports", folder, "--format", "json"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            env={**os.environ, **sandbox.environment("filled")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with Peak(process.pid) as peak:
            told = json.loads(process.communicate()[0])
        seconds = time.monotonic() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        run = read_run(Path(told["folder"]) / "run.jsonl")
        odd = [r.key for r in run.results if r.outcome in ("failed", "warning", "error")]
        return {
            "seconds": seconds,
            "processor seconds": after.ru_utime
            + after.ru_stime
            - before.ru_utime
            - before.ru_stime,
            "results": len(run.results),
            "failed, warning or error": len(odd),
            "requests": len(run.exchanges),
            "megabytes, all processes": peak.megabytes,
        }


def main() -> None:
    """Print the figures of both runs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--claims", type=int, default=5000)
    parser.add_argument("--login", choices=("hook", "browser"), default="hook")
    options = parser.parse_args()
    for claims in (0, options.claims):
        print(f"== {f'a member with {claims:,} claims' if claims else 'the sandbox as it is'}")
        for name, value in one_run(claims, options.login).items():
            print(f"{name:26} {value:8.1f}")


if __name__ == "__main__":
    main()
