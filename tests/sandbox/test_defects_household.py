"""Seeded faults between the members of a family and their proxies."""

from __future__ import annotations

import pytest
from defect_payer import DefectPayer, Shows, assert_ordinary, check, check_twin, seeded_by


def _reads(user: str, other: str, kind: str) -> Shows:
    return lambda p: p.leaks(f"/{kind}/{p.one(other, kind)}", user)


def _proxy(user: str, choose: str, other: str, kind: str = "Coverage") -> Shows:
    def shows(payer: DefectPayer) -> bool:
        token = payer.token(user, choose=choose)
        target = f"/{kind}/{payer.one(other, kind)}"
        return payer.patient(other) in payer.about(payer.ask(target, token=token))

    return shows


def _confidential(payer: DefectPayer, *, found: bool) -> bool:
    token = payer.token("bruno", choose="bea")
    claim = payer.one("bea", "ExplanationOfBenefit", "ADOL")
    by_id = payer.ask(f"/ExplanationOfBenefit/{claim}", token=token).status == 200
    by_search = claim in payer.ask("/ExplanationOfBenefit", token=token).ids
    return by_search and not by_id if found else by_id and not by_search


EOB = "/ExplanationOfBenefit"
FAULTS: dict[str, Shows] = {
    "subscriber-reads-family": _reads("bruno", "britta", EOB[1:]),
    "dependent-reads-subscriber": _reads("britta", "bruno", "Patient"),
    "family-coverage-found": lambda p: p.leaks("/Coverage", "britta"),
    "family-claims-found-by-patient": lambda p: p.leaks(
        f"{EOB}?patient={p.patient('bruno')}", "britta"
    ),
    "subscriber-found-by-family-number": lambda p: p.leaks(
        "/Patient?identifier=SUB-518022", "britta"
    ),
    "representative-reads-all-represented": _proxy("dee", "fay", "gus"),
    "representative-reads-own-record": _proxy("dee", "fay", "dee"),
    "adolescent-claims-found-by-parent": lambda p: _confidential(p, found=True),
    "adolescent-claims-read-by-parent": lambda p: _confidential(p, found=False),
    "contact-of-family-read": _reads("britta", "bruno", "RelatedPerson"),
    "accumulator-names-family": lambda p: "Bruno $" in p.text(EOB, "britta"),
    "policy-holder-copied-into-coverage": lambda p: "1980-04-02" in p.text("/Coverage", "britta"),
    "spouse-as-emergency-contact": lambda p: "202-555-0152" in p.text("/Patient", "britta"),
    "child-claim-booked-on-subscriber": lambda p: "26B3N" in p.text(EOB, "bruno"),
}
TWINS: dict[str, Shows] = {
    "family-total-without-names": lambda p: "Family deductible" in p.text(EOB, "britta"),
    "subscriber-named-in-coverage": lambda p: "Bruno" in p.text("/Coverage", "britta"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])
    assert_ordinary(DefectPayer(f"plain+{name}"), "bruno", "britta")


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    assert seeded_by("household", "household_data") == {*FAULTS, *TWINS}
