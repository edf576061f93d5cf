"""JUnit, CSV and the step summary say what the run says."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from report_sample import REQUIREMENTS, large_run

from payerproof.model import Outcome
from payerproof.report import build, render
from payerproof.report.csv import COLUMNS
from payerproof.report.summary import MOST_BYTES

JUNIT = {
    "testsuites": ({"name", "tests", "failures", "errors", "skipped", "time"}, ["testsuite*"]),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp"},
        ["properties", "testcase*"],
    ),
    "testcase": (
        {"classname", "name", "time"},
        ["properties", "failure?", "error?", "skipped?", "system-out?"],
    ),
    "properties": (set(), ["property*"]),
    "property": ({"name", "value"}, []),
    "failure": ({"message", "type"}, []),
    "error": ({"message", "type"}, []),
    "skipped": ({"message"}, []),
    "system-out": (set(), []),
}
"""Element: its attributes, all required, and its children in order (the Jenkins JUnit schema)."""


def faults(element: ElementTree.Element) -> list[str]:
    """What is wrong with *element* and all below it, by the schema above."""
    if element.tag not in JUNIT:
        return [f"unknown element {element.tag}"]
    attributes, content = JUNIT[element.tag]
    found = []
    if set(element.attrib) != attributes:
        found.append(f"{element.tag}: attributes {sorted(element.attrib)}")
    children = [child.tag for child in element]
    for part in content:
        name, number = part.rstrip("*?"), 0
        while children and children[0] == name:
            children.pop(0)
            number += 1
        if number > 1 and not part.endswith("*"):
            found.append(f"{element.tag}: {number} of {name}")
        if number == 0 and part == name:
            found.append(f"{element.tag}: no {name}")
    if children:
        found.append(f"{element.tag}: misplaced {children[0]}")
    return found + [fault for child in element for fault in faults(child)]


@pytest.fixture(scope="module")
def junit(run) -> ElementTree.Element:
    return ElementTree.fromstring(render(run, "junit"))


def test_junit_follows_its_schema(junit):
    assert faults(junit) == []


def test_junit_outcomes(run, junit):
    cases = {case.get("name"): case for case in junit.iter("testcase")}
    assert len(cases) == len(run.results)
    expected = {
        Outcome.FAILED: "failure",
        Outcome.ERROR: "error",
        Outcome.INCONCLUSIVE: "skipped",
        Outcome.NOT_APPLICABLE: "skipped",
        Outcome.NOT_TESTED: "skipped",
    }
    for result in run.results:
        case = cases[result.key]
        tags = {child.tag for child in case} & {"failure", "error", "skipped"}
        assert tags == ({expected[result.outcome]} if result.outcome in expected else set())
        said = {(p.get("name"), p.get("value")) for p in case.iter("property")}
        required = run.requirements[result.requirement]
        assert ("outcome", str(result.outcome)) in said
        assert ("requirement", required.id) in said
        assert ("level", str(required.level)) in said
        assert {("citation", str(one)) for one in required.citations} <= said


def test_junit_totals_add_up(junit):
    for suite in [junit, *junit]:
        for tag, name in (("testcase", "tests"), ("failure", "failures"), ("error", "errors")):
            assert int(suite.get(name)) == sum(1 for _ in suite.iter(tag))
        assert int(suite.get("skipped")) == sum(1 for _ in suite.iter("skipped"))


def test_junit_says_what_was_observed_and_why(junit):
    failure = next(junit.iter("failure"))
    messages = {node.get("message") for node in junit.iter("failure")}
    assert "3 of 3 claims in x3 are about the other member" in messages
    assert "Expected: " in failure.text
    skipped = {node.get("message") for node in junit.iter("skipped")}
    assert "not applicable: The payer offers no plan directory." in skipped


def test_junit_holds_what_xml_cannot(run):
    odd = "bell \x07, nil \x00, half \ud800, not \ufffe & <b>"
    bad = replace(run, results=tuple(replace(r, observed=odd) for r in run.results))
    tree = ElementTree.fromstring(render(bad, "junit"))
    assert next(tree.iter("failure")).get("message") == (
        "bell \ufffd, nil \ufffd, half \ufffd, not \ufffd & <b>"
    )


def rows(run) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(render(run, "csv").decode("utf-8-sig"), newline="")))


def test_csv_has_a_row_per_result_and_one_per_requirement_without(run):
    found = rows(run)
    assert tuple(found[0]) == COLUMNS
    assert {row["requirement"] for row in found} == {one.id for one in REQUIREMENTS}
    assert Counter(r["outcome"] for r in found if r["check"]) == Counter(
        str(r.outcome) for r in run.results
    )
    without = {r["requirement"]: r for r in found if not r["check"]}
    assert without["patient-access.retention-procedure"]["outcome"] == "not tested"
    assert without["medicaid.managed-care-contract"]["outcome"] == "not applicable"
    assert all(row["message"] for row in without.values())


def test_csv_cells_are_no_formulas(run):
    bad = replace(run, results=tuple(replace(r, observed='=HYPERLINK("x")') for r in run.results))
    cells = [row["observed"] for row in rows(bad) if row["check"]]
    assert set(cells) == {'\'=HYPERLINK("x")'}


def test_csv_keeps_a_result_of_an_unknown_requirement(run):
    stray = replace(run.results[0], check="b.new/c", requirement="b.new", params={})
    found = rows(replace(run, results=(*run.results, stray)))
    assert [row["outcome"] for row in found if row["requirement"] == "b.new"] == ["failed"] or [
        row["outcome"] for row in found if row["requirement"] == "b.new"
    ] == [str(stray.outcome)]


def test_summary_says_verdict_findings_and_reasons(run):
    text = render(run, "summary").decode()
    assert text.startswith("# \u2715 Example Health Plan: not met\n")
    assert "2 required items are not met" in text
    assert text.count("\n### ") == len(build(run).findings)
    assert "`payerproof run sandbox --check isolation.cross-member/search`" in text
    assert "## Not tested, and why" in text
    assert run.sha256 in text


def test_summary_lets_nobody_add_markup(run):
    nasty = "# head\n| a | b |\n<img src=x> [l](https://e.example) `c` @team"
    bad = replace(run, results=tuple(replace(r, observed=nasty) for r in run.results))
    text = render(bad, "summary").decode()
    line = next(line for line in text.splitlines() if line.startswith("- Observed"))
    assert line == (
        r"- Observed: \# head \| a \| b \| \<img src=x\> \[l\]\(https://e.example\) \`c\` \@team"
    )


def test_summary_stays_below_the_limit_and_says_what_it_left_out(tmp_path):
    run = large_run(tmp_path, 300)
    failed = tuple(
        replace(r, check=f"directory.public/n{n}", outcome=Outcome.FAILED, observed="x" * 8000)
        for n, r in enumerate(run.results)
    )
    output = render(replace(run, results=failed), "summary")
    assert len(output) <= MOST_BYTES
    assert b"more findings are in report.html" in output
    assert run.sha256.encode() in output
