"""Addresses of the partners' API, below ``/partner``."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from payerproof.sandbox.partners import bulk, discovery, token
from payerproof.sandbox.partners.api import PartnerEndpoint


def routes() -> list[BaseRoute]:
    """All addresses for clinics and payers."""
    return [
        Route("/fhir/.well-known/smart-configuration", discovery.smart_endpoint),
        Route("/fhir/.well-known/udap", discovery.udap_endpoint),
        Route("/fhir", PartnerEndpoint),
        Mount("/fhir", routes=[Route("/{rest:path}", PartnerEndpoint)]),
        Route("/bulk/jobs/{job}", bulk.job_endpoint, methods=["GET", "DELETE"]),
        Route("/bulk/files/{job}/{name}", bulk.file_endpoint, methods=["GET"]),
        Route("/oauth/token", token.token_endpoint, methods=["POST"]),
        Route("/oauth/register", discovery.registration_endpoint, methods=["POST"]),
    ]
