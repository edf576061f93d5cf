"""The payer's quirk profile: what a client must cope with here, as JSON and for the report.

A quirk was met where a check that looks for it was unmet: failed, a warning, or an optional feature
that is left out. The run file's header says which checks look for which quirk.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from payerproof.model import Level, Outcome, Result
from payerproof.report.view import Quirk
from payerproof.runfile import RecordedRun

FORMAT = "payerproof-quirks/1"


def is_left_out(run: RecordedRun, result: Result) -> bool:
    """An unmet MAY: passed, with a note about the payer's ways."""
    required = run.requirements.get(result.requirement)
    optional = required is not None and required.level is Level.MAY
    return optional and result.outcome is Outcome.PASSED and bool(result.message)


def quirks_of(run: RecordedRun) -> tuple[Quirk, ...]:
    """The quirks that this run met, in the order of their ids."""
    known: dict[str, Any] = run.header.get("quirks") or {}
    return tuple(_met(run, known))


def _met(run: RecordedRun, known: dict[str, Any]) -> Iterator[Quirk]:
    for name, facts in sorted(known.items()):
        results = tuple(
            result
            for result in run.results
            if result.check in facts["checks"]
            and (result.outcome in (Outcome.FAILED, Outcome.WARNING) or is_left_out(run, result))
        )
        if results:
            yield Quirk(name, facts["cope"], results)


def render_quirks(run: RecordedRun, report: object) -> bytes:
    """``quirks.json``: the target, and each quirk with what shows it."""
    del report
    target = run.header.get("target") or {}
    found = {
        "format": FORMAT,
        "run": run.header.get("run"),
        "target": target.get("name"),
        "endpoint": (target.get("endpoints") or {}).get("patient_access"),
        "looked_for": sorted(run.header.get("quirks") or {}),
        "quirks": [
            {
                "id": quirk.id,
                "cope": quirk.cope,
                "seen": [
                    {
                        "check": result.check,
                        "params": dict(result.params),
                        "outcome": str(result.outcome),
                        "expected": result.expected,
                        "observed": result.observed or result.message,
                    }
                    for result in quirk.results
                ],
            }
            for quirk in quirks_of(run)
        ],
    }
    return (json.dumps(found, indent=2, ensure_ascii=False) + "\n").encode()
