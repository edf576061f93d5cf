"""Each invariant of the guides with an instance by hand that keeps it and one that breaks it.

``invariants/*.json``: ``systems`` shortens codes ("~name|code" is a CodeableConcept), ``bases`` are
whole resources or another one with changes (``like``), ``pairs`` are (key, base, changes that keep
the rule, changes that break it), ``dead`` says why a rule can never be broken, ``without`` which
rules of R4 have no pair and why. A change maps a way ("item/0/bodySite") to a value; null removes.
"""

from __future__ import annotations

import copy
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from payerproof.guides.findings import ERROR
from payerproof.guides.library import Library
from payerproof.guides.validator import Validator

FOLDER = Path(__file__).with_name("invariants")
GUIDES = {
    "carin-bb-2.1.0": "hl7.fhir.us.carin-bb",
    "us-core-6.1.0": "hl7.fhir.us.core",
    "pdex-2.1.0": "hl7.fhir.us.davinci-pdex",
}


@lru_cache(maxsize=8)
def data(guide: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{guide}.json").read_text(encoding="utf-8"))
    return found


def spelled(value: Any, systems: dict[str, str]) -> Any:
    """A value with its shortened codes written out."""
    if isinstance(value, dict):
        return {key: spelled(inner, systems) for key, inner in value.items()}
    if isinstance(value, list):
        return [spelled(inner, systems) for inner in value]
    if isinstance(value, str) and value.startswith("~"):
        system, _, code = value[1:].rpartition("|")
        return {"coding": [{"system": systems.get(system, system), "code": code}]}
    return value


def changed(resource: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with some ways set or removed; a number one beyond an array's end appends."""
    out = copy.deepcopy(resource)
    for way, value in changes.items():
        holder: Any = out
        steps = [int(s) if s.isdigit() else s for s in way.split("/")]
        for step in steps[:-1]:
            holder = holder[step]
        last = steps[-1]
        if value is None:
            holder.pop(last)
        elif isinstance(holder, list) and last == len(holder):
            holder.append(value)
        else:
            holder[last] = value
    return out


def base(guide: str, name: str) -> dict[str, Any]:
    row: dict[str, Any] = spelled(data(guide)["bases"][name], data(guide).get("systems", {}))
    if "like" not in row:
        return row
    return changed(base(guide, row["like"]), {k: v for k, v in row.items() if k != "like"})


def pairs() -> list[tuple[str, str, str, dict[str, Any], dict[str, Any]]]:
    """(guide, key, base, keeping, breaking)"""
    out = []
    for path in sorted(FOLDER.glob("*.json")):
        listed = data(path.stem)
        for key, name, keeps, breaks in listed["pairs"]:
            systems = listed.get("systems", {})
            out.append((path.stem, key, name, spelled(keeps, systems), spelled(breaks, systems)))
    return out


@pytest.fixture(scope="module")
def validator() -> Validator:
    return Validator()


@lru_cache(maxsize=4)
def rows(guide: str) -> dict[tuple[str, str], set[str]]:
    """(key, expression) of a guide's invariants -> paths of the elements they stand on."""
    library = Library()
    name = GUIDES.get(guide)
    found = library.core if name is None else library.guide(name, guide.rpartition("-")[2])
    out: dict[tuple[str, str], set[str]] = {}
    for structure in found.structures.values():
        for identifier, element in structure["elements"]:
            for at in element.get("i", ()):
                key, _, expression, *_ = found.invariants[at]
                path = ".".join(step.partition(":")[0] for step in identifier.split("."))
                out.setdefault((key, expression), set()).add(path)
    return out


def own(guide: str) -> set[tuple[str, str]]:
    """What a guide adds to R4's invariants."""
    return rows(guide).keys() - rows("r4").keys()


@pytest.mark.parametrize(
    ("guide", "key", "name", "keeps", "breaks"),
    pairs(),
    ids=[f"{p[0]}-{p[1]}-{p[2]}" for p in pairs()],
)
def test_pair(
    validator: Validator,
    guide: str,
    key: str,
    name: str,
    keeps: dict[str, Any],
    breaks: dict[str, Any],
) -> None:
    start = base(guide, name)
    good, bad = changed(start, keeps), changed(start, breaks)
    kept = validator.explain(good)
    assert kept.errors == []
    assert key not in {f.rule for f in kept.findings}
    broken = [f for f in validator.explain(bad).findings if f.rule == key]
    assert broken
    if any(f.severity == ERROR for f in broken):
        assert validator.pass_fast(bad) is None
    places = {path for (k, _), paths in rows(guide).items() if k == key for path in paths}
    for finding in broken:
        assert _ends(re.sub(r"\[\d+\]|\.ofType\(\w+\)", "", finding.location), places)


def _ends(location: str, places: set[str]) -> bool:
    """Whether a location is one of the elements, or ends like one of a data type's."""
    resource = location.partition(".")[0]
    for place in places:
        head, _, rest = place.replace("[x]", "").partition(".")
        if location == f"{head}.{rest}".rstrip(".") or (
            head != resource and f".{location}".endswith(f".{rest}" if rest else "")
        ):
            return True
    return False


def told(validator: Validator, guide: str) -> set[tuple[str, str]]:
    """(key, expression as a finding shows it) of what the breaking instances break."""
    out = set()
    for name, key, start, _, breaks in pairs():
        if name == guide:
            found = validator.explain(changed(base(guide, start), breaks)).findings
            out |= {(f.rule, f.expected) for f in found if f.rule == key}
    return out


def shown(expression: str) -> str:
    return expression if len(expression) <= 400 else expression[:397] + "..."


@pytest.mark.parametrize("guide", GUIDES)
def test_every_invariant_of_a_guide_has_a_pair_or_can_never_be_broken(
    validator: Validator, guide: str
) -> None:
    dead = data(guide)["dead"]
    demanded = {(key, shown(expression)) for key, expression in own(guide) if key not in dead}
    assert demanded - told(validator, guide) == set()
    assert dead.keys() <= {key for key, _ in own(guide)}


def test_every_invariant_of_r4_that_these_guides_meet_has_a_pair(validator: Validator) -> None:
    library, listed = Library(), data("r4")
    types = {kind for kind in library.core.base_types if kind[:1].isupper()}
    complex_types = {t for t in types if validator.schema.type_rules(t)}
    met = {row for guide in GUIDES for row in rows(guide)} & rows("r4").keys()
    for kind in complex_types:
        structure = library.base(kind)
        if structure is not None and structure.facts["kind"] == "complex-type":
            met |= {(r[0], r[2]) for r in _rules_of(library, structure)}
    excused = tuple(listed["without"])
    demanded = {
        (key, shown(expression))
        for key, expression in met
        if key not in listed["dead"] and not key.startswith(excused)
    }
    assert demanded - told(validator, "r4") == set()


def _rules_of(library: Library, structure: Any) -> list[list[str]]:
    table = library.core.invariants
    return [table[at] for _, element in structure.elements for at in element.get("i", ())]


def test_a_rule_that_can_never_be_broken_is_a_known_defect(validator: Validator) -> None:
    for path in FOLDER.glob("*.json"):
        for key, erratum in data(path.stem)["dead"].items():
            entry = validator.errata.entries[erratum]
            assert entry.kind == "dead"
            assert key in entry.keys


def test_every_paired_invariant_says_what_to_do_in_our_own_words(validator: Validator) -> None:
    for guide in ("r4", *GUIDES):
        for key, name, *_, breaks in data(guide)["pairs"]:
            bad = changed(base(guide, name), spelled(breaks, data(guide).get("systems", {})))
            told_so = [f for f in validator.explain(bad).findings if f.rule == key]
            assert all(" holds: " not in f.message for f in told_so), key
