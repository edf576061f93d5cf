"""What the guides demand of a server, as compiled: spot checks against the published statements."""

from __future__ import annotations

import pytest

from payerproof.guides.duties import Search, demanded, duties, versions
from payerproof.guides.servers import compile_parameter, compile_servers

EXPECTATION = "http://hl7.org/fhir/StructureDefinition/capabilitystatement-expectation"


@pytest.mark.parametrize(
    ("version", "searches", "reads"), [("3.1.1", 39, 20), ("6.1.0", 51, 25), ("7.0.0", 51, 25)]
)
def test_us_core(version: str, searches: int, reads: int) -> None:
    held = duties("us-core", version)
    assert len(held.searches("SHALL")) == searches
    assert len(held.reads("SHALL")) == reads


def test_combinations_are_sets_with_the_member_first() -> None:
    # US Core writes date+patient for encounters
    assert Search("Encounter", ("patient", "date"), "") in demanded("us-core", "SHALL")
    assert str(demanded("us-core", "SHALL")[0]) == "AllergyIntolerance:patient"


def test_a_definition_says_where_to_look_and_what_is_compared() -> None:
    found = duties("us-core", "6.1.0").parameter("Observation", "date")
    assert found is not None
    assert found.expression == "Observation.effective"
    assert {k for k, v in found.comparators.items() if v == "SHALL"} == {"gt", "ge", "lt", "le"}
    several = duties("us-core", "6.1.0").parameter("MedicationRequest", "status")
    assert several is not None
    assert several.several == "SHALL"
    assert duties("us-core", "6.1.0").parameter("Goal", "no-such") is None


def test_carin() -> None:
    assert versions("carin-bb") == ("1.1.0", "2.0.0", "2.1.0", "2.2.0")
    first, latest = duties("carin-bb", "1.1.0"), duties("carin-bb", "2.2.0")
    new = {str(one) for one in latest.searches("SHALL")} - {str(o) for o in first.searches("SHALL")}
    assert "ExplanationOfBenefit:service-start-date" in new
    assert ("ExplanationOfBenefit", "ExplanationOfBenefit:payee") in latest.includes("")
    assert ("ExplanationOfBenefit", "ExplanationOfBenefit:payee") not in first.includes("")


def test_an_expression_that_is_no_fhirpath_is_read_as_it_is_meant() -> None:
    first, later = (
        duties("carin-bb", v).parameter("ExplanationOfBenefit", "service-start-date")
        for v in ("2.0.0", "2.1.0")
    )
    assert first is not None
    assert later is not None
    assert first.expression == later.expression


def test_a_statement_is_compiled_with_its_grades() -> None:
    graded = [{"url": EXPECTATION, "valueCode": "SHALL"}]
    statement = {
        "url": "https://x/CapabilityStatement/s",
        "rest": [
            {
                "mode": "server",
                "resource": [
                    {
                        "type": "Goal",
                        "extension": graded,
                        "interaction": [{"code": "read", "extension": graded}],
                        "searchRevInclude": ["Provenance:target"],
                        "_searchRevInclude": [{"extension": graded}],
                        "searchParam": [{"name": "patient", "type": "reference"}],
                    }
                ],
            },
            {"mode": "client", "resource": [{"type": "Patient"}]},
        ],
    }
    assert compile_servers([statement]) == {
        "https://x/CapabilityStatement/s": {
            "Goal": {
                "e": "SHALL",
                "i": {"read": "SHALL"},
                "p": {"patient": ["", ""]},
                "v": {"Provenance:target": "SHALL"},
            }
        }
    }


def test_a_parameter_without_grades_keeps_none() -> None:
    plain = {"url": "u", "code": "date", "base": ["Goal"], "type": "date", "comparator": ["ge"]}
    assert "comparator" not in compile_parameter({**plain, "multipleOr": True})
