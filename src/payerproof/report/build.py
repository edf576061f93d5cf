"""From a run to what a report shows: a pure function, without clock, network or catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from urllib.parse import urlsplit

from payerproof.model import Baseline, Check, Evidence, Level, Outcome, Result, Verdict, Waiver
from payerproof.report import untested, words
from payerproof.report.anchors import anchors
from payerproof.report.cover import cover, made, selection_in_words
from payerproof.report.findings import findings
from payerproof.report.quirks import is_left_out, quirks_of
from payerproof.report.standing import by_area, by_regulation, standings
from payerproof.report.view import (
    Area,
    CheckPage,
    Finding,
    Overlay,
    Pointer,
    Reason,
    Report,
    Standing,
)
from payerproof.runfile import RecordedRun
from payerproof.verdict import Assessment, Gate, assess, gate

MOST_POINTERS = 5
"""Entries of "fix first" and of "could not be verified"."""


def build(run: RecordedRun) -> Report:
    """Everything a report of *run* shows. Raises `ValueError` where a date of it is none."""
    as_of = _as_of(run)
    selected = bool(run.header.get("selection"))
    assessment = assess(
        run.results,
        run.requirements,
        as_of,
        programmes=run.header.get("target", {}).get("programmes", ()),
        selection=selected,
        complete=run.complete,
    )
    rows = standings(run, assessment, as_of)
    names = anchors("r", (result.key for result in run.results))
    overlays, accepted = _overlays(run, as_of)
    found = findings(run, rows, accepted)
    open_reasons = untested.not_tested(run, rows, names)
    payer = str(run.header.get("target", {}).get("name", "")) or "Unnamed payer"
    day = words.date_in_words(str(run.header["started"]))
    return Report(
        payer=payer,
        host=_main_host(run),
        title=f"{payer}: {assessment.verdict.value}, {day}",
        run=str(run.header["run"]),
        cover=cover(run),
        date=day,
        as_of=words.day_in_words(as_of),
        verdict=assessment.verdict,
        verdict_sentence=verdict_sentence(run, assessment),
        warnings=_limits(run),
        counts=_counts(run),
        total=len(run.results),
        fix_first=_fix_first(found),
        settle=_settle(found, open_reasons, rows),
        sources=by_regulation(run, rows),
        areas=by_area(run, rows),
        findings=found,
        quirks=tuple(r for r in run.results if is_left_out(run, r)),
        cope=quirks_of(run),
        passed=_passed(run, names),
        untested=open_reasons,
        not_applicable=untested.not_applicable(run, rows, names),
        errors=untested.errors(run, names),
        overlays=overlays,
        checks=run.checks,
        anchors=names,
        exchanges=tuple(run.exchanges.values()),
        cited_by=_cited_by(run),
        made=made(run),
        requests=tuple((run.footer or {}).get("requests", {}).items()),
        throttled=int((run.footer or {}).get("throttled", 0)),
        notes=run.notes,
        sha256=run.sha256,
        complete=run.complete,
    )


def _main_host(run: RecordedRun) -> str:
    """Scheme and host of the Patient Access API, which short forms of addresses leave out."""
    base = run.header.get("target", {}).get("endpoints", {}).get("patient_access") or ""
    parts = urlsplit(base)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def _as_of(run: RecordedRun) -> date:
    """The day whose rules hold: the header's, else the day the run began."""
    text = run.header.get("as_of")
    return (
        date.fromisoformat(text) if text else datetime.fromisoformat(run.header["started"]).date()
    )


def verdict_sentence(run: RecordedRun, assessment: Assessment) -> str:
    """The reason for the verdict in a sentence, in numbers of required items."""
    tried = {
        r.requirement for r in run.results if r.outcome in (Outcome.INCONCLUSIVE, Outcome.ERROR)
    }
    told = [name for name in assessment.unverified if name in tried]
    not_tested = len(assessment.unverified) - len(told)
    match assessment.verdict:
        case Verdict.NOT_MET:
            failed = words.count(len(assessment.not_met), "required item")
            verb = "is" if len(assessment.not_met) == 1 else "are"
            rest = _unverified(len(told), 0 if run.header.get("selection") else not_tested)
            return f"{failed} {verb} not met{f'; of the others, {rest}' if rest else ''}."
        case Verdict.NOTHING_FAILED_IN_SELECTION:
            rest = _unverified(len(told), 0)
            return (
                f"The run was limited to {selection_in_words(run.header['selection'])}. Nothing in "
                f"that part failed{f'; {rest}' if rest else ''}. It says nothing about the rest."
            )
        case Verdict.NOT_FULLY_VERIFIED:
            if not run.complete:
                return "No required item failed in what was recorded, but the record is not whole."
            rest = _unverified(len(told), not_tested) or "nothing could be judged"
            return f"No required item failed, but {rest}."
        case Verdict.MET_WITH_FINDINGS:
            found = words.count(
                len(assessment.findings),
                "recommendation or warning is open",
                "recommendations or warnings are open",
            )
            return f"Every required item that binds today was verified; {found}."
        case _:
            return "Every required item that binds today was verified and met."


def _unverified(told: int, not_tested: int) -> str:
    parts = []
    if told:
        parts.append(f"{told} {'was' if told == 1 else 'were'} tried and could not be verified")
    if not_tested:
        parts.append(f"{not_tested} {'was' if not_tested == 1 else 'were'} not tested")
    return " and ".join(parts)


