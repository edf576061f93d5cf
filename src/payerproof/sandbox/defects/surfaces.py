"""Management surfaces that answer: what an operator's console shows to anybody who asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from payerproof.sandbox.defects.changing import fhir, seed, transport
from payerproof.sandbox.fhir.call import Call, Reply
from payerproof.sandbox.fhir.interactions import refuse
from payerproof.sandbox.tenant import Tenant

AREA = "transport"


def _at(path: str, answer: Callable[[], Response]) -> Any:
    def rewrite(tenant: Tenant, request: Request) -> Response | None:
        below = request.scope["path"].removeprefix(f"/{tenant.name}")
        return answer() if below == path and request.method == "GET" else None

    return transport(rewrite=rewrite)


def _environment() -> Response:
    source = {
        "name": "systemEnvironment",
        "properties": {
            "DATABASE_URL": {"value": "jdbc:postgresql://claims-db.internal:5432/members"},
            "HOSTNAME": {"value": "fhir-gateway-7c9d"},
        },
    }
    return JSONResponse({"activeProfiles": ["prod"], "propertySources": [source]})


seed(
    "actuator-answers",
    AREA,
    "N-LEAK-07",
    "The framework's management pages are open: /actuator/env tells hosts and settings",
    _at("/actuator/env", _environment),
    twin="health-says-up",
)
seed(
    "health-says-up",
    AREA,
    "N-LEAK-07",
    "/health says that the service is up, and nothing else",
    _at("/health", lambda: JSONResponse({"status": "UP"})),
    lawful=True,
)


def _repository() -> Response:
    return PlainTextResponse('[core]\n\trepositoryformatversion = 0\n[remote "origin"]\n')


seed(
    "repository-served",
    AREA,
    "N-LEAK-07",
    "The folder of the version control is served along with the pages",
    _at("/.git/config", _repository),
)


def _reindexes(call: Call, segments: tuple[str, ...]) -> Reply:
    if segments[-1] in ("$reindex", "$expunge", "$mark-all-resources-for-reindexing"):
        count = {"name": "reindexed", "valueInteger": len(call.world.resources("Patient"))}
        return Reply(resource={"resourceType": "Parameters", "parameter": [count]})
    return refuse(call, segments)


seed(
    "reindex-for-apps",
    AREA,
    "N-LEAK-07",
    "A member's token may start the server's own maintenance operations",
    fhir(operation=_reindexes),
)
