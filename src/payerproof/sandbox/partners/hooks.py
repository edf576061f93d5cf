"""The operator's calls about partners and what is published: choices, attribution, exports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from payerproof.sandbox.control import (
    Action,
    Refused,
    client_of,
    endpoint_of,
    is_resource,
    person_of,
    text_of,
)
from payerproof.sandbox.partners.attribution import has_opted_out
from payerproof.sandbox.partners.clients import Attribution, Exchange
from payerproof.sandbox.tenant import shared_world

if TYPE_CHECKING:
    from payerproof.sandbox.partners.clients import PartnerClient
    from payerproof.sandbox.tenant import Tenant

Body = dict[str, Any]


def _flag(body: Body, name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool):
        raise Refused(f"{name}: true or false is required")
    return value


def _partner(tenant: Tenant, body: Body) -> PartnerClient:
    client = tenant.clients.get(client_of(tenant, body))
    if client is None:
        raise Refused(f"client_id: no clinic or payer; there are {', '.join(tenant.clients)}")
    return client


def choice(tenant: Tenant, body: Body) -> Body:
    """Record ``{persona, opted_out, effective?}``: what a member wrote or said to the plan.

    `effective` is an RFC 3339 time, now where it isn't given.
    """
    person, opted_out = person_of(tenant, body), _flag(body, "opted_out")
    effective = tenant.clock.now()
    if "effective" in body:
        try:
            moment = datetime.fromisoformat(text_of(body, "effective"))
        except ValueError:
            raise Refused("effective: a time such as 2027-01-31T12:00:00Z is required") from None
        if moment.tzinfo is None:
            raise Refused("effective: the time needs an offset, such as Z")
        effective = moment.timestamp()
    tenant.policies.partners.choose(tenant, person.user, opted_out, effective, "operator")
    return _choices_of(tenant, person.user)


def _choices_of(tenant: Tenant, member: str) -> Body:
    def words(at: float) -> str:
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")

    rows = [
        {
            "opted_out": one.opted_out,
            "effective": words(one.effective),
            "recorded": words(one.recorded),
            "by": one.by,
        }
        for one in tenant.partners.choices
        if one.member == member
    ]
    return {"persona": member, "opted_out": has_opted_out(tenant, member), "choices": rows}


def choices(tenant: Tenant, body: Body) -> Body:
    """What one member has chosen so far, and what is in force."""
    return _choices_of(tenant, person_of(tenant, body).user)


def lookup(tenant: Tenant, body: Body) -> Body:
    """Break or mend the system that holds members' choices: ``{available}``."""
    tenant.partners.choices_known = _flag(body, "available")
    return {"available": tenant.partners.choices_known}


def attribution(tenant: Tenant, body: Body) -> Body:
    """Say ``{client_id, persona, holds}``: a clinic treats a member from now on, or no longer."""
    client, person = _partner(tenant, body), person_of(tenant, body)
    kept = [
        one
        for one in tenant.partners.attributions
        if (one.client_id, one.member) != (client.client_id, person.user)
    ]
    if _flag(body, "holds"):
        day = tenant.clock.today().date()
        kept.append(Attribution(client.client_id, person.user, "operator", day))
    tenant.partners.attributions = kept
    holds = tenant.policies.partners.is_attributed(tenant, client, person.user)
    return {"client_id": client.client_id, "persona": person.user, "holds": holds}


def network(tenant: Tenant, body: Body) -> Body:
    """Say ``{client_id, in_network}``: a clinic joins or leaves the network."""
    client = _partner(tenant, body)
    tenant.partners.network[client.client_id] = _flag(body, "in_network")
    return {"client_id": client.client_id, "in_network": _flag(body, "in_network")}


def part2(tenant: Tenant, body: Body) -> Body:
    """Record ``{client_id, persona, consent}``: written consent to substance use records."""
    client, person = _partner(tenant, body), person_of(tenant, body)
    pair = (client.client_id, person.user)
    (tenant.partners.part2.add if _flag(body, "consent") else tenant.partners.part2.discard)(pair)
    return {"client_id": pair[0], "persona": pair[1], "consent": pair in tenant.partners.part2}


def exchange(tenant: Tenant, body: Body) -> Body:
    """Say ``{client_id, persona, opted_in}``: a member wants a payer to have the record, or not."""
    client, person = _partner(tenant, body), person_of(tenant, body)
    kept = [
        one
        for one in tenant.partners.exchanges
        if (one.client_id, one.member) != (client.client_id, person.user)
    ]
    if _flag(body, "opted_in"):
        day = tenant.clock.today().date()
        kept.append(Exchange(person.user, client.client_id, day))
    tenant.partners.exchanges = kept
    return {"client_id": client.client_id, "persona": person.user, "opted_in": body["opted_in"]}


def hold(tenant: Tenant, body: Body) -> Body:
    """Hold running exports back, or let them go on: ``{held}``."""
    held = _flag(body, "held")
    (tenant.partners.released.clear if held else tenant.partners.released.set)()
    return {"held": held}


