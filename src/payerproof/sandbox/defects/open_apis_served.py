"""Directory and formulary: entries that can be found and not read, followed, or told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import public
from payerproof.sandbox.fhir.bundles import searchset
from payerproof.sandbox.fhir.call import Refused, Reply
from payerproof.sandbox.public import api
from payerproof.sandbox.public.search import Shelf

Segments = tuple[str, ...]
Pairs = list[tuple[str, str]]
Found = Callable[[Shelf, Segments, Pairs], Reply]
CITES = "AC-11-1"


def _seed(name: str, area: str, title: str, found: Found) -> None:
    seed(name, area, CITES, title, public(found=found))


# -- read


def _unread(which: str, kind: str) -> Found:
    def found(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
        if shelf.api == which and len(segments) == 2 and segments[0] == kind:
            raise Refused(404, "not-supported", "Entries are found by searching.")
        return api.found(shelf, segments, query)

    return found


def _read_without(which: str, *names: str) -> Found:
    def found(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
        reply = api.found(shelf, segments, query)
        if shelf.api != which or len(segments) != 2 or reply.resource is None:
            return reply
        left = {name: value for name, value in reply.resource.items() if name not in names}
        return Reply(reply.status, left, headers=reply.headers)

    return found


_seed(
    "formulary-items-not-read",
    "formulary",
    "Items of the formulary are found by searching; read by their id they aren't there",
    _unread("formulary", "Basic"),
)
_seed(
    "formulary-drugs-read-thinner",
    "formulary",
    "A drug that is read lacks its code and form, which the search shows",
    _read_without("formulary", "code", "doseForm"),
)
_seed(
    "directory-roles-not-read",
    "directory",
    "PractitionerRoles are found by searching; read by their id they aren't there",
    _unread("directory", "PractitionerRole"),
)
_seed(
    "directory-reads-thinner",
    "directory",
    "An entry that is read lacks the identifiers that the search shows",
    _read_without("directory", "identifier"),
)


def _token_to_read(shelf: Shelf, request: object, segments: Segments) -> Refused | None:
    headers = getattr(request, "headers", {})
    if shelf.api != "directory" or len(segments) != 2 or "authorization" in headers:
        return None
    wanted = {"WWW-Authenticate": 'Bearer realm="directory"'}
    return Refused(401, "login", "A token is required.", headers=wanted)


seed(
    "directory-read-needs-a-token",
    "directory",
    "AC-01-5 AC-11-1",
    "Searching the directory is open; a read by id asks for a token",
    public(asks_who=_token_to_read),
)

# -- what is published, changed

_CHANGED: WeakKeyDictionary[World, dict[str, World]] = WeakKeyDictionary()


@dataclass(frozen=True)
class _Other(Shelf):
    """One open API over other data than the payer's."""

    data: World

    @property
    def world(self) -> World:
        return self.data


