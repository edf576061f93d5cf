"""Tokens of another authorization server: RFC 7662 introspection, or JWKS-verified JWTs.

A tenant answers its FHIR API with whatever `Authenticator` it holds. Its own authorization server
is the default; the two here let a deployment put the sandbox's FHIR API behind an issuer of its
own. Both map one claim of the token (``sub`` unless told otherwise) to a person of the world.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urlsplit

from anyio import to_thread
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import World

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MAX_ANSWER = 256 * 1024
_KEYS_LAST = 300.0
_KEYS_REST = 30.0


class Authenticator(Protocol):
    """Judges the bearer token of a FHIR request; may need time to ask elsewhere."""

    def authenticate(self, request: Request) -> Access | Refusal | Awaitable[Access | Refusal]:
        """Return what the token opens, or why it opens nothing."""


class IssuerUnreachable(Exception):
    """The other authorization server gave no usable answer; the text says what happened.

    `status` is that of its answer, 0 where none came.
    """

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


Fetch = Callable[[str, bytes | None, Mapping[str, str]], bytes]
"""URL, body (None: GET) and headers to the body of a 200 answer; raises `IssuerUnreachable`."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches over HTTPS (HTTP on loopback alone), trusting `ca_bundle` or the system's store."""

    ca_bundle: str = ""
    timeout_seconds: float = 5.0

    def __call__(self, url: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        """Send one request; no redirects are followed."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
            raise IssuerUnreachable(f"{parts.scheme}://{host} is not HTTPS")
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection = self._connection(parts.scheme, host, parts.port)
        try:
            connection.request("GET" if body is None else "POST", target, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read(_MAX_ANSWER + 1)
        except (OSError, http.client.HTTPException) as error:
            raise IssuerUnreachable(f"{host}: {type(error).__name__}") from error
        finally:
            connection.close()
        if answer.status != 200 or len(content) > _MAX_ANSWER:
            text = f"{host} answered {answer.status}, {len(content)} bytes"
            raise IssuerUnreachable(text, answer.status)
        return content

    def _connection(self, scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
        if scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self.timeout_seconds)
        context = ssl.create_default_context(cafile=self.ca_bundle or None)
        return http.client.HTTPSConnection(
            host, port, timeout=self.timeout_seconds, context=context
        )


@dataclass(frozen=True)
class Members:
    """Finds the member whom a claim of the token names.

    `named` maps claim values to portal user names; a value it lacks is tried as a portal user
    name, then as a Patient id. `claim` is the claim that is read.
    """

    world: Callable[[], World]
    claim: str = "sub"
    named: Mapping[str, str] = field(default_factory=dict)

    def access(self, claims: Mapping[str, Any]) -> Access | None:
        """Make the access of a member's token; None if the claim names no member."""
        value = str(claims.get(self.claim) or "")
        world = self.world()
        person = world.people.get(self.named.get(value, value)) or world.person_of(value)
        if not value or person is None or not person.patient:
            return None
        client = str(claims.get("client_id") or claims.get("azp") or "")
        parts = (claims.get("iss"), client, claims.get("sub"), person.patient)
        grant = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
        return Access(
            grant_id=f"external-{grant}",
            client_id=client,
            user=person.user,
            patient=person.patient,
            scopes=_scopes(claims),
            fhir_user=f"Patient/{person.patient}",
        )


@dataclass(frozen=True)
class Introspection:
    """Asks the issuer about every token anew (RFC 7662), so that a revocation counts at once.

    `audience`, where given, must be among the token's.
    """

    url: str
    client_id: str
    client_secret: str = field(repr=False)
    members: Members
    audience: str = ""
    fetch: Fetch = field(default_factory=Fetcher)
    now: Callable[[], float] = time.time

    async def authenticate(self, request: Request) -> Access | Refusal:
        """Judge the token by asking; 503 when the issuer cannot be asked.

        Some servers answer 400 where the token is of a kind that they don't introspect (an
        id_token, say), instead of ``active: false``: then it opens nothing.
        """
        token = bearer_token(request)
        if not token:
            return _refusal("", "An access token is required.")
        try:
            claims = await to_thread.run_sync(self._ask, token)
        except IssuerUnreachable as trouble:
            if trouble.status == 400:
                return _refusal("invalid_token", "The access token is not active.")
            return issuer_unavailable()
        if claims.get("active") is not True or not _timely(claims, self.now()):
            return _refusal("invalid_token", "The access token is not active.")
        if self.audience and self.audience not in _audiences(claims):
            return _refusal("invalid_token", "The access token is for another audience.")
        return self.members.access(claims) or _no_member()

    def _ask(self, token: str) -> Mapping[str, Any]:
        pair = f"{quote(self.client_id, safe='')}:{quote(self.client_secret, safe='')}"
        headers = {
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        form = urlencode({"token": token, "token_type_hint": "access_token"}).encode()
        return json_object(self.fetch(self.url, form, headers))


@dataclass
class SignedTokens:
    """Verifies JWT access tokens (RFC 9068) by the issuer's keys, fetched and kept for a while.

    Issuer, audience and expiry must all be there and right. Keys are asked for again when a token
    names one that is not known, at most every half minute.
    """

    issuer: str
    jwks_url: str
    audience: str
    members: Members
    algorithms: tuple[str, ...] = ("RS256", "ES256", "PS256", "RS384", "ES384")
    fetch: Fetch = field(default_factory=Fetcher)
    now: Callable[[], float] = time.time
    _keys: KeySet | None = field(default=None, init=False, repr=False)
    _fetched: float = field(default=0.0, init=False, repr=False)

    async def authenticate(self, request: Request) -> Access | Refusal:
        """Judge the token by its signature and claims; 503 when the keys cannot be had."""
        token = bearer_token(request)
        if not token:
            return _refusal("", "An access token is required.")
        try:
            claims = await to_thread.run_sync(self._verified, token)
        except IssuerUnreachable:
            return issuer_unavailable()
        if claims is None:
            return _refusal("invalid_token", "The access token is not valid here.")
        return self.members.access(claims) or _no_member()

    def _verified(self, token: str) -> Mapping[str, Any] | None:
        claims = self._decoded(token, self._key_set(refresh=False))
        if claims is None and self.now() - self._fetched > _KEYS_REST:
            claims = self._decoded(token, self._key_set(refresh=True))
        if claims is None or claims.get("iss") != self.issuer or "exp" not in claims:
            return None
        if self.audience not in _audiences(claims) or not _timely(claims, self.now()):
            return None
        return claims

    def _decoded(self, token: str, keys: KeySet) -> Mapping[str, Any] | None:
        try:
            decoded = jwt.decode(token, keys, algorithms=list(self.algorithms))
        except (JoseError, ValueError):
            return None
        kind = str(decoded.header.get("typ", "JWT")).lower().removeprefix("application/")
        return decoded.claims if kind in ("jwt", "at+jwt") else None

    def _key_set(self, *, refresh: bool) -> KeySet:
        if self._keys is None or refresh or self.now() - self._fetched > _KEYS_LAST:
            found = json_object(self.fetch(self.jwks_url, None, {"Accept": "application/json"}))
            try:
                self._keys = KeySet.import_key_set({"keys": found.get("keys", [])})
            except (JoseError, ValueError, TypeError) as error:
                raise IssuerUnreachable("the JWK Set cannot be read") from error
            self._fetched = self.now()
        return self._keys


def bearer_token(request: Request) -> str:
    """Return the token of a single well-formed Authorization header, or an empty string."""
    headers = request.headers.getlist("authorization")
    if len(headers) != 1:
        return ""
    scheme, _, token = headers[0].partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def json_object(content: bytes) -> Mapping[str, Any]:
    """Read a JSON object; raises `IssuerUnreachable` for anything else."""
    try:
        found = json.loads(content)
    except ValueError as error:
        raise IssuerUnreachable("the answer is not JSON") from error
    if not isinstance(found, dict):
        raise IssuerUnreachable("the answer is not a JSON object")
    return found


def _scopes(claims: Mapping[str, Any]) -> tuple[str, ...]:
    value = claims.get("scope") or claims.get("scp") or ""
    return tuple(value.split()) if isinstance(value, str) else tuple(map(str, value))


def _audiences(claims: Mapping[str, Any]) -> tuple[str, ...]:
    value = claims.get("aud") or ()
    return (value,) if isinstance(value, str) else tuple(map(str, value))


def _timely(claims: Mapping[str, Any], now: float) -> bool:
    try:
        begins, ends = float(claims.get("nbf", now)), float(claims.get("exp", now + 1))
    except (TypeError, ValueError):
        return False
    return begins <= now + 60 and now < ends


def _refusal(error: str, description: str) -> Refusal:
    challenge = 'Bearer realm="fhir"'
    if error:
        challenge += f', error="{error}", error_description="{description}"'
    return Refusal(401, error, description, {"WWW-Authenticate": challenge})


def _no_member() -> Refusal:
    return Refusal(403, "", "The token names no member of this plan.")


def issuer_unavailable() -> Refusal:
    """Refuse for now: no token can be judged while the issuer is silent."""
    text = "The authorization server cannot be asked at the moment."
    return Refusal(503, "temporarily_unavailable", text, {"Retry-After": "5"})
