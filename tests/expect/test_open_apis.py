"""What a directory tells of each provider, and when an open API has a gate."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from payerproof.expect.open_apis import (
    expect_no_gate,
    expect_no_trace,
    expect_told,
    organizations,
    pharmacies,
    practitioners,
)
from payerproof.expect.outcomes import Inconclusive, Unmet


class Directory:
    """A directory of a few rows."""

    base = "https://payer.example/fhir"

    def __init__(self, *rows: Mapping[str, Any]) -> None:
        self.rows = {f"{row['resourceType']}/{row['id']}": row for row in rows}

    def known(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(row for row in self.rows.values() if row["resourceType"] == kind)

    def named(self, resource: Mapping[str, Any], *path: str) -> tuple[Mapping[str, Any], ...]:
        value = resource.get(path[0]) or []
        listed = value if isinstance(value, list) else [value]
        return tuple(self.rows[one["reference"]] for one in listed)


ROLE = {
    "resourceType": "PractitionerRole",
    "id": "r",
    "practitioner": {"reference": "Practitioner/p"},
    "location": [{"reference": "Location/l"}],
    "specialty": [{"text": "Surgery"}],
}
PERSON = {"resourceType": "Practitioner", "id": "p", "name": [{"family": "Sample"}]}
PLACE = {
    "resourceType": "Location",
    "id": "l",
    "name": "Corner",
    "address": {"city": "Testville"},
    "telecom": [{"system": "phone", "value": "1"}],
    "type": [{"coding": [{"code": "OUTPHARM"}]}],
    "managingOrganization": {"reference": "Organization/o"},
}
PAYER = {"resourceType": "Organization", "id": "o", "name": "Plan", "type": []}


def test_what_is_told_of_a_person_comes_from_all_around() -> None:
    (told,) = practitioners(Directory(ROLE, PERSON, PLACE))  # type: ignore[arg-type]
    assert told == {"name", "address", "phone", "specialty"}


def test_a_missing_field_is_told() -> None:
    found = practitioners(Directory(ROLE, PERSON, PLACE))  # type: ignore[arg-type]
    with pytest.raises(Unmet, match="1 of 1 without languages"):
        expect_told(found, ["languages"], "practitioner")


def test_an_empty_directory_is_inconclusive() -> None:
    with pytest.raises(Inconclusive):
        expect_told(practitioners(Directory()), ["name"], "practitioner")  # type: ignore[arg-type]


def test_networks_and_payers_are_no_providers() -> None:
    network = {**PAYER, "id": "n", "type": [{"coding": [{"code": "ntwk"}]}]}
    found = list(organizations(Directory(network)))  # type: ignore[arg-type]
    assert found == []


def test_a_pharmacy_is_known_by_its_category_and_told_by_its_place() -> None:
    service = {
        "resourceType": "HealthcareService",
        "id": "s",
        "category": [{"coding": [{"code": "pharm"}]}],
        "location": [{"reference": "Location/l"}],
    }
    (told,) = pharmacies(Directory(service, PLACE, PAYER))  # type: ignore[arg-type]
    assert told == {"name", "address", "phone", "kind"}


class Plain:
    """A reply that can be a key."""

    def __init__(self, status: int = 200, kind: str = "application/json", **headers: str) -> None:
        self.status, self.exchange = status, "x1"
        self.answer = SimpleNamespace(content_type=kind)
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def header(self, name: str) -> str:
        return self._headers.get(name, "")


@pytest.mark.parametrize(
    "gated", [Plain(401), Plain(302), Plain(200, "text/html"), Plain(200, www_authenticate="Basic")]
)
def test_gates_are_seen(gated: Plain) -> None:
    with pytest.raises(Unmet):
        expect_no_gate([Plain(), gated])  # type: ignore[list-item]


def test_server_errors_alone_say_nothing() -> None:
    with pytest.raises(Inconclusive):
        expect_no_gate([Plain(503)])  # type: ignore[list-item]


def test_a_cookie_is_a_trace() -> None:
    with pytest.raises(Unmet):
        expect_no_trace([Plain(), Plain(200, set_cookie="a=b")])  # type: ignore[list-item]