def representation(tenant: Tenant, body: Body) -> Body:
    """Say ``{persona, member, holds}``: somebody may act for a member from now on, or no more."""
    person = person_of(tenant, body)
    member = person_of(tenant, {"persona": body.get("member")})
    kept = tuple(one for one in person.represents if one != member.user)
    represents = (*kept, member.user) if _flag(body, "holds") else kept
    tenant.world = tenant.world.with_people(replace(person, represents=represents))
    return {"persona": person.user, "represents": list(represents)}


def member_number(tenant: Tenant, body: Body) -> Body:
    """Give a member another number: ``{persona, number}``, as after a change of card."""
    person, number = person_of(tenant, body), text_of(body, "number")
    old = person.member_number
    world = tenant.world.with_people(replace(person, member_number=number))

    def renumbered(resource: dict[str, Any]) -> dict[str, Any]:
        for identifier in resource.get("identifier", ()):
            if identifier.get("value") == old:
                identifier["value"] = number
        return resource

    for kind in ("Patient", "Coverage"):
        world = world.edit(kind, renumbered)
    tenant.world = world
    return {"persona": person.user, "number": number}


def contract(tenant: Tenant, body: Body) -> Body:
    """Move a member to another contract, ``{persona, number}``: as after a divorce to one of their
    own, or back to one that others have.
    """
    person, number = person_of(tenant, body), text_of(body, "number")
    family = next(
        (
            one
            for one in tenant.world.people.values()
            if one.user != person.user and one.household and one.subscriber_id == number
        ),
        None,
    )
    own = {"reference": f"Patient/{person.patient}"}
    # whoever comes back is told of as before, by the subscriber's number
    then = shared_world(tenant.face)
    came_from = then.people.get(person.user)
    back = family is not None and came_from is not None and came_from.subscriber_id == number
    known = then if back else tenant.world
    like = person if back else family
    theirs = known.record(like.patient or "", "Coverage") if like else []
    subscriber = theirs[0]["subscriber"] if theirs else own

    def moved(resource: dict[str, Any]) -> dict[str, Any]:
        if resource["beneficiary"].get("reference") == own["reference"]:
            resource |= {"subscriberId": number, "subscriber": subscriber}
        return resource

    household = family.household if family else ""
    world = tenant.world.with_people(replace(person, household=household, subscriber_id=number))
    tenant.world = world.edit("Coverage", moved)
    return {"persona": person.user, "number": number}


def coverage_end(tenant: Tenant, body: Body) -> Body:
    """End a membership: ``{persona, end}``, the last day as ``YYYY-MM-DD``."""
    person = person_of(tenant, body)
    try:
        end = date.fromisoformat(text_of(body, "end"))
    except ValueError:
        raise Refused("end: a day such as 2027-01-31 is required") from None

    def ended(resource: dict[str, Any]) -> dict[str, Any]:
        if resource["beneficiary"].get("reference") == f"Patient/{person.patient}":
            resource["period"]["end"] = end.isoformat()
        return resource

    world = tenant.world.with_people(replace(person, coverage_end=end))
    tenant.world = world.edit("Coverage", ended)
    return {"persona": person.user, "end": end.isoformat()}


def publish(tenant: Tenant, body: Body) -> Body:
    """Change the directory or formulary: ``{api, resources}`` or ``{api, remove}``."""
    api = text_of(body, "api")
    if api not in tenant.published:
        raise Refused(f"api: one of {', '.join(tenant.published)}")
    world = tenant.published[api]
    if "remove" in body:
        tenant.published[api] = world.without(*(str(one) for one in body["remove"]))
        return {"removed": list(body["remove"])}
    resources = body.get("resources")
    if not isinstance(resources, list) or not all(is_resource(one) for one in resources):
        raise Refused("resources: a list of FHIR resources with resourceType and id is required")
    moment = tenant.clock.moment().isoformat(timespec="seconds")
    dated = [{**one, "meta": {**one.get("meta", {}), "lastUpdated": moment}} for one in resources]
    tenant.published[api] = world.with_resources(*dated)
    return {"stored": [f"{one['resourceType']}/{one['id']}" for one in resources]}


def exports(tenant: Tenant, _body: Body) -> Body:
    """Every export there is: whose, of which Group, and how far it is."""
    rows = [
        {
            "client_id": job.client_id,
            "group": job.asked.group,
            "state": job.state,
            "progress": job.progress,
        }
        for job in tenant.partners.jobs.values()
    ]
    return {"exports": rows}


def routes() -> list[Route]:
    """All calls, below ``/control``."""
    posts: dict[str, Action] = {
        "/provider-access": choice,
        "/provider-access/lookup": lookup,
        "/attribution": attribution,
        "/network": network,
        "/part2-consent": part2,
        "/exchange": exchange,
        "/exports/hold": hold,
        "/publish": publish,
        "/representation": representation,
        "/member-number": member_number,
        "/contract": contract,
        "/coverage-end": coverage_end,
    }
    gets: dict[str, Action] = {"/provider-access": choices, "/exports": exports}
    return [
        *(Route(path, endpoint_of(action), methods=["POST"]) for path, action in posts.items()),
        *(Route(path, endpoint_of(action), methods=["GET"]) for path, action in gets.items()),
    ]
