"""The mapping of source entries: known requirements and reasons only, mistakes by line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from catalogue_sample import REQUIREMENT

from payerproof.catalog import CatalogError, NotTestedReason, load_catalog

Write = Callable[[str, str], Path]


def _mapping(write: Write, entry: str) -> Path:
    write("area/requirements.toml", REQUIREMENT)
    return write("sources.toml", f'[entries]\nN-BOLA-01 = ["area.one/read"]\n{entry}\n')


def test_entries_have_checks_or_a_reason(write: Write) -> None:
    suites = _mapping(write, 'Q-NET-02 = "unsafe"\nAC-01-1 = ["area.one/read", "area.one/b"]')
    catalog = load_catalog(suites)
    assert catalog.sources["N-BOLA-01"].checks == ("area.one/read",)
    assert catalog.sources["Q-NET-02"].reason is NotTestedReason.UNSAFE
    assert catalog.sources["Q-NET-02"].checks == ()
    assert catalog.mapped_checks == ("area.one/b", "area.one/read")


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ('Q-NET-02 = "boring"', "unknown reason 'boring'"),
        ('Q-NET-02 = ["area.two/read"]', "unknown requirement area.two"),
        ('Q-NET-02 = ["area.one"]', "no check id"),
        ("Q-NET-02 = []", "list of distinct check ids or a reason"),
        ('Q-NET-02 = ["area.one/a", "area.one/a"]', "distinct"),
        ('X-1 = "unsafe"', "no entry id"),
    ],
)
def test_a_mistake_names_its_line(write: Write, entry: str, says: str) -> None:
    suites = _mapping(write, entry)
    with pytest.raises(CatalogError) as caught:
        load_catalog(suites)
    assert caught.value.file.name == "sources.toml"
    assert caught.value.line == 3
    assert says in caught.value.problem


def test_every_reason_has_a_sentence() -> None:
    for reason in NotTestedReason:
        assert reason.sentence.endswith(".")
