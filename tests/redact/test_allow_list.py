"""Only what is listed gets through; everything else is type and length."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from payerproof.redact import Redactor

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine must not fail a test."""
KEY = b"a key of the run, 32 bytes long."

WORDS = st.text(st.characters(min_codepoint=97, max_codepoint=122), min_size=6, max_size=20).map(
    lambda word: f"zq{word}"
)
"""Values that no public vocabulary holds."""
_KEYS = """
    status code system url reference name family given text div display value type id identifier
    meta profile coding extension valueString contained link relation error error_description scope
    patient sub state iss aud fhirUser username expression location diagnostics details issue
    severity mode outcome intent use priority kind keys capabilities issuer token_type currency
    method contentType expires_in total active
"""
KEYS = st.sampled_from(_KEYS.split())
SCALARS = WORDS | st.builds(lambda a, b: f"{a} {b}", WORDS, WORDS) | st.integers() | st.booleans()
TREES: st.SearchStrategy[Any] = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


def words_of(tree: Any) -> set[str]:
    if isinstance(tree, str):
        return set(tree.split())
    if isinstance(tree, list):
        return {word for one in tree for word in words_of(one)}
    if isinstance(tree, dict):
        return {word for one in tree.values() for word in words_of(one)}
    return set()


@UNHURRIED
@given(tree=TREES, resource=st.sampled_from(["", "Patient", "Bundle", "OperationOutcome"]))
def test_no_unlisted_string_gets_through(tree: Any, resource: str) -> None:
    document = {"resourceType": resource, "x": tree} if resource else {"x": tree}
    shown = Redactor(KEY).body("application/fhir+json", json.dumps(document).encode())
    for word in words_of(tree):
        assert word not in shown


@UNHURRIED
@given(st.dictionaries(KEYS, WORDS | st.lists(WORDS, max_size=3), min_size=1, max_size=8))
def test_no_unlisted_string_gets_through_at_the_top(document: dict[str, Any]) -> None:
    shown = Redactor(KEY).body("application/json", json.dumps(document).encode())
    for word in words_of(document):
        assert word not in shown


@UNHURRIED
@given(st.lists(WORDS, min_size=1, max_size=5))
def test_numbers_dates_and_booleans_are_shown_by_type(names: list[str]) -> None:
    document = dict(zip(names, [7, 1.5, "1980-02-29", True], strict=False))
    shown = json.loads(Redactor(KEY).body("application/json", json.dumps(document).encode()))
    assert set(shown.values()) <= {"‹number›", "‹date›", "‹boolean›"}


def test_a_patient_keeps_structure_and_public_codes(redactor: Redactor) -> None:
    patient = {
        "resourceType": "Patient",
        "id": "123",
        "meta": {
            "profile": ["http://hl7.org/fhir/us/carin-bb/StructureDefinition/C4BB-Patient|2.0.0"],
            "lastUpdated": "2024-05-01T10:00:00Z",
        },
        "identifier": [
            {
                "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                                     "code": "MB", "display": "Member Number"}]},
                "system": "https://payer.example/members",
                "value": "MBR-1",
            }
        ],
        "name": [{"use": "official", "family": "Bergström", "given": ["Ada"]}],
        "gender": "female",
        "birthDate": "1980-01-01",
        "address": [{"state": "NY", "postalCode": "10001", "line": ["1 Main St"]}],
        "managingOrganization": {"reference": "Organization/123"},
    }  # fmt: skip
    shown = json.loads(redactor.body("application/fhir+json", json.dumps(patient).encode()))
    assert shown["meta"]["profile"] == patient["meta"]["profile"]  # type: ignore[index]
    assert shown["meta"]["lastUpdated"] == "‹date›"
    coding = shown["identifier"][0]["type"]["coding"][0]
    assert (coding["system"], coding["code"]) == (
        "http://terminology.hl7.org/CodeSystem/v2-0203",
        "MB",
    )
    assert coding["display"] == "‹string, 13 characters›"
    assert shown["identifier"][0]["system"] == "‹string, 29 characters›"
    assert shown["name"] == [
        {"use": "official", "family": "‹string, 9 characters›", "given": ["‹string, 3 characters›"]}
    ]
    assert shown["gender"] == "‹string, 6 characters›"
    assert shown["address"][0]["state"] == "‹string, 2 characters›"
    assert shown["managingOrganization"]["reference"] == f"Organization/{shown['id']}"


def test_a_code_of_a_private_system_is_not_shown(redactor: Redactor) -> None:
    coding = {"coding": [{"system": "https://payer.example/plans", "code": "GOLD"}]}
    assert "GOLD" not in redactor.body("application/json", json.dumps(coding).encode())


def test_a_name_in_the_place_of_a_public_code_is_not_shown(redactor: Redactor) -> None:
    coding = {"coding": [{"system": "http://loinc.org", "code": "Bergstrom"}]}
    assert "Bergstrom" not in redactor.body("application/json", json.dumps(coding).encode())


