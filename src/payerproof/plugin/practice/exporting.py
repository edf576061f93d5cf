"""One full export of a clinic's Group, and what others can do with its addresses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from payerproof.expect.holdings import Content, read_holdings
from payerproof.expect.outcomes import inconclusive_unless, not_applicable_unless
from payerproof.fhir.bulk import NDJSON, Export, Output
from payerproof.fhir.reply import Reply
from payerproof.plugin.organisations import Organisation, clinic_of
from payerproof.plugin.practice.entry import DATA_EXPORT, GROUP_EXPORT, entered, offers
from payerproof.plugin.practice.observing import observed
from payerproof.plugin.session import RunSession
from payerproof.target import Clinic

DOWNLOAD = "hl7.fhir.us.davinci-pdex#provider-download"
DELTA = "hl7.fhir.us.davinci-pdex#provider-delta"
Params = list[tuple[str, str]]


def parameters(**values: Any) -> dict[str, Any]:
    """The body of a kick-off by POST; ``since``, ``type``, ``typeFilter`` get their underscore."""
    kinds = {"patient": "valueReference", "_since": "valueInstant", "_until": "valueInstant"}
    listed = []
    for key, value in values.items():
        name = f"_{key}" if key in ("since", "until", "type", "typeFilter") else key
        for one in value if isinstance(value, list) else [value]:
            listed.append({"name": name, kinds.get(name, "valueString"): one})
    return {"resourceType": "Parameters", "parameter": listed}


def exported(
    session: RunSession,
    clinic: Organisation[Clinic],
    *,
    only: tuple[str, ...] = (),
    at_once: bool = False,
    **how: Any,
) -> Export:
    """Export a clinic's Group by whichever operation the payer offers; `how` as `parameters`."""
    entry = entered(session, clinic)
    entry.must_lead_in()
    exports = clinic.exports
    export = exports.awaited(kicked_off(clinic, entry.group, **how), at_once=at_once)
    return exports.fetched(export, only=only)


def kicked_off(clinic: Organisation[Clinic], group: str, **how: Any) -> Reply:
    """Ask for an export of a Group, and wait for nothing."""
    if offers(clinic, DATA_EXPORT):
        kind = DELTA if "since" in how else DOWNLOAD
        body = parameters(exportType=kind, **how)
        return clinic.exports.kick_off(f"Group/{group}/${DATA_EXPORT}", body=body)
    query = [(f"_{key}", str(value)) for key, value in how.items() if key != "patient"]
    return clinic.exports.kick_off(f"Group/{group}/${GROUP_EXPORT}", query)


@dataclass(frozen=True)
class Full:
    """A clinic's full export."""

    export: Export
    group: str
    members: tuple[str, ...] = field(repr=False)
    """Patients in the Group at that time."""

    def must_be_complete(self) -> None:
        """End the check as inconclusive where there is nothing to judge."""
        inconclusive_unless(
            self.export.complete and any(True for _ in self.export.of("Patient")),
            f"the export of the clinic's Group did not end in a Patient "
            f"({self.export.last.status} at last)",
            self.export.kick_off.exchange,
            self.export.last.exchange,
        )


def full(session: RunSession, clinic: Organisation[Clinic]) -> Full:
    """Everything of everybody in the clinic's Group, exported once in a run."""

    def make() -> Full:
        entry = entered(session, clinic)
        return Full(exported(session, clinic, at_once=True), entry.group, entry.members)

    return observed(session, f"full:{clinic.id}", make)


def content(session: RunSession, clinic: Organisation[Clinic]) -> Content:
    """What that export comes to, its files read once in a run."""

    def make() -> Content:
        seen = full(session, clinic)
        seen.must_be_complete()
        lines = (line for file in seen.export.files for line in file.lines())
        return read_holdings(lines).content(seen.members)

    return observed(session, f"content:{clinic.id}", make)


@dataclass(frozen=True)
class Handled:
    """An export whose addresses others tried, and which was then deleted and tried again."""

    export: Export
    file: str
    """Address of the file that was tried."""
    own: Reply
    """The clinic's own download of it."""
    tries: Mapping[str, Reply] = field(default_factory=dict)
    """By name, what others got; what could not be tried is missing."""
    after_tries: Reply | None = None
    """The clinic's own look at the status after others had tried."""
    deleted: Reply | None = None
    """The clinic's own DELETE."""
    status_gone: Reply | None = None
    file_gone: Reply | None = None

    def tried(self, name: str) -> Reply:
        """One of `tries`; not applicable where there was nobody to try it."""
        not_applicable_unless(name in self.tries, f"there was nobody to try it: {name}")
        self.must_have_worked()
        return self.tries[name]

    def must_have_worked(self) -> None:
        """End the check as inconclusive where the clinic itself could not fetch the file."""
        inconclusive_unless(
            self.own.status == 200 and self.own.answer.content,
            "the clinic itself could not fetch the file",
            self.own.exchange,
        )


def handled(session: RunSession, clinic: Organisation[Clinic]) -> Handled:
    """Export a little, let others try its addresses, delete it, and try them again."""
    export = exported(session, clinic, only=("none",), type="Patient")
    outputs = export.manifest.output
    inconclusive_unless(outputs, "the export brought no file", *export.exchanges)
    chosen = next((one for one in outputs if one.type == "Patient"), outputs[0])
    file = clinic.exports.file(
        Output(chosen.type, chosen.url), bearer=export.manifest.needs_token is not False
    )
    tries = {name: ask() for name, ask in _strangers(session, clinic, export, chosen.url).items()}
    after = clinic.exports.look(export)
    deleted = clinic.exports.delete(export)
    return Handled(
        export,
        chosen.url,
        file.reply,
        tries,
        after,
        deleted,
        clinic.exports.look(export),
        clinic.client.get(chosen.url, accept=NDJSON),
    )


def _strangers(
    session: RunSession, clinic: Organisation[Clinic], export: Export, url: str
) -> dict[str, Callable[[], Reply]]:
    status = export.status_url
    nobody, wrong = clinic.anonymous, clinic.with_token("payerproof-no-such-token")
    asks: dict[str, Callable[[], Reply]] = {
        "file without a token": lambda: nobody.get(url, accept=NDJSON),
        "file with a made-up token": lambda: wrong.get(url, accept=NDJSON),
        "status without a token": lambda: nobody.get(status, accept="application/json"),
    }
    others = [one for one in session.target.clinics if one.id != clinic.id]
    inside = [one for one in others if one.in_network]
    for name, one in (
        ("another clinic", next(iter(inside), None)),
        ("a clinic outside the network", next((o for o in others if not o.in_network), None)),
    ):
        if one is not None:
            asks |= _of_another(name, clinic_of(session, one), status, url)
    first = session.cast.first
    if first is not None:
        member = session.shared_grant(first).access_token
        asks["file with a member's token"] = lambda: replace(
            clinic.with_token(member), persona=first.id
        ).get(url, accept=NDJSON)
    return asks


def _of_another(
    name: str, other: Organisation[Clinic], status: str, url: str
) -> dict[str, Callable[[], Reply]]:
    client = other.client
    return {
        f"file with the token of {name}": lambda: client.get(url, accept=NDJSON),
        f"status with the token of {name}": lambda: client.get(status, accept="application/json"),
        f"deletion with the token of {name}": lambda: client.send("DELETE", status),
    }
