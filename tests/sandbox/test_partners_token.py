"""Backend services: SMART App Launch 2.2.0, Backend Services and Asymmetric Authentication."""

from __future__ import annotations

import base64
import json
import time

import pytest
from clinic import at
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from joserfc.jwk import ECKey, KeySet
from member_browser import AppUnderTest, Browser

from payerproof.sandbox.faces import FACES
from payerproof.sandbox.partners.clients import keys_of


@pytest.fixture
def clinic():
    return at()


def refused(answer):
    return answer.status_code in (400, 401) and answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize("name", ["testville-clinic", "mockford-general", "othermark"])
def test_both_algorithms_and_both_ways_of_registering_keys(name):
    client = at(name=name)
    keys = keys_of(client.client)
    assert client.token_answer().status_code == 200
    signed = client.assertion(keys.rsa, "RS384")
    assert client.token_answer(signed=signed).status_code == 200


@pytest.mark.parametrize("face", FACES)
def test_the_answer_is_as_smart_says(face):
    answer = at(face).token_answer("system/Patient.rs system/Group.read patient/Patient.rs")
    document = answer.json()
    assert document["token_type"].lower() == "bearer"
    assert 0 < document["expires_in"] <= 300
    assert document["scope"] == "system/Patient.rs system/Group.read"
    assert "refresh_token" not in document
    assert answer.headers["cache-control"] == "no-store"


def test_an_assertion_is_good_once(clinic):
    signed = clinic.assertion()
    assert clinic.token_answer(signed=signed).status_code == 200
    assert refused(clinic.token_answer(signed=signed))


@pytest.mark.parametrize(
    "changed",
    [
        {"exp": int(time.time()) - 60},
        {"exp": int(time.time()) + 3600},
        {"exp": None},
        {"exp": True},
        {"jti": None},
        {"jti": 7},
        {"aud": "https://localhost/plain/partner/fhir"},
        {"aud": "https://localhost/plain/oauth/token"},
        {"aud": None},
        {"iss": "mockford-general-hospital"},
        {"sub": "mockford-general-hospital"},
        {"iss": "nobody"},
        {"sub": None},
    ],
)
def test_a_wrong_assertion_is_refused(clinic, changed):
    assert refused(clinic.token_answer(signed=clinic.assertion(**changed)))


def test_foreign_keys_are_refused(clinic):
    own = keys_of(clinic.client).elliptic
    same_name = ECKey.generate_key("P-384", {"kid": own.kid})
    assert refused(clinic.token_answer(signed=clinic.assertion(same_name)))
    other = ECKey.generate_key("P-384", auto_kid=True)
    embedded = {"jwk": other.as_dict(private=False)}
    assert refused(clinic.token_answer(signed=clinic.assertion(other, header=embedded)))
    hospital = keys_of(clinic.other("mockford-general").client).elliptic
    assert refused(clinic.token_answer(signed=clinic.assertion(hospital)))


def test_other_algorithms_are_refused(clinic):
    rsa = keys_of(clinic.client).rsa
    shared = type(rsa).import_key(rsa.as_dict(private=True), {"kid": rsa.kid, "alg": "RS256"})
    assert refused(clinic.token_answer(signed=clinic.assertion(shared, "RS256")))
    head, body, _ = clinic.assertion().split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).decode().rstrip("=")
    assert refused(clinic.token_answer(signed=f"{none}.{body}."))
    assert refused(clinic.token_answer(signed=f"{head}.{body}.AAAA"))
    assert refused(clinic.token_answer(signed="rubbish"))


def test_jku_is_only_ever_the_registered_address():
    client = at(name="mockford-general")
    right = client.tenant.jwks_address(client.client)
    assert client.token_answer(signed=client.assertion(header={"jku": right})).status_code == 200
    wrong = client.assertion(header={"jku": "https://evil.example/jwks.json"})
    assert refused(client.token_answer(signed=wrong))


def test_published_keys_are_public_halves_only():
    client = at(name="mockford-general")
    answer = client.browser.send("GET", client.tenant.jwks_address(client.client))
    assert answer.status_code == 200
    assert not any("d" in key for key in answer.json()["keys"])
    assert client.browser.send("GET", "/clients/testville-clinic/jwks.json").status_code == 404


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": None}, "invalid_request"),
        ({"scope": None}, "invalid_request"),
        ({"scope": "patient/*.rs"}, "invalid_scope"),
        ({"scope": "system/Patient.cud"}, "invalid_scope"),
        ({"client_assertion_type": "urn:other"}, "invalid_client"),
        ({"client_assertion": None, "client_assertion_type": None}, "invalid_client"),
        ({"client_id": "mockford-general-hospital"}, "invalid_client"),
    ],
)
def test_wrong_requests(clinic, changed, error):
    answer = clinic.token_answer(**changed)
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == error


def test_a_deactivated_client_is_cut_off_at_once(clinic):
    clinic.control("deactivate-app", {"client_id": clinic.client.client_id})
    assert refused(clinic.token_answer())


def test_a_members_app_cannot_come_in_here_nor_a_clinic_there(clinic):
    app = AppUnderTest(Browser(clinic.house, clinic.tenant), "asymmetric")
    answer = app.token(grant_type="client_credentials", scope="system/*.rs")
    assert answer.json()["error"] in ("unsupported_grant_type", "invalid_client")
    assert refused(clinic.token_answer(client_id="clinic-portal-link"))


@pytest.mark.parametrize("face", FACES)
def test_discovery(face):
    clinic = at(face)
    found = clinic.browser.send("GET", f"{clinic.base}/.well-known/smart-configuration").json()
    assert found["token_endpoint"] == clinic.tenant.partner_token_endpoint
    assert found["grant_types_supported"] == ["client_credentials"]
    assert {"RS384", "ES384"} <= set(found["token_endpoint_auth_signing_alg_values_supported"])
    assert "system/Group.rs" in found["scopes_supported"]
    members = clinic.browser.send(
        "GET", f"{clinic.tenant.fhir_base}/.well-known/smart-configuration"
    ).json()
    assert "client_credentials" not in members["grant_types_supported"]


@pytest.mark.parametrize("face", FACES)
def test_udap_is_published_where_the_face_declares_it(face):
    clinic = at(face)
    answer = clinic.browser.send("GET", f"{clinic.base}/.well-known/udap")
    if not FACES[face].udap:
        assert answer.status_code == 404
        return
    found = answer.json()
    assert found["udap_versions_supported"] == ["1"]
    assert "udap_authz" in found["udap_profiles_supported"]
    head, body, signature = (
        base64.urlsafe_b64decode(part + "==") for part in found["signed_metadata"].split(".")
    )
    leaf = x509.load_der_x509_certificate(base64.b64decode(json.loads(head)["x5c"][0]))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    claims = json.loads(body)
    assert claims["iss"] in names.get_values_for_type(x509.UniformResourceIdentifier)
    assert claims["token_endpoint"] == found["token_endpoint"]
    signed = found["signed_metadata"].rpartition(".")[0].encode()
    leaf.public_key().verify(signature, signed, padding.PKCS1v15(), hashes.SHA256())
    statement = {"software_statement": "a.b.c", "udap": "1"}
    refusal = clinic.browser.send("POST", found["registration_endpoint"], json=statement)
    assert refusal.json()["error"] == "unapproved_software_statement"


def test_environment_has_every_clients_keys(clinic):
    found = clinic.house.environment("plain")
    key = json.loads(found["PAYERPROOF_SANDBOX_KEY_TESTVILLE_CLINIC"])
    assert key["d"]
    assert KeySet.import_key_set({"keys": [key]})
