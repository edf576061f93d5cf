"""Small resources against the base specification: what is an error is found, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import orjson
import pytest

from payerproof.guides.validator import Validator

from .spoil import spoiled

CASES = Path(__file__).with_name("base_cases.txt")


ODD = ("code-system", "structure-path", "search-parameter", "bundle-unreached", "answers-link")
"""Rules whose checks stand outside the definitions, hence must stand any shape themselves."""


def cases() -> list[tuple[str, bytes]]:
    """(rule that must be broken, or nothing; text of the resource)."""
    out = []
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if line.startswith("+ "):
            out.append(("", line[2:].encode()))
        elif line.startswith("- "):
            rule, _, text = line[2:].partition(" ")
            out.append((rule, text.encode()))
    return out


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


@pytest.mark.parametrize(("rule", "text"), cases())
def test_case(validator: Validator, rule: str, text: bytes) -> None:
    found = {f.rule for f in validator.judge_text(text).errors}
    assert rule in found if rule else not found


def test_the_fast_pass_refuses_what_the_explaining_pass_refuses(validator: Validator) -> None:
    for rule, text in cases():
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        if rule and rule != "duplicate-key":
            assert validator.pass_fast(value) is None, text


def test_damaged_resources_of_every_class_end_with_a_result(validator: Validator) -> None:
    chance = random.Random(4)
    for rule, text in cases():
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            continue
        for _ in range(8 if rule in ODD or not rule else 2):
            candidate = spoiled(value, chance) if isinstance(value, dict) and value else value
            full = validator.explain(candidate)
            if validator.pass_fast(candidate) is not None:
                assert full.valid, (candidate, full.errors)
