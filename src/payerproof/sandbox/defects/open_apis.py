"""Directory and formulary: closed where they must be open, nosy, stale, thin."""

from __future__ import annotations

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import public
from payerproof.sandbox.fhir.call import Criterion, Refused, Reply
from payerproof.sandbox.public import api, search
from payerproof.sandbox.public.directory import build_directory
from payerproof.sandbox.public.search import Shelf

Segments = tuple[str, ...]
Pairs = list[tuple[str, str]]
_AREAS = {"directory": "directory", "formulary": "formulary"}
_LOGIN = {"WWW-Authenticate": 'Bearer realm="directory"'}


def _asks(name: str, area: str, cites: str, title: str, judge: object, **more: object) -> None:
    lawful = bool(more.get("lawful", False))
    seed(name, area, cites, title, public(asks_who=judge), lawful=lawful)


def _token_for(which: str) -> object:
    def judge(shelf: Shelf, request: object, segments: Segments) -> Refused | None:
        headers = getattr(request, "headers", {})
        if shelf.api != which or segments == ("metadata",) or "authorization" in headers:
            return None
        return Refused(401, "login", "A token is required.", headers=_LOGIN)

    return judge


def _statement_closed(shelf: Shelf, _request: object, segments: Segments) -> Refused | None:
    if shelf.api == "directory" and segments == ("metadata",):
        return Refused(401, "login", "A token is required.", headers=_LOGIN)
    return None


def _key_needed(shelf: Shelf, request: object, _segments: Segments) -> Refused | None:
    headers = getattr(request, "headers", {})
    if shelf.api == "directory" and "x-api-key" not in headers:
        return Refused(403, "forbidden", "An API key is required; register on our site.")
    return None


def _member_needed(shelf: Shelf, request: object, _segments: Segments) -> Refused | None:
    given = getattr(request, "query_params", {})
    if shelf.api == "formulary" and "member" not in given:
        return Refused(400, "required", "Give the member number, to see your own tiers.")
    return None


_OPEN = "AC-01-5 AC-11-1"
_asks("directory-needs-a-token", "directory", _OPEN, "The directory asks for a token",
      _token_for("directory"))  # fmt: skip
_asks("directory-needs-a-key", "directory", _OPEN, "The directory asks for an API key", _key_needed)
_asks("directory-statement-closed", "directory", _OPEN,
      "The directory is open, but its CapabilityStatement isn't", _statement_closed)  # fmt: skip
_asks("formulary-needs-a-token", "formulary", _OPEN, "The formulary asks for a token",
      _token_for("formulary"))  # fmt: skip
_asks("formulary-asks-for-member", "formulary", _OPEN,
      "The formulary asks for a member number", _member_needed)  # fmt: skip


def _cookie(which: str) -> object:
    def headers(shelf: Shelf, reply: Reply) -> dict[str, str]:
        made = api.headers_of(shelf, reply)
        if shelf.api != which:
            return made
        return {**made, "Set-Cookie": "visitor=7f3a9c0d1e2b4f56; Path=/; Max-Age=31536000; Secure"}

    return headers


for _which in ("directory", "formulary"):
    seed(
        f"{_which}-sets-a-cookie",
        _which,
        _OPEN,
        f"Whoever asks the {_which} is given a cookie for a year",
        public(headers_of=_cookie(_which)),
    )


def _cached_longer(shelf: Shelf, reply: Reply) -> dict[str, str]:
    return {**api.headers_of(shelf, reply), "Cache-Control": "public, max-age=86400"}


seed(
    "directory-cached-for-a-day",
    "directory",
    "AC-11-2",
    "Answers may be cached for a day, which is less than the thirty that updates may take",
    public(headers_of=_cached_longer),
    lawful=True,
)


