"""Headers by which apps' libraries go, unless somebody sets others."""

from __future__ import annotations

ACCEPTS = ("", "*/*", "application/json", "application/fhir+json", "text/html")
"""Accept headers with which discovery documents are asked for."""

USER_AGENTS = ("okhttp/4.12.0", "HealthApp/1.0 CFNetwork/1494.0.7 Darwin/23.4.0", "axios/1.7.2")
"""As apps on Android and iOS and in server-side JavaScript send it."""

ANYBODY = "https://anybody.payerproof.example"
"""An origin that no payer has heard of."""
