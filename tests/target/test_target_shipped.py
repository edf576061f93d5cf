"""The payer file of the sandbox and the JSON Schema that ship are what they should be."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from payerproof.places import shipped
from payerproof.target import Target, load_target, needs, payer_file, warnings
from payerproof.target.schema import SCHEMA_FILE, payer_file_schema, schema_text


@pytest.fixture
def target(monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setenv("PAYERPROOF_SANDBOX_URL", "https://localhost:8443/plain")
    monkeypatch.setenv("PAYERPROOF_SANDBOX_CA", "/nowhere/ca.pem")
    return load_target("sandbox")


def test_the_committed_schema_is_current() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "run python -m payerproof.target.schema"
    )


def test_the_schema_accepts_the_shipped_file_and_refuses_a_literal_secret() -> None:
    schema = payer_file_schema()
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    content = json.loads(
        json.dumps(tomllib.loads(payer_file("sandbox").read_text("utf-8")), default=str)
    )
    content["endpoints"] = {"patient_access": "https://localhost/fhir"}
    content["pages"] = {}
    content["earlier_versions"] = ["https://localhost/fhir-dstu2"]
    assert [error.message for error in validator.iter_errors(content)] == []
    content["personas"][0]["password"] = "hunter2"
    assert len(list(validator.iter_errors(content))) == 1


def test_the_sandbox_file_reads_without_a_warning(target: Target) -> None:
    assert warnings(target) == []
    assert target.synthetic


def test_the_sandbox_file_opens_the_checks_of_this_release(target: Target) -> None:
    unmet = {word for word, sentence in needs(target).items() if sentence}
    assert not unmet & {
        "member", "unrelated_pair", "two_apps", "three_apps", "public_app", "confidential_app",
        "asymmetric_app", "attested_and_unattested_app", "representative",
        "representative_of_two", "household", "browser", "portal", "date_edges",
        "dated_services", "expected_claims", "control:grant", "writes", "state_changes",
    }  # fmt: skip


def test_the_sandbox_file_tells_the_cast_as_the_fixtures_do(target: Target) -> None:
    for person in _fixture("people/cast.toml")["people"]:
        persona = target.persona(person["user"])
        assert persona.role == person["role"]
        assert persona.label == f"{person['given']} {person['family']}"
        assert persona.represents == tuple(person.get("represents", ()))
        assert persona.household == person.get("household")
        name = person["user"].upper()
        if "password" in person:
            assert str(persona.password) == f"env:PAYERPROOF_SANDBOX_PASSWORD_{name}"
            totp = f"env:PAYERPROOF_SANDBOX_TOTP_{name}" if "totp" in person else None
            assert (persona.totp and str(persona.totp)) == totp
        else:
            assert not persona.username


def test_the_sandbox_file_expects_claims_that_the_fixtures_have(target: Target) -> None:
    prefixes = {
        one["user"]: one.get("claim_prefix") for one in _fixture("people/cast.toml")["people"]
    }
    known = {
        f"{prefixes[claim['member']]}{claim['n']:05d}": claim
        for path in sorted((shipped("fixtures") / "claims").glob("*.toml"))
        for claim in tomllib.loads(path.read_text(encoding="utf-8")).get("claims", ())
    }
    for persona in target.personas:
        for claim in persona.expect.claims:
            fact = known[claim.id]
            told = (fact["member"], fact["kind"], fact["serviced"])
            assert told == (persona.id, claim.kind, claim.serviced)


def test_the_sandbox_file_tells_the_apps_as_the_sandbox_registered_them(target: Target) -> None:
    import payerproof.sandbox

    path = Path(payerproof.sandbox.__file__).with_name("apps.toml")
    registered = {one["id"]: one for one in tomllib.loads(path.read_text(encoding="utf-8"))["app"]}
    for app in target.apps:
        one = registered[app.id]
        for key in ("client_id", "type", "name", "developer", "site", "privacy_policy", "attested"):
            assert getattr(app, key) == one[key]
        assert app.redirect_uri in one["redirect_uris"]


def _fixture(name: str) -> dict[str, Any]:
    return tomllib.loads((shipped("fixtures") / name).read_text(encoding="utf-8"))
