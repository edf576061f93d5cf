"""Exports: who is in them, who may fetch them, how long they lie about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from starlette.requests import Request

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.provider_access import out_forgotten
from payerproof.sandbox.defects.replacing import both, partners
from payerproof.sandbox.fhir.call import Call, Reply
from payerproof.sandbox.partners import api, bulk, jobs
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.jobs import ExportJob, OutputFile
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "bulk"


def _as_written(_view: View, job: ExportJob, file: OutputFile) -> Iterator[bytes]:
    """Files as they lie on disk."""
    yield (job.folder / file.name).read_bytes()


seed(
    "files-keep-who-opted-out",
    AREA,
    "N-BULK-05 AC-05-3",
    "Files made before an opt-out are served as they were written",
    partners(current_lines=_as_written),
)
seed(
    "export-forgets-opt-out",
    AREA,
    "N-BULK-01 AC-05-1",
    "The export job reads the attribution table and never the members' choices",
    partners(shares_at_export=out_forgotten, current_lines=_as_written),
)


def _as_at_kickoff(view: View, call: Call, job: ExportJob) -> None:
    members = job.shared_when_asked
    if job.asked.patients is not None:
        members &= job.asked.patients
    _write(view, call, job, members)


def _write(view: View, call: Call, job: ExportJob, members: frozenset[str]) -> None:
    for kind in job.asked.types:
        rows = view.tenant.policies.partners.exported(view, call, job, kind, members)
        jobs.write_rows(view, job, kind, rows)


seed(
    "opt-out-asked-at-kickoff-only",
    AREA,
    "N-BULK-05 AC-05-3",
    "Who is shared is decided when an export is asked for, not when it is made",
    partners(write_export=_as_at_kickoff, current_lines=_as_written),
)


def _since_unfiltered(view: View, call: Call, job: ExportJob) -> None:
    if job.asked.since is None:
        jobs.write_export(view, call, job)
        return
    people = view.tenant.world.people.values()
    members = frozenset(
        one.patient
        for one in people
        if one.patient and out_forgotten(view.tenant, view.client, one.user)
    )
    _write(view, call, job, members)


seed(
    "since-export-forgets-opt-out",
    AREA,
    "N-BULK-01 AC-05-2",
    "Full exports leave out who opted out; the incremental ones come from another query",
    partners(write_export=_since_unfiltered, current_lines=_as_written),
)


def _named_anyhow(view: View, call: Call, job: ExportJob) -> None:
    if job.asked.patients is None:
        jobs.write_export(view, call, job)
        return
    _write(view, call, job, job.asked.patients)


seed(
    "named-patients-not-in-group",
    AREA,
    "N-BULK-17",
    "The parameter patient is taken as given: members of no Group of the clinic are exported",
    partners(write_export=_named_anyhow, current_lines=_as_written),
)


def _filtered_over_all(
    view: View, call: Call, job: ExportJob, kind: str, members: frozenset[str]
) -> Iterable[Resource]:
    if not any(one.kind == kind for one in job.asked.filters):
        return jobs.exported(view, call, job, kind, members)
    return [
        view.tenant.policies.partners.redacted(view, row)
        for row in view.world.resources(kind)
        if jobs.passes_filters(call, job, row)
    ]


seed(
    "filters-search-everybody",
    AREA,
    "N-BULK-17",
    "_typeFilter is run as a search over the whole store, without the Group",
    partners(exported=_filtered_over_all, current_lines=_as_written),
)


def _with_family(
    view: View, call: Call, job: ExportJob, kind: str, members: frozenset[str]
) -> Iterable[Resource]:
    people = view.tenant.world.people.values()
    houses = {one.household for one in people if one.patient in members and one.household}
    family = frozenset(one.patient for one in people if one.patient and one.household in houses)
    wider = members | family if kind == "Coverage" else members
    return jobs.exported(view, call, job, kind, wider)


seed(
    "export-brings-the-family",
    AREA,
    "N-BULK-16",
    "Coverages are joined by contract, so that relatives come along who aren't in the Group",
    partners(exported=_with_family, current_lines=_as_written),
)


def _types_ignored(
    view: View, call: Call, job: ExportJob, kind: str, members: frozenset[str]
) -> Iterable[Resource]:
    rows = jobs.exported(view, call, job, kind, members)
    return rows if kind != "Patient" else [*rows, *_coverages(view, call, job, members)]


def _coverages(
    view: View, call: Call, job: ExportJob, members: frozenset[str]
) -> Iterable[Resource]:
    return jobs.exported(view, call, job, "Coverage", members)


seed(
    "files-mix-types",
    AREA,
    "AC-05-1",
    "A file of Patients holds Coverages as well, also where _type names Patient alone",
    partners(exported=_types_ignored),
)


def _always_in_window(_view: View, _job: ExportJob, _resource: Resource) -> bool:
    return True


seed(
    "since-is-ignored",
    AREA,
    "AC-05-2",
    "_since is read and forgotten: everything comes each time",
    partners(in_window=_always_in_window),
)


def _changed_only(view: View, job: ExportJob, resource: Resource) -> bool:
    since = job.asked.since
    changed = resource["meta"]["lastUpdated"]
    return since is None or (jobs.in_window(view, job, resource) and _later(changed, since))


def _later(changed: str, since: float) -> bool:
    from datetime import datetime

    return datetime.fromisoformat(changed).timestamp() > since


seed(
    "since-export-leaves-a-gap",
    AREA,
    "N-BULK-07",
    "An incremental export after an opt-in brings only what changed; a full one brings all",
    partners(in_window=_changed_only),
    lawful=True,
)


def _nothing_deleted(view: View, job: ExportJob) -> dict[str, object]:
    made = jobs.manifest(view, job)
    return {name: value for name, value in made.items() if name != "deleted"}


seed(
    "deleted-not-told",
    AREA,
    "N-BULK-18",
    "What the payer has dropped since isn't listed in an incremental export",
    partners(manifest=_nothing_deleted),
)


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

_MADE: dict[tuple[int, str, str], ExportJob] = {}


def _key(view: View, job: ExportJob, whose: str) -> tuple[int, str, str]:
    asked = job.asked
    wanted = repr((asked.types, asked.since, asked.patients, asked.filters))
    return id(view.tenant.partners), whose, wanted


def _reusing(view: View, call: Call, job: ExportJob, whose: str) -> None:
    key = _key(view, job, whose)
    earlier = _MADE.get(key)
    if earlier is None:
        jobs.write_export(view, call, job)
        _MADE[key] = job
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
    partners(write_export=_reuse_for_all, current_lines=_as_written),
)
seed(
    "export-cached-over-changes",
    AREA,
    "N-BULK-19 N-BULK-05",
    "A clinic that asks again gets the export it had before, though the roster has changed",
    partners(write_export=_reuse_for_client, current_lines=_as_written),
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
