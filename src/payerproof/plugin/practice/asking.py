"""Exports asked for in many ways: parameters, tricks, mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from payerproof.expect.outcomes import inconclusive_unless, not_applicable_unless
from payerproof.fhir.bulk import Export, Exports
from payerproof.fhir.client import FhirClient
from payerproof.fhir.reply import Reply
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.entry import DATA_EXPORT, GROUP_EXPORT, entered, offers, whereabouts
from payerproof.plugin.practice.exporting import DOWNLOAD, exported, kicked_off, parameters
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic
from payerproof.target.needs import clinic_pair, shared_with


@dataclass(frozen=True)
class Asked:
    """Small exports with parameters, by name; what the payer offers no way for is missing."""

    exports: Mapping[str, Export]
    refused: Mapping[str, Reply]
    """Kick-offs that ought to be refused, by name."""
    formats: Mapping[str, Reply] = field(default_factory=dict)
    """Kick-offs with each form of ``_outputFormat``."""
    inside: str = field(default="", repr=False)
    """Patient id of somebody in the Group."""
    outside: str = field(default="", repr=False)
    """Patient id of somebody the clinic may not see; empty where none is known."""
    since: str = ""

    def made(self, name: str) -> Export:
        """One of `exports`."""
        not_applicable_unless(name in self.exports, f"the payer offers no way to ask: {name}")
        return self.exports[name]

    def complete(self, name: str) -> Export:
        """The same; ends the check as inconclusive where it did not come to its end."""
        export = self.made(name)
        inconclusive_unless(
            export.complete, f"the export did not end: {name}", export.last.exchange
        )
        return export


def asked(session: RunSession, clinic: Organisation[Clinic]) -> Asked:
    """Ask for exports in many ways; each is deleted as soon as it was looked at."""
    entry = entered(session, clinic)
    entry.must_lead_in()
    inside, outside = _members(session, clinic)
    first = _made(session, clinic, {"_type": {"type": "Patient,Coverage"}})
    since = first["_type"].manifest.at
    ways: dict[str, dict[str, Any]] = {
        "_typeFilter": {"type": "Patient", "typeFilter": f"Patient?_id={outside or inside}"},
    }
    if since:
        ways["_since"] = {"since": since, "type": "Patient,Coverage,ExplanationOfBenefit"}
    if offers(clinic, DATA_EXPORT):
        one, other = {"reference": f"Patient/{inside}"}, {"reference": f"Patient/{outside}"}
        ways["patient"] = {"type": "Patient,Coverage", "patient": [one]}
        if outside:
            ways["patient outside"] = {"type": "Patient,Coverage", "patient": [other]}
            ways["patients mixed"] = {"type": "Patient,Coverage", "patient": [one, other]}
    found = first | _made(session, clinic, ways)
    return Asked(
        found,
        _refused(session, clinic, entry.group),
        _formats(clinic, entry.group),
        inside,
        outside,
        since,
    )


FORMATS = ("application/fhir+ndjson", "application/ndjson", "ndjson")
"""Names of NDJSON (Bulk Data Access 2.0.0, query parameter ``_outputFormat``)."""
AT_ONCE = 2
"""Exports asked for at once; a payer need not carry out many for one client."""


def _made(
    session: RunSession, clinic: Organisation[Clinic], ways: Mapping[str, Mapping[str, Any]]
) -> dict[str, Export]:
    """Exports of a clinic's Group by name, a few at a time, each deleted when it was fetched."""
    entry, exports = entered(session, clinic), clinic.exports
    entry.must_lead_in()
    found: dict[str, Export] = {}
    names = list(ways)
    for at in range(0, len(names), AT_ONCE):
        some = names[at : at + AT_ONCE]
        begun = {name: kicked_off(clinic, entry.group, **ways[name]) for name in some}
        for name, reply in begun.items():
            found[name] = exports.fetched(exports.awaited(reply))
            if found[name].complete:
                exports.delete(found[name])
    return found


def _members(session: RunSession, clinic: Organisation[Clinic]) -> tuple[str, str]:
    known = whereabouts(session)
    mine = {one.id for one in shared_with(session.target, clinic.partner)}
    inside = next((known.of(name) for name in known.ids if name in mine), "")
    outside = next((known.of(name) for name in known.ids if name not in mine), "")
    inconclusive_unless(inside, f"no member of {clinic} could be told by id")
    return inside, outside


