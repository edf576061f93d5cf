"""Seeded faults of side doors, administrative resources, writes and missing tokens."""

from __future__ import annotations

import json

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by


def _eli(payer: DefectPayer, kind: str) -> str:
    return f"/{kind}/{payer.one('eli', kind)}"


def _batch(payer: DefectPayer, *urls: str) -> bool:
    entries = [{"request": {"method": "GET", "url": url}} for url in urls]
    body = json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()
    answer = payer.ask("/", method="POST", body=body, content_type="application/fhir+json")
    return "Synthetic-Ruiz" in answer.content.decode()


def _everything(payer: DefectPayer, user: str) -> bool:
    return payer.patient(user) in payer.about(
        payer.ask(f"/Patient/{payer.patient(user)}/$everything")
    )


def _graphql(payer: DefectPayer) -> bool:
    outer = f"Patient(id:%22{payer.patient('ada')}%22)"
    inner = f"CoverageList(patient:%22{payer.patient('eli')}%22)"
    own = payer.text(f"/$graphql?query=%7B{inner}%7Bid%7D%7D")
    nested = payer.text(f"/$graphql?query=%7B{outer}%7Bid%20{inner}%7Bid%7D%7D%7D")
    eli = payer.patient("eli")
    return f"Patient/{eli}" in nested and f"Patient/{eli}" not in own


def _audited(payer: DefectPayer) -> bool:
    payer.ask("/Condition", "eli")
    return payer.patient("eli") in payer.text("/AuditEvent")


def _put(payer: DefectPayer, user: str) -> bool:
    target = f"/Patient/{payer.patient(user)}"
    changed = {**payer.ask(target, user).json, "active": False}
    payer.ask(target, method="PUT", body=json.dumps(changed).encode())
    return payer.ask(target, user).json["active"] is False


def _override(payer: DefectPayer) -> bool:
    target = f"/Patient/{payer.patient('ada')}"
    plain = payer.ask(target, method="DELETE").status
    return (
        plain == 405
        and payer.ask(target, method="POST", x_http_method_override="DELETE").status == 204
    )


EOB = "/ExplanationOfBenefit"
FAULTS: dict[str, Shows] = {
    "instance-history-open": lambda p: p.leaks(_eli(p, "Condition") + "/_history"),
    "type-history-open": lambda p: p.leaks(f"{EOB}/_history"),
    "system-history-open": lambda p: p.leaks("/_history"),
    "own-history-shows-withheld": lambda p: "F11.20" in p.text("/Condition/_history", "fay"),
    "everything-of-any-member": lambda p: _everything(p, "eli"),
    "everything-of-all-members": lambda p: p.leaks("/Patient/$everything"),
    "docref-of-any-member": lambda p: p.leaks(
        f"/DocumentReference/$docref?patient={p.patient('eli')}"
    ),
    "compartment-path-names-member": lambda p: p.leaks(_eli(p, "Patient") + "/Coverage"),
    "batch-entries-unasked": lambda p: _batch(p, _eli(p, "Patient")),
    "batch-judged-by-first-entry": lambda p: (
        _batch(p, "/Coverage", _eli(p, "Patient")) and not _batch(p, _eli(p, "Patient"))
    ),
    "export-starts-for-member": lambda p: p.ask("/Patient/$export").status == 202,
    "group-export-starts-for-member": lambda p: p.ask("/Group/any/$export").status == 202,
    "graphql-nested-lists-open": _graphql,
    "group-lists-members": lambda p: p.patient("eli") in p.text("/Group"),
    "list-names-members": lambda p: "Ruiz" in p.text("/List"),
    "audit-events-of-everybody": _audited,
    "practitioner-panel-names-members": lambda p: "Ruiz" in p.text("/Practitioner"),
    "own-update-accepted": lambda p: _put(p, "ada") and not _put(p, "eli"),
    "any-update-accepted": lambda p: _put(p, "eli"),
    "consent-create-accepted": lambda p: (
        p.ask("/Consent", method="POST", body=b'{"resourceType": "Consent"}').status == 201
    ),
    "method-override-past-the-gateway": _override,
    "claim-by-number-without-token": lambda p: (
        "26E9Z" in p.text(f"{EOB}?identifier=26E9Z00001", token="")
    ),
    "binary-without-token": lambda p: p.ask(_eli(p, "Binary"), token="").status == 200,
    "coverage-read-without-token": lambda p: p.ask(_eli(p, "Coverage"), token="").status == 200,
    "junk-token-opens-demonstration": lambda p: (
        p.ask("/Coverage", token="null").status == 200
        and p.ask("/Coverage", token="").status == 401
    ),
    "foreign-read-as-unauthorized": lambda p: p.ask(_eli(p, "Condition")).status == 401,
}
TWINS: dict[str, Shows] = {
    "everything-served": lambda p: _everything(p, "ada") and not _everything(p, "eli"),
    "batch-served": lambda p: (
        p.ask("/", method="POST", body=b'{"entry": []}').status == 200
        and not _batch(p, "/Coverage", _eli(p, "Patient"))
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    assert seeded_by("isolation_doors", "isolation_batch", "isolation_admin") == {*FAULTS, *TWINS}
