"""The partners' API over HTTPS: keys fetched from the client's own address, files on disk."""

from __future__ import annotations

import json
import ssl
import time
import uuid

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import import_key

from payerproof.sandbox import Sandbox

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
PROVIDERS = {
    "testville-family-clinic": "TESTVILLE_CLINIC",
    "mockford-general-hospital": "MOCKFORD_GENERAL",
    "harbour-recovery-programme": "HARBOUR_RECOVERY",
    "open-door-youth-clinic": "OPEN_DOOR",
    "elsewhere-practice": "ELSEWHERE",
    "departed-physicians": "DEPARTED",
}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture
def http(sandbox):
    context = ssl.create_default_context(cafile=str(sandbox.ca_bundle))
    with httpx.Client(verify=context, trust_env=False) as client:
        yield client


def token(sandbox, http, client_id):
    base = f"{sandbox.base}/plain/partner"
    answer = http.post(f"{base}/oauth/token", data=form_for(sandbox, base, client_id))
    assert answer.status_code == 200, answer.text
    return answer.json()["access_token"]


def form_for(sandbox, base, client_id):
    jwk = json.loads(sandbox.environment()[f"PAYERPROOF_SANDBOX_KEY_{PROVIDERS[client_id]}"])
    key = import_key(jwk, jwk["kty"])
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": f"{base}/oauth/token",
        "exp": int(time.time()) + 200,
        "jti": uuid.uuid4().hex,
    }
    head = {"alg": "ES384", "kid": key.kid, "typ": "JWT"}
    return {
        "grant_type": "client_credentials",
        "scope": "system/*.rs",
        "client_assertion_type": ASSERTION,
        "client_assertion": jwt.encode(head, claims, key, algorithms=["ES384"]),
    }


def test_the_host_for_mutual_tls_wants_a_certificate(sandbox, http):
    base = f"{sandbox.base}/regional/partner"
    found = http.get(f"{base}/fhir/.well-known/smart-configuration").json()
    alias = found["mtls_endpoint_aliases"]["token_endpoint"]
    assert alias != found["token_endpoint"]
    with pytest.raises(httpx.TransportError):
        http.post(alias, data=form_for(sandbox, base, "testville-family-clinic"))
    trusting = ssl.create_default_context(cafile=str(sandbox.ca_bundle))
    trusting.load_cert_chain(sandbox.environment()["PAYERPROOF_SANDBOX_CLIENT_CERTIFICATE"])
    with httpx.Client(verify=trusting, trust_env=False) as known:
        answer = known.post(alias, data=form_for(sandbox, base, "testville-family-clinic"))
    assert answer.json()["access_token"]


def test_only_one_face_has_a_host_for_mutual_tls(sandbox, http):
    found = http.get(f"{sandbox.base}/plain/partner/fhir/.well-known/smart-configuration").json()
    assert "mtls_endpoint_aliases" not in found


def test_keys_are_fetched_from_the_clients_own_address(sandbox, http):
    assert token(sandbox, http, "mockford-general-hospital")


def test_an_export_of_every_provider_in_seconds(sandbox, http):
    begun = time.monotonic()
    exported = {}
    for client_id in PROVIDERS:
        headers = {"Authorization": f"Bearer {token(sandbox, http, client_id)}"}
        base = f"{sandbox.base}/plain/partner/fhir"
        group = http.get(f"{base}/Group", headers=headers).json()["entry"][0]["resource"]["id"]
        kicked = http.get(
            f"{base}/Group/{group}/$export", headers={**headers, "Prefer": "respond-async"}
        )
        where = kicked.headers["content-location"]
        while (answer := http.get(where, headers=headers)).status_code == 202:
            time.sleep(0.05)
        patients = [
            line
            for row in answer.json()["output"]
            if row["type"] == "Patient"
            for line in http.get(row["url"], headers=headers).text.splitlines()
        ]
        exported[client_id] = len(patients)
    assert list(exported.values()) == [8, 3, 1, 0, 0, 0]
    assert time.monotonic() - begun < 10


def test_open_apis_answer_without_anything(sandbox, http):
    for api, kind in (("directory", "PractitionerRole"), ("formulary", "Basic")):
        found = http.get(f"{sandbox.base}/plain/{api}/fhir/{kind}")
        assert found.status_code == 200
        assert found.json()["entry"]
