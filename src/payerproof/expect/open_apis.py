"""What anybody may ask of an open API, and what a provider directory tells of each provider."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from payerproof.expect.outcomes import inconclusive_unless, settle
from payerproof.expect.queries import Query, without_match
from payerproof.fhir.client import FhirClient
from payerproof.fhir.reply import Reply
from payerproof.fhir.searching import values_of
from payerproof.fhir.surroundings import local, references_in
from payerproof.guides.duties import Parameter

Row = Mapping[str, Any]

PLAN_NET = "http://hl7.org/fhir/us/davinci-pdex-plan-net/"
_NEW_PATIENTS = PLAN_NET + "StructureDefinition/newpatients"
_DELIVERY = PLAN_NET + "StructureDefinition/delivery-method"
_PHARMACY_ROLES = frozenset({"pharm", "pharmacy"})
"""Plan-Net's HealthcareServiceCategoryCS and OrganizationAffiliationRoleCS."""
_PHARMACY_PLACES = frozenset({"PHARM", "OUTPHARM", "INPHARM"})
"""Pharmacies among the places of v3-RoleCode."""
_NUCC = "http://nucc.org/provider-taxonomy"
_ASIDE = frozenset({"ntwk", "payer"})
"""Organizations of Plan-Net that are no providers."""
_SENT = 8
"""References that are followed out of the sample."""


class Published(Protocol):
    """What an open API showed of itself."""

    @property
    def base(self) -> str:
        """FHIR base URL without a trailing slash."""
        ...

    @property
    def client(self) -> FhirClient:
        """Asks without telling who asks, each request once in a run."""
        ...

    @property
    def rows(self) -> Mapping[str, Row]:
        """``Type/id`` -> each resource that was found."""
        ...

    def known(self, resource_type: str) -> tuple[Row, ...]:
        """Resources of a type that were found."""
        ...

    def pages(self, kind: str) -> tuple[Reply, ...]:
        """The replies that showed them."""
        ...

    def named(self, resource: Row, *path: str) -> tuple[Row, ...]:
        """The resources to which an element refers, as far as they were found."""
        ...


def expect_no_gate(replies: Iterable[Reply]) -> None:
    """Nobody is asked for a token, a key, a login or a registration on the way to an answer."""
    seen = tuple(replies)
    inconclusive_unless(
        any(reply.status < 500 for reply in seen), "no answer came but server errors"
    )
    told = {reply: gate for reply in seen if (gate := _gate(reply))}
    settle(
        not told,
        "no token, key or login asked for",
        "; ".join(dict.fromkeys(told.values())) or f"{len(seen)} answers, none of which asks",
        *(reply.exchange for reply in told or seen),
    )


def _gate(reply: Reply) -> str:
    if reply.status in (401, 403, 407, 511):
        return f"answered {reply.status}"
    if reply.header("www-authenticate"):
        return "a WWW-Authenticate header asks for credentials"
    if 300 <= reply.status < 400:
        return f"answered {reply.status}, which leads elsewhere"
    return "a web page in the place of data" if "html" in reply.answer.content_type else ""


def expect_no_trace(replies: Iterable[Reply]) -> None:
    """Nothing is left with the reader by which he would be known again (cookies)."""
    seen = tuple(replies)
    marked = [reply for reply in seen if reply.header("set-cookie")]
    settle(
        not marked,
        "no cookie in any answer",
        f"{len(marked)} of {len(seen)} answers set one",
        *(reply.exchange for reply in marked or seen),
    )


def expect_published(published: Published, kinds: Iterable[str]) -> None:
    """Each of these types comes to a search without a token, as a Bundle."""
    firsts = {kind: published.pages(kind)[0] for kind in kinds}
    inconclusive_unless(
        any(one.status < 500 for one in firsts.values()), "no answer came but server errors"
    )
    odd = {kind: one for kind, one in firsts.items() if not (one.status == 200 and one.is_bundle)}
    empty = [kind for kind in firsts if kind not in odd and not published.known(kind)]
    told = [f"{kind}: {one.status}" for kind, one in odd.items()]
    told += [f"no {kind}" for kind in empty]
    settle(
        not told,
        f"200 and something of each of {', '.join(firsts)}",
        "; ".join(told) or f"{len(published.rows)} resources",
        *(one.exchange for one in firsts.values()),
    )


def controls(published: Published, asked: Query) -> tuple[Reply, ...]:
    """Searches that tell whether a parameter is looked at where it leaves nothing known out.

    Where the query finds some and leaves out others, none is needed.
    """
    if 0 < len(asked.wanted) < asked.known:
        return ()
    names = dict.fromkeys(one.parameter.name for one in asked.criteria)
    return tuple(published.client.search(asked.kind, without_match(asked, name)) for name in names)


def expect_nothing_found(replies: Iterable[Reply]) -> None:
    """Searches by what nothing has bring nothing; none of these where there was no need."""
    seen = tuple(replies)
    found = [reply for reply in seen if reply.matches]
    settle(
        not found,
        "nothing by a value that none has",
        f"{sum(len(reply.matches) for reply in found)} resources",
        *(reply.exchange for reply in found or seen),
    )


def expect_links_lead_somewhere(published: Published, kind: str) -> None:
    """Each reference of a type's resources leads to a resource of this API.

    Those that lead out of the sample are followed, up to a few.
    """
    rows = published.known(kind)
    targets = dict.fromkeys(
        target
        for row in rows
        for _, written in references_in(row)
        if (target := local(written, published.base))
    )
    beyond = [one for one in targets if one not in published.rows][:_SENT]
    replies = {one: published.client.get(one) for one in beyond}
    dead = [one for one, reply in replies.items() if not reply.ok]
    settle(
        not dead,
        f"each of {len(targets)} references of {kind} leads to a resource",
        f"{len(dead)} of {len(beyond)} that were followed lead nowhere"
        if dead
        else "each of them does",
        *(replies[one].exchange for one in dead),
        *(page.exchange for page in published.pages(kind)),
    )


