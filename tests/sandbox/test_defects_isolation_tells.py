"""Seeded faults of includes, page links, and answers that tell about another member."""

from __future__ import annotations

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by

EOB = "/ExplanationOfBenefit"


def _next(payer: DefectPayer) -> str:
    return payer.ask(f"{EOB}?_count=5").link("next")


def _opens(payer: DefectPayer, token: str) -> bool:
    return payer.patient("ada") in payer.about(payer.ask(_next(payer), token=token))


def _cut_off(payer: DefectPayer) -> None:
    client = next(app.client_id for app in payer.tenant.apps.values() if app.id == "attested")
    payer.control("apps/revoke", {"persona": "ada", "client_id": client})


def _after_revocation(payer: DefectPayer) -> bool:
    link, token = _next(payer), payer.token("ada")
    _cut_off(payer)
    return payer.ask(link, token=token).status == 200


def _under_a_newer_grant(payer: DefectPayer) -> bool:
    link, token = _next(payer), payer.token("ada")
    _cut_off(payer)
    newer = payer.token("ada", "patient/*.read")
    opened = payer.ask(link, token=newer).status == 200
    return opened and payer.ask(link, token=token).status == 401


def _rides(target: str, user: str = "ada") -> Shows:
    return lambda p: p.leaks(target, user)


def _later_rides(payer: DefectPayer) -> bool:
    pages = payer.walk("/Practitioner?_count=1&_revinclude=ExplanationOfBenefit:care-team")
    own = {payer.patient("ada")}
    return not payer.about(pages[0]) - own and any(payer.about(page) - own for page in pages)


def _foreign(payer: DefectPayer) -> str:
    return f"/Condition/{payer.one('eli', 'Condition')}"


def _hidden(payer: DefectPayer) -> str:
    return f"/Condition/{payer.one('fay', 'Condition', '42CFRPart2')}"


def _total(payer: DefectPayer, query: str, user: str = "ada") -> int:
    return payer.ask(f"{EOB}?{query}", user).json["total"]


def _statuses(payer: DefectPayer, first: str, second: str, **how: str) -> bool:
    return payer.ask(first, **how).status != payer.ask(second, **how).status


def _own(payer: DefectPayer, parameter: str) -> bool:
    answer = payer.ask(f"/Patient?_id={payer.patient('ada')}&{parameter}")
    return answer.status == 200 and "entry" in answer.json


FAULTS: dict[str, Shows] = {
    "claims-of-practitioner-ride-along": _rides(
        "/Practitioner?_revinclude=ExplanationOfBenefit:care-team"
    ),
    "coverages-of-payer-ride-along": _rides("/Organization?_revinclude=Coverage:payor"),
    "iterated-revinclude-unfiltered": _rides(
        f"{EOB}?_include=*&_revinclude:iterate=ExplanationOfBenefit:care-team"
    ),
    "revinclude-of-later-pages-unfiltered": _later_rides,
    "enrolment-trace-rides-along": lambda p: (
        p.patient("eli") in p.text("/Patient?_revinclude=Provenance:target")
    ),
    "subscriber-rides-along": _rides("/Coverage?_include=Coverage:subscriber", "britta"),
    "iterated-include-unfiltered": _rides(
        f"{EOB}?_include={EOB[1:]}:coverage&_include:iterate=Coverage:subscriber", "britta"
    ),
    "page-link-good-for-any-token": lambda p: _opens(p, p.token("eli", app="unattested")),
    "page-link-needs-no-token": lambda p: _opens(p, ""),
    "page-link-outlives-token": _after_revocation,
    "page-link-good-for-any-app-of-member": lambda p: _opens(
        p, p.token("ada", "patient/Coverage.rs", app="unattested")
    ),
    "page-link-good-within-app": lambda p: _opens(p, p.token("eli")),
    "existence-by-status": lambda p: _statuses(p, _foreign(p), "/Condition/none"),
    "existence-by-words": lambda p: p.text(_foreign(p)) != p.text("/Condition/none"),
    "withheld-by-status": lambda p: p.ask(_hidden(p), "fay").status == 403,
    "search-refused-where-data": lambda p: _statuses(
        p, f"{EOB}?patient={p.patient('eli')}", f"{EOB}?patient=none"
    ),
    "summary-count-over-everybody": lambda p: (
        _total(p, f"patient={p.patient('eli')}&_summary=count") > 0
    ),
    "zero-count-over-everybody": lambda p: _total(p, f"patient={p.patient('eli')}&_count=0") > 0,
    "accurate-total-over-everybody": lambda p: (
        _total(p, f"patient={p.patient('eli')}&_total=accurate") > 0
    ),
    "total-counts-withheld-rows": lambda p: (
        _total(p, "", "fay") != len(p.ask(EOB, "fay").json["entry"])
    ),
    "withheld-rows-announced": lambda p: "were removed" in p.text(EOB, "fay"),
    "not-modified-before-access": lambda p: p.ask(_foreign(p), if_none_match='W/"1"').status == 304,
    "head-tells-existence": lambda p: p.ask(_foreign(p), method="HEAD").status == 200,
    "reverse-chain-over-everybody": lambda p: (
        _own(p, "_has:Condition:patient:code=10509002")
        and not _own(p, "_has:Condition:patient:code=1")
    ),
    "forward-chain-tells": lambda p: _statuses(
        p, f"{EOB}?patient.name=synthetic-ruiz", f"{EOB}?patient.name=nobody"
    ),
    "text-search-tells": lambda p: (
        _own(p, "_content=synthetic-ruiz") and not _own(p, "_content=nosuchname")
    ),
}
TWINS: dict[str, Shows] = {
    "includes-come-first": lambda p: (
        p.ask(f"{EOB}?_include=*").json["entry"][0]["search"]["mode"] == "include"
    ),
    "foreign-page-link-gone": lambda p: p.ask(_next(p), "eli").status == 410,
    "page-link-good-for-newer-grant": _under_a_newer_grant,
    "reverse-chain-over-own-record": lambda p: (
        _own(p, "_has:Condition:patient:code=44054006")
        and not _own(p, "_has:Condition:patient:code=10509002")
    ),
    "counts-not-told": lambda p: "total" not in p.ask(EOB).json,
    "errors-carry-a-number": lambda p: "id" in p.ask("/Condition/none").json,
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    modules = ("isolation_includes", "isolation_paging", "isolation_oracles")
    assert seeded_by(*modules) == {*FAULTS, *TWINS}
