"""At least 99 % of single-fault mutants are caught where the fault is."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from payerproof.guides.command import guides
from payerproof.guides.findings import Finding
from payerproof.guides.validator import Validator

from .mutants import PER_KIND, Mutant, mutants
from .shared import GUIDES, definitions, examples
from .test_invariants import base, data
from .test_packages import pack

KINDS = {
    "missing required element",
    "one too many",
    "wrong type",
    "wrong required code",
    "wrong reference target",
    "unknown property",
    "bad date",
    "broken invariant",
}
"""Kinds that every guide must give; fixed values, slices and choices are not in each."""


def caught(validator: Validator, mutant: Mutant) -> bool:
    """An error exactly at the place of the fault, or inside it."""
    errors = validator.judge(mutant.resource).errors
    if mutant.kind == "broken invariant":
        key = mutant.element.partition(" ")[0]
        return any(f.rule == key and f.pointer == mutant.pointer for f in errors)
    if mutant.kind in ("missing required element", "broken slice"):
        name = mutant.element.rpartition(".")[2].partition(":")[0].removesuffix("[x]")
        return any(_missing(f, name, mutant) for f in errors)
    return any(f.pointer[: len(mutant.pointer)] == mutant.pointer for f in errors)


def _missing(found: Finding, name: str, mutant: Mutant) -> bool:
    """The finding names the element under its holder; a holder left empty, or a value left to
    its extensions, is the fault itself."""
    if found.rule in ("empty-object", "ele-1"):
        return found.pointer[: len(mutant.pointer)] == mutant.pointer
    last = found.location.rpartition(".")[2].partition("[")[0]
    return last == name and found.pointer == mutant.pointer


def chosen(guide: str, validator: Validator) -> list[Mutant]:
    """A few mutants of every kind for every profile that has a published example."""
    known = definitions(guide)
    core: dict[str, Any] = {}
    out: list[Mutant] = []
    for resource in [r for _, r in examples(guide)] + by_hand(guide):
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


def by_hand(guide: str) -> list[dict[str, Any]]:
    """The bases of the invariants' instances: for profiles that no published example claims."""
    return [base(guide, name) for name in data(guide)["bases"]]


WITHOUT = {
    "C4BB-ExplanationOfBenefit": "abstract: the others build on it, and no data may claim it",
}
"""Profile -> why there are no mutants of it."""


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
    made_of = {m.profile for m in made}
    profiles = {
        url
        for url, found in definitions(guide).items()
        if found.get("kind") == "resource" and found.get("derivation") == "constraint"
    }
    assert {url.rpartition("/")[2] for url in profiles - made_of} <= WITHOUT.keys()
    assert {m.kind for m in made} >= KINDS
    assert len(missed) <= len(made) // 100, f"{len(missed)} of {len(made)}\n{listing}"


OWN = json.loads(Path(__file__).with_name("own_guide.json").read_text(encoding="utf-8"))


def test_mutants_of_a_guide_of_our_own_are_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same where the published packages are not at hand: a small guide made for this test."""
    manifest = {
        "name": "payer.example",
        "version": "1.0.0",
        "fhirVersions": ["4.0.1"],
        "canonical": "http://payer.example",
    }
    files = {f"package/{at}.json": found for at, found in enumerate(OWN["definitions"])}
    packed = pack(
        tmp_path / "own.tgz",
        {n: json.dumps(v).encode() for n, v in {"package/package.json": manifest, **files}.items()},
    )
    monkeypatch.setenv("PAYERPROOF_GUIDES", str(tmp_path / "own"))
    assert CliRunner().invoke(guides, ["add", str(packed)]).exit_code == 0
    validator = Validator()
    assert validator.judge(OWN["example"]).errors == []
    known = {found["url"]: found for found in OWN["definitions"]}
    made = list(mutants(OWN["definitions"][0], OWN["example"], known))
    assert [m for m in made if not caught(validator, m)] == []
    assert {m.kind for m in made} >= KINDS - {"one too many", "wrong required code"} | {
        "broken slice",
        "one too many in slice",
        "wrong pattern value",
    }
