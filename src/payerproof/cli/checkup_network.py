"""What ``payerproof doctor`` asks of the network: names, certificates, discovery."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from payerproof.cli.checkup import Finding, problem

if TYPE_CHECKING:
    from payerproof.polite import Http
    from payerproof.target import Target

_SOON_DAYS = 21


def hosts(target: Target) -> list[tuple[str, int, bool]]:
    """Host, port and whether it speaks TLS, of every endpoint, page and hook; each once."""
    addresses = [value for _, value in target.endpoints if value]
    addresses += [value for _, value in target.pages if value]
    addresses += [one.url for one in target.controls.values() if one.url]
    found = []
    for address in addresses:
        parts = urlsplit(address)
        secure = parts.scheme == "https"
        found.append((parts.hostname or "", parts.port or (443 if secure else 80), secure))
    return list(dict.fromkeys(found))


def look_at_hosts(target: Target) -> Iterator[Finding]:
    """Name and certificate of every host of the payer file."""
    if target.tls.proxy:
        yield Finding("hosts", "note", "behind a proxy: names and certificates are left to it.")
        return
    context = _context(target)
    for host, port, secure in hosts(target):
        try:
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except socket.gaierror as error:
            text = f"the name {host} is not known here ({error.strerror}); correct it, or the DNS."
            yield problem(f"name of {host}", text)
            continue
        try:
            with socket.create_connection((host, port), target.limits.connect_seconds) as plain:
                if secure:
                    with context.wrap_socket(plain, server_hostname=host) as channel:
                        yield _certificate(host, port, channel)
                else:
                    yield Finding(f"{host}:{port}", "note", "answers, without TLS.")
        except ssl.SSLCertVerificationError as error:
            yield problem(f"certificate of {host}:{port}", _untrusted(target, error))
        except ssl.SSLError as error:
            yield problem(f"TLS of {host}:{port}", f"no TLS connection: {error.reason}.")
        except OSError as error:
            reason = "no answer in time" if isinstance(error, TimeoutError) else error.strerror
            yield problem(f"{host}:{port}", f"can't be reached: {reason}.")


def _context(target: Target) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if target.tls.ca_bundle:
        context.load_verify_locations(target.tls.ca_bundle)
    if target.tls.client_certificate:
        context.load_cert_chain(target.tls.client_certificate, target.tls.client_key)
    return context


def _certificate(host: str, port: int, channel: ssl.SSLSocket) -> Finding:
    subject = f"certificate of {host}:{port}"
    expiry = dict(channel.getpeercert() or {}).get("notAfter", "")
    days = int((ssl.cert_time_to_seconds(str(expiry)) - time.time()) // 86400)
    told = f"{channel.version()}, trusted, {days} days left."
    return Finding(subject, "note" if days < _SOON_DAYS else "fine", told)


def _untrusted(target: Target, error: ssl.SSLCertVerificationError) -> str:
    bundle = target.tls.ca_bundle
    hint = f"tls.ca_bundle is {bundle}" if bundle else "a private authority goes to tls.ca_bundle"
    return f"not trusted: {error.verify_message}; {hint}. Certificate errors are never ignored."


def look_at_discovery(target: Target, http: Http) -> Iterator[Finding]:
    """SMART configuration and CapabilityStatement of the Patient Access API, without a token."""
    from payerproof.fhir.client import FhirClient
    from payerproof.polite import Unreachable
    from payerproof.smart.configuration import fetch

    base = target.endpoints.patient_access.rstrip("/")
    headers = dict(target.quirks.headers)
    headers |= {name: one.reveal() for name, one in target.quirks.secret_headers.items()}
    try:
        found = fetch(http, base)
        statement = FhirClient(http, base, headers=headers).get("metadata").body
    except Unreachable as trouble:
        yield problem("discovery", trouble.sentence)
        return
    named = {name: found.endpoint(f"{name}_endpoint") for name in ("authorization", "token")}
    missing = [name for name, address in named.items() if not address]
    if missing:
        text = f"{base} names no {' and no '.join(missing)} endpoint, so nobody can log in."
        yield problem("discovery", text)
    else:
        yield Finding("discovery", "fine", f"authorization at {named['authorization']}.")
    version = statement.get("fhirVersion")
    if version:
        yield Finding("capability statement", "fine", f"FHIR {version}.")
    else:
        text = f"{base}/metadata gives no CapabilityStatement with a FHIR version."
        yield Finding("capability statement", "note", text)


def look_at_partners(target: Target, http: Http) -> Iterator[Finding]:
    """Whether each clinic and each other payer is given a token at the API that it asks."""
    from payerproof.polite import Unreachable
    from payerproof.smart.backend import BackendServices
    from payerproof.smart.configuration import fetch

    apis = (
        ("clinic", target.endpoints.provider_access, target.clinics),
        ("payer", target.endpoints.payer_to_payer, target.payers),
    )
    for kind, base, partners in apis:
        for partner in partners if base else ():
            subject = f"token of {kind} {partner.id}"
            try:
                endpoint = partner.token_endpoint or fetch(http, str(base).rstrip("/")).endpoint(
                    "token_endpoint"
                )
                if not endpoint:
                    yield problem(subject, f"{base} names no token endpoint; set token_endpoint.")
                    continue
                backend = BackendServices(http, partner, partner.id, endpoint, partner.scopes)
                answer = backend.ask()
            except Unreachable as trouble:
                yield problem(subject, trouble.sentence)
                continue
            told = f"{answer.status} {answer.error}".strip()
            given = Finding(subject, "fine", f"given for {' '.join(answer.scopes)}.")
            yield given if answer.gave_token else Finding(subject, "note", f"not given: {told}.")
