"""Must support over a population: what was never seen, what is excused, and why."""

from __future__ import annotations

import tomllib
from typing import Any

from payerproof.expect.must_support import address_of, following, profiles_of, unseen
from payerproof.expect.profiles import validator
from payerproof.guides.duties import duties, versions
from payerproof.guides.library import Library
from payerproof.guides.population import Population
from payerproof.places import shipped

HELD = duties("us-core", "6.1.0")
CORE = "http://hl7.org/fhir/us/core/StructureDefinition/"


def _document(**attachment: Any) -> dict[str, Any]:
    return {
        "resourceType": "DocumentReference",
        "meta": {"profile": [CORE + "us-core-documentreference"]},
        "status": "current",
        "content": [{"attachment": attachment}],
    }


def _unseen(*rows: dict[str, Any]) -> set[str]:
    kind, address = address_of(HELD, "us-core-documentreference")
    return set(unseen(rows, HELD, kind, address).missing)


def test_what_is_seen_once_is_seen() -> None:
    missing = _unseen(_document(url="x"))
    assert "author" in missing
    assert "status" not in missing
    assert "author" not in _unseen(_document(url="x"), {**_document(), "author": [{"x": 1}]})


def test_one_of_a_choice_is_enough() -> None:
    assert "content.attachment.data" not in _unseen(_document(url="x"))
    both = {"content.attachment.url", "content.attachment.data"}
    assert both <= _unseen(_document(contentType="text/plain"))


def test_what_lies_below_an_unseen_element_is_not_told_again() -> None:
    missing = _unseen(_document(url="x"))
    assert "context" in missing
    assert "context.encounter" not in missing


def test_who_follows_a_profile() -> None:
    kind, address = address_of(HELD, "us-core-documentreference")
    silent = {"resourceType": "DocumentReference"}
    assert list(following([_document(), silent], HELD, kind, address)) == [_document(), silent]
    kind, address = address_of(HELD, "us-core-observation-lab")
    assert list(following([{"resourceType": "Observation"}], HELD, kind, address)) == []
    assert address_of(HELD, "no-such-profile") == ("", "")


def test_a_pattern_with_a_known_defect_is_read_as_it_is_meant() -> None:
    held = duties("carin-bb", "2.2.0")
    kind, address = address_of(held, "C4BB-Patient")
    system = "http://terminology.hl7.org/CodeSystem/v2-0203"
    number = {"type": {"coding": [{"system": system, "code": "MB"}]}, "value": "1"}
    patient = {"resourceType": "Patient", "identifier": [number]}
    assert "identifier:memberid" not in unseen([patient], held, kind, address).missing


def test_the_table_speaks_of_types_and_says_why() -> None:
    path = shipped("profiles") / "guides" / "must-support.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    assert all(len(row["elements"]) > 1 for row in table["either"])
    assert all(row["why"] and row["elements"] for row in table["only-where"])
    assert profiles_of("us-core")


def _must_support(guide: str, kind: str) -> set[tuple[str, str]]:
    """(profile, element path) of every must-support element of a type, in any version."""
    judge = validator()
    found = set()
    for version in versions(guide):
        held, package = duties(guide, version), Library().guide(guide, version)
        for address in held.profiles(kind):
            if address in package.profiles:
                population = Population(judge.schema, judge.fast.judge_run())
                key = f"{address}|{package.profiles[address][1]}"
                population.see(key, {"resourceType": kind})
                name = address.rpartition("/")[2]
                found |= {(name, path.partition(".")[2]) for path in population.state()[key][0]}
    return found


def test_the_table_names_elements_that_some_profile_supports() -> None:
    path = shipped("profiles") / "guides" / "must-support.toml"
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    dead = [
        (row["guide"], row["type"], element)
        for row in (*table["either"], *table["only-where"])
        for element in row["elements"]
        if not any(
            row.get("profile", "") in profile
            and (path + ".").startswith((element + ".", element + ":"))
            for guide in (["us-core", "carin-bb"] if row["guide"] == "*" else [row["guide"]])
            for profile, path in _must_support(guide, row["type"])
        )
    ]
    assert not dead


def test_one_date_of_a_diagnosis_beside_the_day_of_record_is_enough() -> None:
    kind, address = address_of(HELD, "us-core-condition-problems-health-concerns")
    row = {"resourceType": "Condition", "onsetDateTime": "2020-01-01"}
    missing = unseen([row], HELD, kind, address).missing
    assert "extension:assertedDate" not in missing
    assert "recordedDate" in missing
