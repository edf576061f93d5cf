"""The published schema and the model say the same."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from payerproof.model import (
    Check,
    Citation,
    Confidence,
    Evidence,
    Exchange,
    Level,
    Outcome,
    Requirement,
    Result,
    Severity,
)
from payerproof.runfile import join, run_schema
from payerproof.runfile.lines import to_content, to_line

SCHEMA = run_schema()
VALIDATOR = Draft202012Validator(SCHEMA, format_checker=FormatChecker())


def test_the_schema_is_a_schema():
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("kind", [Requirement, Check, Exchange, Result, Citation, Evidence])
def test_it_has_the_fields_of_the_model_and_no_others(kind):
    described = SCHEMA["$defs"][kind.__name__.lower()]
    names = {field.name for field in fields(kind)}
    if kind is Evidence:
        names = names - {"kind"} | {"evidence_kind"}
    assert set(described["properties"]) - {"kind"} == names
    assert set(described["required"]) - {"kind"} == names


def test_its_words_are_those_of_the_model():
    defs = SCHEMA["$defs"]
    assert defs["result"]["properties"]["outcome"]["enum"] == [str(one) for one in Outcome]
    assert defs["requirement"]["properties"]["level"]["enum"] == [str(one) for one in Level]
    assert defs["requirement"]["properties"]["severity"]["enum"] == [str(one) for one in Severity]
    assert defs["citation"]["properties"]["confidence"]["enum"] == [str(one) for one in Confidence]
    assert defs["footer"]["properties"]["counts"]["required"] == [str(one) for one in Outcome]


def test_every_line_of_a_joined_file_validates(tmp_path):
    sent = Exchange(
        "gw0-1", "2026-11-21T14:00:01.000Z", 12, "GET", "https://p.example/", {"Accept": "*/*"},
        "", None, {}, "", 0, error="No answer came.",
    )  # fmt: skip
    proof = Evidence("gw0-2", "table", "rows", ("gw0-1",), ({"a": "b"},))
    judged = Result("a.one/c", "a.one", Outcome.PASSED, {"n": "1"}, evidence=("gw0-2", "gw0-1"))
    required = Requirement(
        "a.one", "t", Level.SHALL_NOT, (Citation("RFC 6749", "1"),), Severity.LOW, ("portal",),
        ("MA",), "m", "u", "r",
    )  # fmt: skip
    segment = tmp_path / "gw0.jsonl"
    items = (("exchange", sent), ("evidence", proof), ("result", judged))
    segment.write_bytes(b"".join(to_line(kind, to_content(item)) for kind, item in items))
    header = {"run": "r", "started": "2026-11-21T14:00:00Z", "target": {"name": "P"}}
    join([segment], header, [required], [Check("a.one/c", "One.")], tmp_path / "r", ["note"])
    lines = [json.loads(line) for line in (tmp_path / "r").read_bytes().splitlines()]
    assert {line["kind"] for line in lines} == set(SCHEMA["properties"]["kind"]["enum"])
    for line in lines:
        assert [error.message for error in VALIDATOR.iter_errors(line)] == []


@pytest.mark.parametrize(
    "line",
    [
        {"kind": "surprise"},
        {"kind": "note"},
        {"kind": "note", "text": "x", "more": 1},
        {"kind": "header", "schema": 2, "run": "r", "started": "2026-11-21T14:00:00Z"},
        {
            "kind": "footer",
            "ended": "x",
            "counts": {},
            "requests": {},
            "throttled": 0,
            "sha256": "",
        },
    ],
)
def test_what_is_wrong_is_refused(line):
    assert not VALIDATOR.is_valid(line)
