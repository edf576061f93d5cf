"""Seeded faults by which a read opens another member's record."""

from __future__ import annotations

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by


def _eli(payer: DefectPayer, kind: str) -> str:
    return f"/{kind}/{payer.one('eli', kind)}"


def _ada(payer: DefectPayer) -> str:
    return f"/Patient/{payer.patient('ada')}"


def _remembered(payer: DefectPayer) -> bool:
    target = _eli(payer, "Condition")
    before = payer.ask(target).status
    payer.ask(target, "eli")
    return before == 404 and payer.leaks(target)


FAULTS: dict[str, Shows] = {
    "patient-read-open": lambda p: p.leaks(_eli(p, "Patient")),
    "claim-read-open": lambda p: p.leaks(_eli(p, "ExplanationOfBenefit")),
    "read-by-element-named-patient": lambda p: p.leaks(_eli(p, "Coverage")),
    "observation-read-open": lambda p: p.leaks(_eli(p, "Observation")),
    "related-person-read-open": lambda p: p.leaks(_eli(p, "RelatedPerson")),
    "provenance-read-open": lambda p: p.leaks(_eli(p, "Provenance")),
    "version-read-open": lambda p: p.leaks(_eli(p, "Coverage") + "/_history/1"),
    "binary-open": lambda p: p.leaks(_eli(p, "Binary"), accept="application/fhir+json"),
    "read-decision-cached-by-resource": _remembered,
    "encoded-slash-past-the-gateway": lambda p: p.leaks(f"/Patient%2F{p.patient('eli')}"),
    "parent-path-past-the-gateway": lambda p: p.leaks(f"{_ada(p)}/../{p.patient('eli')}"),
    "matrix-parameter-past-the-gateway": lambda p: p.leaks(_eli(p, "Patient") + ";v=1"),
    "double-slash-past-the-gateway": lambda p: p.leaks("/" + _eli(p, "Patient")),
    "trailing-dot-past-the-gateway": lambda p: p.leaks(_eli(p, "Patient") + "."),
}
TWINS: dict[str, Shows] = {
    "foreign-read-forbidden": lambda p: p.ask(_eli(p, "Patient")).status == 403,
    "directory-open-to-every-token": lambda p: bool(
        p.world.resources("Practitioner")
        and p.ask("/Practitioner").json["total"] == len(p.world.resources("Practitioner"))
    ),
    "paths-are-normalised": lambda p: (
        p.ask("/" + _ada(p)).status == 200 and p.ask(f"/Patient%2F{p.patient('eli')}").status == 404
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    assert seeded_by("isolation_read", "isolation_paths") == {*FAULTS, *TWINS}
