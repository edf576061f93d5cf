"""Exports: who may fetch them, how long they lie about, and whose they are."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request

from payerproof.sandbox.defects.bulk import as_written
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import both, partners
from payerproof.sandbox.defects.rewriting import Memory
from payerproof.sandbox.fhir.call import Call, Reply
from payerproof.sandbox.oauth.resource import presented_token
from payerproof.sandbox.partners import api, bulk, jobs, token
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.jobs import ExportJob
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "bulk"


def _no_token_needed(view: View, job: ExportJob) -> dict[str, object]:
    return {**jobs.manifest(view, job), "requiresAccessToken": False}


seed(
    "manifest-says-no-token",
    AREA,
    "N-BULK-13",
    "The manifest says that files need no token; they do",
    partners(manifest=_no_token_needed),
)


def _whoever(request: Request, tenant: Tenant) -> View:
    job = tenant.partners.jobs.get(request.path_params["job"])
    if job is None:
        return api.view_of(request, tenant)
    return View(tenant, tenant.clients[job.client_id], job.scopes)


seed(
    "files-without-token",
    AREA,
    "N-BULK-12 N-BULK-13",
    "Files are served to whoever has the address, though the manifest asks for a token",
    partners(view_of_file=_whoever),
)
seed(
    "status-without-token",
    AREA,
    "N-BULK-12 N-BULK-15",
    "The state of an export, and its manifest, need no token",
    partners(view_of_status=_whoever),
)


def _anybodys(_job: ExportJob, _client: PartnerClient) -> bool:
    return True


def _in_the_makers_eyes(request: Request, tenant: Tenant) -> View:
    view = api.view_of(request, tenant)
    job = tenant.partners.jobs.get(request.path_params["job"])
    return view if job is None else replace(view, client=tenant.clients[job.client_id])


seed(
    "exports-open-to-every-client",
    AREA,
    "N-BULK-12 N-BULK-15",
    "Any client's token opens status and files of every export",
    partners(job_is_of=_anybodys, view_of_file=_in_the_makers_eyes),
)


def _still_there(view: View, job: ExportJob) -> None:
    job.cancelled.set()
    view.tenant.partners.jobs[job.id] = job


seed(
    "files-after-delete",
    AREA,
    "N-BULK-14",
    "DELETE is answered and removes nothing",
    partners(drop=_still_there),
)


def _never(_view: View, _job: ExportJob) -> bool:
    return False


seed(
    "files-after-expiry",
    AREA,
    "N-BULK-14",
    "Expires is promised and not kept: files stay",
    partners(job_has_ended=_never),
)

_MADE: Memory[dict[tuple[str, str], ExportJob]] = Memory(dict)


def _key(job: ExportJob, whose: str) -> tuple[str, str]:
    asked = job.asked
    wanted = repr((asked.types, asked.since, asked.patients, asked.filters))
    return whose, wanted


def _reusing(view: View, call: Call, job: ExportJob, whose: str) -> None:
    key, made = _key(job, whose), _MADE.of(view.tenant)
    earlier = made.get(key)
    if earlier is None:
        jobs.write_export(view, call, job)
        made[key] = job
        return
    for file in earlier.files:
        (job.folder / file.name).write_bytes((earlier.folder / file.name).read_bytes())
    job.files = list(earlier.files)


def _reuse_for_all(view: View, call: Call, job: ExportJob) -> None:
    _reusing(view, call, job, "")


def _reuse_for_client(view: View, call: Call, job: ExportJob) -> None:
    _reusing(view, call, job, view.client.client_id)


seed(
    "export-cached-across-clinics",
    AREA,
    "N-BULK-19",
    "An export with the same parameters is taken from the cache, whichever clinic asked first",
    partners(write_export=_reuse_for_all, current_lines=as_written),
)
seed(
    "export-cached-over-changes",
    AREA,
    "N-BULK-19 N-BULK-05",
    "A clinic that asks again gets the export it had before, though the roster has changed",
    partners(write_export=_reuse_for_client, current_lines=as_written),
)


def _awaits_approval(view: View, job: ExportJob) -> Reply:
    if view.tenant.clock.now() < job.at + 7 * 86400.0:
        return Reply(202, headers={"X-Progress": "awaiting approval", "Retry-After": "3600"})
    return bulk.status(view, job)


seed(
    "exports-await-approval",
    AREA,
    "AC-05-6",
    "A person of the plan approves each export, which takes a week",
    both(partners(export_lifetime=30 * 86400.0), partners(status=_awaits_approval)),
)


def _file_of_the_cut_off(request: Request, tenant: Tenant) -> View:
    found = token.token_record(tenant, presented_token(request) or "")
    if found is None or not token.token_is_current(tenant, found):
        return api.view_of(request, tenant)
    return View(tenant, tenant.clients[found.client_id], found.scopes)


seed(
    "cut-off-clinic-fetches-files",
    AREA,
    "N-BULK-12 AC-05-1",
    "A clinic that is cut off can ask for nothing more, and go on fetching files for a while",
    partners(view_of_file=_file_of_the_cut_off),
)
seed(
    "cut-off-clinic-watches-exports",
    AREA,
    "N-BULK-12 AC-05-1",
    "Exports of a clinic that is cut off run on; their status and files stay open to it",
    partners(view_of_file=_file_of_the_cut_off, view_of_status=_file_of_the_cut_off),
)


def _progress_by_name(view: View, job: ExportJob) -> Reply:
    reply = bulk.status(view, job)
    if reply.status != 202:
        return reply
    first = min(view.members("shares_at_export"), default="")
    person = view.tenant.world.person_of(first)
    name = f"writing {person.name}" if person else job.progress
    return reply.with_headers({"X-Progress": name})


seed(
    "progress-names-members",
    AREA,
    "N-LEAK-02",
    "X-Progress tells the name of the member who is being written",
    partners(status=_progress_by_name),
)
seed(
    "many-small-files",
    AREA,
    "AC-05-1",
    "Files hold five lines each",
    partners(lines_per_file=5),
    lawful=True,
)
seed(
    "exports-without-limit",
    AREA,
    "AC-05-1",
    "A client may have any number of exports under way",
    partners(most_jobs=10_000),
    lawful=True,
)


def _wish_assumed(_headers: object, _operation: str) -> None:
    return None


seed(
    "asynchronous-wish-assumed",
    AREA,
    "AC-05-1",
    "A kick-off without Prefer: respond-async is taken for one with it (Bulk Data allows that)",
    partners(required_headers=_wish_assumed),
    lawful=True,
)
