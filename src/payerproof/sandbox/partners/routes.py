"""Addresses of the partners' API, below ``/partner``."""

from __future__ import annotations

from starlette.routing import BaseRoute, Route

from payerproof.sandbox.partners import discovery, token


def routes() -> list[BaseRoute]:
    """All addresses for clinics and payers."""
    return [
        Route("/fhir/.well-known/smart-configuration", discovery.smart_endpoint),
        Route("/fhir/.well-known/udap", discovery.udap_endpoint),
        Route("/oauth/token", token.token_endpoint, methods=["POST"]),
        Route("/oauth/register", discovery.registration_endpoint, methods=["POST"]),
    ]