def _publishing(which: str, name: str, change: Callable[[World], World]) -> Found:
    def found(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
        if shelf.api != which:
            return api.found(shelf, segments, query)
        known = _CHANGED.setdefault(shelf.world, {})
        if name not in known:
            known[name] = change(shelf.world)
        return api.found(_Other(shelf.tenant, shelf.api, known[name]), segments, query)

    return found


def _published(
    name: str, area: str, title: str, change: Callable[[World], World], cites: str = CITES
) -> None:
    seed(name, area, cites, title, public(found=_publishing(area, name, change)))


def _without(kind: str, keeps: Callable[[int], bool]) -> Callable[[World], World]:
    def change(world: World) -> World:
        rows = world.resources(kind)
        gone = [f"{kind}/{row['id']}" for at, row in enumerate(rows) if not keeps(at)]
        return world.without(*gone)

    return change


_published(
    "formulary-drugs-missing",
    "formulary",
    "Every other drug was left out when the formulary was published; the items still name it",
    _without("MedicationKnowledge", lambda at: at % 2 == 0),
)
_published(
    "formulary-area-missing",
    "formulary",
    "Plans name a service area that isn't published",
    _without("Location", lambda _at: False),
)
_published(
    "directory-networks-missing",
    "directory",
    "Endpoints and organizations that have left are dropped; what refers to them stays",
    _without("Organization", lambda at: at % 2 == 0),
)


def _editing(kind: str, *names: str) -> Callable[[World], World]:
    def change(world: World) -> World:
        return world.edit(kind, lambda row: {k: v for k, v in row.items() if k not in names})

    return change


_published(
    "directory-organizations-without-activity",
    "directory",
    "Organizations don't tell whether they are active, nor of which type they are",
    _editing("Organization", "active", "type"),
)
_published(
    "directory-locations-without-state",
    "directory",
    "Locations have no status and no name",
    _editing("Location", "status", "name"),
)


def _medicare(world: World) -> set[str]:
    """Ids of the formularies of Medicare Advantage plans."""
    return _formularies(world, "mediadv")


def _formularies(world: World, kind: str) -> set[str]:
    plans = (one for one in world.resources("InsurancePlan") if kind in str(one.get("type")))
    named = (ref for one in plans for ref in world.references(one))
    return {one.partition("/")[2] for one in named if one.startswith("InsurancePlan/")}


def _items_of(world: World, formularies: set[str]) -> list[Resource]:
    return [
        one
        for one in world.resources("Basic")
        if any(ref.partition("/")[2] in formularies for ref in world.references(one))
    ]


def _without_tiers_for_medicare(world: World) -> World:
    made = []
    for one in _items_of(world, _medicare(world)):
        kept = [ext for ext in one["extension"] if not ext["url"].endswith("DrugTierID-extension")]
        made.append({**one, "extension": kept})
    return world.with_resources(*made)


def _no_medicaid(world: World) -> World:
    formularies = _formularies(world, "'medi'")
    gone = [f"Basic/{one['id']}" for one in _items_of(world, formularies)]
    return world.without(*gone, *(f"InsurancePlan/{one}" for one in formularies))


def _medicaid_items_only(world: World) -> World:
    gone = [f"Basic/{one['id']}" for one in _items_of(world, _formularies(world, "'medi'"))]
    return world.without(*gone)


_published(
    "medicare-formulary-without-tiers",
    "formulary",
    "Items of the Medicare plan's formulary have no tier; those of other plans have",
    _without_tiers_for_medicare,
)
_published(
    "medicaid-drug-list-missing",
    "formulary",
    "The Medicaid plan's drug list isn't published; the plan itself is",
    _no_medicaid,
)
_published(
    "medicaid-drug-list-empty",
    "formulary",
    "The Medicaid plan's drug list is published without a drug",
    _medicaid_items_only,
)

# -- what comes along, and what is declared


def _not_along(which: str, name: str) -> Found:
    def found(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
        if shelf.api == which:
            query = [pair for pair in query if pair[0] != name]
        return api.found(shelf, segments, query)

    return found


_seed(
    "formulary-brings-nothing-along",
    "formulary",
    "_include is accepted by the formulary and brings nothing",
    _not_along("formulary", "_include"),
)
_seed(
    "directory-brings-no-referrers",
    "directory",
    "_revinclude is accepted by the directory and brings nothing",
    _not_along("directory", "_revinclude"),
)


def _of_no_guide(shelf: Shelf) -> Resource:
    made = api.capability_statement(shelf)
    if shelf.api == "formulary":
        del made["instantiates"]
    return made


seed(
    "formulary-follows-no-guide",
    "formulary",
    CITES,
    "The formulary's statement doesn't say which guide's it follows",
    public(capability=_of_no_guide),
)


def _plans_of_members(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
    """Coverages, joined to the formulary so that an app can show «your plan»."""
    if shelf.api != "formulary" or segments[:1] not in (("Coverage",), ("Patient",)):
        return api.found(shelf, segments, query)
    world = shelf.tenant.world
    if len(segments) == 2:
        resource = world.resource(segments[0], segments[1])
        if resource is None:
            raise Refused(404, "not-found", "There is no such plan.")
        return Reply(resource=resource)
    asked = dict(query).get("patient", "").rpartition("/")[2]
    found = [one for one in world.resources(segments[0]) if asked in (world.patient_of(one), "")]
    rows = [
        {"fullUrl": f"{shelf.base}/{segments[0]}/{one['id']}", "resource": one} for one in found
    ]
    return Reply(resource=searchset([], rows, len(rows)))


_seed(
    "formulary-shows-members-plans",
    "formulary",
    "The formulary shows which member has which plan, so that tiers can be looked up by member",
    _plans_of_members,
)
