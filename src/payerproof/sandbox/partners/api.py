"""The FHIR API for clinics and payers: one endpoint that takes a request apart and answers it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.fhir import outcome, serving
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.fhir.paging import page_request
from payerproof.sandbox.fhir.parameters import PARAMETERS
from payerproof.sandbox.fhir.policy import FhirPolicies
from payerproof.sandbox.fhir.reading import NOWHERE, get
from payerproof.sandbox.fhir.search import later_page, unauthorized
from payerproof.sandbox.fhir.server import post
from payerproof.sandbox.fhir.serving import (
    Pairs,
    account,
    below_base,
    body_of,
    negotiate,
    query_pairs,
)
from payerproof.sandbox.partners import groups, jobs, kickoff, matching
from payerproof.sandbox.partners.capability import capability_statement
from payerproof.sandbox.partners.view import View

if TYPE_CHECKING:
    from payerproof.sandbox.partners.jobs import ExportJob
    from payerproof.sandbox.partners.token import SystemToken
    from payerproof.sandbox.tenant import Tenant

_PLAIN = FhirPolicies()
_EXPORTS = ("$export", "$davinci-data-export")


async def answer(request: Request) -> Response:
    """Answer one request below the base for partners."""
    return await answered(request, _fhir)


PartnerEndpoint = serving.endpoint_for(answer)
"""ASGI endpoint of the whole FHIR API for partners; every method comes here."""


async def answered(request: Request, make: serving.Make) -> Response:
    """Answer one request by `make`; what it refuses becomes an OperationOutcome."""
    policies = request.state.tenant.policies.partners
    return await serving.answered(request, make, policies.error_reply, outcome.headers_of)


def view_of(request: Request, tenant: Tenant) -> View:
    """What the client of a request sees; raises `Refused` (401) without a good token."""
    presented: SystemToken | Refusal = tenant.policies.partners.authenticate(tenant, request)
    if isinstance(presented, Refusal):
        raise unauthorized(presented)
    return View(tenant, tenant.clients[presented.client_id], presented.scopes)


def call_of(view: View, request: Request, method: str) -> Call:
    """A call of the FHIR API with this client's gates."""
    tenant = view.tenant
    return Call(
        method=method,
        base=tenant.partner_fhir_base,
        tenant_name=f"{tenant.name}/partner",
        face=tenant.face,
        world=view.world,
        policies=view.policies(),
        access=Access(
            grant_id=f"partner {view.client.client_id}",
            client_id=view.client.client_id,
            user=view.client.id,
            patient="",
            scopes=view.scopes,
            fhir_user="",
        ),
        headers=request.headers,
        handling="strict" if "handling=strict" in request.headers.get("prefer", "") else "lenient",
    )


async def _fhir(request: Request, tenant: Tenant) -> Reply:
    method = request.method
    if method == "OPTIONS":
        return outcome.options()
    segments = _segments(request, tenant)
    query = query_pairs(request.scope.get("query_string", b""))
    negotiate(_PLAIN, request, query)
    if segments == ("metadata",) and method in ("GET", "HEAD"):
        statement = capability_statement(tenant)
        return Reply(resource=tenant.policies.partners.capability(tenant, statement))
    view = view_of(request, tenant)
    call = call_of(view, request, method)
    result: Reply | Refused
    try:
        result = await _dispatch(view, call, request, segments, query)
    except Refused as refused:
        result = refused
    account(tenant, call, segments, result)
    if isinstance(result, Refused):
        raise result
    return result


def _segments(request: Request, tenant: Tenant) -> tuple[str, ...]:
    raw = below_base(request, tenant.partner_fhir_base)
    return _PLAIN.path_segments(raw)


async def _dispatch(
    view: View, call: Call, request: Request, segments: tuple[str, ...], query: Pairs
) -> Reply:
    last = segments[-1] if segments else ""
    if last in _EXPORTS:
        return await _export(view, call, request, segments, query)
    if last in matching.OPERATIONS:
        return await matching.operation(view, call, request, segments)
    if segments and segments[0] == "Group":
        return await _group(view, call, request, segments, query)
    if call.method in ("GET", "HEAD"):
        return _get(call, segments, query)
    if call.method == "POST" and last == "_search":
        return await post(call, request, segments, query)
    return call.policies.write(call, segments, await body_of(request))


