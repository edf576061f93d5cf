"""$docref finds the documents of the token's member (US Core 6.1.0)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fhir_payer import FACE_NAMES, Answer, Payer

DOCREF = "/DocumentReference/$docref"


def post(payer: Payer, *parameters: dict[str, Any]) -> Answer:
    body = {"resourceType": "Parameters", "parameter": list(parameters)}
    headers = {"Content-Type": "application/fhir+json"}
    return payer.ask(DOCREF, method="POST", body=json.dumps(body).encode(), headers=headers)


@pytest.mark.parametrize("face", FACE_NAMES)
def test_own_documents_by_get_and_post(face: str) -> None:
    payer = Payer(face)
    ada = payer.patient("ada")
    own = [one["id"] for one in payer.world.record(ada, "DocumentReference")]
    assert payer.ask(f"{DOCREF}?patient={ada}").ids == own
    assert post(payer, {"name": "patient", "valueId": ada}).ids == own
    kind = {"system": "http://loinc.org", "code": "34133-9"}
    typed = post(payer, {"name": "patient", "valueId": ada}, {"name": "type", "valueCoding": kind})
    at_the_floor = payer.ask(f"{DOCREF}?patient={ada}&end=2016-01-01").ids
    (summary, note) = [one for one in own if one not in at_the_floor]
    assert len(at_the_floor) == 1
    assert set(typed.ids) == {summary, *at_the_floor}
    this_year = payer.ask(f"{DOCREF}?patient={ada}&start=2026-01-01&end=2026-12-31")
    assert this_year.ids == [summary, note]
    assert payer.ask(f"{DOCREF}?patient={ada}&start=2026-06-01").ids == [note]
    assert payer.ask(f"{DOCREF}?patient={ada}&end=2015-12-31").ids == []
    assert payer.ask(f"{DOCREF}?patient={ada}&type=1-1").ids == []


@pytest.mark.parametrize("face", FACE_NAMES)
def test_documents_of_others_stay_closed(face: str) -> None:
    payer = Payer(face)
    foreign = payer.ask(f"{DOCREF}?patient={payer.patient('eli')}")
    unknown = payer.ask(f"{DOCREF}?patient=unknown")
    assert foreign.status == unknown.status == (403 if face == "gateway" else 200)
    if foreign.status == 200:
        assert foreign.resources == []
    payer.grant("ada", scopes=("patient/Patient.rs",))
    assert payer.ask(f"{DOCREF}?patient={payer.patient('ada')}").status == 403


def test_what_is_not_understood() -> None:
    payer = Payer()
    assert payer.ask(DOCREF).status == 400
    assert payer.ask(DOCREF, method="POST", body=b"{").status == 400
    assert post(payer, {"name": "patient"}).status == 400
    assert payer.ask(DOCREF, method="POST", body=b'{"resourceType":"Patient"}').status == 400
