"""Whatever JSON comes in, the validator ends with a result in bounded time."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payerproof.guides.findings import Result
from payerproof.guides.outputs import as_json, as_text, csv_rows, operation_outcome
from payerproof.guides.validator import Validator

from .people import CLAIM, MEMBER
from .spoil import spoiled


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


def outputs_work(result: Result) -> None:
    as_text("x", result)
    csv_rows("x", result, header=True)
    orjson.dumps(as_json("x", result))
    outcome = operation_outcome([("x", result)])
    assert outcome["issue"]


_leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
)
_anything = st.recursive(
    _leaves,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "resourceType",
                    "id",
                    "meta",
                    "profile",
                    "extension",
                    "url",
                    "name",
                    "item",
                    "coding",
                    "code",
                    "system",
                    "value",
                    "valueString",
                    "reference",
                    "contained",
                    "_id",
                    "entry",
                    "resource",
                    "text",
                    "div",
                    "identifier",
                    "type",
                    "zz",
                    "",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(_anything, st.sampled_from(["Patient", "ExplanationOfBenefit", "Bundle", "Parameters", "x"]))
def test_random_json_never_crashes(validator: Validator, value: Any, kind: str) -> None:
    outputs_work(validator.judge(value))
    if isinstance(value, dict):
        outputs_work(validator.judge({**value, "resourceType": kind}))


@settings(max_examples=120, deadline=None, derandomize=True)
@given(st.integers(0, 10**9), st.sampled_from([MEMBER, CLAIM]))
def test_spoiled_resources_never_crash_and_both_passes_agree(
    validator: Validator, seed: int, resource: Any
) -> None:
    chance = random.Random(seed)
    value = spoiled(spoiled(resource, chance), chance)
    result = validator.judge(value)
    outputs_work(result)
    if validator.pass_fast(value) is not None:
        assert validator.explain(value).valid


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.binary(max_size=200))
def test_random_bytes_never_crash(validator: Validator, text: bytes) -> None:
    outputs_work(validator.judge_text(text))
