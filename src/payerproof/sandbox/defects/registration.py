"""Faults of an open door for new apps (dynamic registration, RFC 7591)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from payerproof.sandbox.apps import App
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import both, oauth, transport
from payerproof.sandbox.oauth.discovery import smart_configuration
from payerproof.sandbox.oauth.store import new_id

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

PATH = "/oauth/register"


class _Registration(Response):
    """Registers whatever is posted."""

    def __init__(self, tenant: Tenant) -> None:
        super().__init__()
        self._tenant = tenant

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = await Request(scope, receive).body()
        await _registered(self._tenant, body)(scope, receive, send)


def _registered(tenant: Tenant, body: bytes) -> Response:
    try:
        asked = json.loads(body)
        uris = tuple(str(uri) for uri in asked["redirect_uris"])
        name = str(asked.get("client_name", "New app"))
    except (ValueError, KeyError, TypeError):
        return JSONResponse({"error": "invalid_client_metadata"}, 400)
    app = App(
        id=new_id(),
        client_id=new_id(),
        type="public",
        name=name,
        developer=name,
        site=str(asked.get("client_uri", "")),
        privacy_policy=str(asked.get("policy_uri", "")),
        contact="",
        attested=False,
        redirect_uris=uris,
    )
    tenant.apps[app.client_id] = app
    answer: dict[str, Any] = {
        **asked,
        "client_id": app.client_id,
        "client_id_issued_at": int(tenant.clock.now()),
        "token_endpoint_auth_method": "none",
    }
    return JSONResponse(answer, 201, {"Cache-Control": "no-store"})


def _open(tenant: Tenant, request: Request) -> Response | None:
    if request.scope["path"] == f"/{tenant.name}{PATH}" and request.method == "POST":
        return _Registration(tenant)
    return None


register(
    Defect(
        # no check catches it: whoever registers an app leaves it behind with the payer
        "registration-open-to-anything",
        "authorization",
        ("N-OAUTH-23",),
        "Anybody can register an app, under a known app's name and with any redirect address",
        both(
            transport(rewrite=_open),
            oauth(
                smart_configuration=lambda tenant: {
                    **smart_configuration(tenant),
                    "registration_endpoint": tenant.base + PATH,
                }
            ),
        ),
    )
)
