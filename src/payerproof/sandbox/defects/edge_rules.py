"""Faults of what stands in front of the API: a firewall's rules, slow answers, other hosts."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth, transport

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, area: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, area, tuple(cites.split()), title, change, twin=twin))


def _below(tenant: Tenant, request: Request) -> str:
    return str(request.scope["path"][len(tenant.name) + 1 :])


# -- the firewall

_BLOCKED = (
    "<!doctype html><title>Access denied</title><h1>Access denied</h1>"
    "<p>Your request was blocked by our web application firewall. Reference 18.4f1d.</p>"
)


_LIBRARIES = ("okhttp", "CFNetwork", "axios", "curl")


def _no_libraries(_tenant: Tenant, request: Request) -> Response | None:
    agent = request.headers.get("user-agent", "")
    return HTMLResponse(_BLOCKED, 403) if any(one in agent for one in _LIBRARIES) else None


_defect(
    "firewall-blocks-libraries",
    "transport",
    "Q-NET-04",
    "The firewall turns away what calls itself by the name of an HTTP library",
    transport(rewrite=_no_libraries),
)


def _no_token_requests(tenant: Tenant, request: Request) -> Response | None:
    return HTMLResponse(_BLOCKED, 403) if _below(tenant, request) == "/oauth/token" else None


_defect(
    "firewall-blocks-the-token-endpoint",
    "transport",
    "Q-NET-04",
    "The firewall takes token requests for an attack and answers with a page of its own",
    transport(rewrite=_no_token_requests),
)

# -- slow answers


class _LateJson(JSONResponse):
    """JSON that takes its time, without holding up anybody else's answer."""

    seconds = 2.3

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(self.seconds)
        await super().__call__(scope, receive, send)


class _TooLateJson(_LateJson):
    """JSON for which no client waits."""

    seconds = 32.0


_defect(
    "discovery-put-together-anew",
    "discovery",
    "Q-DISC-02",
    "The discovery documents are put together anew at each request, which takes two seconds",
    oauth(document_response=lambda _tenant, document: _LateJson(document)),
)


def _all_at_once(tenant: Tenant, request: Request) -> Response | None:
    count = request.query_params.get("_count", "0")
    claims = _below(tenant, request) == "/fhir/ExplanationOfBenefit"
    many = claims and count.isdigit() and int(count) >= 1000
    return _TooLateJson({"message": "Endpoint request timed out"}, 504) if many else None


_defect(
    "largest-search-outlasts-the-client",
    "transport",
    "Q-NET-05",
    "A search for all claims at once is worked on for longer than clients wait",
    transport(rewrite=_all_at_once),
)
