"""Tokens of another authorization server: by introspection (RFC 7662) and by keys (RFC 9068)."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from fhir_payer import world_of
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from starlette.requests import Request

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.external import (
    Authenticator,
    Fetcher,
    Introspection,
    IssuerUnreachable,
    Members,
    SignedTokens,
)

WORLD = world_of("plain")
ADA = WORLD.people["ada"].patient
ISSUER, AUDIENCE, NOW = "https://issuer.example", "https://payer.example/plain/fhir", 2_000_000.0


def members(claim: str = "sub", **named: str) -> Members:
    return Members(lambda: WORLD, claim, named)


def request(*authorization: str) -> Request:
    headers = [(b"authorization", one.encode()) for one in authorization]
    return Request({"type": "http", "headers": headers, "method": "GET", "path": "/"})


def judge(authenticator: Any, *authorization: str) -> Access | Refusal:
    return asyncio.run(authenticator.authenticate(request(*authorization)))


class Issuer:
    """Answers introspection and key requests, and counts them."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer
        self.asked: list[tuple[str, bytes | None, Mapping[str, str]]] = []

    def __call__(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        self.asked.append((url, body, headers))
        if isinstance(self.answer, Exception):
            raise self.answer
        return json.dumps(self.answer).encode()


ACTIVE = {
    "active": True,
    "sub": "ada",
    "client_id": "an-app",
    "scope": "openid patient/Coverage.rs",
    "iss": ISSUER,
}


def introspection(issuer: Issuer, **changes: Any) -> Introspection:
    return Introspection(
        f"{ISSUER}/introspect",
        "payer",
        "s:cret",
        members(),
        fetch=issuer,
        now=lambda: NOW,
        **changes,
    )


def test_an_active_token_opens_the_members_record() -> None:
    issuer = Issuer(ACTIVE)
    access = judge(introspection(issuer), "Bearer abc")
    assert isinstance(access, Access)
    assert (access.user, access.patient, access.client_id) == ("ada", ADA, "an-app")
    assert access.scopes == ("openid", "patient/Coverage.rs")
    assert access.fhir_user == f"Patient/{ADA}"
    assert not access.sensitive
    url, body, headers = issuer.asked[0]
    assert url == f"{ISSUER}/introspect"
    assert parse_qs(body.decode())["token"] == ["abc"]  # type: ignore[union-attr]
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")) == b"payer:s%3Acret"


def test_every_request_asks_anew() -> None:
    issuer = Issuer(ACTIVE)
    authenticator = introspection(issuer)
    assert isinstance(judge(authenticator, "Bearer abc"), Access)
    issuer.answer = {"active": False}
    refusal = judge(authenticator, "Bearer abc")
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        ({"active": False}, 401),
        ({**ACTIVE, "active": "true"}, 401),
        ({}, 401),
        ({**ACTIVE, "exp": NOW}, 401),
        ({**ACTIVE, "exp": "soon"}, 401),
        ({**ACTIVE, "nbf": NOW + 3600}, 401),
        ({**ACTIVE, "sub": "nobody"}, 403),
        ({**ACTIVE, "sub": ""}, 403),
        ({**ACTIVE, "sub": "cho"}, 403),
        (IssuerUnreachable("down"), 503),
        (IssuerUnreachable("not that kind of token", 400), 401),
        (IssuerUnreachable("who are you?", 401), 503),
        ([ACTIVE], 503),
    ],
)
def test_what_opens_nothing(answer: Any, status: int) -> None:
    refusal = judge(introspection(Issuer(answer)), "Bearer abc")
    assert isinstance(refusal, Refusal)
    assert refusal.status == status
    if status == 401:
        assert refusal.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", [(), ("Basic abc",), ("Bearer a", "Bearer b"), ("Bearer ",)])
def test_without_a_bearer_token_nobody_is_asked(header: tuple[str, ...]) -> None:
    issuer = Issuer(ACTIVE)
    refusal = judge(introspection(issuer), *header)
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401
    assert issuer.asked == []


def test_the_audience_is_checked_where_one_is_set() -> None:
    for aud, expected in ((AUDIENCE, Access), ([AUDIENCE, "x"], Access), ("x", Refusal)):
        issuer = Issuer({**ACTIVE, "aud": aud})
        found = judge(introspection(issuer, audience=AUDIENCE), "Bearer abc")
        assert isinstance(found, expected)


