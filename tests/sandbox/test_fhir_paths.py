"""Hostile spellings of an address open nothing and break nothing."""

from __future__ import annotations

import pytest
from fhir_payer import FACE_NAMES, Payer

SPELLINGS = [
    "/Patient%2F{C}",
    "/Patient/%2F{C}",
    "/Patient/{C}%2F",
    "/Patient/{C}/",
    "/Patient//{C}",
    "//Patient/{C}",
    "/./Patient/{C}",
    "/Patient/./{C}",
    "/Patient/{A}/../{C}",
    "/Patient/{A}%2F..%2F{C}",
    "/Patient/{C}.",
    "/Patient/{C}%20",
    "/Patient/{C};v=1",
    "/Patient;v=1/{C}",
    "/Patient/{C}%00",
    "/Patient/%252F{C}",
    "/patient/{C}",
    "/PATIENT/{C}",
    "/Patient/{C}?_format=json",
    "/Patient/{C}.json",
    "/Patient/{A},{C}",
    "/Patient/{A}%2C{C}",
    "/metadata/../Patient/{C}",
    "/.well-known/../Patient/{C}",
    "/Patient/{C}/_history/1",
    "/Patient/{C}/_history/1/",
    "/Patient/%C3%28",
    "/Patient/" + "a" * 65,
    "/Patient/" + "9" * 5000,
    "/Patient/'%20or%201=1--",
    "/Patient/${{jndi:ldap://x}}",
]


@pytest.mark.parametrize("face", FACE_NAMES)
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_foreign_record_stays_closed(face: str, spelling: str) -> None:
    payer = Payer(face)
    stranger = payer.world.people["eli"]
    target = spelling.format(A=payer.patient("ada"), C=stranger.patient)
    answer = payer.ask(target)
    assert answer.status in (400, 403, 404)
    assert answer.json["resourceType"] == "OperationOutcome"
    text = answer.content.decode()
    assert stranger.family not in text
    assert stranger.patient not in text


@pytest.mark.parametrize("face", FACE_NAMES)
def test_case_of_an_id_counts(face: str) -> None:
    payer = Payer(face)
    own = payer.patient("ada")
    if own.upper() != own:
        assert payer.ask(f"/Patient/{own.upper()}").status == payer.face.foreign_read
    assert payer.ask(f"/Patient/{own}").status == 200


@pytest.mark.parametrize(
    "target",
    [
        "/ExplanationOfBenefit?patient=%ZZ",
        "/ExplanationOfBenefit?patient=%C3%28",
        "/ExplanationOfBenefit?" + "&".join(f"type={n}" for n in range(400)),
        "/ExplanationOfBenefit?_id=" + "a," * 400,
        "/ExplanationOfBenefit?_count=-1",
        "/ExplanationOfBenefit?_count=many",
        "/ExplanationOfBenefit?_count=99999999999999999999",
        "/ExplanationOfBenefit?service-date=yesterday",
        "/ExplanationOfBenefit?service-date=2016-02-31",
        "/ExplanationOfBenefit?service-date=ge",
        "/ExplanationOfBenefit?_lastUpdated=9999",
        "/ExplanationOfBenefit?_summary=all",
        "/ExplanationOfBenefit?_page=x",
        "/ExplanationOfBenefit?_page=x.zz.1",
        "/ExplanationOfBenefit?_search=x&_offset=-1&_count=5",
        "/ExplanationOfBenefit?_include=Patient:link",
        "/ExplanationOfBenefit?=x",
        "/ExplanationOfBenefit?patient:missing=perhaps",
        "/ExplanationOfBenefit?type:above=x",
        "/ExplanationOfBenefit?_sort=-nothing",
        "/?",
        "",
    ],
)
def test_nonsense_is_answered_not_crashed(target: str) -> None:
    answer = Payer().ask(target)
    assert answer.status in (200, 400, 403, 404, 410, 414)
    if answer.status != 200:
        assert answer.json["resourceType"] == "OperationOutcome"


def test_an_endless_query_is_refused() -> None:
    assert Payer().ask("/Patient?name=" + "a" * 9000).status == 414


def test_a_long_body_is_refused() -> None:
    answer = Payer().post("/Patient/_search", {"name": "a" * 70_000})
    assert answer.status == 413
