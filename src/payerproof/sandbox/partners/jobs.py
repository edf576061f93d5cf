"""Export jobs: made in the background, written as NDJSON files, polled, fetched, dropped."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import orjson

from payerproof.sandbox.data.world import SHARED_TYPES, Resource
from payerproof.sandbox.fhir.call import Call, Refused
from payerproof.sandbox.fhir.projection import absolute_attachments
from payerproof.sandbox.fhir.search import matches
from payerproof.sandbox.oauth.store import new_id
from payerproof.sandbox.partners.attribution import shared_since
from payerproof.sandbox.partners.groups import find_group

if TYPE_CHECKING:
    from payerproof.sandbox.partners.kickoff import ExportRequest
    from payerproof.sandbox.partners.view import View

_LOG = logging.getLogger("payerproof.sandbox")
State = Literal["running", "complete", "failed"]


@dataclass(frozen=True)
class OutputFile:
    """One file: its name within the job, what it holds, and how many lines were written."""

    name: str
    kind: str
    count: int


@dataclass
class ExportJob:
    """One export of one client. `at` is the moment that the data are of (transactionTime);
    `shared_when_asked` are the patients shared then, for the operator's log."""

    id: str
    client_id: str
    scopes: tuple[str, ...]
    asked: ExportRequest
    at: float
    expires: float
    shared_when_asked: frozenset[str] = frozenset()
    state: State = "running"
    progress: str = "0 types written"
    files: list[OutputFile] = field(default_factory=list)
    deleted: list[OutputFile] = field(default_factory=list)
    folder: Path = field(default_factory=Path)
    cancelled: threading.Event = field(default_factory=threading.Event)


def begin(
    view: View,
    call: Call,
    asked: ExportRequest,
    write: Callable[[ExportJob], None] | None = None,
) -> ExportJob:
    """Start an export, or another job by `write`.

    Raises `Refused` (429) where the client has too many under way.
    """
    tenant = view.tenant
    policies, jobs = tenant.policies.partners, tenant.partners.jobs
    running = [
        job
        for job in jobs.values()
        if job.client_id == view.client.client_id and job.state == "running"
    ]
    if len(running) >= policies.most_jobs:
        headers = {"Retry-After": "5"}
        raise Refused(429, "throttled", "Too many exports under way.", headers=headers)
    now = tenant.clock.now()
    job = ExportJob(
        id=new_id(),
        client_id=view.client.client_id,
        scopes=view.scopes,
        asked=asked,
        at=now,
        expires=now + policies.export_lifetime,
        shared_when_asked=view.members("shares_at_kickoff"),
    )
    job.folder = tenant.partners.folder / job.id
    jobs[job.id] = job
    made = write or partial(policies.write_export, view, call)
    threading.Thread(target=_run, args=(view, job, made), daemon=True).start()
    return job


def _run(view: View, job: ExportJob, write: Callable[[ExportJob], None]) -> None:
    try:
        job.folder.mkdir(parents=True)
        job.cancelled.wait(view.tenant.policies.partners.export_seconds)
        view.tenant.partners.released.wait()
        if not job.cancelled.is_set():
            write(job)
            job.state = "complete"
    except Exception:
        _LOG.exception("an export failed")
        job.state = "failed"


def write_export(view: View, call: Call, job: ExportJob) -> None:
    """Write the files of an export: who is shared is asked as it executes."""
    members = view.members("shares_at_export")
    if job.asked.patients is not None:
        members &= job.asked.patients
    match = view.tenant.partners.matches.get(job.asked.group)
    if match is not None:
        people = view.tenant.world.people
        members &= frozenset(people[user].patient for user in match.members)
    for number, kind in enumerate(job.asked.types, start=1):
        if job.cancelled.is_set():
            return
        rows = view.tenant.policies.partners.exported(view, call, job, kind, members)
        write_rows(view, job, kind, rows)
        job.progress = f"{number} of {len(job.asked.types)} types written"
    if job.asked.since is not None:
        _write_deleted(view, job, members)


def exported(
    view: View, call: Call, job: ExportJob, kind: str, members: frozenset[str]
) -> Iterable[Resource]:
    """The resources of one type that go into an export."""
    if kind == "Group":
        group = find_group(view, job.asked.group)
        return [group] if group is not None else []
    policies = view.tenant.policies.partners
    return (
        absolute_attachments(policies.redacted(view, resource), call.base)
        for resource in view.world.resources(kind)
        if view.belongs(resource, members)
        and view.disclosable(resource)
        and policies.in_window(view, job, resource)
        and policies.passes_filters(call, job, resource)
    )


