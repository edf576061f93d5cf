"""The ledger of ids: nothing vanishes, nothing comes back, no level changes unrecorded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from catalogue_sample import REQUIREMENT, ROOT

from payerproof.catalog import Catalog, CatalogError, load_catalog, load_ledger
from payerproof.model import Level

Write = Callable[[str, str], Path]


def test_the_shipped_ledger_holds_the_shipped_catalogue(shipped: Catalog) -> None:
    ledger = load_ledger(ROOT / "suites" / "ids.txt")
    assert ledger.requirement_problems(shipped.requirements) == []


def _problems(write: Write, text: str) -> list[str]:
    suites = write("area/requirements.toml", REQUIREMENT)
    write("ids.txt", text)
    return load_ledger(suites / "ids.txt").requirement_problems(load_catalog(suites).requirements)


@pytest.mark.parametrize(
    ("ledger", "says"),
    [
        ("", "add the line: requirement area.one SHALL"),
        ("requirement area.one SHALL\nrequirement area.two MAY\n", "area.two is in the ledger"),
        ("requirement area.one SHOULD\n", "area.one was SHOULD and is now SHALL"),
        ("requirement area.one SHALL\nretired area.one was wrong\n", "must not come back"),
    ],
)
def test_a_difference_is_told(write: Write, ledger: str, says: str) -> None:
    (problem,) = _problems(write, ledger)
    assert says in problem


def test_a_recorded_change_of_level_is_fine(write: Write) -> None:
    ledger = "requirement area.one SHOULD NOT\nrequirement area.one SHALL  # the source was read\n"
    assert _problems(write, ledger) == []


def test_checks_that_vanish_appear_or_return_are_told(write: Write) -> None:
    suites = write("ids.txt", "check a.b/c\ncheck a.b/gone\ncheck a.b/x\nretired a.b/x doubled\n")
    ledger = load_ledger(suites / "ids.txt")
    assert ledger.checks == ("a.b/c", "a.b/gone")
    assert ledger.check_problems({"a.b/c", "a.b/x", "a.b/new"}) == [
        "a.b/gone is in the ledger and no check any more",
        "a.b/x is retired and must not come back",
        "add the line: check a.b/new",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "requirement area.one MUST",
        "requirement One SHALL",
        "check area.one",
        "check area.one/a extra",
        "retired area.nine never there",
        "something else",
        "requirement kept.one SHALL",
    ],
)
def test_a_bad_line_is_named(write: Write, line: str) -> None:
    start = "# comment\nrequirement kept.one SHALL\nretired kept.one done\n"
    suites = write("ids.txt", f"{start}{line}\n")
    with pytest.raises(CatalogError) as caught:
        load_ledger(suites / "ids.txt")
    assert caught.value.line == 4


def test_levels_of_two_words_are_read(write: Write) -> None:
    suites = write("ids.txt", "requirement a.b SHALL NOT\n")
    assert load_ledger(suites / "ids.txt").requirements == {"a.b": Level.SHALL_NOT}
