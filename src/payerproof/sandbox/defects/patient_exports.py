"""Exports of all patients, offered beside those of Groups, and not held to the same rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qsl

from starlette.requests import Request

from payerproof.sandbox.access import Refusal
from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.bulk import as_written
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.provider_choices import out_forgotten
from payerproof.sandbox.defects.replacing import Change, both, partners
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.partners import api, jobs, token
from payerproof.sandbox.partners.jobs import ExportJob, OutputFile
from payerproof.sandbox.partners.token import SystemToken
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant, TenantSpec

AREA = "bulk"
Who = Callable[[View, ExportJob], frozenset[str]]


def _offered(spec: TenantSpec) -> TenantSpec:
    return replace(spec, face=replace(spec.face, patient_export=True))


def _seed(name: str, cites: str, title: str, change: Change, *, lawful: bool = False) -> None:
    seed(name, AREA, cites, title, both(_offered, change), lawful=lawful)


def _of_all(job: ExportJob) -> bool:
    return not job.asked.group and job.asked.url.partition("?")[0].endswith("Patient/$export")


def _writing(who: Who) -> Change:
    """Let exports of all patients be about whom `who` tells."""

    def write(seen: View, call: Call, job: ExportJob) -> None:
        if not _of_all(job):
            jobs.write_export(seen, call, job)
            return
        for kind in job.asked.types:
            rows = seen.tenant.policies.partners.exported(seen, call, job, kind, who(seen, job))
            jobs.write_rows(seen, job, kind, rows)

    def lines(seen: View, job: ExportJob, file: OutputFile) -> Iterator[bytes]:
        return (as_written if _of_all(job) else jobs.current_lines)(seen, job, file)

    return partners(write_export=write, current_lines=lines)


def _everybody(seen: View, _job: ExportJob) -> frozenset[str]:
    return frozenset(one.patient for one in seen.tenant.world.people.values() if one.patient)


def _whoever_is_treated(seen: View, _job: ExportJob) -> frozenset[str]:
    people = seen.tenant.world.people.values()
    return frozenset(
        one.patient
        for one in people
        if one.patient and out_forgotten(seen.tenant, seen.client, one.user)
    )


_seed(
    "patient-export-of-everybody",
    "N-BULK-16 N-BULK-23",
    "An export of all patients means all the plan's, not all of the clinic's",
    _writing(_everybody),
)
_seed(
    "patient-export-forgets-opt-out",
    "N-BULK-01 N-BULK-16",
    "Exports of Groups leave out who opted out; those of all patients come from the roster's table",
    _writing(_whoever_is_treated),
)


def _first_clinics(tenant: Tenant, request: Request) -> SystemToken | Refusal:
    if "authorization" in request.headers or not request.url.path.endswith("/Patient/$export"):
        return token.authenticate(tenant, request)
    client = next(one for one in tenant.clients.values() if one.kind == "provider")
    return SystemToken("", client.client_id, ("system/*.rs",), 0.0, 0.0)


def _any_token(tenant: Tenant, request: Request) -> SystemToken | Refusal:
    found = token.authenticate(tenant, request)
    if not isinstance(found, Refusal) or "authorization" not in request.headers:
        return found
    if not request.url.path.endswith("/Patient/$export"):
        return found
    client = next(one for one in tenant.clients.values() if one.kind == "provider")
    return SystemToken("", client.client_id, ("system/*.rs",), 0.0, 0.0)


_seed(
    "patient-export-without-token",
    "N-BULK-23",
    "The route of exports of all patients lies beside the guard: no token is asked",
    partners(authenticate=_first_clinics),
)
_seed(
    "patient-export-by-any-token",
    "N-BULK-23",
    "An export of all patients begins with any bearer token, a member's or a made-up one",
    partners(authenticate=_any_token),
)


def _at_once(seen: View, job: ExportJob) -> Reply:
    reply = api.begun(seen, job)
    return replace(reply, status=200, headers={}) if _of_all(job) else reply


def _kept(seen: View, job: ExportJob) -> None:
    if not _of_all(job):
        jobs.drop(seen, job)


_seed(
    "patient-export-begins-without-address",
    "AC-05-1",
    "An export of all patients is answered 200, and nowhere is said where it will be",
    partners(begun=_at_once),
)
_seed(
    "patient-export-not-dropped",
    "N-BULK-14",
    "An export of all patients that is deleted goes on and stays",
    partners(drop=_kept),
)


def _types_unread(seen: View, call: Call, job: ExportJob) -> None:
    if _of_all(job):
        job.asked = replace(job.asked, types=("Patient", "Coverage", "Encounter", "Condition"))
    jobs.write_export(seen, call, job)


def _time_unread(seen: View, job: ExportJob, resource: Resource) -> bool:
    return _of_all(job) or jobs.in_window(seen, job, resource)


_seed(
    "patient-export-of-any-type",
    "AC-05-1",
    "_type of an export of all patients is read and forgotten",
    partners(write_export=_types_unread),
)
_seed(
    "patient-export-of-any-time",
    "AC-05-2",
    "_since of an export of all patients is read and forgotten",
    partners(in_window=_time_unread),
)


def _refusing(*names: str) -> Change:
    """Refuse parameters of an export of all patients that those of Groups take."""

    def begun(seen: View, job: ExportJob) -> Reply:
        given = {name for name, _ in parse_qsl(job.asked.url.partition("?")[2])}
        if job.asked.since is not None:
            given.add("_since")
        if _of_all(job) and given & set(names):
            jobs.drop(seen, job)
            text = f"An export of all patients does not take {', '.join(names)}."
            raise Refused(400, "not-supported", text)
        return api.begun(seen, job)

    return partners(begun=begun)


_seed(
    "patient-export-refuses-since",
    "AC-05-1",
    "_since is taken for exports of Groups; for those of all patients it is refused",
    _refusing("_since"),
)
_seed(
    "patient-export-refuses-types",
    "AC-05-1",
    "An export of all patients is of everything: _type and _typeFilter are refused",
    _refusing("_type", "_typeFilter"),
)
_seed(
    "patient-export-as-it-should-be",
    "AC-05-1",
    "Clinics may export all their members at once, by the rules of Groups",
    partners(),
    lawful=True,
)
