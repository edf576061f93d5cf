"""Markers: what gives one member away, and what must never be taken for a leak."""

from __future__ import annotations

import json
from typing import Any

from payerproof.fhir.markers import Markers, markers_of
from payerproof.fhir.record import Record
from payerproof.fhir.reply import Reply
from payerproof.polite import Answer, Headers

ADA = "pat-ada"
BOB = "pat-bob"


def _patient(ident: str, family: str, given: str, number: str) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": ident,
        "identifier": [{"system": "https://payer.example/member", "value": number}],
        "name": [{"family": family, "given": [given]}],
        "telecom": [{"system": "phone", "value": "555-0100-" + number[-3:]}],
        "address": [{"line": ["1 Shared Synthetic Street"], "postalCode": "06103"}],
    }


def _claim(ident: str, patient: str, number: str) -> dict[str, Any]:
    return {
        "resourceType": "ExplanationOfBenefit",
        "id": ident,
        "identifier": [{"system": "https://payer.example/claim", "value": number}],
        "patient": {"reference": f"Patient/{patient}"},
        "provider": {"identifier": {"value": "1234567893"}, "display": "Synthetic Clinic"},
        "type": {"coding": [{"system": "http://x", "code": "oral", "display": "Oral claims"}]},
    }


def _record(persona: str, patient: dict[str, Any], *claims: dict[str, Any]) -> Record:
    return Record(
        persona,
        patient["id"],
        {"Patient": (patient,), "ExplanationOfBenefit": claims},
        {},
    )


ADAS = _patient(ADA, "Synthetica", "Ada", "MEM-00001")
BOBS = _patient(BOB, "Testperson", "Bob", "MEM-00002")
ada = _record("ada", ADAS, _claim("c1", ADA, "CLM-77001"))
bob = _record("bob", BOBS, _claim("c2", BOB, "CLM-77002"))


def _reply(body: Any, asked: str = "https://payer.example/fhir/X", **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = Answer(
        status=200,
        headers=Headers([("content-type", "application/fhir+json"), *headers.items()]),
        content=content,
        url=asked,
        exchange="gw0-1",
        elapsed_ms=1,
    )
    return Reply(answer, asked)


def _markers() -> Markers:
    return markers_of(bob, [ada, bob])


def test_shared_values_are_dropped_and_counted() -> None:
    markers = _markers()
    assert "1 Shared Synthetic Street" not in markers.values
    assert markers.dropped == 1
    assert "1234567893" not in markers.values, "a practitioner's number belongs to nobody"


def test_a_resource_about_the_other_member_is_a_trace() -> None:
    traces = _markers().traces_in(
        _reply({"resourceType": "Bundle", "entry": [{"resource": _claim("c9", BOB, "CLM-1")}]})
    )
    assert "a whole ExplanationOfBenefit" in {trace.kind for trace in traces}


def test_a_contained_resource_is_seen() -> None:
    body = {"resourceType": "Coverage", "id": "x", "contained": [_patient(BOB, "T", "B", "MEM-9")]}
    assert _markers().traces_in(_reply(body))


def test_names_and_numbers_in_prose_are_traces() -> None:
    prose = {
        "resourceType": "OperationOutcome",
        "issue": [{"diagnostics": "Claim CLM-77002 of Bob Testperson was not found"}],
    }
    kinds = {trace.kind for trace in _markers().traces_in(_reply(prose))}
    assert kinds == {"ExplanationOfBenefit.identifier", "Patient.name"}


def test_a_number_inside_another_word_is_no_trace() -> None:
    assert not _markers().traces_in(_reply({"x": "CLM-770021 and XCLM-77002"}))


def test_what_we_sent_ourselves_does_not_count_as_told() -> None:
    asked = f"https://payer.example/fhir/ExplanationOfBenefit?patient={BOB}&identifier=CLM-77002"
    echo = {"resourceType": "Bundle", "link": [{"relation": "self", "url": asked}]}
    assert not _markers().traces_in(_reply(echo, asked))


def test_a_resource_counts_although_its_id_was_asked_for() -> None:
    asked = "https://payer.example/fhir/ExplanationOfBenefit/c2"
    assert _markers().traces_in(_reply(_claim("c2", BOB, "CLM-77002"), asked))


def test_headers_are_searched_too() -> None:
    assert _markers().traces_in(_reply({}, location=f"https://payer.example/fhir/Patient/{BOB}"))


def test_own_data_is_no_trace_of_the_other() -> None:
    own = {"resourceType": "Bundle", "entry": [{"resource": r} for r in ada.everything]}
    assert not _markers().traces_in(_reply(own))


def test_repr_shows_counts_only() -> None:
    shown = repr(_markers()) + repr(ada)
    assert "Testperson" not in shown
    assert "CLM" not in shown
