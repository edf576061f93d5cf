"""An export of all patients at once, where the payer declares it (``Patient/$export``)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from payerproof.expect.outcomes import inconclusive_unless, not_applicable_unless
from payerproof.fhir.bulk import Export
from payerproof.fhir.reply import Reply
from payerproof.plugin.organisations import Organisation
from payerproof.plugin.practice.asking import FORMATS, strangers
from payerproof.plugin.practice.entry import GROUP_EXPORT, entered, offers
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic

PATH = "Patient/$export"
_SMALL = ("_type", "Patient,Coverage")


@dataclass(frozen=True)
class PatientLevel:
    """A clinic's export of all patients, and what came of asking for one in other ways."""

    strangers: dict[str, Reply]
    """Kick-offs by those who may begin none."""
    export: Export
    """Patient and Coverage of everybody."""
    since: Export
    """What changed since then."""
    formats: dict[str, Reply]
    """Kick-offs with each form of ``_outputFormat``."""
    deleted: Reply | None
    """What a DELETE of one that had just begun was answered; None where none began."""
    gone: Reply | None
    """What its status was answered then."""

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
    refused = {
        name: replace(exports, client=client).kick_off(PATH, [_SMALL])
        for name, client in strangers(session, clinic).items()
    }
    export = exports.fetched(exports.awaited(exports.kick_off(PATH, [_SMALL])))
    if export.status_url:
        exports.delete(export)
    asked = [("_since", export.manifest.at), _SMALL]
    since = exports.fetched(exports.awaited(exports.kick_off(PATH, asked)))
    if since.status_url:
        exports.delete(since)
    formats: dict[str, Reply] = {}
    deleted = gone = None
    for form in FORMATS:
        formats[form] = exports.kick_off(PATH, [("_outputFormat", form), _SMALL])
        begun = Export(formats[form])
        if begun.status_url:
            deleted, gone = exports.delete(begun), exports.look(begun)
    return PatientLevel(refused, export, since, formats, deleted, gone)
