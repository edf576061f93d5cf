"""Exports: who and what is in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.provider_choices import out_forgotten
from payerproof.sandbox.defects.replacing import partners
from payerproof.sandbox.fhir.call import Call
from payerproof.sandbox.partners import jobs
from payerproof.sandbox.partners.jobs import ExportJob, OutputFile
from payerproof.sandbox.partners.view import View

AREA = "bulk"


def as_written(_view: View, job: ExportJob, file: OutputFile) -> Iterator[bytes]:
    """Files as they lie on disk."""
    yield (job.folder / file.name).read_bytes()


seed(
    "files-keep-who-opted-out",
    AREA,
    "N-BULK-05 AC-05-3",
    "Files made before an opt-out are served as they were written",
    partners(current_lines=as_written),
)
seed(
    "export-forgets-opt-out",
    AREA,
    "N-BULK-01 AC-05-1",
    "The export job reads the attribution table and never the members' choices",
    partners(shares_at_export=out_forgotten, current_lines=as_written),
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
    partners(write_export=_as_at_kickoff, current_lines=as_written),
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
    partners(write_export=_since_unfiltered, current_lines=as_written),
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
    partners(write_export=_named_anyhow, current_lines=as_written),
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
    partners(exported=_filtered_over_all, current_lines=as_written),
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
    partners(exported=_with_family, current_lines=as_written),
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
