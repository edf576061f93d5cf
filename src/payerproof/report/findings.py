"""Findings: results that share a cause make one card."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from payerproof.model import Evidence, Exchange, Outcome, Result
from payerproof.report import words
from payerproof.report.anchors import anchors
from payerproof.report.reproduce import curl, run_command
from payerproof.report.view import Finding, Standing
from payerproof.runfile import RecordedRun
from payerproof.verdict import well_sourced

MOST_STEPS = 12
"""Exchanges shown whole in a card; the log has all of them."""

MOST_COMMANDS = 3
_FOUND = (Outcome.FAILED, Outcome.WARNING, Outcome.INCONCLUSIVE)
EXCHANGE_NAME = re.compile(r"\bx[1-9][0-9]*\b")


@dataclass(frozen=True, slots=True)
class _Group:
    outcome: Outcome
    cause: str
    results: tuple[Result, ...]


def findings(
    run: RecordedRun, rows: Mapping[str, Standing], accepted: Mapping[str, str]
) -> tuple[Finding, ...]:
    """Failed, warnings, inconclusive; in each by severity, then by how much is touched."""
    groups = _grouped(run.results)
    names = anchors("f", (f"{group.outcome} {group.cause}" for group in groups))
    made = [
        _finding(run, rows, accepted, group, names[f"{group.outcome} {group.cause}"])
        for group in groups
    ]
    return tuple(sorted(made, key=_order))


def _order(finding: Finding) -> tuple[int, int, int, str]:
    worst = min(
        (words.SEVERITIES.index(row.requirement.severity) for row in finding.standings),
        default=len(words.SEVERITIES),
    )
    return _FOUND.index(finding.outcome), worst, -len(finding.results), finding.anchor


def _grouped(results: Iterable[Result]) -> list[_Group]:
    """By check where something was seen to be wrong; by reason where it could not be told."""
    groups: dict[tuple[Outcome, str], list[Result]] = {}
    for result in results:
        if result.outcome in _FOUND:
            groups.setdefault((result.outcome, _cause(result)), []).append(result)
    return [_Group(outcome, cause, tuple(found)) for (outcome, cause), found in groups.items()]


def _cause(result: Result) -> str:
    if result.outcome is Outcome.INCONCLUSIVE and result.message:
        return EXCHANGE_NAME.sub("x", result.message)
    return result.check


def _finding(
    run: RecordedRun,
    rows: Mapping[str, Standing],
    accepted: Mapping[str, str],
    group: _Group,
    anchor: str,
) -> Finding:
    checks = list(dict.fromkeys(result.check for result in group.results))
    required = list(dict.fromkeys(result.requirement for result in group.results))
    standings = tuple(rows[name] for name in required if name in rows)
    steps, evidence = _proof(run, group.results)
    shown = {step.id for step in steps}
    sent = {x for result in group.results for x in result.exchanges}
    others = {s.id for s in steps[MOST_STEPS:]} | {x for x in sent if x not in shown}
    telling = _telling(group.results, steps)
    covered = [accepted.get(result.key, "") for result in group.results]
    return Finding(
        anchor=anchor,
        outcome=group.outcome,
        title=_title(run, group, standings, checks),
        standings=standings,
        check=run.checks.get(checks[0]) if len(checks) == 1 else None,
        results=group.results,
        evidence=evidence,
        steps=steps[:MOST_STEPS],
        others=tuple(x for x in sorted(others, key=words.natural_key) if x in run.exchanges),
        curl=curl(telling) if telling else "",
        page=telling.url if telling and telling.via == "browser" else "",
        commands=tuple(run_command(run.header, name) for name in checks[:MOST_COMMANDS]),
        settles=_settles(group, len(checks)),
        caveat=_caveat(group, standings),
        accepted=covered[0] if all(covered) else "",
    )


def _title(
    run: RecordedRun, group: _Group, standings: Sequence[Standing], checks: Sequence[str]
) -> str:
    if group.outcome is not Outcome.INCONCLUSIVE:
        return standings[0].requirement.unmet if standings else group.cause
    if len(checks) > 1:
        return words.sentence(group.results[0].message)
    known = run.checks.get(checks[0])
    return known.title if known else checks[0]


def _proof(
    run: RecordedRun, results: Sequence[Result]
) -> tuple[tuple[Exchange, ...], tuple[Evidence, ...]]:
    """Exchanges and other evidence that the results cite, each once, in order."""
    steps: dict[str, Exchange] = {}
    evidence: dict[str, Evidence] = {}
    for name in (name for result in results for name in result.evidence):
        if name in run.exchanges:
            steps.setdefault(name, run.exchanges[name])
        elif name in run.evidence:
            item = run.evidence[name]
            evidence.setdefault(name, item)
            for x in item.exchanges:
                if x in run.exchanges:
                    steps.setdefault(x, run.exchanges[x])
    return tuple(steps.values()), tuple(evidence.values())


def _telling(results: Sequence[Result], steps: Sequence[Exchange]) -> Exchange | None:
    """The exchange that shows it best: the one that *observed* names, else the first cited."""
    by_name = {step.id: step for step in steps}
    for result in results:
        for name in EXCHANGE_NAME.findall(result.observed):
            if name in by_name:
                return by_name[name]
    return steps[0] if steps else None


def _settles(group: _Group, checks: int) -> str:
    if group.outcome is not Outcome.INCONCLUSIVE:
        return ""
    these = "this check" if checks == 1 else f"these {checks} checks"
    return f"Put right what is said above, then run {these} again."


def _caveat(group: _Group, standings: Sequence[Standing]) -> str:
    if group.outcome is not Outcome.WARNING or not standings:
        return ""
    requirement = standings[0].requirement
    if requirement.level.binding and not well_sourced(requirement):
        return (
            f"It is a {requirement.level} that warns and does not fail: no primary source of it "
            "has been read yet."
        )
    if requirement.level.binding:
        return f"It is a {requirement.level} that warns and does not fail: it binds nobody by law."
    return ""