def _refused(session: RunSession, clinic: Organisation[Clinic], group: str) -> dict[str, Reply]:
    """Kick-offs that no payer may begin."""
    operation = DATA_EXPORT if offers(clinic, DATA_EXPORT) else GROUP_EXPORT
    # right in all but who asks, so that nothing else is what they are refused for
    path, body = f"Group/{group}/${operation}", parameters(exportType=DOWNLOAD, type="Patient")
    how: dict[str, Any] = {"body": body} if operation == DATA_EXPORT else {}
    asks = strangers(session, clinic)
    for one in session.target.clinics:
        other = clinic_of(session, one)
        if one.id != clinic.id and (not one.in_network or one.id == _pair(session, clinic)):
            asks[f"by {one.id}"] = other.client
    found = {
        name: replace(clinic.exports, client=client).kick_off(path, **how)
        for name, client in asks.items()
    }
    unknown = f"Group/payerproof-nothing/${operation}"
    found["of an unknown Group"] = clinic.exports.kick_off(unknown, **how)
    found["of an unknown type"] = kicked_off(clinic, group, type="Banana")
    for name, reply in found.items():
        if reply.status == 202 and reply.header("content-location"):
            _drop(replace(clinic.exports, client=asks.get(name, clinic.client)), reply)
    if operation == DATA_EXPORT:
        asked_for = [("exportType", DOWNLOAD), ("_type", "Patient")]
        found["by GET"] = clinic.exports.kick_off(path, asked_for)
        if found["by GET"].status == 202:
            _drop(clinic.exports, found["by GET"])
    return found


def strangers(session: RunSession, clinic: Organisation[Clinic]) -> dict[str, FhirClient]:
    """Clients of a clinic's API who may begin no export, by name."""
    found = {
        "without a token": clinic.anonymous,
        "with a made-up token": clinic.with_token("payerproof-no-such-token"),
    }
    first = session.cast.first
    if first is not None:
        member = clinic.with_token(session.shared_grant(first).access_token)
        found["with a member's token"] = replace(member, persona=first.id)
    return found


def _drop(exports: Exports, reply: Reply) -> None:
    """Wait for what was begun all the same, and delete it: only so many exports may run at once."""
    exports.delete(exports.awaited(reply))


def _pair(session: RunSession, clinic: Organisation[Clinic]) -> str:
    pair = clinic_pair(session.target)
    return next((one.id for one in pair if one.id != clinic.id), "") if pair else ""


def _formats(clinic: Organisation[Clinic], group: str) -> dict[str, Reply]:
    """Each name of NDJSON as ``_outputFormat`` (Bulk Data Access 2.0.0, query parameters)."""
    if not offers(clinic, GROUP_EXPORT):
        return {}
    found: dict[str, Reply] = {}
    for form in FORMATS:
        query = [("_outputFormat", form), ("_type", "Patient")]
        found[form] = clinic.exports.kick_off(f"Group/{group}/${GROUP_EXPORT}", query)
    for reply in found.values():
        if reply.status == 202:
            _drop(clinic.exports, reply)
    return found


@dataclass(frozen=True)
class Crossed:
    """The same question by two clinics, and by one whose token opens one type only."""

    first: Export
    second: Export
    narrow: Export | None
    """Patient and Coverage asked for with a token for Patient; None where none was given."""
    narrow_read: Reply | None = None
    """A search for Coverage with that token."""
    wide_read: Reply | None = None
    """The same search with the clinic's ordinary token."""


def crossed(
    session: RunSession, clinic: Organisation[Clinic], other: Organisation[Clinic]
) -> Crossed:
    """Ask the same as two clinics, and with less than a clinic's scopes."""
    first = exported(session, clinic, type="Patient,Coverage")
    second = exported(session, other, type="Patient,Coverage")
    for one, export in ((clinic, first), (other, second)):
        if export.complete:
            one.exports.delete(export)
    answer = clinic.backend.ask("system/Patient.rs system/Group.rs")
    if not answer.gave_token:
        return Crossed(first, second, None)
    narrow = clinic.with_token(answer.access_token)
    exports = replace(clinic.exports, client=narrow)
    group = entered(session, clinic).group
    operation = DATA_EXPORT if offers(clinic, DATA_EXPORT) else GROUP_EXPORT
    how: dict[str, Any] = {"body": parameters(exportType=DOWNLOAD, type="Patient,Coverage")}
    if operation == GROUP_EXPORT:
        how = {"params": [("_type", "Patient,Coverage")]}
    export = exports.fetched(
        exports.awaited(exports.kick_off(f"Group/{group}/${operation}", **how))
    )
    wide = clinic.client.search("Coverage", [("_count", "2")])
    return Crossed(first, second, export, narrow.search("Coverage", [("_count", "2")]), wide)
