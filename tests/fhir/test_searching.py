"""Which resources match a search: certain where R4 is, unknown where servers may differ."""

from __future__ import annotations

from typing import Any

import pytest

from payerproof.fhir.searching import Criterion, fits, values_of
from payerproof.fhir.searching.days import date_fits
from payerproof.guides.duties import Parameter, duties

US_CORE = duties("us-core", "6.1.0")
CARIN = duties("carin-bb", "2.1.0")


def _parameter(kind: str, name: str) -> Parameter:
    found = US_CORE.parameter(kind, name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("asked", "value", "fit"),
    [
        ("2024-03-05", "2024-03-05", True),
        ("2024-03-05", "2024-03-06", False),
        ("2024-03", "2024-03-31", True),
        ("2024", "2024-03", True),
        ("2024-03-05", "2024-03", None),  # the value is wider than what was asked
        ("2024-03-05", "2024-03-05T12:00:00Z", True),
        ("2024-03-05", "2024-03-05T23:30:00-05:00", None),  # the 6th in UTC
        ("gt2024-03-05", "2024-03-05", False),
        ("gt2024-03-05", "2024-03-06", True),
        ("ge2024-03-05", "2024-03-05", True),
        ("ge2024-03-05", "2024-03-04", False),
        ("lt2024-03-05", "2024-03-05", False),
        ("le2024-03-05", "2024-03-05", True),
        ("ne2024-03-05", "2024-03-06", True),
        ("sa2024-03-05", "2024-03-06", True),
        ("eb2024-03-05", "2024-03-06", False),
        ("ap2024-03-05", "2024-03-06", None),
        ("2024-03-05", {"start": "2024-03-01", "end": "2024-03-31"}, None),
        ("gt2024-03-05", {"start": "2024-03-01", "end": "2024-03-31"}, None),
        ("gt2024-03-05", {"start": "2024-03-06"}, True),
        ("lt2024-03-05", {"end": "2024-03-04"}, True),
        ("ge2024-03-05T12:00:00Z", "2024-03-06", True),
        ("ge2024-03-05T12:00:00Z", "2024-03-05", None),
        ("gt2024-03-05T12:00:00Z", "2024-03-05T12:00:01.5Z", True),
        ("gt2024-03-05T12:00:00Z", "2024-03-05T13:00:00+02:00", False),
        ("2024-03-05", "sometime", None),
    ],
)
def test_dates(asked: str, value: Any, fit: bool | None) -> None:
    assert date_fits(asked, value) is fit


OBSERVATION: dict[str, Any] = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "category": [
        {"coding": [{"system": "http://c", "code": "laboratory"}]},
        {"coding": [{"system": "http://d", "code": "sdoh"}]},
    ],
    "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
    "subject": {"reference": "https://payer.example/fhir/Patient/p1/_history/2"},
    "effectiveDateTime": "2024-03-05",
}


@pytest.mark.parametrize(
    ("name", "value", "fit"),
    [
        ("category", "http://c|laboratory", True),
        ("category", "sdoh", True),
        ("category", "http://c|sdoh", False),
        ("category", "http://c|", True),
        ("category", "vital-signs,laboratory", True),
        ("category", "Laboratory", None),
        ("status", "final", True),
        ("patient", "p1", True),
        ("patient", "Patient/p1", True),
        ("patient", "1", False),
        ("date", "ge2024-03-05", True),
        ("date", "gt2024-03-05", False),
        ("_id", "o", True),
    ],
)
def test_a_resource(name: str, value: str, fit: bool | None) -> None:
    assert fits(OBSERVATION, [Criterion(_parameter("Observation", name), value)]) is fit


def test_all_criteria_must_hold() -> None:
    right = Criterion(_parameter("Observation", "code"), "4548-4")
    wrong = Criterion(_parameter("Observation", "status"), "amended")
    unsure = Criterion(_parameter("Observation", "category"), "Laboratory")
    assert fits(OBSERVATION, [right]) is True
    assert fits(OBSERVATION, [right, unsure]) is None
    assert fits(OBSERVATION, [unsure, wrong]) is False


@pytest.mark.parametrize(
    ("asked", "fit"), [("Lovel", True), ("LOVÉL", True), ("elace", None), ("Berg", False)]
)
def test_names(asked: str, fit: bool | None) -> None:
    patient = {"resourceType": "Patient", "name": [{"family": "Lovelace", "given": ["Ada"]}]}
    assert fits(patient, [Criterion(_parameter("Patient", "name"), asked)]) is fit


def test_a_claims_service_date_is_its_period_and_its_lines() -> None:
    parameter = CARIN.parameter("ExplanationOfBenefit", "service-date")
    assert parameter is not None
    claim = {
        "resourceType": "ExplanationOfBenefit",
        "billablePeriod": {"start": "2024-01-01"},
        "item": [{"servicedDate": "2024-01-02"}, {"servicedPeriod": {"start": "2024-01-03"}}],
    }
    assert len(values_of(claim, parameter)) == 3
