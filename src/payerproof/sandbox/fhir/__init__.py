"""The sandbox payer's FHIR R4 API: read, search, and the policies that gate them."""

from __future__ import annotations

from payerproof.sandbox.fhir.policy import FhirPolicies
from payerproof.sandbox.fhir.server import answer, earlier_at, mounted_at, routes

__all__ = ["FhirPolicies", "answer", "earlier_at", "mounted_at", "routes"]
