"""Payer-to-Payer: payers told to come back in days, and handed what is days old."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate

from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, both, partners
from payerproof.sandbox.fhir.call import Call, Refused, Reply
from payerproof.sandbox.partners import api, bulk, jobs
from payerproof.sandbox.partners.jobs import ExportJob
from payerproof.sandbox.partners.view import View

AREA = "payer_to_payer"
CITES = "AC-05-6"
DAY = 86400.0


def _for_a_payer(seen: View, job: ExportJob) -> bool:
    return seen.client.kind == "payer" and bool(job.asked.group)


def _waiting(days: int, progress: str, *, dated: bool) -> Change:
    """Let payers poll for days, and tell them so in Retry-After: as seconds, or as a date."""

    def status(seen: View, job: ExportJob) -> Reply:
        end = job.at + days * DAY
        left = end - seen.tenant.clock.now()
        if not _for_a_payer(seen, job) or left <= 0:
            return bulk.status(seen, job)
        wait = formatdate(end, usegmt=True) if dated else str(int(left))
        return Reply(202, headers={"X-Progress": progress, "Retry-After": wait})

    return both(partners(export_lifetime=30 * DAY), partners(status=status))


seed(
    "payers-told-to-return-in-days",
    AREA,
    CITES,
    "Exports for payers stand in a queue: the status says to come back in four days",
    _waiting(4, "queued", dated=False),
)
seed(
    "payers-exports-on-a-date",
    AREA,
    CITES,
    "Exports for payers are made once a week: the status names the day, six days on",
    _waiting(6, "waits for the weekly run", dated=True),
)


def _not_this_week(seen: View, job: ExportJob) -> Reply:
    reply = api.begun(seen, job)
    if not _for_a_payer(seen, job):
        return reply
    jobs.drop(seen, job)
    text = "Exports for other payers are made on the first of the month."
    raise Refused(503, "transient", text, headers={"Retry-After": str(int(5 * DAY))})


def _of_days_ago(days: int) -> Change:
    """Let payers be handed the state of some days ago."""

    def write_export(seen: View, call: Call, job: ExportJob) -> None:
        if _for_a_payer(seen, job):
            job.at -= days * DAY
            job.asked = replace(job.asked, until=job.at)
        jobs.write_export(seen, call, job)

    return partners(write_export=write_export)


seed(
    "payers-exports-not-begun-for-days",
    AREA,
    CITES,
    "An export for a payer isn't begun: the kick-off is answered 503, to be tried in five days",
    partners(begun=_not_this_week),
)
seed(
    "payers-get-last-weeks-data",
    AREA,
    CITES,
    "Payers are handed the export of last week: what came since is handed over six days late",
    _of_days_ago(6),
    twin="payers-get-last-nights-data",
)
seed(
    "payers-get-last-nights-data",
    AREA,
    CITES,
    "Payers are handed the export of last night, which holds what came up to then",
    _of_days_ago(1),
    lawful=True,
)
