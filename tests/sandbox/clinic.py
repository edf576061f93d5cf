"""A clinic's (or another payer's) system at the partners' API, for tests of the sandbox."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import httpx
from joserfc import jwt
from member_browser import Browser, fresh_house

from payerproof.sandbox.app import House, parse_tenant_name
from payerproof.sandbox.partners.clients import PartnerClient, keys_of, published_keys
from payerproof.sandbox.tenant import Tenant

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


def clinic_house() -> House:
    """A house whose clients' own addresses answer without a network."""
    house = fresh_house()

    def fetch(url: str, _body: bytes | None, _headers: Any) -> bytes:
        return json.dumps(published_keys(url.split("/")[-2])).encode()

    house.fetch = fetch
    return house


@dataclass
class Clinic:
    """One registered client at one tenant; `name` is the short id of the fixture."""

    tenant: Tenant
    house: House
    name: str = "testville-clinic"
    tokens: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.browser = Browser(self.house, self.tenant)
        self.base = self.tenant.partner_fhir_base

    @property
    def client(self) -> PartnerClient:
        return next(c for c in self.tenant.clients.values() if c.id == self.name)

    def other(self, name: str) -> Clinic:
        return Clinic(self.tenant, self.house, name)

    def patient(self, user: str) -> str:
        return self.tenant.world.people[user].patient

    def assertion(self, key: Any = None, algorithm: str = "ES384", header: Any = None, **changed):
        claims = {
            "iss": self.client.client_id,
            "sub": self.client.client_id,
            "aud": self.tenant.partner_token_endpoint,
            "exp": int(time.time()) + 240,
            "jti": uuid.uuid4().hex,
            **changed,
        }
        key = key or keys_of(self.client).elliptic
        head = {"alg": algorithm, "kid": key.kid, **(header or {})}
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(head, kept, key, algorithms=[algorithm])

    def token_answer(self, scope: str | None = "system/*.rs", **changed: Any) -> httpx.Response:
        form = {
            "grant_type": "client_credentials",
            "scope": scope,
            "client_assertion_type": ASSERTION,
            "client_assertion": changed.pop("signed", None) or self.assertion(),
            **changed,
        }
        kept = {name: value for name, value in form.items() if value is not None}
        return self.browser.send("POST", self.tenant.partner_token_endpoint, data=kept)

    def token(self, scope: str = "system/*.rs") -> str:
        if scope not in self.tokens:
            answer = self.token_answer(scope)
            assert answer.status_code == 200, answer.text
            self.tokens[scope] = answer.json()["access_token"]
        return self.tokens[scope]

    def send(self, method: str, path: str, *, scope: str = "system/*.rs", **more: Any):
        url = path if path.startswith("https:") else f"{self.base}/{path}"
        token = more.pop("token", None)
        bearer = self.token(scope) if token is None else token
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        headers |= more.pop("headers", {})
        return self.browser.send(method, url, headers=headers, **more)

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.send("GET", path, **more)

    def control(self, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.house.control_token}"}
        url = f"{self.tenant.base}/control/{path}"
        method = "GET" if body is None else "POST"
        more = {} if body is None else {"json": body}
        answer = self.browser.send(method, url, headers=headers, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()


def at(tenant: str = "plain", name: str = "testville-clinic") -> Clinic:
    house = clinic_house()
    return Clinic(house.add(tenant, parse_tenant_name(tenant)), house, name)


@dataclass
class Export:
    """A finished export: its manifest, and the resources of its files."""

    manifest: dict[str, Any]
    resources: list[dict[str, Any]]
    answers: list[httpx.Response] = field(default_factory=list)

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [one for one in self.resources if one["resourceType"] == kind]

    def patients(self) -> set[str]:
        return {one["id"] for one in self.of("Patient")}

    def text(self) -> str:
        return json.dumps(self.resources)


ATR = "$davinci-data-export"
ASYNC = {"Prefer": "respond-async"}


def parameters(**values: Any) -> dict[str, Any]:
    rows = []
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            kind = "valueReference" if name == "patient" else "valueString"
            rows.append({"name": name, kind: {"reference": one} if name == "patient" else one})
    return {"resourceType": "Parameters", "parameter": rows}


def roster(clinic: Clinic) -> dict[str, Any]:
    entries = clinic.get("Group").json().get("entry", [])
    return next(
        e["resource"]
        for e in entries
        if e["resource"]["code"]["coding"][0]["code"] == "pdexprovidergroup"
    )


def members(group: dict[str, Any]) -> set[str]:
    return {row["entity"]["reference"].partition("/")[2] for row in group.get("member", [])}


def kick_off(clinic: Clinic, group: str = "", *, atr: bool = True, **values: Any) -> httpx.Response:
    group = group or roster(clinic)["id"]
    headers = values.pop("headers", ASYNC)
    scope = values.pop("scope", "system/*.rs")
    if not atr:
        query = {f"_{k}" if k != "patient" else k: v for k, v in values.items()}
        return clinic.send(
            "GET", f"Group/{group}/$export", params=query, headers=headers, scope=scope
        )
    given = {"exportType": "hl7.fhir.us.davinci-pdex#provider-download"}
    for name, value in values.items():
        given[name if name in ("patient", "exportType") else f"_{name}"] = value
    body = parameters(**{k: v for k, v in given.items() if v is not None})
    path = f"Group/{group}/{ATR}"
    return clinic.send("POST", path, json=body, headers=headers, scope=scope)


def poll(clinic: Clinic, where: str, *, seconds: float = 10.0) -> httpx.Response:
    end = time.monotonic() + seconds
    while True:
        answer = clinic.get(where)
        if answer.status_code != 202 or time.monotonic() > end:
            return answer
        time.sleep(0.02)


def fetch(clinic: Clinic, manifest: dict[str, Any], **more: Any) -> Export:
    answers = [clinic.get(row["url"], **more) for row in manifest["output"]]
    assert all(answer.status_code == 200 for answer in answers)
    lines = [line for answer in answers for line in answer.text.splitlines() if line]
    return Export(manifest, [json.loads(line) for line in lines], answers)


def export(clinic: Clinic, group: str = "", **values: Any) -> Export:
    begun = kick_off(clinic, group, **values)
    assert begun.status_code == 202, begun.text
    done = poll(clinic, begun.headers["content-location"])
    assert done.status_code == 200, done.text
    return fetch(clinic, done.json())