def _get(call: Call, segments: tuple[str, ...], query: Pairs) -> Reply:
    if len(segments) == 1 and segments[0] in PARAMETERS:
        link = page_request(query)
        if link is not None:
            page = later_page(
                call.access,
                lambda made: replace(call, access=made),
                call.tenant_name,
                link,
            )
            return Reply(resource=page)
    return get(call, segments, query)


async def _group(
    view: View, call: Call, request: Request, segments: tuple[str, ...], query: Pairs
) -> Reply:
    """Read and search of Groups; the client's own only."""
    allows = view.tenant.policies.partners.scope_allows
    searching = len(segments) == 1 or segments[1:] == ("_search",)
    if not allows(view.scopes, "Group", "s" if searching else "r"):
        raise outcome.insufficient_scope("Group")
    if segments[1:] == ("_search",) and call.method == "POST":
        query = [*query, *query_pairs(await body_of(request))]
    elif call.method not in ("GET", "HEAD"):
        return call.policies.write(call, segments, await body_of(request))
    if searching:
        found = groups.search_groups(view, query, strict=call.handling == "strict")
        return Reply(resource=found)
    if len(segments) != 2:
        raise Refused(404, "not-found", NOWHERE)
    group = groups.find_group(view, segments[1])
    if group is None:
        raise call.policies.absent(call.face, "foreign", None)
    return Reply(resource=group, headers={"ETag": 'W/"1"'})


async def _export(
    view: View, call: Call, request: Request, segments: tuple[str, ...], query: Pairs
) -> Reply:
    """Kick an export off: of one of the client's own Groups, or of all members shared with it."""
    atr = segments[-1] == "$davinci-data-export"
    everybody = segments == ("Patient", "$export") and view.tenant.face.patient_export
    if not everybody and (len(segments) != 3 or segments[0] != "Group"):
        raise Refused(404, "not-supported", "Exports are of a Group.")
    policies = view.tenant.policies.partners
    if call.method not in policies.export_methods(segments[-1]):
        headers = {"Allow": "POST"}
        raise Refused(405, "not-supported", "This operation is POSTed.", headers=headers)
    policies.required_headers(request.headers, segments[-1])
    if not policies.scope_allows(view.scopes, segments[0], "r"):
        raise outcome.insufficient_scope(segments[0])
    group_id = "" if everybody else segments[1]
    group = None if everybody else policies.group_to_export(view, group_id)
    if not everybody and (group is None or not policies.may_export(view, group)):
        raise call.policies.absent(call.face, "foreign", None)
    if call.method == "POST":
        query = [*query, *kickoff.posted(await body_of(request))]
    url = view.tenant.partner_fhir_base + "/" + "/".join(segments)
    raw = request.scope.get("query_string", b"").decode("ascii", "replace")
    asked = kickoff.understood(view, call, group_id, f"{url}{'?' * bool(raw)}{raw}", query, atr=atr)
    return policies.begun(view, jobs.begin(view, call, asked))


def begun(view: View, job: ExportJob) -> Reply:
    """What is answered to a kick-off: 202, and where to ask how the export stands."""
    where = f"{view.tenant.partner_base}/bulk/jobs/{job.id}"
    text = "The export has begun; poll the address in Content-Location."
    issue = {"severity": "information", "code": "informational", "details": {"text": text}}
    told = {"resourceType": "OperationOutcome", "issue": [issue]}
    return Reply(202, told, headers={"Content-Location": where})


def may_export(_view: View, group: dict[str, Any]) -> bool:
    """Whether a Group is one of members found, so that it can be exported."""
    codes = [coding["code"] for coding in group["code"]["coding"]]
    return codes in (["pdexprovidergroup"], ["match"])


def own_job(view: View, job_id: str) -> ExportJob:
    """A job of the client's own that has not run out; raises `Refused` (404)."""
    job = view.tenant.partners.jobs.get(job_id)
    policies = view.tenant.policies.partners
    if job is None or not policies.job_is_of(job, view.client) or policies.job_has_ended(view, job):
        raise Refused(404, "not-found", "There is no such export, or no longer.")
    return job


def job_is_of(job: ExportJob, client: Any) -> bool:
    """A job belongs to the client that began it."""
    return bool(job.client_id == client.client_id)


def job_has_ended(view: View, job: ExportJob) -> bool:
    """Whether an export is past its Expires."""
    return view.tenant.clock.now() >= job.expires
