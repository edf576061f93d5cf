"""Faults of the CapabilityStatement where it speaks of security: the older way of discovery."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import fhir, transport

if TYPE_CHECKING:
    from payerproof.sandbox.fhir.call import FaceFacts
    from payerproof.sandbox.tenant import Tenant

Statement = dict[str, Any]


def _other_token_endpoint(statement: Statement, _face: FaceFacts) -> Statement:
    changed = copy.deepcopy(statement)
    for uri in changed["rest"][0]["security"]["extension"][0]["extension"]:
        if uri["url"] == "token":
            start, _, end = uri["valueUri"].rpartition("/oauth/")
            uri["valueUri"] = f"{start.rpartition('/')[0]}/oauth/{end}"
    return changed


register(
    Defect(
        "metadata-token-endpoint-lost-a-path-segment",
        "discovery",
        ("Q-DISC-03",),
        "The token endpoint in the CapabilityStatement lacks the payer's path segment",
        fhir(capability=_other_token_endpoint),
        twin="metadata-documents-its-security",
    )
)


def _two_entries(statement: Statement, _face: FaceFacts) -> Statement:
    rest = dict(statement["rest"][0])
    security = {"mode": "server", "security": rest.pop("security")}
    return {**statement, "rest": [rest, security]}


register(
    Defect(
        "metadata-in-two-rest-entries",
        "discovery",
        ("Q-DISC-06",),
        "The CapabilityStatement has resources in one server entry and security in another",
        fhir(capability=_two_entries),
        twin="metadata-documents-its-security",
    )
)


def _described(statement: Statement, _face: FaceFacts) -> Statement:
    changed = copy.deepcopy(statement)
    security = changed["rest"][0]["security"]
    security["description"] = "SMART App Launch with PKCE; apps act for one member at a time."
    security["extension"][0]["extension"].reverse()
    return changed


register(
    Defect(
        "metadata-documents-its-security",
        "discovery",
        ("Q-DISC-03", "Q-DISC-06"),
        "The CapabilityStatement describes its security in words and lists its addresses backwards",
        fhir(capability=_described),
        lawful=True,
    )
)


def _behind_token(tenant: Tenant, request: Request) -> Response | None:
    below = request.scope["path"][len(tenant.name) + 1 :]
    if below != "/fhir/metadata" or "authorization" in request.headers:
        return None
    return Response(
        '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"login"}]}',
        401,
        {"WWW-Authenticate": 'Bearer realm="fhir"'},
        "application/fhir+json",
    )


register(
    Defect(
        "metadata-needs-a-token",
        "discovery",
        ("Q-DISC-01",),
        "The CapabilityStatement is only given to whoever brings a token",
        transport(rewrite=_behind_token),
    )
)
