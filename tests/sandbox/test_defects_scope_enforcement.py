"""Seeded faults by which narrow scopes and choices open more."""

from __future__ import annotations

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by

EOB = "/ExplanationOfBenefit"
SMOKING = "72166-2"
LABORATORY = "patient/Observation.rs?category=laboratory"


def _with(scope: str, target: str) -> Shows:
    return lambda p: p.ask(target, token=p.token("ada", scope)).status == 200


def _own(payer: DefectPayer, kind: str, text: str = "") -> str:
    return f"/{kind}/{payer.one('ada', kind, text)}"


def _text(payer: DefectPayer, scope: str, target: str) -> str:
    return payer.text(target, token=payer.token("ada", scope))


def _by_data(payer: DefectPayer) -> bool:
    token = payer.token("ada", "patient/Coverage.rs")
    filled = payer.ask(EOB, token=token).status
    return filled == 403 and payer.ask(f"{EOB}?identifier=none", token=token).status == 200


def _withheld(payer: DefectPayer) -> str:
    return f"/Condition/{payer.one('fay', 'Condition', '42CFRPart2')}"


def _smoking_by(payer: DefectPayer, *, read: bool, listed: bool, found: bool) -> bool:
    token = payer.token("ada", LABORATORY)
    one = payer.one("ada", "Observation", SMOKING)
    seen = (
        payer.ask(f"/Observation/{one}", token=token).status == 200,
        SMOKING in payer.text(f"/Observation?_id={one}", token=token),
        SMOKING in payer.text("/Observation", token=token),
    )
    return seen == (read, listed, found)


CLAIMS = "patient/ExplanationOfBenefit.rs"
TEAM = "patient/CareTeam.rs"
KIN = "Lovelace-Kin"
FAULTS: dict[str, Shows] = {
    "one-scope-opens-every-type": _with("patient/Coverage.rs", EOB),
    "search-scope-unasked": lambda p: (
        _with("patient/Coverage.rs", EOB)(p)
        and not _with("patient/Coverage.rs", _own(p, EOB[1:]))(p)
    ),
    "read-scope-unasked": lambda p: (
        _with("patient/Coverage.rs", _own(p, EOB[1:]))(p)
        and not _with("patient/Coverage.rs", EOB)(p)
    ),
    "scope-type-by-prefix": _with("patient/Medication.rs", "/MedicationRequest"),
    "demographics-always-open": _with(CLAIMS, "/Patient"),
    "search-scope-asked-on-the-way-out": _by_data,
    "read-scope-searches": _with("patient/Coverage.r", "/Coverage"),
    "search-scope-reads": lambda p: _with("patient/Coverage.s", _own(p, "Coverage"))(p),
    "include-scope-unasked": lambda p: "Okafor" in _text(p, CLAIMS, f"{EOB}?_include=*"),
    "patient-rides-without-scope": lambda p: (
        "Lovelace" in _text(p, CLAIMS, f"{EOB}?_include={EOB[1:]}:patient")
    ),
    "contained-copies-left-in": lambda p: KIN in _text(p, TEAM, "/CareTeam"),
    "contained-dropped-display-kept": lambda p: KIN in _text(p, TEAM, "/CareTeam"),
    "granular-scope-search-only": lambda p: _smoking_by(p, read=True, listed=False, found=False),
    "granular-scope-read-only": lambda p: _smoking_by(p, read=False, listed=True, found=True),
    "granular-scope-not-for-ids": lambda p: _smoking_by(p, read=False, listed=True, found=False),
    "everything-past-scopes": lambda p: (
        "Lovelace" in _text(p, CLAIMS, f"{_own(p, 'Patient')}/$everything")
    ),
    "everything-past-choice": lambda p: (
        "F11.20" in p.text(f"/Patient/{p.patient('fay')}/$everything", "fay")
    ),
    "elements-past-redaction": lambda p: (
        KIN in _text(p, TEAM, "/CareTeam?_elements=contained")
        and KIN not in _text(p, TEAM, "/CareTeam")
    ),
    "summary-past-choice": lambda p: "F11.20" in p.text("/Condition?_summary=data", "fay"),
    "plain-json-past-choice": lambda p: (
        p.ask(_withheld(p), "fay", accept="application/json").status == 200
        and p.ask(_withheld(p), "fay").status == 404
    ),
    "pretty-print-past-redaction": lambda p: KIN in _text(p, TEAM, "/CareTeam?_pretty=true"),
    "older-version-past-choice": lambda p: "F11.20" in p.text("/v1/Condition", "fay"),
    "withheld-record-read-by-id": lambda p: p.ask(_withheld(p), "fay").status == 200,
    "withheld-drug-claims-found": lambda p: "42CFRPart2" in p.text(EOB, "fay"),
    "withheld-provider-found": lambda p: "Haddad" in p.text("/Practitioner", "fay"),
}
TWINS: dict[str, Shows] = {
    "unscoped-include-refused": lambda p: not _with(CLAIMS, f"{EOB}?_include=*")(p),
    "contained-copies-never-sent": lambda p: KIN not in p.text("/CareTeam"),
    "providers-found-by-every-app": lambda p: (
        "Haddad" in p.text("/Practitioner", "fay") and "Haddad" in p.text("/Practitioner", "gus")
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    assert seeded_by("scope_enforcement", "scope_bypass") == {*FAULTS, *TWINS}
