"""A claim that is put in, exported, and dropped again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from payerproof.expect.operator import operate
from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.bulk import Export
from payerproof.fhir.reply import Reply
from payerproof.plugin.hands import Api
from payerproof.plugin.practice.altering import someone
from payerproof.plugin.practice.entry import entered, whereabouts
from payerproof.plugin.practice.exporting import exported
from payerproof.plugin.session import RunSession

CLAIMS = "ExplanationOfBenefit"


@dataclass(frozen=True)
class Dropped:
    """One claim, before it was dropped and after."""

    claim: str
    """Its logical id."""
    before: Export
    """An export that has it."""
    changes: Export
    """The changes since then, after it was dropped."""
    after: Export
    """A full export after it was dropped."""
    read: Reply
    """The clinic's read of it, after it was dropped."""

    def held_before(self) -> bool:
        """Whether the export of before has the claim."""
        return any(row.get("id") == self.claim for row in self.before.of(CLAIMS))

    def listed(self) -> bool:
        """Whether the changes list it as deleted."""
        wanted = f"{CLAIMS}/{self.claim}"
        urls = {one.url for one in self.changes.manifest.deleted}
        lines = (line for file in self.changes.files if file.url in urls for line in file.lines())
        return any(wanted in _addresses(line) for line in lines)

    def left(self) -> int:
        """How many lines of it the exports afterwards have."""
        exports = (self.changes, self.after)
        return sum(row.get("id") == self.claim for export in exports for row in export.of(CLAIMS))


def _addresses(line: bytes) -> set[str]:
    """What a transaction Bundle deletes."""
    try:
        bundle = orjson.loads(line)
    except orjson.JSONDecodeError:
        return set()
    entries = bundle.get("entry") if isinstance(bundle, dict) else None
    requests = [one.get("request") or {} for one in entries or [] if isinstance(one, dict)]
    wanted = (str(one.get("url")) for one in requests if one.get("method") == "DELETE")
    return {"/".join(url.split("/")[-2:]) for url in wanted}


def dropped(session: RunSession) -> Dropped:
    """Have a claim put in, export it, have it dropped, and export again."""
    clinic, persona = someone(session)
    patient, entry = whereabouts(session).of(persona.id), entered(session, clinic)
    entry.must_lead_in()
    client, api, target = clinic.client, Api(session), session.target
    query = [("patient", patient), ("_count", "200")]
    old = {str(row.get("id")) for row in client.search(CLAIMS, query).matches}
    now = datetime.now(UTC)
    processed = (now - timedelta(days=4)).date()
    serviced = (processed - timedelta(days=14)).isoformat()
    booked = {"persona": persona.id, "booked": serviced}
    noted = session.journal.open_control("remove-claim", booked, persona.id)
    operate(
        api,
        target,
        "inject-claim",
        persona=persona.id,
        serviced=serviced,
        processed=processed.isoformat(),
        number=now.hour * 3600 + now.minute * 60 + now.second,
    )
    found = client.search(CLAIMS, query)
    new = {str(row.get("id")) for row in found.matches} - old
    inconclusive_unless(new, "the claim that was put in did not come", found.exchange)
    claim = new.pop()
    before = exported(session, clinic, type=CLAIMS)
    operate(api, target, "remove-claim", remove=[f"{CLAIMS}/{claim}"])
    session.journal.close(noted)
    changes = exported(session, clinic, type=CLAIMS, since=before.manifest.at)
    after = exported(session, clinic, type=CLAIMS)
    for export in (before, changes, after):
        if export.complete:
            clinic.exports.delete(export)
    return Dropped(claim, before, changes, after, client.read(CLAIMS, claim))