def _as_at_start(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
    if shelf.api != "directory":
        return api.found(shelf, segments, query)
    return api.found(_frozen(shelf), segments, query)


class _Frozen(Shelf):
    @property
    def world(self) -> World:
        return build_directory(self.tenant.face)


def _frozen(shelf: Shelf) -> Shelf:
    return _Frozen(shelf.tenant, shelf.api)


seed(
    "directory-never-updated",
    "directory",
    "AC-11-2",
    "The directory is loaded once and never again",
    public(found=_as_at_start),
)


def _thinner(which: str, *names: str) -> object:
    """Leave elements out of what one API shows."""

    def found(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
        reply = api.found(shelf, segments, query)
        if shelf.api != which or reply.resource is None or segments == ("metadata",):
            return reply
        return Reply(reply.status, _without(reply.resource, names), headers=reply.headers)

    return found


def _without(resource: Resource, names: tuple[str, ...]) -> Resource:
    kept = {name: value for name, value in resource.items() if name not in names}
    if "entry" in kept:
        rows = [{**row, "resource": _without(row["resource"], names)} for row in kept["entry"]]
        kept["entry"] = rows
    return kept


seed(
    "directory-without-phones",
    "directory",
    "AC-11-1",
    "Providers are listed without telephone numbers",
    public(found=_thinner("directory", "telecom")),
)
seed(
    "directory-without-specialties",
    "directory",
    "AC-11-1",
    "Providers are listed without their specialties",
    public(found=_thinner("directory", "specialty")),
)
seed(
    "directory-without-accepting-patients",
    "directory",
    "AC-11-1",
    "Whether a provider takes new patients isn't told",
    public(found=_thinner("directory", "extension")),
)


def _no_pharmacies(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
    reply = api.found(shelf, segments, query)
    if shelf.api != "directory" or reply.resource is None or "entry" not in reply.resource:
        return reply
    rows = [one for one in reply.resource["entry"] if "Pharmacy" not in str(one)]
    return Reply(resource={**reply.resource, "entry": rows, "total": len(rows)})


seed(
    "directory-without-pharmacies",
    "directory",
    "AC-11-1",
    "Pharmacies are in another system and can't be found",
    public(found=_no_pharmacies),
)


def _without_extension(*ends: str) -> object:
    """Items of the formulary without some extensions."""

    def bare(resource: Resource) -> Resource:
        if "entry" in resource:
            rows = [{**row, "resource": bare(row["resource"])} for row in resource["entry"]]
            return {**resource, "entry": rows}
        kept = [one for one in resource.get("extension", ()) if not one["url"].endswith(ends)]
        return {**resource, "extension": kept} if "extension" in resource else resource

    def found(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
        reply = api.found(shelf, segments, query)
        if shelf.api != "formulary" or reply.resource is None or segments == ("metadata",):
            return reply
        return Reply(reply.status, bare(reply.resource), headers=reply.headers)

    return found


seed(
    "formulary-without-tiers",
    "formulary",
    "AC-11-1",
    "The formulary is a flat list: no drug tells its tier",
    public(found=_without_extension("DrugTierID-extension")),
)
seed(
    "formulary-without-limits",
    "formulary",
    "AC-11-1",
    "The formulary doesn't tell which drugs need an authorization, a step before, or have a limit",
    public(
        found=_without_extension(
            "PriorAuthorization-extension", "StepTherapyLimit-extension", "QuantityLimit-extension"
        )
    ),
)


def _deaf(which: str, *names: str) -> object:
    """Ignore search parameters: everything is found."""

    def matches(shelf: Shelf, resource: Resource, criterion: Criterion) -> bool:
        if shelf.api == which and criterion.parameter.name in names:
            return True
        return search.matches(shelf, resource, criterion)

    return matches


for _name, _area, _parameters, _title in (
    ("directory-specialty-ignored", "directory", ("specialty",), "specialty"),
    ("directory-network-ignored", "directory", ("network",), "network"),
    ("directory-place-ignored", "directory", ("address-postalcode", "address-city"), "address"),
    ("formulary-tier-ignored", "formulary", ("drug-tier",), "drug-tier"),
    ("formulary-drug-ignored", "formulary", ("drug-name", "code"), "drug-name"),
    ("formulary-plan-ignored", "formulary", ("formulary",), "formulary"),
):
    seed(
        _name,
        _area,
        "AC-11-1",
        f"The search parameter {_title} is accepted and changes nothing",
        public(matches=_deaf(_area, *_parameters)),
    )


def _who_asked(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
    if shelf.api == "formulary":
        shelf.tenant.disclosures.append(
            {"at": shelf.tenant.clock.moment().isoformat(), "about": [list(pair) for pair in query]}
        )
    return api.found(shelf, segments, query)


seed(
    "formulary-keeps-what-was-asked",
    "formulary",
    "AC-11-1",
    "Which drugs are asked for is kept in the accounting of disclosures",
    public(found=_who_asked),
)


def _members_behind(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
    if segments[:1] == ("Patient",) and len(segments) == 2:
        resource = shelf.tenant.world.resource("Patient", segments[1])
        if resource is not None:
            return Reply(resource=resource)
    return api.found(shelf, segments, query)


seed(
    "directory-reads-members",
    "directory",
    "AC-11-1 N-LEAK-07",
    "The open base shares its store with the members' API: a Patient can be read by id",
    public(found=_members_behind),
)
