"""The catalogue in the tree: complete, honest about its sources, and in plain words."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from catalogue_sample import ROOT

from payerproof.catalog import Catalog
from payerproof.model import Confidence, Level, Requirement


def _material(name: str) -> str:
    """A file of the requirement material; the test is not run where it is absent."""
    base = Path(os.environ.get("PAYERPROOF_SHARED", ROOT.parent / "shared"))
    path = base / "requirements" / name
    if not path.exists():
        pytest.skip(f"not run: {name} is not at hand; set PAYERPROOF_SHARED to its folder")
    return path.read_text(encoding="utf-8")


def _rule_levels() -> dict[str, str]:
    text = _material("rules.yaml")
    found = re.findall(r"^- id: (\S+)$.*?^  level: (\S+)$", text, flags=re.M | re.S)
    return dict(found)


def test_every_rule_is_a_requirement_of_its_level(shipped: Catalog) -> None:
    levels = _rule_levels()
    assert len(levels) == 311
    for identifier, level in levels.items():
        assert shipped.requirement(identifier).level.binding == (level == "required"), identifier


def test_every_negative_test_and_quirk_is_mapped(shipped: Catalog) -> None:
    entries = re.findall(r"\{id: ([NQ]-[A-Z]+-\d\d),", _material("negative-tests.yaml"))
    assert len(entries) == 162
    entries += re.findall(r"\{id: ([NQ]-[A-Z]+-\d\d),", _material("quirks.yaml"))
    assert len(entries) == 162 + 131
    assert [entry for entry in entries if entry not in shipped.sources] == []


def test_every_acceptance_criterion_is_mapped(shipped: Catalog) -> None:
    entries = set(re.findall(r"AC-\d\d-\d+", _material("seeds.md")))
    assert entries
    assert [entry for entry in sorted(entries) if entry not in shipped.sources] == []


def test_nothing_is_mapped_that_no_list_holds(shipped: Catalog) -> None:
    names = ("negative-tests.yaml", "quirks.yaml", "seeds.md")
    known = set(re.findall(r"[NQ]-[A-Z]+-\d\d|AC-\d\d-\d+", "".join(map(_material, names))))
    assert set(shipped.sources) <= known


def test_a_reason_is_given_exactly_where_no_mapped_check_serves(shipped: Catalog) -> None:
    served = {check.partition("/")[0] for check in shipped.mapped_checks}
    both = [name for name in served if shipped.requirement(name).not_tested_because]
    assert both == []


def test_a_failing_level_has_a_source_good_enough(shipped: Catalog) -> None:
    weak = (Confidence.SECONDARY, Confidence.MEMORY)
    for requirement in shipped.requirements.values():
        if requirement.level.binding and requirement.confidence not in weak:
            kinds = {citation.confidence for citation in requirement.citations}
            assert not kinds <= set(weak), requirement.id


def test_requirements_from_good_practice_never_bind(shipped: Catalog) -> None:
    for requirement in shipped.requirements.values():
        sources = {citation.source for citation in requirement.citations}
        if all(source.startswith(("Good practice", "OWASP")) for source in sources):
            assert not requirement.level.binding, requirement.id


def test_what_binds_later_has_its_date(shipped: Catalog) -> None:
    for requirement in shipped.requirements.values():
        if requirement.lifecycle in ("from-2027", "future-date"):
            assert requirement.effective >= "2027-01-01", requirement.id
        if requirement.lifecycle in ("proposed", "superseded", "voluntary"):
            assert requirement.not_tested_because == "not-in-force", requirement.id


def _prose(requirement: Requirement) -> str:
    parts = (requirement.text, requirement.met, requirement.unmet, requirement.remediation)
    return " ".join((*parts, requirement.why))


def test_sentences_tell_met_from_unmet(shipped: Catalog) -> None:
    for requirement in shipped.requirements.values():
        assert requirement.met != requirement.unmet, requirement.id
        assert requirement.text != requirement.met, requirement.id


def test_words_are_the_projects_words(shipped: Catalog) -> None:
    banned = re.compile(r"\b(skipped|(?<!client )assertion|the harness|the mock)\b", re.I)
    for requirement in shipped.requirements.values():
        assert not banned.search(_prose(requirement)), requirement.id


def test_levels_follow_the_sentence(shipped: Catalog) -> None:
    for requirement in shipped.requirements.values():
        said = re.search(r"\b(SHALL NOT|SHOULD NOT|SHALL|SHOULD|MAY)\b", requirement.text)
        assert said is not None
        assert Level(said.group(1)) is requirement.level, requirement.id


def test_every_programme_reached_by_cfr_has_a_citation_of_its_own(shipped: Catalog) -> None:
    everyone = {"ANY_PAYER", "APP"}
    for requirement in shipped.requirements.values():
        cited = {name for citation in requirement.citations for name in citation.programmes}
        open_to_all = any(not citation.programmes for citation in requirement.citations)
        missing = set(requirement.applies_to) - cited - everyone
        assert open_to_all or not missing, (requirement.id, missing)


def test_met_and_unmet_stand_alone(shipped: Catalog) -> None:
    leaning = re.compile(
        r"(It|They|Both|One|All (two|three|four)|Someone|Nobody) (is|are|was|were)\b"
    )
    for requirement in shipped.requirements.values():
        for sentence in (requirement.met, requirement.unmet):
            assert len(sentence.split()) >= 4, (requirement.id, sentence)
            assert not leaning.match(sentence), (requirement.id, sentence)


def test_no_two_requirements_have_the_same_finding(shipped: Catalog) -> None:
    findings = [requirement.unmet for requirement in shipped.requirements.values()]
    assert sorted(findings) == sorted(set(findings))


def test_a_rule_edition_names_every_requirement_that_cites_it(shipped: Catalog) -> None:
    for edition in shipped.rules:
        named = {name for provision in edition.provisions for name in provision.requirements}
        citing = {
            requirement.id
            for requirement in shipped.requirements.values()
            if edition.rule in {citation.source for citation in requirement.citations}
        }
        assert citing <= named, (edition.rule, citing - named)
