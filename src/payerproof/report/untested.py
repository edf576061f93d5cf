"""What was not tested and why, what does not apply, and what went wrong with us."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from payerproof.model import Outcome, Result, Verdict
from payerproof.report import words
from payerproof.report.standing import why_no_result
from payerproof.report.view import Reason, Standing, Untested
from payerproof.runfile import RecordedRun


def not_tested(
    run: RecordedRun, rows: Mapping[str, Standing], anchors: Mapping[str, str]
) -> tuple[Reason, ...]:
    """Results *not tested*, and requirements and checks without any result, by reason."""
    pairs = [
        (words.sentence(result.message) or "No reason was recorded.", _of(run, result, anchors))
        for result in run.results
        if result.outcome is Outcome.NOT_TESTED
    ]
    tried = {result.check for result in run.results}
    for row in rows.values():
        required = row.requirement
        mine = [one for one in run.checks.values() if one.requirement == required.id]
        for check in sorted(mine, key=lambda one: one.id):
            if check.id not in tried:
                why = _why_not_run(run)
                pairs.append((why, Untested("", check.id, check.title, required.level)))
        if not row.results and not mine and row.verdict is not None:
            item = Untested("", required.id, required.text, "")
            pairs.append((why_no_result(run, required), item))
    return _by_reason(pairs)


def _why_not_run(run: RecordedRun) -> str:
    if run.header.get("selection"):
        return "Outside the selection of this run."
    if not run.complete:
        return "The run ended before it, or its result was lost."
    return "It gave no result in this run."


def not_applicable(
    run: RecordedRun, rows: Mapping[str, Standing], anchors: Mapping[str, str]
) -> tuple[Reason, ...]:
    """Results *not applicable*, and requirements that bind others, by reason."""
    pairs = [
        (words.sentence(result.message) or "No reason was recorded.", _of(run, result, anchors))
        for result in run.results
        if result.outcome is Outcome.NOT_APPLICABLE
    ]
    for row in rows.values():
        if row.verdict is None and not row.results:
            required = row.requirement
            item = Untested("", required.id, required.text, "")
            pairs.append((row.note, item))
    return _by_reason(pairs)


def errors(run: RecordedRun, anchors: Mapping[str, str]) -> tuple[Untested, ...]:
    """Results that ended in an error of ours."""
    return tuple(_of(run, r, anchors) for r in run.results if r.outcome is Outcome.ERROR)


def _of(run: RecordedRun, result: Result, anchors: Mapping[str, str]) -> Untested:
    check = run.checks.get(result.check)
    requirement = run.requirements.get(result.requirement)
    return Untested(
        anchor=anchors[result.key],
        subject=result.key,
        sentence=check.title if check else "",
        level=requirement.level if requirement else "",
        note=words.sentence(result.message),
    )


def _by_reason(pairs: Iterable[tuple[str, Untested]]) -> tuple[Reason, ...]:
    """Grouped by reason; the largest group first, then by its text."""
    groups: dict[str, list[Untested]] = {}
    for text, item in pairs:
        groups.setdefault(text, []).append(item)
    order = sorted(groups, key=lambda text: (-len(groups[text]), text))
    return tuple(Reason(text, tuple(groups[text])) for text in order)


def settled_by(reasons: Iterable[Reason], rows: Mapping[str, Standing]) -> list[tuple[str, int]]:
    """Reasons that begin with "needs" and how many required items each would settle."""
    open_items = {
        name for name, row in rows.items() if row.verdict is Verdict.NOT_FULLY_VERIFIED
        and row.requirement.level.binding
    }  # fmt: skip
    found = []
    for one in reasons:
        named = {item.subject.partition("/")[0] for item in one.items} & open_items
        if one.text.lower().startswith("needs") and named:
            found.append((one.text, len(named)))
    return found
