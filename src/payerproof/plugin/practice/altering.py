"""What the operator changes for a moment: treatment, network, lookups, numbers, dated choices."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from payerproof.expect.operator import operate
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.bulk import Export
from payerproof.fhir.compartment import members_of
from payerproof.fhir.reply import Reply
from payerproof.plugin.first_trip import LoginTrouble
from payerproof.plugin.hands import Api
from payerproof.plugin.operating import changed
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.choosing import shows
from payerproof.plugin.practice.entry import entered, whereabouts
from payerproof.plugin.practice.exporting import exported
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic, Persona
from payerproof.target.needs import clinic_pair, served_clinics, shared_with, withheld


@dataclass(frozen=True)
class Altered:
    """The same looks before a change, during it, and after it was taken back."""

    patient: str = field(repr=False)
    before: Mapping[str, Reply]
    during: Mapping[str, Reply]
    after: Mapping[str, Reply]
    export: Export | None = None
    """An export made during the change; None where none was to be had."""
    refused: str = ""
    """Why the clinic got no further during the change, where it was shut out whole."""

    def must_have_shown(self) -> None:
        """End the check as inconclusive where there was nothing to be seen before."""
        inconclusive_unless(
            any(shows(reply, self.patient) for reply in self.before.values()),
            "nothing of the member was to be seen before the change either",
            *(reply.exchange for reply in self.before.values()),
        )

    def must_have_come_back(self) -> None:
        """End the check as inconclusive where nothing is to be seen after it: all may be dead."""
        inconclusive_unless(
            any(shows(reply, self.patient) for reply in self.after.values()),
            "nothing of the member was to be seen after the change was taken back",
            *(reply.exchange for reply in self.after.values()),
        )

    def still_shown(self) -> dict[str, Reply]:
        """Looks that show the member during the change."""
        return {name: one for name, one in self.during.items() if shows(one, self.patient)}

    def lines(self) -> int:
        """How many resources of the export are about the member."""
        rows = self.export.of() if self.export else ()
        return sum(self.patient in members_of(one) for one in rows)


Make = Callable[[RunSession], Altered]


def looks(clinic: Organisation[Clinic], group: str, patient: str) -> dict[str, Reply]:
    """A clinic's ways to one member."""
    client = clinic.client
    return {
        "read": client.read("Patient", patient),
        "search": client.search("ExplanationOfBenefit", [("patient", patient), ("_count", "2")]),
        "Group": client.read("Group", group),
        "list of patients": client.search("Patient", [("_count", "100")]),
    }


def altered(
    session: RunSession,
    clinic: Organisation[Clinic],
    persona: Persona,
    hook: str,
    what: Mapping[str, Any],
    back: Mapping[str, Any],
) -> Altered:
    """Look as a clinic at one member while an operator's hook has changed something."""
    entry = entered(session, clinic)
    entry.must_lead_in()
    patient = whereabouts(session).of(persona.id)
    inconclusive_unless(patient, f"{persona.id}'s Patient could not be told by id")
    before = looks(clinic, entry.group, patient)
    during: dict[str, Reply] = {}
    export, refused = None, ""
    with changed(session, hook, what, back):
        try:
            during = looks(clinic, entry.group, patient)
            export = exported(session, clinic, type="Patient,Coverage")
        except LoginTrouble as trouble:
            refused = trouble.sentence
        if export is not None and export.complete:
            clinic.exports.delete(export)
    return Altered(patient, before, during, looks(clinic, entry.group, patient), export, refused)


def treatment_ended(session: RunSession) -> Altered:
    """A treatment relationship ends for a moment."""
    clinic, persona = someone(session)
    what = {"client_id": clinic.partner.client_id, "persona": persona.id}
    return altered(
        session, clinic, persona, "attribution", {**what, "holds": False}, {**what, "holds": True}
    )


def network_left(session: RunSession) -> Altered:
    """A clinic leaves the network for a moment."""
    clinic, persona = someone(session)
    what = {"client_id": clinic.partner.client_id}
    return altered(
        session,
        clinic,
        persona,
        "network",
        {**what, "in_network": False},
        {**what, "in_network": True},
    )


def lookup_failing(session: RunSession) -> Altered:
    """The payer's list of choices can't be looked up for a moment."""
    clinic, persona = someone(session)
    return altered(
        session, clinic, persona, "consent-lookup", {"available": False}, {"available": True}
    )


