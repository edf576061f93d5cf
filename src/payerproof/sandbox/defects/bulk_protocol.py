"""Exports whose protocol is off: how they begin, how they stand, what cannot be made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import orjson
from starlette.requests import Request

from payerproof.sandbox.access import Refusal
from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.bulk import as_written
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, partners
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.partners import api, bulk, groups, jobs, token
from payerproof.sandbox.partners.jobs import ExportJob, OutputFile
from payerproof.sandbox.partners.token import SystemToken
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "bulk"
KICK_OFF = "AC-05-1 N-BULK-23"


def _seed(name: str, cites: str, title: str, change: Change) -> None:
    seed(name, AREA, cites, title, change)


# -- how an export begins


def _as_ok(seen: View, job: ExportJob) -> Reply:
    return replace(api.begun(seen, job), status=200)


def _elsewhere(seen: View, job: ExportJob) -> Reply:
    reply = api.begun(seen, job)
    return replace(reply, headers={"Location": reply.headers["Content-Location"]})


def _by_path(seen: View, job: ExportJob) -> Reply:
    return api.begun(seen, job).with_headers({"Content-Location": f"/bulk/jobs/{job.id}"})


_seed(
    "kick-off-answered-as-done",
    KICK_OFF,
    "A kick-off is answered 200, as if the export were there already",
    partners(begun=_as_ok),
)
_seed(
    "kick-off-in-the-wrong-header",
    KICK_OFF,
    "Where to ask how an export stands is told in Location, not in Content-Location",
    partners(begun=_elsewhere),
)
_seed(
    "kick-off-tells-a-path",
    KICK_OFF,
    "Content-Location is a path that leads nowhere from the FHIR base, not an absolute address",
    partners(begun=_by_path),
)


def _any_method(_operation: str) -> tuple[str, ...]:
    return ("GET", "HEAD", "POST")


_seed(
    "attribution-export-by-get",
    KICK_OFF,
    "$davinci-data-export begins by GET as well, so that a link or a prefetch starts an export",
    partners(export_methods=_any_method),
)


def _any_roster(seen: View, group: str) -> Resource | None:
    own = groups.find_group(seen, group)
    others = (
        groups.roster(replace(seen, client=client)) for client in seen.tenant.clients.values()
    )
    return own or next((one for one in others if one is not None and one["id"] == group), None)


def _foreign(seen: View, job: ExportJob) -> bool:
    return groups.find_group(seen, job.asked.group) is None


def _everybody_named(seen: View, call: Call, job: ExportJob) -> None:
    if not _foreign(seen, job):
        jobs.write_export(seen, call, job)
        return
    group = _any_roster(seen, job.asked.group) or {}
    named = (row["entity"]["reference"] for row in group.get("member", ()))
    members = frozenset(one.removeprefix("Patient/") for one in named)
    for kind in job.asked.types:
        rows = seen.tenant.policies.partners.exported(seen, call, job, kind, members)
        jobs.write_rows(seen, job, kind, rows)


def _lines(seen: View, job: ExportJob, file: OutputFile) -> Iterator[bytes]:
    read = as_written if _foreign(seen, job) else jobs.current_lines
    return read(seen, job, file)


_seed(
    "foreign-group-exported",
    "N-BULK-08 N-BULK-23",
    "Groups are read and found by their own clinic only; an export takes any Group's id",
    partners(group_to_export=_any_roster, write_export=_everybody_named, current_lines=_lines),
)


def _known_by_its_group(tenant: Tenant, request: Request) -> SystemToken | Refusal:
    segments = request.url.path.split("/")
    if "authorization" in request.headers or not segments[-1].startswith("$"):
        return token.authenticate(tenant, request)
    for client in tenant.clients.values():
        if groups.roster_id(tenant, client) in segments:
            return SystemToken("", client.client_id, ("system/*.rs",), 0.0, 0.0)
    return token.authenticate(tenant, request)


_seed(
    "kick-off-without-token",
    KICK_OFF,
    "An operation's route was added beside the guard: a kick-off needs a Group's id and no token",
    partners(authenticate=_known_by_its_group),
)

# -- how it stands


def _running(headers: dict[str, str], status: int = 202) -> object:
    def told(seen: View, job: ExportJob) -> Reply:
        reply = bulk.status(seen, job)
        return replace(reply, status=status, headers=headers) if reply.status == 202 else reply

    return told


_seed(
    "running-export-answered-as-done",
    "AC-05-1",
    "A running export is answered 200 with an empty body",
    partners(status=_running({"Retry-After": "1"}, 200)),
)
_seed(
    "running-export-soon",
    "AC-05-1",
    "Retry-After of a running export is a word, neither seconds nor a date",
    partners(status=_running({"X-Progress": "in progress", "Retry-After": "soon"})),
)
_seed(
    "running-export-tells-at-length",
    "AC-05-1",
    "X-Progress holds a log of what has been written so far, some hundreds of characters",
    partners(
        status=_running({"X-Progress": "; ".join(["a type is queued"] * 20), "Retry-After": "1"})
    ),
)

# -- what cannot be made


def _in_words(refused: Refused, _target: str) -> Reply:
    return Reply(refused.status, raw=refused.text.encode(), content_type="text/plain")


def _as_oauth(refused: Refused, _target: str) -> Reply:
    body = {"error": "invalid_request", "error_description": refused.text}
    raw = orjson.dumps(body)
    return Reply(refused.status, raw=raw, content_type="application/json", headers=refused.headers)


_seed(
    "export-errors-in-words",
    "AC-05-1",
    "What cannot be exported is explained in a line of plain text",
    partners(error_reply=_in_words),
)
_seed(
    "export-errors-of-the-gateway",
    "AC-05-1",
    "Errors of the clinics' API are the gateway's JSON, not OperationOutcomes",
    partners(error_reply=_as_oauth),
)

# -- in which form it is asked for

_seed(
    "one-name-of-ndjson",
    "AC-05-1",
    "Of the names of NDJSON only application/fhir+ndjson is known as _outputFormat",
    partners(output_formats=("application/fhir+ndjson",)),
)
_seed(
    "short-name-of-ndjson-unknown",
    "AC-05-1",
    "_outputFormat is taken as a media type: ndjson alone is refused",
    partners(output_formats=("application/fhir+ndjson", "application/ndjson")),
)
