"""What every answer passes through: HSTS, CORS, last-resort errors, slowness and faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

HeaderEdits = Mapping[str, str | None]
"""Headers by name: the value to set, or None to leave the header out."""

_OPEN_TO_SCRIPTS = (
    "/fhir",
    "/directory/fhir",
    "/formulary/fhir",
    "/oauth/token",
    "/oauth/jwks",
    "/oauth/userinfo",
    "/oauth/revoke",
    "/brands.json",
)
_ALLOWED_HEADERS = "Authorization, Content-Type, Accept, Prefer, If-None-Match, If-Modified-Since"
_EXPOSED_HEADERS = "Location, Content-Location, ETag, Last-Modified, Retry-After, WWW-Authenticate"


def is_open_to_scripts(path: str) -> bool:
    """Whether browser apps may call a path of the tenant: APIs, never pages with a session."""
    return path.startswith("/.well-known/") or any(
        path == start or path.startswith(start + "/") for start in _OPEN_TO_SCRIPTS
    )


def cors_headers(path: str, origin: str) -> dict[str, str]:
    """CORS for an actual request: any origin, and never with credentials (cookies)."""
    if not origin or not is_open_to_scripts(path):
        return {}
    return {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": _EXPOSED_HEADERS,
    }


def preflight_headers(path: str, origin: str) -> dict[str, str] | None:
    """CORS for a preflight; None where the path isn't open to scripts."""
    if not origin or not is_open_to_scripts(path):
        return None
    return {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
        "Access-Control-Allow-Headers": _ALLOWED_HEADERS,
        "Access-Control-Max-Age": "600",
    }


def security_headers(_tenant: Tenant) -> dict[str, str]:
    """Headers of every answer: HTTPS only for a year (RFC 6797), no content sniffing."""
    return {
        "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
        "X-Content-Type-Options": "nosniff",
    }


def crash_response(tenant: Tenant, request: Request) -> Response:
    """The answer when our own code failed: it says so, and nothing else."""
    if request.scope["path"].startswith(f"/{tenant.name}/fhir"):
        issue = {"severity": "fatal", "code": "exception", "diagnostics": "Internal error"}
        body = {"resourceType": "OperationOutcome", "issue": [issue]}
        return JSONResponse(body, 500, {"Cache-Control": "no-store"}, "application/fhir+json")
    return Response("Internal error", 500, media_type="text/plain")


def rewrite(_tenant: Tenant, _request: Request) -> Response | None:
    """An answer given before the request reaches its endpoint (an edge rule), or None."""
    return None


def edit_headers(
    _tenant: Tenant, _path: str, _status: int, _headers: Mapping[str, str]
) -> HeaderEdits:
    """Headers to set on an answer, replacing those of the same name; by default none."""
    return {}


def log_line(request: Request, path: str) -> str:
    """One line of the payer's log: method, path and the names of parameters.

    Neither values nor headers nor bodies: they hold tokens, codes and members' numbers.
    """
    names = "&".join(name for name, _ in request.query_params.multi_items())
    return f"{request.method} {path}{'?' if names else ''}{names}"


@dataclass(frozen=True)
class TransportPolicies:
    """The correct edge. `path` is below the tenant, as in ``/fhir/Patient/1``."""

    cors_headers: Callable[[str, str], dict[str, str]] = cors_headers
    preflight_headers: Callable[[str, str], dict[str, str] | None] = preflight_headers
    security_headers: Callable[[Tenant], dict[str, str]] = security_headers
    edit_headers: Callable[[Tenant, str, int, Mapping[str, str]], HeaderEdits] = edit_headers
    crash_response: Callable[[Tenant, Request], Response] = crash_response
    log_line: Callable[[Request, str], str] = log_line
    rewrite: Callable[[Tenant, Request], Response | None] = rewrite
