"""Must support over a population: what was never seen, what is excused, and why."""

from __future__ import annotations

import tomllib
from typing import Any

from payerproof.expect.must_support import address_of, following, profiles_of, unseen
from payerproof.guides.duties import duties
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
