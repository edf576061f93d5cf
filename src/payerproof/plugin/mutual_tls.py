"""Endpoints at which a payer asks for a client certificate (mutual TLS, RFC 8705)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

from payerproof.expect.hosts import place
from payerproof.plugin.organisations import Organisation, configuration_at
from payerproof.plugin.session import RunSession
from payerproof.polite import Http, Unreachable, asks_for_certificate
from payerproof.smart.backend import BackendServices
from payerproof.smart.client import client_assertion
from payerproof.smart.configuration import SmartConfiguration
from payerproof.target import Clinic

ALIASES = "mtls_endpoint_aliases"
"""Member of an authorization server's metadata (RFC 8705 section 5)."""


def announced(session: RunSession) -> tuple[str, ...]:
    """Addresses for mutual TLS, in the metadata of each API or in the payer file.

    Raises `Inconclusive` where metadata could not be fetched.
    """
    known = [*session.target.tls.mutual]
    for configuration in _configurations(session):
        known += aliases(configuration.document).values()
    known += aliases(_openid(session)).values()
    return tuple(dict.fromkeys(known))


def aliases(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Endpoints for mutual TLS in one server's metadata, by their usual name."""
    found = metadata.get(ALIASES)
    named = found.items() if isinstance(found, dict) else ()
    return {name: url for name, url in named if isinstance(url, str)}


def _configurations(session: RunSession) -> Iterator[SmartConfiguration]:
    yield session.configuration
    endpoints = session.target.endpoints
    for base in dict.fromkeys((endpoints.provider_access, endpoints.payer_to_payer)):
        if base:
            yield configuration_at(session, base.rstrip("/"))


def _openid(session: RunSession) -> Mapping[str, Any]:
    """Metadata of the issuer of identity tokens; empty where there are none."""
    issuer = session.configuration.issuer
    if not issuer:
        return {}
    client = replace(session.anonymous(), memory=session.memo)
    address = issuer.rstrip("/") + "/.well-known/openid-configuration"
    with suppress(Unreachable):
        return client.get(address, accept="application/json").body
    return {}


def handshake_trouble(session: RunSession, url: str) -> str:
    """Say how an endpoint falls short of asking for a certificate; empty where it does ask."""
    host, port = place(url)
    if urlsplit(url).scheme.lower() != "https":
        return "is no https address"
    try:
        asks = asks_for_certificate(host, port, timeout=session.target.limits.connect_seconds)
    except Unreachable:
        return "does not answer"
    return "" if asks else "asks for no certificate"


@contextmanager
def without_certificate(session: RunSession) -> Iterator[Http]:
    """HTTP that shows no certificate, even where the payer file has one."""
    bare = session.target.tls.model_copy(update={"client_certificate": None, "client_key": None})
    http = Http(session.recorder, session.target.limits, bare, share=1 / session.settings.workers)
    try:
        yield http
    finally:
        http.close()


@dataclass(frozen=True)
class Tried:
    """What came of asking for a token."""

    given: bool
    told: str
    exchange: str


def proven(session: RunSession, clinic: Organisation[Clinic], endpoint: str) -> str:
    """Why the payer file's certificate opens nothing there either; empty where it does, or is none.

    It is the control of a refusal: without it a host that refuses everybody would look strict.
    """
    if session.target.tls.client_certificate is None:
        return ""
    tried = token_from(clinic, session.http, endpoint)
    return "" if tried.given else f"with the payer file's certificate no token came: {tried.told}"


def token_from(clinic: Organisation[Clinic], http: Http, endpoint: str) -> Tried:
    """Ask an endpoint for a clinic's token just as the ordinary one is asked."""
    partner = clinic.partner
    signed = client_assertion(partner, clinic.backend.endpoint)
    backend = BackendServices(http, partner, clinic.id, endpoint, partner.scopes)
    try:
        answer = backend.ask(assertion=signed)
    except Unreachable as trouble:
        return Tried(False, trouble.sentence, trouble.exchange)
    told = "a token was given" if answer.gave_token else f"refused: {answer.status} {answer.error}"
    return Tried(answer.gave_token, told.strip(), answer.exchange)