def _limits(run: RecordedRun) -> tuple[str, ...]:
    """What limits the report as a whole."""
    said = [f"This record is not whole: {problem}." for problem in run.problems]
    if not run.complete and not said:
        said.append("This record is not whole.")
    selected = selection_in_words(run.header.get("selection"))
    if selected:
        seen = {result.requirement for result in run.results} & set(run.requirements)
        said.append(
            f"The run was limited to {selected}: it looked at {len(seen)} of "
            f"{words.count(len(run.requirements), 'requirement')}. A limited run cannot show that "
            "a payer meets the requirements."
        )
    return tuple(said)


def _counts(run: RecordedRun) -> dict[Outcome, tuple[int, ...]]:
    seen = Counter((result.outcome, _level(run, result)) for result in run.results)
    return {
        outcome: tuple(sum(seen[outcome, level] for level in levels) for _, levels in words.LEVELS)
        for outcome in words.ORDER
    }


def _level(run: RecordedRun, result: Result) -> Level:
    """A result's level; that of an unknown requirement counts as a SHALL."""
    required = run.requirements.get(result.requirement)
    return required.level if required else Level.SHALL


def _fix_first(found: Sequence[Finding]) -> tuple[Pointer, ...]:
    failed = [one for one in found if one.outcome is Outcome.FAILED]
    return tuple(
        Pointer(one.anchor, one.title, _severity_and_owner(one)) for one in failed[:MOST_POINTERS]
    )


def _severity_and_owner(finding: Finding) -> str:
    touched = words.count(len(finding.results), "failure") if len(finding.results) > 1 else ""
    if not finding.standings:
        return touched
    required = finding.standings[0].requirement
    parts = (f"severity {required.severity}", touched, f"owner: {words.owner(required.actors)}")
    return "; ".join(part for part in parts if part)


def _settle(
    found: Sequence[Finding], reasons: Sequence[Reason], rows: Mapping[str, Standing]
) -> tuple[Pointer, ...]:
    """What was tried and could not be told, then what a missing need kept from being tried."""
    told = [
        Pointer(
            one.anchor,
            words.sentence(one.results[0].message) or one.title,
            f"{words.count(len(one.results), 'result')}. {one.settles}",
        )
        for one in found
        if one.outcome is Outcome.INCONCLUSIVE
    ]
    needs = [
        Pointer("not-tested", text, f"Would help to settle {words.count(number, 'required item')}.")
        for text, number in untested.settled_by(reasons, rows)
    ]
    return tuple((told + needs)[:MOST_POINTERS])


def _passed(run: RecordedRun, names: Mapping[str, str]) -> tuple[Area, ...]:
    """Passed results by area and check, with what proves them."""
    by_check: dict[str, list[Result]] = {}
    for result in run.results:
        if result.outcome is Outcome.PASSED:
            by_check.setdefault(result.check, []).append(result)
    pages: dict[str, list[CheckPage]] = {}
    for name, results in sorted(by_check.items()):
        check = run.checks.get(name, Check(id=name, title=name))
        required = run.requirements.get(check.requirement)
        pages.setdefault(name.partition(".")[0], []).append(
            CheckPage(names[results[0].key], check, required, tuple(results), _of(run, results))
        )
    return tuple(
        Area(name, name.replace("-", " ").capitalize(), tuple(found))
        for name, found in sorted(pages.items())
    )


def _of(run: RecordedRun, results: Sequence[Result]) -> tuple[Evidence, ...]:
    cited = dict.fromkeys(name for result in results for name in result.evidence)
    return tuple(run.evidence[name] for name in cited if name in run.evidence)


def _cited_by(run: RecordedRun) -> dict[str, tuple[str, ...]]:
    """Keys of the results that cite or sent each exchange, in key order."""
    cited: dict[str, dict[str, None]] = {}
    for result in run.results:
        names = [*result.evidence, *result.exchanges]
        for name in result.evidence:
            if name in run.evidence:
                names += run.evidence[name].exchanges
        for name in names:
            cited.setdefault(name, {}).setdefault(result.key)
    return {name: tuple(keys) for name, keys in cited.items() if name in run.exchanges}


def _overlays(run: RecordedRun, as_of: date) -> tuple[tuple[Overlay, ...], dict[str, str]]:
    """Waivers and baseline of the header with their state, and what covers which result."""
    waivers = tuple(Waiver(**one) for one in run.header.get("waivers", ()))
    held = run.header.get("baseline")
    baseline = Baseline(held["source_run"], held["entries"]) if held else None
    weighed = gate(
        run.results,
        run.requirements,
        as_of,
        waivers=waivers,
        baseline=baseline,
        selection=bool(run.header.get("selection")),
    )
    rows = [
        Overlay(
            key=one.key,
            kind="waiver",
            reason=one.reason,
            approver=one.approver,
            until=words.date_in_words(one.expires),
            state=_state(one.key, weighed),
        )
        for one in waivers
    ]
    entries = baseline.entries if baseline else {}
    rows += [
        Overlay(key, "baseline", text, "", "", _state(key, weighed))
        for key, text in sorted(entries.items())
    ]
    accepted = {
        row.key: f"Accepted by a {row.kind}: {words.sentence(row.reason)}"
        for row in rows
        if row.state == "in force"
    }
    return tuple(rows), accepted


def _state(key: str, weighed: Gate) -> str:
    if key in weighed.expired:
        return "expired"
    if key in weighed.accepted:
        return "in force"
    return "stale: it no longer fails" if key in weighed.stale else "nothing to cover in this run"
