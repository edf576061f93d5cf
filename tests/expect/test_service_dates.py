"""Dates of service: which elements are taken for one, and which search must find them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, get_args

import pytest

from payerproof.expect.service_dates import (
    dated_types,
    done_on,
    from_floor_on,
    service_parameters,
)
from payerproof.guides.duties import duties
from payerproof.target.people import DatedType

FLOOR = date(2016, 1, 1)
HELD = duties("us-core", "6.1.0")
VISIT = {
    "resourceType": "Encounter",
    "id": "v1",
    "subject": {"reference": "Patient/ada"},
    "period": {"start": "2016-01-01T14:00:00Z", "end": "2016-01-01T14:25:00Z"},
}


@dataclass
class Ada:
    """A member of whom one type is known."""

    rows: list[dict[str, Any]]
    patient_id: str = "ada"
    id: str = "ada"

    def known(self, resource_type: str) -> list[dict[str, Any]]:
        return [row for row in self.rows if row["resourceType"] == resource_type]


def test_the_payer_file_takes_every_type_that_has_a_date_of_service() -> None:
    assert sorted(get_args(DatedType)) == dated_types()


@pytest.mark.parametrize(
    ("kind", "elements", "day"),
    [
        ("Encounter", {"period": VISIT["period"]}, FLOOR),
        ("Procedure", {"performedPeriod": {"start": "2016-01-01", "end": "2016-03-01"}}, FLOOR),
        ("Procedure", {"performedDateTime": "2016-01-01T23:30:00-05:00"}, FLOOR),
        ("Procedure", {"performedDateTime": "2016-01-01T14:00:00"}, FLOOR),
        ("Condition", {"recordedDate": "2016-01-01"}, FLOOR),
        ("Goal", {"startDate": "2016-01-01"}, FLOOR),
        ("MedicationDispense", {"whenHandedOver": "2016-01-02T16:00:00Z"}, date(2016, 1, 2)),
    ],
)
def test_what_begins_on_a_day_is_found(kind: str, elements: dict[str, Any], day: date) -> None:
    row = {"resourceType": kind, "id": "x", **elements}
    assert done_on([row], service_parameters(HELD, kind), day) == (row,)


@pytest.mark.parametrize(
    ("kind", "elements"),
    [
        ("Condition", {"onsetDateTime": "2014-05-06", "abatementDateTime": "2016-01-01"}),
        ("Goal", {"target": [{"dueDate": "2016-01-01"}]}),
        ("Procedure", {"performedPeriod": {"start": "2015-01-01", "end": "2016-12-31"}}),
        ("Observation", {"effectiveDateTime": "2016"}),
        ("DiagnosticReport", {"effectiveDateTime": "2015-12-30", "issued": "2016-01-01T08:00:00Z"}),
    ],
)
def test_what_was_not_begun_on_the_day_is_not_taken_for_it(
    kind: str, elements: dict[str, Any]
) -> None:
    row = {"resourceType": kind, "id": "x", **elements}
    assert not done_on([row], service_parameters(HELD, kind), FLOOR)


def test_a_demanded_search_is_asked_from_the_floor_on() -> None:
    later = {**VISIT, "id": "v2", "period": {"start": "2020-02-02T10:00:00Z"}}
    earlier = {**VISIT, "id": "v0", "period": {"start": "2015-02-02", "end": "2015-02-02"}}
    asked = from_floor_on(Ada([VISIT, later, earlier]), HELD, {}, [VISIT], FLOOR)
    assert asked
    assert asked.pairs == [("patient", "ada"), ("date", "ge2016-01-01")]
    assert asked.wanted == {"v1", "v2"}


def test_a_recommended_search_is_asked_only_where_it_is_listed() -> None:
    shot = {
        "resourceType": "Immunization",
        "id": "i",
        "patient": {"reference": "Patient/ada"},
        "occurrenceDateTime": "2016-01-01",
    }
    listed = {
        "rest": [
            {
                "mode": "server",
                "resource": [
                    {
                        "type": "Immunization",
                        "searchParam": [{"name": "patient"}, {"name": "date"}],
                    }
                ],
            }
        ]
    }
    assert from_floor_on(Ada([shot]), HELD, {}, [shot], FLOOR) is None
    assert from_floor_on(Ada([shot]), HELD, listed, [shot], FLOOR)
