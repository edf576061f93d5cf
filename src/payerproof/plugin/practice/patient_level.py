"""An export of all patients at once, where the payer declares it (``Patient/$export``)."""

from __future__ import annotations

from dataclasses import dataclass

from payerproof.expect.outcomes import inconclusive_unless, not_applicable_unless
from payerproof.fhir.bulk import Export
from payerproof.fhir.reply import Reply
from payerproof.plugin.organisations import Organisation
from payerproof.plugin.practice.entry import GROUP_EXPORT, entered, offers
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic

PATH = "Patient/$export"
_SMALL = ("_type", "Patient,Coverage")
FORMATS = ("application/fhir+ndjson", "application/ndjson", "ndjson")


@dataclass(frozen=True)
class PatientLevel:
    """A clinic's export of all patients, and what came of asking for one in other ways."""

    stranger: Reply
    """The kick-off without a token."""
    export: Export
    since: Reply
    """The kick-off of what changed since then."""
    formats: dict[str, Reply]
    """Kick-offs with each form of ``_outputFormat``."""
    deleted: Reply | None
    """What a DELETE of one that had just begun was answered; None where none began."""

    def must_have_ended(self) -> None:
        """End the check as inconclusive where nothing came to judge."""
        inconclusive_unless(
            self.export.complete, "the export did not end", self.export.last.exchange
        )


def patient_level(session: RunSession, clinic: Organisation[Clinic]) -> PatientLevel:
    """Ask for it once; not applicable where the CapabilityStatement lists no such operation."""
    not_applicable_unless(
        offers(clinic, GROUP_EXPORT, "Patient"), "The payer offers no export of all patients."
    )
    entered(session, clinic)
    exports = clinic.exports
    stranger = clinic.anonymous.get(PATH, [_SMALL], prefer="respond-async")
    export = exports.fetched(exports.awaited(exports.kick_off(PATH, [_SMALL])))
    if export.status_url:
        exports.delete(export)
    since = exports.kick_off(PATH, [("_since", export.manifest.at), _SMALL])
    cancelled = _cancelled(clinic, since)
    formats = {}
    for form in FORMATS:
        formats[form] = exports.kick_off(PATH, [("_outputFormat", form), _SMALL])
        _cancelled(clinic, formats[form])
    return PatientLevel(stranger, export, since, formats, cancelled)


def _cancelled(clinic: Organisation[Clinic], reply: Reply) -> Reply | None:
    """Cancel what has begun; None where nothing did."""
    began = reply.status == 202 and reply.header("content-location")
    return clinic.exports.delete(Export(reply)) if began else None
