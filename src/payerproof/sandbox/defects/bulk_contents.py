"""Exports that come, and are not what they say: the manifest, and what is in the files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson

from payerproof.sandbox.data.world import SHARED_TYPES, Resource
from payerproof.sandbox.defects.bulk import as_written
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, partners
from payerproof.sandbox.fhir.call import Call, Reply
from payerproof.sandbox.partners import bulk, jobs
from payerproof.sandbox.partners.jobs import ExportJob, OutputFile
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "bulk"


def _seed(name: str, cites: str, title: str, change: Change) -> None:
    seed(name, AREA, cites, title, change)


# -- what the manifest says


def _complete(change: object) -> object:
    def told(seen: View, job: ExportJob) -> Reply:
        reply = bulk.status(seen, job)
        return reply if reply.status == 202 else change(seen, job, reply)  # type: ignore[operator]

    return told


def _no_end(_seen: View, _job: ExportJob, reply: Reply) -> Reply:
    kept = {name: value for name, value in reply.headers.items() if name != "Expires"}
    return replace(reply, headers=kept)


def _end_in_seconds(_seen: View, job: ExportJob, reply: Reply) -> Reply:
    return reply.with_headers({"Expires": str(int(job.expires))})


def _long_over(_seen: View, _job: ExportJob, reply: Reply) -> Reply:
    return reply.with_headers({"Expires": "Thu, 01 Jan 1970 00:00:00 GMT"})


_seed(
    "manifest-without-expires",
    "N-BULK-14",
    "Files go after an hour, and the manifest doesn't say so",
    partners(status=_complete(_no_end)),
)
_seed(
    "manifest-expires-in-seconds",
    "N-BULK-14",
    "Expires of the manifest is a number of seconds, not a date",
    partners(status=_complete(_end_in_seconds)),
)
_seed(
    "manifest-expires-in-1970",
    "N-BULK-14",
    "Expires says «don't cache» where it ought to say until when the files are there",
    partners(status=_complete(_long_over)),
)


def _some_failed(
    seen: View, call: Call, job: ExportJob, kind: str, members: frozenset[str]
) -> Iterable[Resource]:
    if kind != "Immunization":
        return jobs.exported(seen, call, job, kind, members)
    issue = {"severity": "error", "code": "exception", "diagnostics": "Immunization: timeout"}
    name = "error-1.ndjson"
    line = orjson.dumps({"resourceType": "OperationOutcome", "issue": [issue]}) + b"\n"
    (job.folder / name).write_bytes(line)
    job.deleted.append(OutputFile(name, "Bundle", 1))
    return []


def _told_as_failed(seen: View, job: ExportJob) -> dict[str, Any]:
    made = jobs.manifest(seen, job)
    failed = [{**one, "type": "OperationOutcome"} for one in made.pop("deleted", ())]
    return {**made, "error": failed}


_seed(
    "export-fails-in-part",
    "AC-05-1",
    "Every export loses its immunizations to a timeout, and is handed over with a file of errors",
    partners(exported=_some_failed, manifest=_told_as_failed),
)

# -- what is in the files


def _own_contracts_only(
    seen: View, call: Call, job: ExportJob, kind: str, members: frozenset[str]
) -> Iterable[Resource]:
    people = (person for person in seen.tenant.world.people.values() if person.patient in members)
    own = frozenset(one.patient for one in people if not _depends(seen.tenant, one.patient))
    return jobs.exported(seen, call, job, kind, own)


def _depends(tenant: Tenant, patient: str) -> bool:
    own = f"Patient/{patient}"
    coverages = tenant.world.record(patient, "Coverage")
    return any(one.get("subscriber", {}).get("reference") != own for one in coverages)


_seed(
    "export-leaves-dependents-out",
    "AC-05-1",
    "Exports go by contract holder: spouses and children of the Group don't come along",
    partners(exported=_own_contracts_only),
)


def _no_network(
    seen: View, call: Call, job: ExportJob, kind: str, members: frozenset[str]
) -> Iterable[Resource]:
    return [] if kind in SHARED_TYPES else jobs.exported(seen, call, job, kind, members)


# lawful: what lies outside the patient compartment, such as Practitioner and Organization, MAY be
# exported (Bulk Data 2.0.0, group level export), and a clinic reads by reference whom a claim names
seed(
    "export-without-the-network",
    AREA,
    "AC-05-1",
    "Claims name practitioners and organizations that no file of the export holds",
    partners(exported=_no_network),
    lawful=True,
)


def _other_keys(
    seen: View, call: Call, job: ExportJob, kind: str, members: frozenset[str]
) -> Iterable[Resource]:
    rows = jobs.exported(seen, call, job, kind, members)
    if kind not in ("Encounter", "Coverage"):
        return rows
    return ({**one, "id": f"wh-{one['id']}"[:64]} for one in rows)


_seed(
    "export-with-the-warehouses-ids",
    "AC-05-1",
    "Encounters and coverages carry the warehouse's ids in files; references keep those of the API",
    partners(exported=_other_keys, current_lines=as_written),
)


def _not_fhir(
    seen: View, call: Call, job: ExportJob, kind: str, members: frozenset[str]
) -> Iterable[Resource]:
    for one in jobs.exported(seen, call, job, kind, members):
        made = {name: value for name, value in one.items() if name != "status"}
        yield {**made, "rowNumber": 1, "sourceSystem": "warehouse"}


_seed(
    "exported-lines-of-the-warehouse",
    "AC-05-1",
    "Lines of an export carry columns of the warehouse that FHIR doesn't know, and lack status",
    partners(exported=_not_fhir),
)


def _local_time(seen: View, job: ExportJob) -> dict[str, Any]:
    moment = datetime.fromtimestamp(job.at, UTC).strftime("%m/%d/%Y %H:%M")
    return {**jobs.manifest(seen, job), "transactionTime": moment}


_seed(
    "manifest-time-as-in-a-letter",
    "AC-05-1",
    "transactionTime is written as month/day/year, not as an instant",
    partners(manifest=_local_time),
)