def in_window(view: View, job: ExportJob, resource: Resource) -> bool:
    """Whether a resource changed in the time asked, or whose member has been shared only since."""
    changed = _moment(resource["meta"]["lastUpdated"])
    if job.asked.until is not None and changed > job.asked.until:
        return False
    if job.asked.since is None or changed > job.asked.since:
        return True
    if resource["resourceType"] in SHARED_TYPES:
        return False
    person = view.tenant.world.person_of(view.world.patient_of(resource) or "")
    return person is not None and (
        shared_since(view.tenant, view.client, person.user) > job.asked.since
    )


def passes_filters(call: Call, job: ExportJob, resource: Resource) -> bool:
    """Whether a resource satisfies one of the filters for its type, if there are such."""
    mine = [one for one in job.asked.filters if one.kind == resource["resourceType"]]
    return not mine or any(matches(call, resource, one.criteria) for one in mine)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def write_rows(view: View, job: ExportJob, kind: str, rows: Iterable[Resource]) -> None:
    """Write one type, in files of at most so many lines; none for no rows."""
    most = view.tenant.policies.partners.lines_per_file
    batch: list[bytes] = []
    for row in rows:
        batch.append(orjson.dumps(row))
        if len(batch) == most:
            _flush(job, kind, batch)
            batch = []
    if batch:
        _flush(job, kind, batch)


def _flush(job: ExportJob, kind: str, lines: list[bytes]) -> None:
    number = sum(file.kind == kind for file in job.files) + 1
    name = f"{kind}-{number}.ndjson"
    (job.folder / name).write_bytes(b"\n".join(lines) + b"\n")
    job.files.append(OutputFile(name, kind, len(lines)))


def _write_deleted(view: View, job: ExportJob, members: frozenset[str]) -> None:
    """Write what has been dropped since, as transaction Bundles of DELETE requests."""
    gone = [
        one.reference
        for one in view.tenant.partners.removed
        if one.patient in members and one.at > (job.asked.since or 0.0)
    ]
    gone = [one for one in gone if one.partition("/")[0] in job.asked.types]
    if not gone:
        return
    entries = [{"request": {"method": "DELETE", "url": reference}} for reference in gone]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    (job.folder / "deleted-1.ndjson").write_bytes(orjson.dumps(bundle) + b"\n")
    job.deleted.append(OutputFile("deleted-1.ndjson", "Bundle", 1))


def manifest(view: View, job: ExportJob) -> dict[str, Any]:
    """The manifest of a complete export; counts are left out, as lines may since be held back."""
    base = f"{view.tenant.partner_base}/bulk/files/{job.id}"

    def listed(files: list[OutputFile]) -> list[dict[str, Any]]:
        return [{"type": one.kind, "url": f"{base}/{one.name}"} for one in files]

    moment = datetime.fromtimestamp(job.at, UTC).isoformat(timespec="milliseconds")
    made = {
        "transactionTime": moment.replace("+00:00", "Z"),
        "request": job.asked.url,
        "requiresAccessToken": True,
        "output": listed(job.files),
        "error": [],
    }
    return {**made, "deleted": listed(job.deleted)} if job.deleted else made


def current_lines(view: View, job: ExportJob, file: OutputFile) -> Iterator[bytes]:
    """Lines of a file as it may be fetched now: who is no longer shared is left out.

    An export that was made before a member opted out gives nothing of that member afterwards.
    """
    raw = (job.folder / file.name).read_bytes()
    if file in job.deleted:
        yield raw
        return
    members = view.members("shares_on_download")
    for line in raw.splitlines(keepends=True):
        resource = orjson.loads(line)
        if resource["resourceType"] == "Group":
            group = find_group(view, resource["id"])
            if group is not None:
                yield orjson.dumps(group) + b"\n"
        elif view.belongs(resource, members) and view.disclosable(resource):
            yield line


def drop(view: View, job: ExportJob) -> None:
    """Cancel an export, or remove what it made."""
    job.cancelled.set()
    view.tenant.partners.jobs.pop(job.id, None)
    shutil.rmtree(job.folder, ignore_errors=True)
