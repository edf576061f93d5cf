"""JUnit XML, made from the run file: one test case per result."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from payerproof.model import Outcome, Result
from payerproof.report import words
from payerproof.report.view import Report
from payerproof.runfile import RecordedRun

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SKIPPED = (Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE, Outcome.NOT_TESTED)


def render_junit(run: RecordedRun, report: Report) -> bytes:
    """``testsuites`` with one ``testsuite`` per area, in UTF-8.

    Failed is a failure, an error of ours an error; inconclusive, not applicable and not tested are
    ``skipped`` with the reason as message; a warning passes. Every case carries the outcome in our
    words, the requirement, its level and its citations as properties.
    """
    areas: dict[str, list[Result]] = {}
    for result in run.results:
        areas.setdefault(result.requirement.partition(".")[0], []).append(result)
    root = Element("testsuites", {"name": "payerproof", **_totals(run.results)})
    for name, results in sorted(areas.items()):
        suite = SubElement(root, "testsuite", {"name": _clean(name), **_totals(results)})
        suite.set("timestamp", _clean(str(run.header["started"])))
        _properties(suite, _of_run(run, report))
        for result in results:
            _case(suite, run, result)
    indent(root, " ")
    document: bytes = tostring(root, encoding="UTF-8", xml_declaration=True)
    return document + b"\n"


def _totals(results: Sequence[Result]) -> dict[str, str]:
    return {
        "tests": str(len(results)),
        "failures": str(sum(r.outcome is Outcome.FAILED for r in results)),
        "errors": str(sum(r.outcome is Outcome.ERROR for r in results)),
        "skipped": str(sum(r.outcome in _SKIPPED for r in results)),
        "time": f"{sum(r.duration_ms for r in results) / 1000:.3f}",
    }


def _of_run(run: RecordedRun, report: Report) -> list[tuple[str, str]]:
    return [
        ("run", report.run),
        ("payer", report.payer),
        ("verdict", report.verdict.value),
        ("edition", str(run.header.get("edition", ""))),
        ("as_of", str(run.header.get("as_of", ""))),
        ("sha256", report.sha256),
    ]


def _case(suite: Element, run: RecordedRun, result: Result) -> None:
    case = SubElement(
        suite,
        "testcase",
        classname=_clean(result.requirement),
        name=_clean(result.key),
        time=f"{result.duration_ms / 1000:.3f}",
    )
    _properties(case, _of_result(run, result))
    text = _text(run, result)
    if result.outcome is Outcome.FAILED:
        problem = SubElement(case, "failure", message=_message(run, result), type="failed")
        problem.text = text
    elif result.outcome is Outcome.ERROR:
        problem = SubElement(case, "error", message=_message(run, result), type="error")
        problem.text = text
    elif result.outcome in _SKIPPED:
        said = f"{result.outcome}: {result.message}" if result.message else str(result.outcome)
        SubElement(case, "skipped", message=_clean(said))
    elif text:
        SubElement(case, "system-out").text = text


def _of_result(run: RecordedRun, result: Result) -> list[tuple[str, str]]:
    pairs = [("outcome", str(result.outcome)), ("requirement", result.requirement)]
    required = run.requirements.get(result.requirement)
    if required:
        pairs += [("level", str(required.level)), ("severity", str(required.severity))]
        pairs += [("citation", str(one)) for one in required.citations]
    if result.exchanges:
        pairs.append(("exchanges", " ".join(result.exchanges)))
    return pairs


def _properties(parent: Element, pairs: Sequence[tuple[str, str]]) -> None:
    group = SubElement(parent, "properties")
    for name, value in pairs:
        SubElement(group, "property", name=name, value=_clean(value))


def _message(run: RecordedRun, result: Result) -> str:
    required = run.requirements.get(result.requirement)
    unmet = required.unmet if required and result.outcome is Outcome.FAILED else ""
    return _clean(result.observed or result.message or unmet)


def _text(run: RecordedRun, result: Result) -> str:
    """What was required, expected and observed, and where the proof is."""
    required = run.requirements.get(result.requirement)
    lines = [
        required.text if required else "",
        f"Expected: {result.expected}" if result.expected else "",
        f"Observed: {result.observed}" if result.observed else "",
        words.sentence(result.message),
        f"Evidence: {', '.join(result.evidence)}" if result.evidence else "",
    ]
    return _clean("\n".join(line for line in lines if line))


def _clean(text: str) -> str:
    """*text* without the characters that XML 1.0 cannot hold."""
    return _NO_XML.sub("\ufffd", text)
