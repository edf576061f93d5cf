"""What a run would do, worked out before anything is sent."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from payerproof.model import Check, Result
from payerproof.places import shipped
from payerproof.target import Target

COSTS = "costs.toml"
"""``suites/costs.toml``: what each check cost when it was last measured against the sandbox."""

_UNMEASURED = {"requests": 6, "visits": 0}
_SECONDS_PER_VISIT = 3.0
"""A trip to a production payer's pages, second factor included, when nothing else is known."""


def write_plan(path: Path, target: Target, tried: Iterable[Check], other: Iterable[Result]) -> None:
    """Write the plan as JSON; its keys are those of `payerproof.cli.plan.print_plan`."""
    path.write_text(json.dumps(plan(target, list(tried), list(other)), indent=1), encoding="utf-8")


def plan(target: Target, tried: list[Check], other: list[Result]) -> dict[str, Any]:
    """Add up what the measured costs mean at this payer's rate."""
    costs = _costs()
    per_check = [costs.get(check.id, _UNMEASURED) for check in tried]
    requests = sum(int(cost["requests"]) for cost in per_check)
    visits = sum(int(cost["visits"]) for cost in per_check)
    people = sum(bool(persona.username) for persona in target.personas)
    seconds = requests / target.limits.requests_per_second + visits * _SECONDS_PER_VISIT
    return {
        "checks": len(tried),
        "areas": dict(Counter(check.module.partition("/")[0] for check in tried)),
        "requests": requests,
        "logins": people,
        "authorizations": visits,
        "seconds": round(seconds),
        "state_changes": sorted(check.id for check in tried if "state_changes" in check.needs),
        "waits_for_person": sorted(
            control.instruction
            for control in target.controls.values()
            if control.kind == "person" and control.instruction
        ),
        "not_tested": {result.key: result.message for result in other},
    }


def _costs() -> Mapping[str, Mapping[str, int]]:
    try:
        path = shipped("suites") / COSTS
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
