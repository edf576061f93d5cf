"""Mutual TLS: endpoints that are announced for it ask for a certificate, and want one."""

from __future__ import annotations

from payerproof.plugin.mutual_tls import (
    aliases,
    announced,
    handshake_trouble,
    proven,
    token_from,
    without_certificate,
)
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Clinic,
    Organisation,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)


@check("transport.mutual-tls/asks-for-a-certificate")
def test_a_certificate_is_asked_for(run_session: RunSession, target: Target) -> None:
    """Each endpoint announced for mutual TLS answers, and asks for a certificate."""
    # given endpoints that the metadata or the payer file announce for mutual TLS
    endpoints = announced(run_session)
    not_applicable_unless(endpoints, "The payer announces no endpoint for mutual TLS.")
    inconclusive_unless(
        not target.tls.proxy, "handshakes are not tried through the proxy of the payer file"
    )
    # when a handshake is begun with each
    troubles = {url: handshake_trouble(run_session, url) for url in endpoints}
    # then the server asks for a certificate
    told = [f"{url} {trouble}" for url, trouble in troubles.items() if trouble]
    expect.that(
        not told,
        "a request for a certificate in each handshake",
        "; ".join(told) or f"asked for at {', '.join(endpoints)}",
    )


@check("transport.mutual-tls-required/no-certificate", needs=("clinic",))
def test_no_token_without_a_certificate(
    run_session: RunSession, clinic: Organisation[Clinic]
) -> None:
    """A request that is right but for the certificate brings no token there."""
    # given a token endpoint for mutual TLS, and a clinic that is given tokens at the ordinary one
    endpoint = aliases(clinic.configuration.document).get("token_endpoint", "")
    not_applicable_unless(endpoint, "The payer announces no token endpoint for mutual TLS.")
    inconclusive_unless(clinic.grant.access_token, "the clinic is given no token at all")
    trouble = handshake_trouble(run_session, endpoint)
    inconclusive_unless(trouble != "does not answer", "nobody answers there, so it refuses nobody")
    unproven = proven(run_session, clinic, endpoint)
    inconclusive_unless(not unproven, unproven)
    # when the same is asked for there without a certificate
    with without_certificate(run_session) as http:
        tried = token_from(clinic, http, endpoint)
    # then the connection or the request is refused
    expect.that(not tried.given, "no token without a certificate", tried.told, tried.exchange)
