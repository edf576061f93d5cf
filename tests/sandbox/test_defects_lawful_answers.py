"""Odd but lawful answers: they differ from the plain payer's, and open nothing."""

from __future__ import annotations

import pytest
from defect_payer import DefectPayer, Shows, check_twin, seeded_by

EOB = "/ExplanationOfBenefit"


def _status(target: str, status: int, method: str = "GET") -> Shows:
    return lambda p: p.ask(target, method=method).status == status


def _own(payer: DefectPayer, kind: str = "Patient") -> str:
    return f"/{kind}/{payer.one('ada', kind)}"


def _header(payer: DefectPayer, target: str, name: str) -> str:
    return payer.ask(target).headers.get(name, "")


TWINS: dict[str, Shows] = {
    "history-not-implemented": _status("/_history", 501),
    "operations-not-found": _status("/Patient/$everything", 404),
    "batch-method-not-allowed": _status("/", 405, "POST"),
    "writes-forbidden": _status("/Patient", 403, "POST"),
    "chains-forbidden": _status(f"{EOB}?patient.name=x", 403),
    "free-filters-passed-over": lambda p: (
        not p.leaks(f"{EOB}?_content=ruiz") and p.ask(f"{EOB}?_content=ruiz").status == 200
    ),
    "odd-paths-refused": lambda p: p.ask("/" + _own(p)).status == 400,
    "observations-need-a-patient": lambda p: (
        p.ask("/Observation").status == 400
        and p.ask(f"/Observation?patient={p.patient('ada')}").ids != []
    ),
    "empty-bundle-with-outcome": lambda p: (
        p.text(f"{EOB}?patient={p.patient('eli')}").count("OperationOutcome") == 1
    ),
    "conditional-reads-not-served": lambda p: p.ask(_own(p), if_none_match='W/"1"').status == 200,
    "elements-not-honoured": lambda p: "SUBSETTED" not in p.text("/Coverage?_elements=class"),
    "media-type-in-capitals": lambda p: "UTF-8" in _header(p, "/Coverage", "content-type"),
    "expires-at-once": lambda p: _header(p, "/Coverage", "expires") == "0",
    "documents-under-a-plain-name": lambda p: (
        "document.txt" in _header(p, _own(p, "Binary"), "content-disposition")
    ),
    "self-link-sorted": lambda p: (
        "?_id=x&status=active" in p.ask("/Coverage?status=active&_id=x").link("self")
    ),
    "bundle-with-id-and-time": lambda p: "timestamp" in p.ask("/Coverage").json,
    "rows-in-another-order": lambda p: (
        p.ask(EOB).json["entry"][0]["resource"]["identifier"][0]["value"] != "26L7K00001"
    ),
    "narratives-left-out": lambda p: "text" not in p.ask(_own(p)).json,
    "versions-counted-on": lambda p: p.ask(_own(p) + "/_history/7").status == 200,
    "created-with-time-and-zone": lambda p: "T12:00:00Z" in p.text(EOB),
    "names-in-capitals": lambda p: "LOVELACE" in p.text("/Patient"),
    "capability-in-another-order": lambda p: (
        p.ask("/metadata").json["rest"][0]["resource"][0]["type"] == "Binary"
    ),
}


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    assert seeded_by("lawful_answers", "lawful_data") == {*TWINS}