def referring(
    published: Published, kind: str, parameter: Parameter | None, known: frozenset[str]
) -> frozenset[str]:
    """``Type/id`` of resources of a type that refer to some others by a search parameter."""
    if parameter is None:
        return frozenset()
    return frozenset(
        f"{kind}/{row.get('id')}"
        for row in published.known(kind)
        for value in values_of(row, parameter)
        if isinstance(value, Mapping)
        and local(str(value.get("reference") or ""), published.base) in known
    )


def practitioners(published: Published) -> Iterator[frozenset[str]]:
    """Of each person that plays a role in the directory, what it tells.

    Out of name, address, phone, specialty, accepting patients, languages and group. Who practises
    at a distance alone needs no street address.
    """
    for role in published.known("PractitionerRole"):
        people = published.named(role, "practitioner")
        if not people:
            continue
        around = [*published.named(role, "location"), *published.named(role, "healthcareService")]
        yield frozenset(_told(role, people[0], around, published))


def _told(role: Row, person: Row, around: list[Row], published: Published) -> Iterator[str]:
    everything = [role, person, *around]
    if any(name.get("family") or name.get("text") for name in _listed(person, "name")):
        yield "name"
    if any(_listed(one, "address") for one in (person, *around)) or _at_a_distance(around):
        yield "address"
    if any(_phone(one) for one in everything):
        yield "phone"
    if any(_listed(one, "specialty") for one in everything):
        yield "specialty"
    if any(_extended(one, _NEW_PATIENTS) for one in everything):
        yield "accepting patients"
    if any(_listed(one, "communication") for one in everything):
        yield "languages"
    if published.named(role, "organization"):
        yield "group"


def organizations(published: Published) -> Iterator[frozenset[str]]:
    """Of each organization that provides care, what it tells: name, address, phone."""
    for one in published.known("Organization"):
        if _codes(one, "type") & _ASIDE:
            continue
        places = [
            place
            for place in published.known("Location")
            if one in published.named(place, "managingOrganization")
        ]
        told = {"name"} if one.get("name") else set()
        told |= {"address"} if any(_listed(x, "address") for x in (one, *places)) else set()
        told |= {"phone"} if any(_phone(x) for x in (one, *places)) else set()
        yield frozenset(told)


def pharmacies(published: Published) -> Iterator[frozenset[str]]:
    """Of each pharmacy, what is told: name, address, phone, kind."""
    for service in _pharmacy_services(published):
        places = published.named(service, "location")
        behind = (
            *published.named(service, "providedBy"),
            *published.named(service, "organization"),
        )
        everything = [service, *places, *behind]
        told = {"name"} if any(one.get("name") for one in everything) else set()
        told |= {"address"} if any(_listed(one, "address") for one in everything) else set()
        told |= {"phone"} if any(_phone(one) for one in everything) else set()
        told |= {"kind"} if any(_pharmacy_kind(one) for one in everything) else set()
        yield frozenset(told)


def _pharmacy_services(published: Published) -> Iterator[Row]:
    for service in published.known("HealthcareService"):
        if _codes(service, "category") & _PHARMACY_ROLES or _pharmacy_kind(service):
            yield service


def _pharmacy_kind(row: Row) -> bool:
    """Whether a row says what kind of pharmacy it is: by NUCC's codes, or by v3-RoleCode's."""
    taxonomy = {
        str(coding.get("code"))
        for concept in _listed(row, "specialty")
        for coding in _listed(concept, "coding")
        if coding.get("system") == _NUCC
    }
    return any(code.startswith("3336") for code in taxonomy) or bool(
        _codes(row, "type") & _PHARMACY_PLACES
    )


def expect_told(found: Iterable[frozenset[str]], wanted: Iterable[str], whom: str) -> None:
    """Each of these providers has each of these things told."""
    rows, fields = tuple(found), tuple(wanted)
    inconclusive_unless(rows, f"no {whom} was found whose entries belong together")
    lacking = {name: sum(name not in row for row in rows) for name in fields}
    told = [f"{n} of {len(rows)} without {name}" for name, n in lacking.items() if n]
    settle(
        not told,
        f"{' and '.join(fields)} of each {whom}",
        "; ".join(told) or f"so of all {len(rows)}",
    )


def _at_a_distance(around: Iterable[Row]) -> bool:
    return any(
        coding.get("code") == "virtual"
        for one in around
        for extension in _extended(one, _DELIVERY)
        for part in _listed(extension, "extension")
        for coding in _listed(part.get("valueCodeableConcept") or {}, "coding")
    )


def _phone(row: Row) -> bool:
    return any(one.get("system") == "phone" and one.get("value") for one in _listed(row, "telecom"))


def _codes(row: Row, name: str) -> frozenset[str]:
    return frozenset(
        str(coding.get("code"))
        for concept in _listed(row, name)
        for coding in _listed(concept, "coding")
    )


def _extended(row: Row, url: str) -> list[Row]:
    return [one for one in _listed(row, "extension") if one.get("url") == url]


def _listed(row: Row, name: str) -> list[Row]:
    """An element's objects, whether it is one or a list."""
    value = row.get(name)
    listed = value if isinstance(value, list) else [value]
    return [one for one in listed if isinstance(one, Mapping)]