def test_members_are_found_by_name_by_map_and_by_id() -> None:
    def patient(found: Members, **claims: str) -> str:
        access = found.access(claims)
        return access.patient if access else ""

    assert patient(members(), sub="ada") == ADA
    assert patient(members(), sub=ADA) == ADA
    assert patient(members("patient"), sub="eli", patient=ADA) == ADA
    assert patient(members("sub", x17="ada"), sub="x17") == ADA
    assert patient(members("sub", eli="ada"), sub="eli") == ADA
    assert patient(members("patient"), sub="ada") == ""


def test_grants_differ_by_member_and_app() -> None:
    found = [
        members().access({"sub": sub, "client_id": client, "iss": ISSUER})
        for sub in ("ada", "eli")
        for client in ("a", "b")
    ]
    assert len({one.grant_id for one in found if one}) == 4


KEY = ECKey.generate_key("P-256", {"kid": "one", "alg": "ES256"})
OTHER = ECKey.generate_key("P-256", {"kid": "two", "alg": "ES256"})


def key_set(*keys: ECKey) -> dict[str, Any]:
    return KeySet(list(keys)).as_dict(private=False)


def signed(key: ECKey = KEY, typ: str = "at+jwt", **changes: Any) -> str:
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "exp": NOW + 60, **changes}
    claims = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": key.kid, "typ": typ}, claims, key)


def signed_tokens(issuer: Issuer, clock: list[float] | None = None) -> SignedTokens:
    times = clock or [NOW]
    return SignedTokens(
        ISSUER, f"{ISSUER}/jwks", AUDIENCE, members(), fetch=issuer, now=lambda: times[-1]
    )


def test_a_signed_token_opens_the_members_record() -> None:
    issuer = Issuer(key_set(KEY))
    authenticator: Authenticator = signed_tokens(issuer)
    access = judge(authenticator, f"Bearer {signed(scp=['patient/Patient.rs'])}")
    assert isinstance(access, Access)
    assert (access.patient, access.scopes) == (ADA, ("patient/Patient.rs",))
    judge(authenticator, f"Bearer {signed()}")
    assert len(issuer.asked) == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "https://elsewhere.example"},
        {"aud": None},
        {"exp": NOW - 1},
        {"exp": None},
        {"nbf": NOW + 3600},
    ],
)
def test_claims_that_are_not_right(changes: dict[str, Any]) -> None:
    refusal = judge(signed_tokens(Issuer(key_set(KEY))), f"Bearer {signed(**changes)}")
    assert isinstance(refusal, Refusal)
    assert refusal.status == 401


def test_signatures_that_are_not_right() -> None:
    forged = ECKey.generate_key("P-256", {"kid": "one"})
    head, body, _ = signed().split(".")
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    tokens = [signed(forged), f"{none}.{body}.", f"{head}.{body}.", "a.b.c", "junk"]
    tokens.append(signed(typ="logout+jwt"))
    for token in tokens:
        refusal = judge(signed_tokens(Issuer(key_set(KEY))), f"Bearer {token}")
        assert isinstance(refusal, Refusal), token
        assert refusal.status == 401


def test_a_new_key_is_fetched_but_not_for_every_junk_token() -> None:
    issuer, clock = Issuer(key_set(KEY)), [NOW]
    authenticator = signed_tokens(issuer, clock)
    assert isinstance(judge(authenticator, f"Bearer {signed()}"), Access)
    for _ in range(5):
        judge(authenticator, "Bearer junk.junk.junk")
    assert len(issuer.asked) == 1
    issuer.answer = key_set(KEY, OTHER)
    clock.append(NOW + 31)
    assert isinstance(judge(authenticator, f"Bearer {signed(OTHER)}"), Access)
    assert len(issuer.asked) == 2


def test_keys_that_cannot_be_had() -> None:
    for answer in (IssuerUnreachable("down"), {"keys": "none"}, ["x"]):
        refusal = judge(signed_tokens(Issuer(answer)), f"Bearer {signed()}")
        assert isinstance(refusal, Refusal)
        assert refusal.status == 503


@contextmanager
def listening(status: int, content: bytes) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - the name is the library's

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/x?y=1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_fetching() -> None:
    with listening(200, b"{}") as url:
        assert Fetcher()(url, b"a=b", {}) == b"{}"
        assert Fetcher()(url, None, {}) == b"{}"
    with listening(500, b"{}") as url, pytest.raises(IssuerUnreachable, match="500"):
        Fetcher()(url, None, {})
    with pytest.raises(IssuerUnreachable, match="not HTTPS"):
        Fetcher()("http://issuer.example/jwks", None, {})
    with pytest.raises(IssuerUnreachable, match=r"localhost|127"):
        Fetcher(timeout_seconds=1)(url, None, {})


def test_secrets_stay_out_of_reprs() -> None:
    assert "s:cret" not in repr(introspection(Issuer(ACTIVE)))
