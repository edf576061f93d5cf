"""Near misses: each differs from the member in what its name says, and in nothing else."""

from __future__ import annotations

import pytest

from payerproof.fhir.matching import Described
from payerproof.plugin.near_misses import NAMES, near_misses

MEMBER = Described(
    {
        "id": "one",
        "identifier": [{"value": "M-1"}],
        "name": [{"family": "Longfamily", "given": ["Ada"]}],
        "gender": "female",
        "birthDate": "1950-12-28",
    },
    {"subscriberId": "S-1", "identifier": [{"value": "M-1"}]},
)


def test_every_name_has_a_description() -> None:
    assert tuple(near_misses(MEMBER)) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_each_is_another_description(name: str) -> None:
    near = near_misses(MEMBER)[name]
    assert (near.patient, near.coverage) != (MEMBER.patient, MEMBER.coverage)


def test_the_other_birth_date_lies_in_the_same_year() -> None:
    other = near_misses(MEMBER)["other birth date"].patient["birthDate"]
    assert other[:4] == "1950"
    assert other != "1950-12-28"


def test_the_number_alone_keeps_the_number() -> None:
    near = near_misses(MEMBER)["member number alone"]
    assert near.patient["identifier"] == [{"value": "M-1"}]
    assert near.patient["name"][0]["family"] != "Longfamily"


def test_without_a_number_there_is_none() -> None:
    near = near_misses(MEMBER)["no member number"]
    assert "identifier" not in near.patient
    assert "subscriberId" not in near.coverage
