"""Seeded faults by which a search gives another member's rows."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by


def _finds(target: str) -> Shows:
    """A search leaks; ``{eli}``, ``{ada}`` and ``{claim}`` stand for ids."""
    return lambda p: p.leaks(_filled(p, target))


def _filled(payer: DefectPayer, target: str) -> str:
    return target.format(
        ada=payer.patient("ada"),
        eli=payer.patient("eli"),
        claim=payer.one("eli", "ExplanationOfBenefit"),
        base=quote(payer.base, safe=""),
    )


def _other_pages(payer: DefectPayer) -> bool:
    first, *later = payer.walk("/ExplanationOfBenefit")
    own = {payer.patient("ada")}
    return payer.about(first) == own and any(payer.about(page) != own for page in later)


def _posted(payer: DefectPayer) -> bool:
    form = {"patient": payer.patient("eli")}
    answer = payer.post("/ExplanationOfBenefit/_search", form)
    return payer.patient("eli") in payer.about(answer)


def _body_wins(payer: DefectPayer) -> bool:
    target = f"/ExplanationOfBenefit/_search?patient={payer.patient('ada')}"
    answer = payer.post(target, {"patient": payer.patient("eli")})
    return payer.patient("eli") in payer.about(answer)


def _ivas(payer: DefectPayer) -> bool:
    return payer.leaks(f"/Coverage?patient={payer.patient('iva')}")


EOB = "/ExplanationOfBenefit"
FAULTS: dict[str, Shows] = {
    "search-by-subscriber-open": _finds("/Coverage?subscriber={eli}"),
    "search-by-subject-open": _finds("/Condition?subject={eli}"),
    "search-by-absolute-reference-open": _finds("/Coverage?patient={base}/Patient/{eli}"),
    "search-by-typed-patient-open": _finds("/Coverage?patient:Patient={eli}"),
    "posted-search-open": _posted,
    "search-by-category-open": _finds("/Observation?category=laboratory"),
    "search-by-change-time-open": _finds("/Coverage?_lastUpdated=ge2000"),
    "second-page-unfiltered": _other_pages,
    "patient-list-first-compared": _finds("/Coverage?patient={ada},{eli}"),
    "patient-list-contains-own": lambda p: _finds("/Coverage?patient={eli},{ada}")(p) and _ivas(p),
    "id-list-open": _finds("/Patient?_id={ada},{eli}"),
    "claim-search-by-id-open": _finds(EOB + "?_id={claim}"),
    "member-search-by-identifier-open": _finds("/Patient?identifier=MB-7215-6604-13"),
    "claim-search-by-number-open": _finds(EOB + "?identifier=26E9Z00001"),
    "member-search-by-name-open": _finds("/Patient?family=synthetic-ruiz"),
    "provenance-search-by-target-open": _finds("/Provenance?target=Patient/{eli}"),
    "contact-search-open": _finds("/RelatedPerson?name=synthetic"),
    "sorted-search-open": _finds("/Coverage?_sort=_id"),
    "enrolment-trace-found": lambda p: p.patient("eli") in p.text("/Provenance?_count=100"),
    "repeated-patient-last-wins": _finds("/Coverage?patient={ada}&patient={eli}"),
    "body-patient-wins-over-query": _body_wins,
    "id-parameter-ignored": lambda p: bool(
        p.ask(f"/Patient?_id={p.patient('eli')}").json.get("entry")
    ),
}
TWINS: dict[str, Shows] = {
    "foreign-search-refused": lambda p: p.ask(f"{EOB}?patient={p.patient('eli')}").status == 403,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    assert seeded_by("isolation_search") == {*FAULTS, *TWINS}
