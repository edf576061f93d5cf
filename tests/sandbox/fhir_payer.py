"""A payer for tests of the FHIR API: the real API over the real data, with tokens made by hand.

Requests go straight to the ASGI endpoint, so that a path reaches it byte for byte as written.
"""

from __future__ import annotations

import json
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlencode

from starlette.routing import Router

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data import World, build_world
from payerproof.sandbox.faces import FACES
from payerproof.sandbox.fhir import FhirPolicies, mounted_at

WIDE = ("patient/*.rs",)
BASE = "https://payer.example/plain/fhir"
FACE_NAMES = tuple(FACES)


@cache
def world_of(face: str) -> World:
    return build_world(FACES[face].logical_id)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def resources(self) -> list[dict[str, Any]]:
        return [entry["resource"] for entry in self.json.get("entry", [])]

    @property
    def ids(self) -> list[str]:
        return [one["id"] for one in self.resources]

    def matches(self) -> list[dict[str, Any]]:
        entries = self.json.get("entry", [])
        return [one["resource"] for one in entries if one["search"]["mode"] == "match"]

    def included(self) -> list[dict[str, Any]]:
        entries = self.json.get("entry", [])
        return [one["resource"] for one in entries if one["search"]["mode"] == "include"]

    def link(self, relation: str) -> str:
        found = [one["url"] for one in self.json["link"] if one["relation"] == relation]
        return found[0] if found else ""


def finished(answering: Coroutine[Any, Any, Answer]) -> Answer:
    """Run a coroutine that never has to wait."""
    try:
        answering.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("the API waited for something")


@dataclass
class Payer:
    face_name: str = "plain"
    policies: FhirPolicies = field(default_factory=FhirPolicies)
    world: World | None = None
    tokens: dict[str, Access] = field(default_factory=dict)
    name: str = "plain"
    base: str = "https://payer.example/plain"
    fhir_base: str = BASE

    def __post_init__(self) -> None:
        self.face = FACES[self.face_name]
        self.world = self.world or world_of(self.face_name)
        self._router = Router(mounted_at("/fhir"), redirect_slashes=False)
        self._tenant = SimpleNamespace(
            name=self.name,
            base=self.base,
            fhir_base=self.fhir_base,
            face=self.face,
            world=self.world,
            policies=SimpleNamespace(fhir=self.policies),
            authenticate=self._authenticate,
            disclosures=[],
            clock=SimpleNamespace(moment=lambda: datetime(2026, 11, 21, tzinfo=UTC)),
        )
        for person in self.world.people.values():
            if person.patient:
                self.grant(person.user)

    @property
    def tenant(self) -> SimpleNamespace:
        return self._tenant

    def patient(self, user: str) -> str:
        return self.world.people[user].patient

    def grant(self, user: str, *, member: str = "", token: str = "", **changes: Any) -> str:
        """Make a token: of a user, for a member (default: oneself)."""
        patient = self.patient(member or user)
        token = token or user
        access = Access(
            grant_id=f"grant-{token}",
            client_id="app",
            user=user,
            patient=patient,
            scopes=WIDE,
            fhir_user=self.world.fhir_user(user, patient),
        )
        self.tokens[token] = Access(**{**vars(access), **changes})
        return token

    def revoke(self, token: str) -> None:
        del self.tokens[token]

    def _authenticate(self, request: Any) -> Access | Refusal:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token in self.tokens:
            return self.tokens[token]
        challenge = {"WWW-Authenticate": 'Bearer realm="fhir"'}
        return Refusal(401, "invalid_token", "The access token is not valid", challenge)

    def ask(
        self,
        target: str,
        *,
        token: str = "ada",
        method: str = "GET",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send one request; `target` is below the FHIR base, or an absolute URL of it."""
        target = target.removeprefix(self.fhir_base)
        path, _, query = target.partition("?")
        sent = {k.lower(): v for k, v in (headers or {}).items()}
        if token:
            sent["authorization"] = f"Bearer {token}"
        raw = b"/plain/fhir" + path.encode("ascii")
        scope = {
            "type": "http",
            "method": method,
            "path": unquote(raw.decode("ascii")),
            "raw_path": raw,
            "root_path": "/plain",
            "query_string": query.encode("ascii"),
            "headers": [(k.encode(), v.encode("latin-1")) for k, v in sent.items()],
            "state": {"tenant": self._tenant},
            "scheme": "https",
            "server": ("payer.example", 443),
            "client": ("127.0.0.1", 1),
            "http_version": "1.1",
        }
        return finished(self._exchange(scope, body))

    def post(self, target: str, form: Any, *, token: str = "ada") -> Answer:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode(form, doseq=True).encode()
        return self.ask(target, token=token, method="POST", body=body, headers=headers)

    async def _exchange(self, scope: dict[str, Any], body: bytes) -> Answer:
        sent: list[dict[str, Any]] = []
        incoming = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self._router(scope, receive, send)
        content = b"".join(m.get("body", b"") for m in sent if m["type"] == "http.response.body")
        headers = {k.decode(): v.decode("latin-1") for k, v in sent[0]["headers"]}
        return Answer(sent[0]["status"], headers, content)

    def walk(self, target: str, *, token: str = "ada") -> list[Answer]:
        """Follow next links to the end."""
        pages = [self.ask(target, token=token)]
        while pages[-1].status == 200 and pages[-1].link("next"):
            assert len(pages) < 200, "the pages do not end"
            pages.append(self.ask(pages[-1].link("next"), token=token))
        return pages
