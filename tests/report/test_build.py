"""What a report says: every requirement, every reason, and a link to the proof."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from report_sample import ELEMENTS, HEADER, MISSING, REQUIREMENTS, sample_run, without_failures

from payerproof.catalog.reasons import NoRequirementReason, NotTestedReason
from payerproof.model import Confidence, Outcome, Verdict
from payerproof.report import build, words
from payerproof.runfile import read_run

RULES = [
    {
        "name": "42-cfr-422.119",
        "rule": "42 CFR 422.119",
        "title": "Access to and exchange of health data",
        "programmes": ["MA"],
        "edition": "Read on 1 October 2026",
        "confidence": "confirmed",
        "provisions": [
            {"paragraph": "(b)(2)", "subject": "Drugs", "reason": "text-not-read"},
            {
                "paragraph": "(a)",
                "subject": "Application Programming Interface",
                "requirements": ["isolation.cross-member", "transport.tls"],
            },
            {"paragraph": "(h)", "subject": "Applicability", "reason": "defines-or-limits"},
        ],
    },
    {
        "name": "42-cfr-438.242",
        "rule": "42 CFR 438.242",
        "title": "Managed care",
        "programmes": ["MEDICAID_MCO"],
        "edition": "Read",
        "confidence": "confirmed",
        "provisions": [{"paragraph": "(z)", "subject": "Of others", "reason": "permits"}],
    },
]


def test_the_sample_holds_every_outcome(run):
    assert {result.outcome for result in run.results} == set(Outcome)


def test_each_requirement_stands_once_under_each_provision_and_at_least_once(report):
    places = Counter()
    for source in report.sources:
        for provision in source.provisions:
            for row in provision.standings:
                places[source.title, provision.locator, row.requirement.id] += 1
    assert set(places.values()) == {1}
    assert {name for _, _, name in places} == {one.id for one in REQUIREMENTS}


def test_each_requirement_is_tested_or_has_a_reason(report):
    for source in report.sources:
        for row in (row for provision in source.provisions for row in provision.standings):
            assert row.results or row.note, row.requirement.id


def test_each_requirement_stands_exactly_once_by_area(report):
    rows = [r.requirement.id for a in report.areas for p in a.provisions for r in p.standings]
    assert sorted(rows) == sorted(one.id for one in REQUIREMENTS)


def test_citations_of_other_programmes_are_left_out_unless_there_are_no_others(report):
    titles = [source.title for source in report.sources]
    assert "45 CFR 156.221" in titles
    mco = next(s for s in report.sources if s.title == "42 CFR 438.242")
    row = mco.provisions[0].standings[0]
    assert (row.word, row.verdict) == ("Does not apply", None)
    assert row.note == "It binds Medicaid managed care, not this payer's programmes."


def test_law_comes_before_guides(report):
    kinds = ["CFR" in source.title for source in report.sources]
    assert kinds == sorted(kinds, reverse=True)


def test_rule_editions_give_the_provisions_in_their_order_with_reasons(tmp_path):
    made = build(sample_run(tmp_path, rules=RULES))
    source = next(s for s in made.sources if s.title == "42 CFR 422.119")
    assert [p.locator for p in source.provisions[:3]] == ["(b)(2)", "(a)", "(h)"]
    assert source.provisions[0].reason == words.NO_REQUIREMENT_REASONS["text-not-read"]
    assert source.provisions[1].subject == "Application Programming Interface"
    ids = {row.requirement.id for row in source.provisions[1].standings}
    assert {"isolation.cross-member", "transport.tls"} <= ids
    places = {p.locator: {r.requirement.id for r in p.standings} for p in source.provisions}
    # the edition puts transport.tls under (a), so that its citation of (c)(1) adds no provision;
    # what the edition leaves out stands where it is cited
    assert "(c)(1)" not in places
    assert places["(g)"] == {"pages.education-present", "pages.reading-grade"}
    others = next(s for s in made.sources if s.title == "42 CFR 438.242")
    assert [p.locator for p in others.provisions] == ["(b)(5)"]


def test_reasons_of_the_catalogue_have_words():
    assert set(words.NOT_TESTED_REASONS) == {str(one) for one in NotTestedReason}
    assert set(words.NO_REQUIREMENT_REASONS) == {str(one) for one in NoRequirementReason}


def test_like_failures_are_one_card(report):
    cards = [one for one in report.findings if one.outcome is Outcome.FAILED]
    assert [len(one.results) for one in cards] == [1, len(MISSING)]
    assert cards[0].title == "A token granted by one member opened another member's record."


def test_one_reason_for_many_inconclusive_checks_is_one_card(report):
    (card,) = [one for one in report.findings if one.outcome is Outcome.INCONCLUSIVE]
    assert len(card.results) == 3
    assert card.title == "The persona gus could not log in: the account is locked."
    assert {row.requirement.area for row in card.standings} == {"household", "revocation"}


def test_findings_come_failed_then_warning_then_inconclusive_and_by_severity(report):
    order = [(str(f.outcome), str(f.standings[0].requirement.severity)) for f in report.findings]
    assert order == [
        ("failed", "critical"), ("failed", "high"), ("warning", "high"), ("warning", "low"),
        ("warning", "low"), ("inconclusive", "high"),
    ]  # fmt: skip


def test_every_failed_and_every_passed_shall_links_to_an_exchange(run):
    for result in run.results:
        binding = run.requirements[result.requirement].level.binding
        if result.outcome is Outcome.FAILED or (result.outcome is Outcome.PASSED and binding):
            assert set(result.evidence) & set(run.exchanges), result.key


def test_the_counts_are_those_of_the_results(run, report):
    assert {o: sum(n) for o, n in report.counts.items()} == Counter(r.outcome for r in run.results)
    assert report.total == len(run.results)


def test_the_verdict_sentence_counts_required_items(report):
    assert report.verdict is Verdict.NOT_MET
    assert report.verdict_sentence == (
        "2 required items are not met; of the others, 2 were tried and could not be verified and "
        "2 were not tested."
    )


def test_fix_first_and_what_would_settle_it(report):
    assert [one.text for one in report.fix_first] == [
        "A token granted by one member opened another member's record.",
        "Must-support elements were found in no claim although the member has such claims.",
    ]
    assert report.settle[0].text.startswith("The persona gus could not log in")
    assert any(one.text.startswith("Needs a control") for one in report.settle)


def test_everything_not_tested_has_its_reason(run, report):
    listed = [item.subject for reason in report.untested for item in reason.items]
    keys = [r.key for r in run.results if r.outcome is Outcome.NOT_TESTED]
    assert set(keys) <= set(listed)
    assert "patient-access.retention-procedure" in listed
    assert len(listed) == len(set(listed))
    assert all(reason.text.endswith(".") for reason in report.untested)


def test_errors_of_ours_are_no_findings(report):
    assert [item.subject for item in report.errors] == ["discovery.capability-instantiates/stated"]
    assert all(one.outcome is not Outcome.ERROR for one in report.findings)


def test_an_unmet_may_is_a_quirk_and_its_row_does_not_claim_it_is_met(report):
    assert [result.check for result in report.quirks] == ["discovery.batch/taken"]
    row = next(
        row for a in report.areas for p in a.provisions for row in p.standings
        if row.requirement.id == "discovery.batch"
    )  # fmt: skip
    assert row.sentence == "The server may take batches."
    assert row.note == "Batches are refused with 405."


@pytest.mark.parametrize(
    "selection",
    [
        {"areas": ["isolation"]},
        {"checks": ["a"]},
        {"quick": True},
        {"personas": ["x"]},
        {"left_out": ["a.b"]},
    ],
)
def test_a_partial_run_cannot_show_met(tmp_path, selection):
    run = without_failures(sample_run(tmp_path, selection=selection))
    made = build(run)
    assert made.verdict is Verdict.NOTHING_FAILED_IN_SELECTION
    assert any("cannot show that a payer meets" in text for text in made.warnings)
    assert "Nothing in that part failed" in made.verdict_sentence


def test_a_truncated_run_cannot_show_met_and_says_why(tmp_path):
    sample_run(tmp_path)
    file = tmp_path / "run.jsonl"
    file.write_bytes(file.read_bytes()[:-300])
    made = build(without_failures(read_run(file)))
    assert made.verdict is Verdict.NOT_FULLY_VERIFIED
    assert any("the footer is missing" in text for text in made.warnings)


def test_a_shall_of_a_secondary_source_says_why_it_only_warns(tmp_path):
    run = sample_run(tmp_path)
    required = dict(run.requirements)
    name = "isolation.cross-member"
    required[name] = replace(required[name], confidence=Confidence.SECONDARY)
    results = tuple(
        replace(r, outcome=Outcome.WARNING) if r.check == f"{name}/search" else r
        for r in run.results
    )
    made = build(replace(run, requirements=required, results=results))
    card = next(f for f in made.findings if f.standings[0].requirement.id == name)
    assert "no primary source" in card.caveat


def test_waivers_and_baseline_stand_beside_the_outcome(tmp_path):
    key = "isolation.cross-member/search"
    stale = "transport.tls/old-protocols[version=1.0]"
    waiver = {"key": key, "reason": "fix on its way", "approver": "J", "expires": "2026-12-01"}
    baseline = {"source_run": "r0", "entries": {stale: "known since May"}}
    made = build(sample_run(tmp_path, waivers=[waiver], baseline=baseline))
    assert [(one.key, one.state) for one in made.overlays] == [
        (key, "in force"),
        (stale, "stale: it no longer fails"),
    ]
    assert made.findings[0].accepted == "Accepted by a waiver: Fix on its way."
    assert made.verdict is Verdict.NOT_MET


def test_an_expired_waiver_covers_nothing(tmp_path):
    key = "isolation.cross-member/search"
    waiver = {"key": key, "reason": "r", "approver": "J", "expires": "2026-11-20"}
    made = build(sample_run(tmp_path, waivers=[waiver]))
    assert made.overlays[0].state == "expired"
    assert made.findings[0].accepted == ""


def test_a_curl_line_has_no_secret_and_names_what_stands_in(report):
    curl = report.findings[0].curl
    assert '--header "Authorization: Bearer $TOKEN"' in curl
    assert "patient=${MEMBER_ID_11C0DE}&_count=10" in curl
    assert "3f9ac1" not in curl
    assert report.findings[0].commands == (
        "payerproof run sandbox --check isolation.cross-member/search",
    )


def test_passed_cases_keep_their_evidence(report):
    pages = {page.check.id: page for area in report.passed for page in area.pages}
    must_support = pages["claims.must-support/element"]
    assert len(must_support.results) == len(ELEMENTS) - len(MISSING)
    assert all(result.evidence for result in must_support.results)


def test_the_header_needs_little(tmp_path):
    lean = {name: HEADER[name] for name in ("run", "started")}
    run = sample_run(tmp_path)
    made = build(replace(run, header=lean))
    assert made.payer == "Unnamed payer"
    assert made.verdict is Verdict.NOT_MET


def test_dates_are_words_with_a_zone(report):
    said = {row.label: row.text for row in report.cover}
    assert said["Run"] == "21 November 2026, 14:02 to 14:03 UTC"
    assert words.span_in_words("2026-12-31T23:59:00Z", "2027-01-01T00:10:00Z") == (
        "31 December 2026, 23:59 to 1 January 2027, 00:10 UTC"
    )
    assert words.span_in_words("2026-11-21T14:02:00Z", "").endswith("the end is not known")
    assert words.moment_in_words("2026-11-21T09:02:05.120-05:00") == (
        "21 November 2026, 14:02:05 UTC"
    )
