"""Seeded faults of ids, account linking and caches."""

from __future__ import annotations

import re

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by

EOB = "/ExplanationOfBenefit"


def _of(payer: DefectPayer, user: str) -> str:
    return f"/Coverage/{payer.one(user, 'Coverage')}"


def _cached(target: str) -> Shows:
    def shows(payer: DefectPayer) -> bool:
        payer.ask(target, "eli")
        return payer.patient("eli") in payer.about(payer.ask(target))

    return shows


def _interleaved(payer: DefectPayer) -> bool:
    crossed = [payer.leaks("/Coverage", user) for user in ("ada", "eli") * 6]
    return any(crossed) and not any(crossed[:3])


def _ids(payer: DefectPayer, kind: str) -> list[str]:
    return payer.ask(f"/{kind}").ids


FAULTS: dict[str, Shows] = {
    "read-by-id-prefix": lambda p: p.leaks(_of(p, "iva")) and not p.leaks(_of(p, "ada"), "iva"),
    "read-by-id-part": lambda p: p.leaks(_of(p, "ada"), "iva") and not p.leaks(_of(p, "iva")),
    "search-by-id-prefix": lambda p: p.leaks("/Coverage"),
    "ids-compared-by-first-sixteen": lambda p: (
        p.leaks(_of(p, "iva")) and p.leaks(_of(p, "ada"), "iva")
    ),
    "accounts-linked-by-name-and-birthday": lambda p: (
        "Neighbour" in p.text("/Patient", "ivy") and "2 Neighbour" not in p.text("/Patient", "ivy")
    ),
    "cache-by-url": _cached("/Coverage"),
    "cache-by-url-and-app": _cached("/Coverage?_count=3"),
    "context-crosses-under-load": _interleaved,
    "claim-ids-in-sequence": lambda p: all(one.isdigit() for one in _ids(p, EOB[1:])),
    "claim-ids-hold-number-and-diagnosis": lambda p: "26L7K00014-E11.9" in _ids(p, EOB[1:]),
    "patient-ids-hold-member-number": lambda p: _ids(p, "Patient") == ["MB-4471-9038-26"],
    "condition-ids-hold-code": lambda p: any(one.startswith("E11") for one in _ids(p, "Condition")),
    "claim-ids-with-underscore": lambda p: (
        p.ask(f"{EOB}/{_ids(p, EOB[1:])[0]}").status == 404 and "_" in _ids(p, EOB[1:])[0]
    ),
}
TWINS: dict[str, Shows] = {
    "cache-by-grant": lambda p: (
        p.ask("/Coverage").headers.get("age") == "0" and not _cached("/Coverage")(p)
    ),
    "claim-ids-long": lambda p: all(
        re.fullmatch(r"[A-Za-z0-9.-]{64}", one) and p.ask(f"{EOB}/{one}").status == 200
        for one in _ids(p, EOB[1:])[:3]
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    assert seeded_by("isolation_ids", "isolation_cache") == {*FAULTS, *TWINS}
