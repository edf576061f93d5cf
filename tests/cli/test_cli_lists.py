"""``list`` and ``explain`` tell what ships."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest

from payerproof.cli import material

Say = Callable[..., Any]
KINDS = ["requirements", "checks", "defects", "guides", "payers"]


@pytest.mark.parametrize("what", KINDS)
def test_each_list_in_each_format(say: Say, what: str) -> None:
    rows = json.loads(say("list", what, "--format", "json").out)
    assert len({tuple(row) for row in rows}) <= 1, "the same keys in every row"
    text = say("list", what).out.splitlines()
    table = say("list", what, "--format", "md").out.splitlines()
    if rows:
        assert len(text) == len(rows)
        assert len(table) == len(rows) + 2
        first = next(iter(rows[0].values()))
        assert text[0].startswith(first)
        reader = csv.reader(io.StringIO(table[0]), delimiter="|")
        assert [cell.strip() for cell in next(reader)][1:-1] == list(rows[0])


def test_the_sandbox_is_listed(say: Say) -> None:
    assert "sandbox" in [
        row["name"] for row in json.loads(say("list", "payers", "--format", "json").out)
    ]


def test_requirements_of_one_area(say: Say) -> None:
    rows = json.loads(say("list", "requirements", "--area", "isolation", "--format", "json").out)
    assert rows
    assert {row["area"] for row in rows} == {"isolation"}
    assert say("list", "requirements", "--area", "isolatoin").code == 2


def test_explain_every_requirement(say: Say) -> None:
    for name, one in list(material.catalogue().requirements.items())[:25]:
        said = say("explain", name)
        assert said.code == 0
        for part in (one.text, one.remediation, one.level.value, str(one.citations[0])):
            assert part in said.out


def test_explain_a_check_and_its_json(say: Say) -> None:
    checks = material.checks()
    for name in list(checks)[:10]:
        said = say("explain", name)
        assert checks[name].title in said.out
        told = json.loads(say("explain", name, "--format", "json").out)
        assert [one["id"] for one in told["checks"]] == [name]
        assert told["requirement"]["id"] == checks[name].requirement


def test_explain_something_unknown(say: Say) -> None:
    name = next(iter(material.catalogue().requirements))
    said = say("explain", name[:-1])
    assert said.code == 2
    assert f"Did you mean '{name}'?" in said.err or "Did you mean" in said.err
