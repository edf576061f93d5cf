"""Seeded faults of the data: missing, doubled, cut short, misformed, or telling too much."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by

EOB = "ExplanationOfBenefit"
Resource = dict[str, Any]


def _rows(payer: DefectPayer, kind: str, user: str = "ada") -> list[Resource]:
    """What a member finds; of ExplanationOfBenefit the claims."""
    pages = payer.walk(f"/{kind}?_count=100", user)
    rows = [row for page in pages for row in page.resources]
    return [row for row in rows if row.get("use") != "preauthorization"]


def _text(payer: DefectPayer, kind: str, user: str = "ada") -> str:
    return str(_rows(payer, kind, user))


def _all(kind: str, holds: Callable[[Resource], Any]) -> Shows:
    return lambda p: all(holds(row) for row in _rows(p, kind))


def _any(kind: str, holds: Callable[[Resource], Any]) -> Shows:
    return lambda p: any(holds(row) for row in _rows(p, kind))


def _lacks(text: str, kind: str = EOB, user: str = "ada") -> Shows:
    return lambda p: text not in _text(p, kind, user)


def _holds(text: str, kind: str = EOB, user: str = "ada") -> Shows:
    return lambda p: text in _text(p, kind, user)


def _number(claim: Resource) -> str:
    return claim["identifier"][0]["value"]


def _sum(claim: Resource) -> float:
    return round(sum(item["net"]["value"] for item in claim["item"]), 2)


def _submitted(claim: Resource) -> float:
    return next(t["amount"]["value"] for t in claim["total"] if "'submitted'" in str(t["category"]))


def _numbers(payer: DefectPayer) -> list[str]:
    return [_number(one) for one in _rows(payer, EOB)]


def _found(payer: DefectPayer, query: str) -> list[str]:
    return [_number(one) for one in payer.ask(f"/{EOB}?_count=100&{query}").resources]


def _dangling(payer: DefectPayer) -> bool:
    named = [one["facility"]["reference"] for one in _rows(payer, EOB) if "facility" in one]
    return bool(named) and payer.ask(f"/{named[0]}").status == 404


def _updated(payer: DefectPayer) -> bool:
    return len({row["meta"]["lastUpdated"] for row in _rows(payer, EOB)}) == 1


def _latest_lost(payer: DefectPayer) -> bool:
    return not {"26L7K00014", "26L7K00015"} <= {*_numbers(payer)}


def _paid(claim: Resource) -> bool:
    return "'paid'" in str(claim["payment"]["type"])


LABEL = "42CFRPart2"
FAULTS: dict[str, Shows] = {
    "dental-claims-left-out": _lacks("'oral'"),
    "pharmacy-claims-left-out": _lacks("'pharmacy'"),
    "denied-claims-left-out": lambda p: (
        "26L7K00007" not in _numbers(p) and "26L7K00008" in _numbers(p)
    ),
    "appealed-claims-left-out": _lacks("appeal"),
    "inpatient-claims-left-out": _lacks("'inpatient'"),
    "latest-claim-missing": _latest_lost,
    "claim-lines-dropped": _all(EOB, lambda c: len(c["item"]) == 1),
    "cost-sharing-zeroed": _holds("'code': 'copay'}]}, 'amount': {'value': 0.0"),
    "payment-amounts-missing": _all(EOB, lambda c: "amount" not in c["payment"]),
    "totals-disagree-with-lines": _any(EOB, lambda c: _submitted(c) != _sum(c)),
    "total-with-two-meanings": _all(EOB, lambda c: len(c["total"][0]["category"]["coding"]) == 2),
    "denied-without-reason": _lacks("adjustmentreason"),
    "denied-shown-as-paid": _all(EOB, _paid),
    "reversed-claims-active": _all(EOB, lambda c: c["status"] == "active" and "related" not in c),
    "claims-loaded-twice": lambda p: len(_numbers(p)) > len(set(_numbers(p))),
    "failed-backend-hidden-in-success": _holds("fatal"),
    "claims-without-profile": _all(EOB, lambda c: "profile" not in c["meta"]),
    "profile-of-unknown-version": _holds("|9.9.9"),
    "insurance-focal-missing": _all(EOB, lambda c: "focal" not in c["insurance"][0]),
    "created-missing": _all(EOB, lambda c: "created" not in c),
    "status-absent-with-reason": _all(EOB, lambda c: "status" not in c and "_status" in c),
    "placeholder-texts": _holds("XXXXX"),
    "condition-code-without-system": _all(
        "Condition", lambda c: all("system" not in one for one in c["code"]["coding"])
    ),
    "carin-codes-of-the-ballot": _holds("carin-bb/CodeSystem/adjudication"),
    "diagnosis-codes-undotted": _holds("'E119'"),
    "claims-created-before-service": _all(EOB, lambda c: c["created"] == "2014-06-30"),
    "times-without-zone": _any("Encounter", lambda e: not e["period"]["start"].endswith("Z")),
    "laboratory-without-unit": _any(
        "Observation", lambda o: "unit" not in o.get("valueQuantity", {"unit": ""})
    ),
    "laboratory-left-out": _lacks("'laboratory'", "Observation"),
    "allergies-left-out": lambda p: not _rows(p, "AllergyIntolerance"),
    "coverage-without-class": _all("Coverage", lambda c: "class" not in c),
    "encounters-without-type": _all("Encounter", lambda e: "type" not in e),
    "member-number-unknown": _holds("'unknown'", "Patient"),
    "facility-reference-dangles": _dangling,
    "all-updated-by-nightly-load": _updated,
    "floor-day-lost": lambda p: "26L7K00002" not in _numbers(p) and "26L7K00003" in _numbers(p),
    "floor-month-lost": lambda p: not {"26L7K00002", "26L7K00003"} & {*_numbers(p)},
    "five-years-kept": lambda p: "26L7K00004" not in _numbers(p),
    "service-days-shifted": _holds("'servicedDate': '2026-10-26'"),
    "older-results-left-out": _lacks("2025-0", "Observation"),
    "service-date-by-header": lambda p: "26L7K00015" not in _found(p, "service-date=2026-10-20"),
    "service-date-without-pharmacy": lambda p: (
        "26L7K00003" not in _found(p, "service-date=2016-01-02")
    ),
    "created-not-searchable-as-date": lambda p: not _found(p, "created=ge2000"),
    "ge-leaves-the-day-out": lambda p: "26L7K00002" not in _found(p, "service-date=ge2016-01-01"),
    "le-ends-at-midnight": lambda p: "26L7K00003" not in _found(p, "service-date=le2016-01-02"),
    "date-search-in-local-time": lambda p: not _found(p, "service-date=2016-01-02"),
    "social-security-number-in-patient": _holds("us-ssn", "Patient"),
    "bank-account-in-payment": _holds("4455667788990"),
    "tax-number-of-provider": _holds("900-64-1187", "Practitioner"),
    "patient-named-in-claim": _holds("Lovelace"),
    "demographics-in-claim-narrative": _holds("Analytical Engine"),
    "narrative-of-the-neighbour": _holds("Coverage of Eli", "Coverage", "fay"),
    "narrative-of-an-older-state": _holds("1900-01-01", "Patient"),
    "withheld-drug-in-neighbour": _holds("buprenorphine", EOB, "fay"),
    "security-labels-lost": _holds("F11.20", EOB, "fay"),
}
TWINS: dict[str, Shows] = {
    "totals-in-another-order": _any(
        EOB, lambda c: "paidtoprovider" in str(c["total"][0]["category"])
    ),
    "instants-with-offset": _holds("+00:00"),
    "practitioner-contained-in-claim": _holds("#rendering"),
    "claims-with-own-extension": _holds("extension/source"),
    "claim-types-with-display": _holds("'display': 'Pharmacy'"),
    "nothing-before-the-floor": lambda p: "26L7K00001" not in _numbers(p),
    "patient-with-second-number": _holds("CC-77310", "Patient"),
    "patient-called-member-in-claim": _holds("'display': 'Member'"),
    "narrative-tells-the-claim": _holds("Claim, status"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    modules = ("claims_data", "claims_form", "record_data", "claims_leaks", "date_floor")
    assert seeded_by(*modules) == {*FAULTS, *TWINS}
