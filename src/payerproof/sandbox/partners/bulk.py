"""Polling, fetching and dropping exports (Bulk Data Access 2.0.0, Export).

Status and files are guarded like the kick-off, as requiresAccessToken is always true.
"""

from __future__ import annotations

import gzip
from email.utils import formatdate
from typing import TYPE_CHECKING

import orjson
from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.fhir import outcome
from payerproof.sandbox.fhir.call import Refused, Reply
from payerproof.sandbox.fhir.serving import account
from payerproof.sandbox.partners.api import answered, call_of, own_job

if TYPE_CHECKING:
    from payerproof.sandbox.partners.jobs import ExportJob
    from payerproof.sandbox.partners.view import View
    from payerproof.sandbox.tenant import Tenant

NDJSON = "application/fhir+ndjson"


async def job_endpoint(request: Request) -> Response:
    """GET and DELETE {partner}/bulk/jobs/{job}."""
    return await answered(request, _job)


async def file_endpoint(request: Request) -> Response:
    """GET {partner}/bulk/files/{job}/{name}."""
    return await answered(request, _file)


async def _job(request: Request, tenant: Tenant) -> Reply:
    policies = tenant.policies.partners
    view = policies.view_of_status(request, tenant)
    job = own_job(view, request.path_params["job"])
    if request.method == "DELETE":
        policies.drop(view, job)
        return Reply(202, _told("The export has been dropped."))
    return policies.status(view, job)


def _told(text: str) -> dict[str, object]:
    issue = {"severity": "information", "code": "informational", "details": {"text": text}}
    return {"resourceType": "OperationOutcome", "issue": [issue]}


def status(view: View, job: ExportJob) -> Reply:
    """What a poll is told: in progress, failed, or complete with the manifest."""
    if job.state == "running":
        return Reply(202, headers={"X-Progress": job.progress[:100], "Retry-After": "1"})
    if job.state == "failed":
        raise Refused(500, "exception", "The export failed; begin it anew.")
    made = view.tenant.policies.partners.manifest(view, job)
    headers = {"Expires": formatdate(job.expires, usegmt=True)}
    return Reply(
        raw=orjson.dumps(made), content_type="application/json; charset=utf-8", headers=headers
    )


def _listing(content: bytes) -> Reply:
    """What a file told, in the form in which the accounting reads it."""
    rows = [{"resource": orjson.loads(line)} for line in content.splitlines()]
    return Reply(resource={"resourceType": "Bundle", "entry": rows})


async def _file(request: Request, tenant: Tenant) -> Reply:
    policies = tenant.policies.partners
    view = policies.view_of_file(request, tenant)
    job = own_job(view, request.path_params["job"])
    files = [*job.files, *job.deleted] if job.state == "complete" else []
    file = next((one for one in files if one.name == request.path_params["name"]), None)
    if file is None:
        raise Refused(404, "not-found", "There is no such file.")
    if file.kind != "Bundle" and not policies.scope_allows(view.scopes, file.kind, "r"):
        raise outcome.insufficient_scope(file.kind)
    content = b"".join(policies.current_lines(view, job, file))
    reply = Reply(raw=content, content_type=NDJSON)
    account(view.tenant, call_of(view, request, "GET"), ("bulk-file", file.name), _listing(content))
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers = {"Content-Encoding": "gzip"}
        reply = Reply(raw=gzip.compress(content), content_type=NDJSON, headers=headers)
    return reply
