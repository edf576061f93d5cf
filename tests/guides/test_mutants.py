"""At least 99 % of single-fault mutants are caught where the fault is."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from payerproof.guides.findings import Pointer
from payerproof.guides.validator import Validator

from .mutants import PER_KIND, Mutant, mutants
from .shared import GUIDES, definitions, examples


def caught(validator: Validator, mutant: Mutant) -> bool:
    """An error at the place of the fault, above it by one step at most, or inside it."""
    result = validator.judge(mutant.resource)
    return any(_near(f.pointer, mutant.pointer) for f in result.errors)


def _near(found: Pointer, wanted: Pointer) -> bool:
    short = wanted[:-1] if wanted and isinstance(wanted[-1], int) else wanted
    return found[: len(wanted)] == wanted or found[: len(short)] == short or found == wanted[:-1]


def chosen(guide: str, validator: Validator) -> list[Mutant]:
    """A few mutants of every kind for every profile that has a published example."""
    known = definitions(guide)
    core: dict[str, Any] = {}
    out: list[Mutant] = []
    for _, resource in examples(guide):
        claimed = resource.get("meta", {}).get("profile", [])
        for address in claimed:
            profile = known.get(address.split("|")[0])
            if profile is None or not validator.judge(resource).valid:
                continue
            count: Counter[tuple[str, str]] = core.setdefault(profile["url"], Counter())
            for mutant in mutants(profile, resource, known):
                key = (mutant.kind, mutant.element)
                if count[key] < 1 and count[(mutant.kind, "")] < PER_KIND * 2:
                    count[key] += 1
                    count[(mutant.kind, "")] += 1
                    out.append(mutant)
    return out


@pytest.mark.slow
@pytest.mark.parametrize("guide", ["carin-bb-2.1.0", "us-core-6.1.0", "pdex-2.1.0"])
def test_mutants_are_caught(guide: str) -> None:
    validator = Validator(GUIDES[guide][1])
    made = chosen(guide, validator)
    missed = [m for m in made if not caught(validator, m)]
    listing = "\n".join(
        f"{m.kind} at {m.element} of {m.profile}: "
        f"{[(f.rule, f.location) for f in validator.judge(m.resource).errors][:2]}"
        for m in missed
    )
    assert len(made) > 100
    assert len(missed) <= len(made) // 100, f"{len(missed)} of {len(made)}\n{listing}"
