"""Rule editions: every provision leads to requirements or says why to none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from catalogue_sample import REQUIREMENT

from payerproof.catalog import CatalogError, NoRequirementReason, load_catalog
from payerproof.model import Confidence

Write = Callable[[str, str], Path]

RULE = """\
rule = "42 CFR 1.1"
title = "A rule"
programmes = ["MA"]
edition = "Text of 2026."
confidence = "mixed"

[[provision]]
paragraph = "(a)"
subject = "an answer"
requirements = ["area.one"]
effective = "2027-01-01"

[[provision]]
paragraph = "(b)"
subject = "definitions"
reason = "defines-or-limits"
"""


def _rules(write: Write, text: str) -> tuple[Path, Path]:
    suites = write("area/requirements.toml", REQUIREMENT)
    write("rules/one.toml", text)
    return suites, suites / "rules"


def test_an_edition_is_read_whole(write: Write) -> None:
    suites, rules = _rules(write, RULE)
    (edition,) = load_catalog(suites, rules).rules
    assert (edition.name, edition.rule, edition.programmes) == ("one", "42 CFR 1.1", ("MA",))
    assert edition.confidence is Confidence.MIXED
    first, second = edition.provisions
    assert (first.requirements, first.effective) == (("area.one",), "2027-01-01")
    assert second.reason is NoRequirementReason.DEFINES_OR_LIMITS
    assert second.requirements == ()


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('["area.one"]', '["area.two"]', 10, "unknown requirement area.two"),
        ("defines-or-limits", "dull", 16, "reason is 'dull'"),
        ('reason = "defines-or-limits"', "", 14, "either requirements or a reason"),
        ('["MA"]', '["MARS"]', 3, "unknown programme 'MARS'"),
        ("title =", "titel =", 2, "unknown key 'titel'"),
        ("2027-01-01", "2027", 11, "a date like"),
    ],
)
def test_a_mistake_names_its_line(write: Write, old: str, new: str, line: int, says: str) -> None:
    suites, rules = _rules(write, RULE.replace(old, new, 1))
    with pytest.raises(CatalogError) as caught:
        load_catalog(suites, rules)
    assert caught.value.line == line
    assert says in caught.value.problem


def test_every_reason_has_a_sentence() -> None:
    for reason in NoRequirementReason:
        assert reason.sentence.endswith(".")
