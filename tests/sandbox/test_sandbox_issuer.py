"""A payer whose authorization server is somebody else's."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from member_browser import Browser
from starlette.requests import Request

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.app import House
from payerproof.sandbox.external import IssuerUnreachable
from payerproof.sandbox.issuer import ExternalIssuer, Outside, capabilities

ISSUER = "https://login.example"
METADATA = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/auth",
    "token_endpoint": f"{ISSUER}/token",
    "introspection_endpoint": f"{ISSUER}/introspect",
    "jwks_uri": f"{ISSUER}/keys",
    "scopes_supported": ["openid", "offline_access", "patient/*.rs"],
    "token_endpoint_auth_methods_supported": ["none", "client_secret_basic"],
    "code_challenge_methods_supported": ["S256"],
    "ui_locales_supported": ["en"],
}
SETTINGS = ExternalIssuer(ISSUER, client_id="payer", client_secret="s3cret", members={"x1": "ada"})


class Issuer:
    """Answers for the other authorization server, or doesn't."""

    def __init__(self) -> None:
        self.metadata: Mapping[str, Any] = METADATA
        self.token: dict[str, Any] = {"active": True, "sub": "x1", "scope": "patient/*.rs"}
        self.down = False
        self.asked: list[str] = []

    def __call__(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        self.asked.append(url.removeprefix(ISSUER))
        if self.down:
            raise IssuerUnreachable("down")
        return json.dumps(self.token if url.endswith("introspect") else self.metadata).encode()


@pytest.fixture
def issuer() -> Issuer:
    return Issuer()


@pytest.fixture
def outside(issuer: Issuer) -> Browser:
    house = House(external=SETTINGS)
    tenant = house.tenant("plain")
    tenant.authenticator = Outside(SETTINGS, lambda: tenant.world, issuer)
    return Browser(house, tenant)


def get(client: Browser, path: str, token: str = "") -> httpx.Response:
    return client.send(
        "GET", f"/plain{path}", headers={"Authorization": f"Bearer {token}"} if token else {}
    )


def test_the_smart_configuration_names_the_issuers_endpoints(outside: Browser) -> None:
    found = get(outside, "/fhir/.well-known/smart-configuration").json()
    assert found["issuer"] == ISSUER
    assert found["authorization_endpoint"] == f"{ISSUER}/auth"
    assert found["token_endpoint"] == f"{ISSUER}/token"
    assert "ui_locales_supported" not in found
    assert "client-public" in found["capabilities"]
    assert "client-confidential-asymmetric" not in found["capabilities"]


def test_so_does_the_capability_statement(outside: Browser) -> None:
    (rest,) = get(outside, "/fhir/metadata").json()["rest"]
    (extension,) = rest["security"]["extension"]
    uris = {one["url"]: one["valueUri"] for one in extension["extension"]}
    assert uris == {
        "authorize": f"{ISSUER}/auth",
        "token": f"{ISSUER}/token",
        "introspect": f"{ISSUER}/introspect",
    }


@pytest.mark.parametrize(
    "path", ["/oauth/authorize", "/oauth/jwks", "/portal/apps", "/.well-known/openid-configuration"]
)
def test_there_is_no_login_of_its_own(outside: Browser, path: str) -> None:
    assert get(outside, f"{path}").status_code == 404


def test_a_subject_is_mapped_to_a_patient(outside: Browser, issuer: Issuer) -> None:
    found = get(outside, "/fhir/Patient", "abc").json()
    assert [one["resource"]["id"] for one in found["entry"]] == [
        outside.tenant.world.people["ada"].patient
    ]
    get(outside, "/fhir/Patient", "abc")
    assert issuer.asked == ["/.well-known/openid-configuration", "/introspect", "/introspect"]
    issuer.token = {"active": True, "sub": "nobody", "scope": "patient/*.rs"}
    assert get(outside, "/fhir/Patient", "abc").status_code == 403
    issuer.token = {"active": False}
    assert get(outside, "/fhir/Patient", "abc").status_code == 401
    assert get(outside, "/fhir/Patient").status_code == 401


def test_scopes_are_those_of_the_token(outside: Browser, issuer: Issuer) -> None:
    issuer.token = {"active": True, "sub": "x1", "scope": "openid patient/Coverage.rs"}
    assert get(outside, "/fhir/Coverage", "abc").status_code == 200
    assert get(outside, "/fhir/Condition", "abc").status_code == 403


def test_an_issuer_that_is_down(outside: Browser, issuer: Issuer) -> None:
    issuer.down = True
    for path in ("Patient", ".well-known/smart-configuration"):
        answer = get(outside, f"/fhir/{path}", "abc")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
    statement = get(outside, "/fhir/metadata").json()
    assert statement["rest"][0]["security"]["extension"][0]["extension"] == []


def judged(issuer: Issuer, times: list[float]) -> Access | Refusal:
    outside = Outside(SETTINGS, House().tenant("plain").world.__class__, issuer, lambda: times[-1])  # type: ignore[arg-type]
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "headers": [(b"authorization", b"Bearer a")],
    }
    return asyncio.run(outside.authenticate(Request(scope)))


@pytest.mark.parametrize(
    "change", [{"issuer": "https://other.example"}, {"introspection_endpoint": ""}]
)
def test_metadata_that_cannot_be_used(issuer: Issuer, change: dict[str, str]) -> None:
    issuer.metadata = {**METADATA, **change}
    found = judged(issuer, [1.0])
    assert isinstance(found, Refusal)
    assert found.status == 503


def test_metadata_is_asked_for_again_after_a_while(issuer: Issuer) -> None:
    times = [1000.0]
    outside = Outside(SETTINGS, lambda: None, issuer, lambda: times[-1])  # type: ignore[arg-type,return-value]
    outside.metadata()
    outside.metadata()
    assert len(issuer.asked) == 1
    times.append(1301.0)
    outside.metadata()
    assert len(issuer.asked) == 2


def test_capabilities_without_any_claim() -> None:
    assert capabilities({}) == ("launch-standalone", "client-confidential-symmetric")


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"accept": "trust"}, "accept"),
        ({"accept": "jwks"}, "audience"),
        ({}, "client_id"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any], key: str) -> None:
    with pytest.raises(ValueError, match=key):
        ExternalIssuer(ISSUER, **settings)


def test_the_secret_is_in_no_repr_but_travels() -> None:
    assert "s3cret" not in repr(SETTINGS)
    assert ExternalIssuer(**SETTINGS.settings()) == SETTINGS
