"""Directory and formulary that repeat what they know of members."""

from __future__ import annotations

from collections.abc import Callable

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import public
from payerproof.sandbox.fhir.call import Reply
from payerproof.sandbox.public import api
from payerproof.sandbox.public.formulary import build_formulary
from payerproof.sandbox.public.search import Shelf

Segments = tuple[str, ...]
Pairs = list[tuple[str, str]]
Edit = Callable[[Shelf, Resource], Resource]


def _saying(which: str, kind: str, edit: Edit) -> object:
    """Change entries of one type, alone or in a page of results."""

    def changed(shelf: Shelf, one: Resource) -> Resource:
        if "entry" in one:
            rows = [{**row, "resource": changed(shelf, row["resource"])} for row in one["entry"]]
            return {**one, "entry": rows}
        return edit(shelf, one) if one.get("resourceType") == kind else one

    def found(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
        reply = api.found(shelf, segments, query)
        if shelf.api != which or reply.resource is None or segments == ("metadata",):
            return reply
        return Reply(reply.status, changed(shelf, reply.resource), headers=reply.headers)

    return found


def _panel(shelf: Shelf, role: Resource) -> Resource:
    people = [one for one in shelf.tenant.world.people.values() if one.patient]
    names = ", ".join(f"{one.name} ({one.member_number})" for one in people[:3])
    return {**role, "availabilityExceptions": f"Patients on the panel: {names}"}


def _who_takes_it(shelf: Shelf, drug: Resource) -> Resource:
    people = (one for one in shelf.tenant.world.people.values() if one.patient)
    person = next(people)
    holder = {"use": "official", "value": person.member_number}
    seen = {"url": "https://payer.sandbox.example/seen-for", "valueIdentifier": holder}
    return {**drug, "synonym": [f"as taken by {person.name}"], "extension": [seen]}


seed(
    "directory-tells-a-panel",
    "isolation",
    "N-LEAK-07 AC-11-1",
    "Directory entries name the first members on a practitioner's panel",
    public(found=_saying("directory", "PractitionerRole", _panel)),
)
seed(
    "formulary-tells-who-takes-a-drug",
    "isolation",
    "N-LEAK-07 AC-11-1",
    "Entries of the formulary carry the member for whom a drug was looked up last",
    public(found=_saying("formulary", "MedicationKnowledge", _who_takes_it)),
)


class _Printed(Shelf):
    """The formulary as it was printed: what the operator publishes later isn't in it."""

    @property
    def world(self) -> World:
        return build_formulary(self.tenant.face)


def _as_printed(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
    seen = _Printed(shelf.tenant, shelf.api) if shelf.api == "formulary" else shelf
    return api.found(seen, segments, query)


seed(
    "formulary-never-updated",
    "formulary",
    "AC-11-1",
    "The formulary is loaded once a year: what changes in between isn't in it",
    public(found=_as_printed),
)
