"""Published examples are clean but for the errata, and both passes agree on them and on mutants."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from payerproof.guides.errata import load_errata
from payerproof.guides.validator import Validator
from payerproof.places import shipped

from .shared import GUIDES, examples
from .spoil import spoiled

ERRATA = load_errata(Path(shipped("profiles")) / "guides" / "errata.toml")
WRONG = {e for entry in ERRATA.entries.values() if entry.kind == "example" for e in entry.elements}


@pytest.mark.parametrize("guide", GUIDES)
def test_published_examples_have_no_error(guide: str) -> None:
    validator = Validator(GUIDES[guide][1])
    wrong = {
        name: [(f.rule, f.location) for f in result.errors]
        for name, resource in examples(guide)
        if not (result := validator.judge(resource)).valid
    }
    assert set(wrong) <= WRONG, wrong


@pytest.mark.slow
@pytest.mark.parametrize("guide", GUIDES)
def test_the_fast_pass_never_passes_what_the_explaining_pass_refuses(guide: str) -> None:
    validator = Validator(GUIDES[guide][1])
    chance = random.Random(guide)
    agreed: Counter[bool] = Counter()
    for name, resource in examples(guide):
        for candidate in (resource, spoiled(resource, chance)):
            env = validator.pass_fast(candidate)
            if env is None:
                continue
            full = validator.explain(candidate)
            assert full.valid, (name, [(f.rule, f.location) for f in full.errors])
            sites = [validator.fast.sites[at] for at in env.unjudged]
            assert {(s.profile, s.element, s.text) for s in sites} == full.unjudged
            agreed[True] += 1
    assert agreed[True] > 0
