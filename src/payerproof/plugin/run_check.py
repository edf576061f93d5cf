"""Run one check, judge it, write its result, and tell pytest in pytest's words."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import pytest
from _pytest.runner import runtestprotocol

from payerproof.catalog import Catalog
from payerproof.expect.outcomes import keeping
from payerproof.fhir.client import asking_anew
from payerproof.model import Check, Outcome, Requirement, Result
from payerproof.plugin.collect import params_of
from payerproof.plugin.concurrency import among_others
from payerproof.plugin.judge import Judgement, agreed, judge, redacted
from payerproof.plugin.progress import PROPERTY
from payerproof.plugin.session import RunSession
from payerproof.plugin.stash import CHECK

_Word = Literal["passed", "failed", "skipped"]
_PYTEST_WORD: dict[Outcome, _Word] = {
    Outcome.PASSED: "passed",
    Outcome.WARNING: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERROR: "failed",
}
_ALONE = frozenset(
    f"control:{name}"
    for name in (
        "account", "app-category", "app-details", "clock", "contract", "merge", "newborn",
        "representation", "unlock",
    )
)  # fmt: skip
"""Who needs one of these changes the payer for others too, so no other check may run beside it."""

_TRIED_AGAIN = (Outcome.FAILED, Outcome.WARNING)


@dataclass
class _Try:
    judgement: Judgement
    exchanges: tuple[str, ...]
    personas: tuple[str, ...] = field(default=())


def alone(check: Check) -> bool:
    """True where no other check may run beside it."""
    return bool(_ALONE & set(check.needs))


def run_check(
    item: pytest.Item, nextitem: pytest.Item | None, session: RunSession, catalog: Catalog
) -> None:
    """Run a check, a second time where it did not hold; an outcome that changes is inconclusive."""
    check = item.stash[CHECK]
    requirement = catalog.requirements[check.requirement]
    started, clock = datetime.now(UTC), time.monotonic()
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    deadline = session.settings.deadline
    if deadline and time.time() > deadline:
        late = Judgement(Outcome.NOT_TESTED, message="The time given to this run was up before it.")
        tries = [_Try(late, ())]
    else:
        with among_others(Path(session.settings.scratch), alone=alone(check)):
            tries = [_try(item, nextitem, check, requirement, session)]
            if tries[0].judgement.outcome in _TRIED_AGAIN:
                with asking_anew():
                    tries.append(_try(item, nextitem, check, requirement, session))
    judgement = tries[0].judgement
    if len(tries) > 1:
        judgement = agreed(tries[0].judgement, tries[1].judgement)
    judgement = redacted(judgement, session.recorder.redactor)
    result = Result(
        check=check.id,
        requirement=check.requirement,
        outcome=judgement.outcome,
        params=params_of(item),
        expected=judgement.expected,
        observed=judgement.observed,
        message=judgement.message,
        evidence=judgement.evidence,
        exchanges=tuple(x for one in tries for x in one.exchanges),
        personas=tuple(dict.fromkeys(p for one in tries for p in one.personas)),
        started=started.isoformat(timespec="milliseconds"),
        duration_ms=round((time.monotonic() - clock) * 1000),
        attempts=len(tries),
    )
    session.recorder.result(result)
    _tell_pytest(item, result)


def _try(
    item: pytest.Item,
    nextitem: pytest.Item | None,
    check: Check,
    requirement: Requirement,
    session: RunSession,
) -> _Try:
    with session.recorder.during(check.id) as trail, keeping() as ledger:
        reports = _quiet_protocol(item, nextitem)
    error = next((e for phase in ("setup", "call") if (e := reports.get(phase))), None)
    if error is None:
        error = reports.get("teardown")
    as_of = date.fromisoformat(session.settings.as_of)
    return _Try(judge(requirement, as_of, ledger, error), tuple(trail.exchanges))


def _quiet_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> dict[str, BaseException | None]:
    """Run set-up, call and tear-down without logging, and return what each raised.

    pytest's own reports are dropped: they hold the values of variables, which may be a member's.
    """
    raised: dict[str, BaseException | None] = {}
    item.stash[_RAISED] = raised
    runtestprotocol(item, log=False, nextitem=nextitem)
    return raised


_RAISED = pytest.StashKey[dict[str, BaseException | None]]()


def remember_exception(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Keep what a phase raised; called by the plugin's makereport hook."""
    if _RAISED in item.stash and call.when in ("setup", "call", "teardown"):
        item.stash[_RAISED][call.when] = call.excinfo.value if call.excinfo else None


def _tell_pytest(item: pytest.Item, result: Result) -> None:
    word: _Word = _PYTEST_WORD.get(result.outcome, "skipped")
    sentence = result.message or f"expected {result.expected}; observed {result.observed}"
    if result.outcome in (Outcome.FAILED, Outcome.WARNING):
        sentence = f"expected {result.expected}; observed {result.observed}"
    path, line, _ = item.location
    longrepr: str | tuple[str, int, str] | None = None
    if word == "failed":
        longrepr = f"{result.key}: {sentence}"
    elif word == "skipped":
        longrepr = (path, line or 0, f"{result.outcome}: {sentence}")
    told = {
        "check": result.check,
        "key": result.key,
        "area": item.stash[CHECK].module.partition("/")[0],
        "outcome": str(result.outcome),
        "sentence": sentence if result.outcome is not Outcome.PASSED else "",
        "requests": len(result.exchanges),
    }
    phases: tuple[Literal["setup", "call", "teardown"], ...] = ("setup", "call", "teardown")
    for when in phases:
        report = pytest.TestReport(
            item.nodeid,
            item.location,
            {},
            word if when == "call" else "passed",
            longrepr if when == "call" else None,
            when,
            duration=result.duration_ms / 1000 if when == "call" else 0,
            user_properties=[(PROPERTY, json.dumps(told))] if when == "call" else [],
        )
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