def number_changed(session: RunSession) -> Altered:
    """A member who has opted out gets another member number.

    Before and after the change stand a look at somebody who is shared: it is the control.
    """
    target = session.target
    clinic, shared = someone(session)
    found = [one for c in target.clinics for one in withheld(target, c) if c.id == clinic.id]
    inconclusive_unless(found, f"nobody treated by {clinic} has opted out")
    persona = found[0]
    known, entry = whereabouts(session), entered(session, clinic)
    patient, other = known.of(persona.id), known.of(shared.id)
    inconclusive_unless(patient and other, "a Patient could not be told by id")
    number = _number(session, persona)
    what, back = ({"persona": persona.id, "number": one} for one in ("M-PROOF-0001", number))
    before = looks(clinic, entry.group, other)
    with changed(session, "member-number", what, back):
        during = looks(clinic, entry.group, patient)
        export = exported(session, clinic, type="Patient,Coverage")
    if export.complete:
        clinic.exports.delete(export)
    after = looks(clinic, entry.group, patient)
    during |= {f"{name}, with the old number again": one for name, one in after.items()}
    return Altered(patient, before, during, before, export)


def _number(session: RunSession, persona: Persona) -> str:
    own = session.client(session.shared_grant(persona)).read("Patient", session.patient_id(persona))
    for identifier in own.body.get("identifier") or []:
        kinds = (identifier.get("type") or {}).get("coding") or []
        if any(one.get("code") == "MB" for one in kinds) and identifier.get("value"):
            return str(identifier["value"])
    inconclusive_unless(False, f"{persona.id}'s member number is not in their record", own.exchange)
    raise AssertionError("the line above ends it")


def someone(session: RunSession) -> tuple[Organisation[Clinic], Persona]:
    """The clinic most checks act for, and one of its members who isn't theirs."""
    target = session.target
    pair = clinic_pair(target)
    clinic = pair[0] if pair else served_clinics(target)[0]
    known, first = whereabouts(session), session.cast.first
    people = [one for one in shared_with(target, clinic) if known.of(one.id)]
    inconclusive_unless(people, f"no member of {clinic.id} could be told by id")
    others = [one for one in people if first is None or one.id != first.id]
    return clinic_of(session, clinic), (others or people)[0]


@dataclass(frozen=True)
class Dated:
    """Members with choices of different dates, as one clinic meets them."""

    patients: Mapping[str, str] = field(repr=False)
    """Patient id by what was chosen."""
    reads: Mapping[str, Reply]
    group: Reply
    export: Export
    control: str = field(repr=False, default="")
    """Patient id of somebody who chose nothing."""

    def must_show_somebody(self) -> None:
        """End the check as inconclusive where not even who chose nothing is shown."""
        inconclusive_unless(
            self.reads["nothing chosen"].resource_type == "Patient" and self.export.complete,
            "nobody is shown at all",
            self.reads["nothing chosen"].exchange,
        )

    def exported(self, kind: str) -> bool:
        """Whether the export has anything of the member who chose so."""
        return any(self.patients[kind] in members_of(one) for one in self.export.of())


PAST, FUTURE, OUT_IN, IN_OUT = "out since last month", "out from next month", "out, in", "in, out"


def dated(session: RunSession) -> Dated:
    """Record choices of different dates and orders, look, and put everybody back in."""
    target = session.target
    clinic, _ = someone(session)
    entry, known = entered(session, clinic), whereabouts(session)
    entry.must_lead_in()
    people = [one for one in shared_with(target, clinic.partner) if known.of(one.id)]
    plans = (PAST, FUTURE, OUT_IN, IN_OUT)
    inconclusive_unless(len(people) > len(plans), f"{clinic} has too few members to try this on")
    now = datetime.now(UTC)
    month = timedelta(days=30)
    choices: dict[str, list[dict[str, Any]]] = {
        PAST: [{"opted_out": True, "effective": _moment(now - month)}],
        FUTURE: [{"opted_out": True, "effective": _moment(now + month)}],
        OUT_IN: [{"opted_out": True}, {"opted_out": False}],
        IN_OUT: [{"opted_out": False}, {"opted_out": True}],
    }
    chosen = dict(zip(plans, people[1:], strict=False))
    client = clinic.client
    with ExitStack() as stack:
        for kind, persona in chosen.items():
            first, *more = ({"persona": persona.id, **one} for one in choices[kind])
            back = {"persona": persona.id, "opted_out": False}
            stack.enter_context(changed(session, "opt-out", first, back, undo="opt-in"))
            for one in more:
                operate(Api(session), target, "opt-out" if one["opted_out"] else "opt-in", **one)
        reads = {kind: client.read("Patient", known.of(one.id)) for kind, one in chosen.items()}
        reads["nothing chosen"] = client.read("Patient", known.of(people[0].id))
        group = client.read("Group", entry.group)
        export = exported(session, clinic, type="Patient,Coverage")
    if export.complete:
        clinic.exports.delete(export)
    ids = {kind: known.of(one.id) for kind, one in chosen.items()}
    return Dated(ids, reads, group, export, known.of(people[0].id))


def _moment(when: datetime) -> str:
    return when.isoformat(timespec="seconds")
