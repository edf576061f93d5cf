"""Encryption: every host speaks current TLS with a valid certificate, and nothing in the clear."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from payerproof.expect.hosts import ROLES, address_of, by_host, links_in
from payerproof.plugin.session import RunSession
from payerproof.polite import Unreachable
from payerproof.polite.tls_probe import PlainHttp, plain_http, probe_versions
from payerproof.suite import (
    Api,
    Person,
    SmartConfiguration,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

OLD = ("TLS 1.0", "TLS 1.1")
CURRENT = ("TLS 1.2", "TLS 1.3")


@check("standards.tls/old-versions-refused")
def test_old_tls_is_refused(target: Target, smart: SmartConfiguration) -> None:
    """TLS 1.0 and 1.1 handshakes are refused on each host."""
    # given the hosts that the member's data and login pass through
    hosts = by_host(target, smart)
    inconclusive_unless(
        not target.tls.proxy, "handshakes are not tried through the proxy of the payer file"
    )
    # when a handshake is tried with each, in each version alone
    spoken = {
        f"{host}:{port}": probe_versions(host, port, timeout=target.limits.connect_seconds)
        for host, port in hosts
    }
    for host, versions in spoken.items():
        inconclusive_unless(
            any(versions[name] for name in CURRENT),
            f"{host} shook hands in no current version, so a refusal says nothing",
        )
    # then the old ones are refused
    old = {host: [n for n in OLD if versions[n]] for host, versions in spoken.items()}
    expect.that(
        not any(old.values()),
        f"TLS 1.2 or later and nothing older on {', '.join(spoken)}",
        "; ".join(
            f"{host} speaks {', '.join(name for name, taken in versions.items() if taken)}"
            for host, versions in spoken.items()
        ),
    )
    unknown = {n for versions in spoken.values() for n in OLD if versions[n] is None}
    inconclusive_unless(
        not unknown, f"{' and '.join(sorted(unknown))} could not be tried from this computer"
    )


@check("standards.tls/chain-and-name")
def test_certificates_are_valid(api: Api, target: Target, smart: SmartConfiguration) -> None:
    """Each host's certificate is in date, names the host and chains to a trusted root."""
    # given the hosts that the member's data and login pass through
    hosts = by_host(target, smart)
    # when each is asked for anything, its certificate being verified
    troubles, exchanges = zip(*(_answers(api, url) for url in hosts.values()), strict=True)
    # then an answer comes, which proves date, name and chain
    expect.that(
        not any(troubles),
        "a certificate on each host that is in date, names it and is trusted",
        "; ".join(filter(None, troubles))
        or f"verified on {', '.join(f'{host}:{port}' for host, port in hosts)}",
        *exchanges,
    )
    remark(
        f"Trusted besides the public authorities: those in {target.tls.ca_bundle.name}."
        if target.tls.ca_bundle
        else "Trusted: the public authorities."
    )


@check("transport.no-plain-http/each-host")
def test_nothing_in_the_clear(
    run_session: RunSession, target: Target, smart: SmartConfiguration
) -> None:
    """http:// on each host is closed or redirects without data."""
    # given the hosts that the member's data and login pass through
    hosts = by_host(target, smart)
    # when the same path is asked for over plain HTTP, without a token
    tried = {
        host: plain_http(
            run_session.http,
            host,
            80 if port == 443 else port,
            urlsplit(url).path or "/",
            deadline=target.limits.connect_seconds,
        )
        for (host, port), url in hosts.items()
    }
    # then the port is closed, refuses, or sends the caller to https
    open_ones = {host: told for host, plain in tried.items() if (told := _in_the_clear(plain))}
    expect.that(
        not open_ones,
        "plain HTTP closed, refused, or redirected to https on each host",
        "; ".join(f"{host} {told}" for host, told in open_ones.items())
        or f"so on {', '.join(tried)}",
        *(plain.exchange for plain in tried.values()),
    )


@check("transport.no-plain-http/links", needs=("member",))
def test_no_link_is_plain_http(
    api: Api, capability: Mapping[str, Any], member: Person, smart: SmartConfiguration
) -> None:
    """No link, fullUrl, next or discovery URL is http."""
    # given what discovery, the record and a page of claims link to
    reply = api.as_(member).search(
        "ExplanationOfBenefit", [("patient", member.patient_id), ("_count", "1")]
    )
    implementation = capability.get("implementation") or {}
    linked = [
        *(value for value in smart.document.values() if isinstance(value, str)),
        *smart.from_capability.values(),
        str(implementation.get("url") or ""),
        *links_in(reply.json),
        *links_in(list(member.record.everything)),
    ]
    inconclusive_unless(reply.entries, "no claim came that could hold a link", reply.exchange)
    # when their schemes are looked at
    plain = [url for url in linked if url.lower().startswith("http://")]
    hosts = sorted({urlsplit(url).netloc for url in plain})
    # then none is http
    expect.that(
        not plain,
        "https in every link and endpoint",
        f"{len(plain)} over plain http, to {', '.join(hosts[:4])}"
        if plain
        else f"https in all of {sum(map(bool, linked))}",
        reply.exchange,
        smart.exchange,
    )


@check("transport.hsts/each-host")
@each("host", ROLES)
def test_hsts(api: Api, target: Target, smart: SmartConfiguration, host: str) -> None:
    """Each host sends Strict-Transport-Security."""
    # given an address on a host with a name (RFC 6797 section 8.1.1 leaves out bare IP addresses)
    url = address_of(host, target, smart)
    not_applicable_unless(
        not _is_bare_address(urlsplit(url).hostname or ""),
        "The host is a bare IP address, to which the header does not apply.",
    )
    # when it is asked for anything
    answer = api.once().get(url).answer
    value = answer.headers.get("strict-transport-security") or ""
    ages = [part.partition("=")[2].strip(' "') for part in value.split(";") if "max-age" in part]
    # then it asks for https from now on
    expect.that(
        ages and ages[0].isdigit() and int(ages[0]) > 0,
        "Strict-Transport-Security with a max-age above zero",
        f"{json.dumps(value) if value else 'no such header'} ({{x:{answer.exchange}}})",
        answer.exchange,
    )


def _answers(api: Api, url: str) -> tuple[str, str]:
    """Why the connection was not trusted, and the exchange; other troubles pass on."""
    try:
        return "", api.once().get(url).exchange
    except Unreachable as trouble:
        if trouble.kind != "tls":
            raise
        return trouble.sentence, trouble.exchange


def _in_the_clear(plain: PlainHttp) -> str:
    """What an unencrypted request got that it should not, or an empty string."""
    if plain.answer is None:
        return ""
    if 200 <= plain.answer.status < 300:
        return f"answers {plain.answer.status} ({{x:{plain.exchange}}})"
    if (plain.answer.headers.get("location") or "").lower().startswith("http://"):
        return f"sends on to plain HTTP ({{x:{plain.exchange}}})"
    return ""


def _is_bare_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