def test_operation_outcome_keeps_severity_and_code_not_the_prose(redactor: Redactor) -> None:
    outcome = {
        "resourceType": "OperationOutcome",
        "issue": [{"severity": "error", "code": "not-found", "diagnostics": "Patient 123 of Ada",
                   "expression": ["Patient.name[0].family"]}],
    }  # fmt: skip
    issue = json.loads(redactor.body("application/json", json.dumps(outcome).encode()))["issue"][0]
    assert issue == {
        "severity": "error",
        "code": "not-found",
        "diagnostics": "‹string, 18 characters›",
        "expression": ["Patient.name[0].family"],
    }


def test_bundle_keeps_counts_links_and_modes(redactor: Redactor) -> None:
    bundle = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": 3,
        "link": [{"relation": "next", "url": "https://p.example/fhir/Patient?_count=2&name=Ada"}],
        "entry": [{"fullUrl": "https://p.example/fhir/Patient/9", "search": {"mode": "match"}}],
    }
    shown = json.loads(redactor.body("application/json", json.dumps(bundle).encode()))
    assert (shown["type"], shown["total"]) == ("searchset", 3)
    assert shown["link"][0]["relation"] == "next"
    assert re.fullmatch(
        r"https://p\.example/fhir/Patient\?_count=2&name=‹value [0-9a-f]{6}›",
        shown["link"][0]["url"],
    )
    assert shown["entry"][0]["search"]["mode"] == "match"


def test_token_response(redactor: Redactor) -> None:
    response = {
        "access_token": "tok-5f1c0c7e",
        "token_type": "Bearer",
        "expires_in": 3600,
        "scope": "launch/patient patient/Patient.rs openid patient/Ada.rs",
        "patient": "123",
        "refresh_token": "ref-99999999",
        "error": "invalid_grant",
        "error_description": "user ada@example.com is locked",
    }
    shown = json.loads(redactor.body("application/json", json.dumps(response).encode()))
    assert shown["access_token"] == redactor.tag("token", "tok-5f1c0c7e")
    assert shown["refresh_token"] == redactor.tag("refresh-token", "ref-99999999")
    assert shown["patient"] == redactor.tag("id", "123")
    assert (shown["token_type"], shown["expires_in"]) == ("Bearer", 3600)
    assert shown["scope"].startswith("launch/patient patient/Patient.rs openid ‹scope ")
    assert (shown["error"], shown["error_description"]) == (
        "invalid_grant",
        "‹string, 30 characters›",
    )
    assert "tok-5f1c0c7e" not in redactor.text("the token tok-5f1c0c7e came back")


def test_public_documents_stay_whole_but_for_private_keys(redactor: Redactor) -> None:
    configuration = {"authorization_endpoint": "https://p.example/x9/authorize",
                     "capabilities": ["launch-standalone"]}  # fmt: skip
    raw = json.dumps(configuration).encode()
    assert json.loads(redactor.body("application/json", raw)) == configuration
    odd = json.dumps({**configuration, "contact": "Ada Berg"}).encode()
    assert "Ada" not in redactor.body("application/json", odd)
    keys = {"keys": [{"kty": "RSA", "n": "public-part", "e": "AQAB", "d": "the-private-part"}]}
    shown = json.loads(redactor.body("application/json", json.dumps(keys).encode()))["keys"][0]
    assert shown == {
        "kty": "RSA",
        "n": "public-part",
        "e": "AQAB",
        "d": "‹private or unknown key part›",
    }


def test_pages_and_broken_json_are_type_and_length(redactor: Redactor) -> None:
    page = b"<html><title>Ada Bergs claims</title></html>"
    assert redactor.body("text/html; charset=utf-8", page) == "‹text/html, 44 characters›"
    broken = redactor.body("application/json", b'{"name": "Ada')
    assert broken == "‹application/json that cannot be parsed, 13 bytes›"
    assert redactor.body("image/png", b"\x89PNG") == "‹image/png, 4 bytes›"


def test_json_under_another_label_is_still_redacted(redactor: Redactor) -> None:
    assert "Bergs" not in redactor.body("text/plain", b'{"name": "Bergs"}')


def test_a_long_body_is_cut_and_says_how_long_it_was(redactor: Redactor) -> None:
    raw = json.dumps({"entry": [{"id": str(n), "name": "x" * 50} for n in range(2000)]}).encode()
    shown = redactor.body("application/json", raw)
    assert len(shown) < 9 * 1024
    assert shown.endswith(f"‹cut here: the body has {len(raw):,} bytes in all›")


def test_ndjson_is_redacted_line_by_line(redactor: Redactor) -> None:
    lines = b'{"resourceType":"Patient","id":"1","name":"Ada"}\nnot json\n'
    shown = redactor.body("application/fhir+ndjson", lines)
    assert '"resourceType": "Patient"' in shown
    assert "Ada" not in shown
    assert "‹line that is not JSON, 8 bytes›" in shown


def test_lone_surrogates_and_deep_nesting_are_redacted_too(redactor: Redactor) -> None:
    shown = redactor.body("application/json", b'{"name": "Ada \\ud800"}')
    assert json.loads(shown) == {"name": "‹string, 5 characters›"}
    assert "‹cut here" in redactor.body("application/json", b"[" * 900 + b'"Ada"' + b"]" * 900)
    assert "cannot be parsed" in redactor.body("application/json", b"[" * 200_000)
