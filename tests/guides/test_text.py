"""The text of a resource: what parsing loses, bad input of every kind, and exact places."""

from __future__ import annotations

import json

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payerproof.guides.text import Reader, intact, line_column
from payerproof.guides.validator import Validator

PATIENT = b'{\n  "resourceType": "Patient",\n  "active": true,\n  "birthDate": "1974-12-25"\n}'


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def rules(validator: Validator, text: bytes) -> list[tuple[str, int, int]]:
    return [
        (f.rule, f.line, f.column)
        for f in validator.judge_text(text).findings
        if f.severity == "error"
    ]


def test_a_good_resource_has_no_error(validator: Validator) -> None:
    assert rules(validator, PATIENT) == []


def test_a_finding_names_line_and_column(validator: Validator) -> None:
    text = PATIENT.replace(b"1974-12-25", b"1974-02-30")
    assert rules(validator, text) == [("primitive-format", 4, 16)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PATIENT.replace(b"true,", b'true,\n  "active": true,'), ("duplicate-key", 4, 3)),
        (b'{"resourceType": "Patient", "active": tru}', ("json", 1, 39)),
        (b"", ("json", 1, 1)),
        (b"[]", ("type", 1, 1)),
        (b"null", ("type", 1, 1)),
        (b'{"resourceType": 7}', ("resource-type", 1, 1)),
        (b'{"resourceType": "Pet"}', ("resource-type", 1, 1)),
        (b'{"resourceType": "SubscriptionStatus"}', ("resource-type", 1, 1)),
        (b'{"resourceType": "Resource"}', ("resource-type", 1, 1)),
        (PATIENT.decode().encode("utf-16"), ("json", 1, 1)),
        (b"\xef\xbb\xbf" + PATIENT, ("json", 1, 1)),
        (b'{"resourceType": "Patient",\n "id": "\xff"}', ("json", 2, 9)),
        (b"[" * 3000, ("json", 1, 1026)),
        (b'{"resourceType": "Patient", "zz": 1}', ("unknown-property", 1, 35)),
        (b'{"resourceType": "Patient", "name": []}', ("empty-array", 1, 37)),
        (b'{"resourceType": "Patient", "name": [{}]}', ("empty-object", 1, 38)),
        (b'{"resourceType": "Patient", "active": null}', ("null", 1, 39)),
        (b'{"resourceType": "Patient", "active": "true"}', ("type", 1, 39)),
        (b'{"resourceType": "Patient", "name": {"family": "x"}}', ("array-expected", 1, 37)),
        (b'{"resourceType": "Patient", "gender": "none"}', ("binding-required", 1, 39)),
        (b'{"resourceType": "Patient", "gender": ["male"]}', ("array-unexpected", 1, 39)),
    ],
)
def test_bad_input_is_a_finding_at_its_place(
    validator: Validator, text: bytes, expected: tuple[str, int, int]
) -> None:
    assert expected in rules(validator, text)


def test_numbers_that_a_double_cannot_hold_are_found(validator: Validator) -> None:
    text = (
        b'{"resourceType": "Observation", "status": "final", "code": {"text": "x"},'
        b' "valueQuantity": {"value": 12345678901234567890.123}}'
    )
    found = [(f.rule, f.severity, f.line, f.column) for f in validator.judge_text(text).findings]
    assert ("decimal-digits", "warning", 1, 102) in found
    assert any(r == "json" for r, _, _ in rules(validator, text.replace(b".123", b"e400")))


def test_long_digits_inside_texts_are_no_numbers() -> None:
    text = b'{"a": "12345678901234567890, 12345678901234567890", "b": "x: 12345678901234567890"}'
    assert intact(text, orjson.loads(text))


def test_deep_nesting_ends_with_a_finding(validator: Validator) -> None:
    inner: dict[str, object] = {"url": "http://example.org/x", "valueString": "x"}
    for _ in range(200):
        inner = {"url": "http://example.org/x", "extension": [inner]}
    text = json.dumps({"resourceType": "Patient", "extension": [inner]}).encode()
    assert any(rule == "depth" for rule, _, _ in rules(validator, text))


def test_line_and_column_count_characters() -> None:
    assert line_column("é\né!".encode(), 5) == (2, 2)


_json = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.text('ab"\\é:,{}', max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text('abé"', max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(_json, st.sampled_from([None, 2]))
def test_a_text_without_loss_is_intact_and_every_place_is_known(
    value: object, indent: int | None
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=indent is None).encode()
    assert intact(text, orjson.loads(text))
    reader = Reader(text)
    assert reader.twice == []
    pending: list[tuple[tuple[str | int, ...], object]] = [((), value)]
    while pending:
        pointer, item = pending.pop()
        offset = reader.offsets[pointer]
        found, _ = json.JSONDecoder().raw_decode(text[offset:].decode())
        assert found == item
        if isinstance(item, dict):
            pending += [((*pointer, k), v) for k, v in item.items()]
        elif isinstance(item, list):
            pending += [((*pointer, i), v) for i, v in enumerate(item)]


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(0, 9), min_size=1))
def test_a_key_that_stands_twice_is_always_found(value: dict[str, int]) -> None:
    first = next(iter(value))
    text = json.dumps(value).encode()[:-1] + f', "{first}": 1}}'.encode()
    assert not intact(text, orjson.loads(text))
    assert [pointer for pointer, _ in Reader(text).twice] == [(first,)]
