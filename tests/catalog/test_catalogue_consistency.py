"""Catalogue, mapping, ledger and checks are held against each other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from catalogue_sample import REQUIREMENT

from payerproof.catalog import consistency_problems, load_catalog, load_ledger

Write = Callable[[str, str], Path]

CHECK = "area.one/read"
LEDGER = f"requirement area.one SHALL\ncheck {CHECK}\n"
MAPPING = f'[entries]\nN-BOLA-01 = ["{CHECK}"]\n'
REASON = REQUIREMENT.replace("citations", 'not_tested_because = "unsafe"\ncitations')


def _problems(
    write: Write,
    checks: set[str],
    *,
    requirements: str = REQUIREMENT,
    ledger: str = LEDGER,
    mapping: str = MAPPING,
) -> list[str]:
    write("area/requirements.toml", requirements)
    write("sources.toml", mapping)
    suites = write("ids.txt", ledger)
    return consistency_problems(load_catalog(suites), load_ledger(suites / "ids.txt"), checks)


def test_what_fits_together_has_no_problem(write: Write) -> None:
    assert _problems(write, {CHECK}) == []


def test_a_requirement_with_neither_check_nor_reason_is_told(write: Write) -> None:
    ledger = "requirement area.one SHALL\n"
    problems = _problems(write, set(), ledger=ledger, mapping='[entries]\nN-BOLA-01 = "unsafe"\n')
    assert problems == ["area.one has neither a check nor not_tested_because"]


def test_a_reason_beside_a_check_is_told(write: Write) -> None:
    (problem,) = _problems(write, {CHECK}, requirements=REASON)
    assert problem.startswith("area.one has a check and the reason unsafe")


def test_a_check_of_no_requirement_is_told(write: Write) -> None:
    ledger = f"{LEDGER}check area.two/read\n"
    problems = _problems(write, {CHECK, "area.two/read"}, ledger=ledger)
    assert problems == ["check area.two/read serves no known requirement"]


@pytest.mark.parametrize("ledger", [LEDGER, "requirement area.one SHALL\n"])
def test_a_mapped_check_that_does_not_exist_is_told_with_its_line(
    write: Write, ledger: str
) -> None:
    problems = _problems(write, set(), requirements=REASON, ledger=ledger)
    assert f"sources.toml:2: N-BOLA-01 names {CHECK}, which is no check" in problems
