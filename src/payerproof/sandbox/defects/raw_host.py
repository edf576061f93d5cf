"""The machine behind the published host: links lead there, and it asks for nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import both, fhir, oauth
from payerproof.sandbox.fhir.call import Call, Reply
from payerproof.sandbox.oauth import resource

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

_PUBLISHED, _RAW = "//localhost:", "//127.0.0.1:"


def _at_the_raw_host(call: Call, _target: str, make: Callable[[], Reply]) -> Reply:
    """Let attachments be opened at the address of the machine."""
    reply = make()
    if reply.resource is None:
        return reply
    inner = call.base.replace(_PUBLISHED, _RAW)
    text = orjson.dumps(reply.resource).decode()
    changed = text.replace(f"{call.base}/Binary/", f"{inner}/Binary/")
    return Reply(reply.status, orjson.loads(changed), headers=reply.headers)


def _not_asked_there(tenant: Tenant, request: Request) -> Access | Refusal:
    found = resource.authenticate(tenant, request)
    path = request.scope["path"].rpartition("/fhir/")[2]
    if isinstance(found, Access) or not request.headers["host"].startswith("127."):
        return found
    row = tenant.world.at(path)
    patient = tenant.world.patient_of(row) if row else None
    person = tenant.world.person_of(patient or "")
    if person is None:
        return found
    return Access("", "gateway", person.user, person.patient, ("patient/*.rs",), "")


register(
    Defect(
        "documents-open-at-the-raw-host",
        "transport",
        ("N-LEAK-13", "Q-NET-06"),
        "Documents are linked to at the machine behind the gateway, which asks for no token",
        both(fhir(through_cache=_at_the_raw_host), oauth(authenticate=_not_asked_there)),
    )
)
