"""Date floor: what was done on 1 January 2016 or later is there; what lies before may be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from payerproof.expect.claims import CLAIMS, Claim, service_days, serviced_on
from payerproof.expect.queries import expect_found
from payerproof.expect.service_dates import (
    dated_types,
    done_on,
    from_floor_on,
    service_parameters,
)
from payerproof.suite import (
    Api,
    Declared,
    Person,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)
from payerproof.target.settings import zone

AFTER = {"floor-day": 0, "day-after": 1}


@check("patient-access.date-floor/edges", needs=("date_edges",))
@each("edge", AFTER)
def test_services_at_the_floor_come(api: Api, member: Person, target: Target, edge: str) -> None:
    """Claims dated 2016-01-01 and after are returned, without and with a service-date filter."""
    # given a claim that the member is known to have at the floor, or the day after
    floor = target.policy.date_floor
    day = floor + timedelta(days=AFTER[edge])
    _needs_edge(member, day)
    # when all claims are listed, and those from the floor to that day are searched for
    clock = zone(target.policy)
    listed = serviced_on(member.record.of(CLAIMS), day, clock)
    reply = api.once(member).search(
        CLAIMS,
        [
            ("patient", member.patient_id),
            ("service-date", f"ge{floor.isoformat()}"),
            ("service-date", f"le{day.isoformat()}"),
        ],
    )
    searched = serviced_on(reply.matches, day, clock)
    # then it comes both ways
    expect.that(
        listed and searched,
        f"the claim of {day:%-d %B %Y}, listed and searched for by service date",
        f"{len(listed)} claims of that day in the list, {len(searched)} by service date "
        f"({{x:{reply.exchange}}})",
        reply.exchange,
        *member.record.exchanges.get(CLAIMS, ()),
    )


@check("patient-access.date-floor/before-the-floor-noted", needs=("date_edges",))
def test_services_before_the_floor_are_noted(api: Api, member: Person, target: Target) -> None:
    """A service before the floor that comes back is noted, and none of the floor day counts so."""
    # given a claim of the floor day itself in the record
    floor = target.policy.date_floor
    clock = zone(target.policy)
    _needs_edge(member, floor)
    on_the_day = serviced_on(member.record.of(CLAIMS), floor, clock)
    inconclusive_unless(
        on_the_day,
        "no claim of the floor day came, so it cannot be told on which side it is taken to lie",
        *member.record.exchanges.get(CLAIMS, ()),
    )
    # when what lies before the floor is searched for
    reply = api.once(member).search(
        CLAIMS,
        [("patient", member.patient_id), ("service-date", f"lt{floor.isoformat()}")],
    )
    earlier = [row for row in reply.matches if all(_before(floor, row, target))]
    remark(
        f"{len(earlier)} claims with a service before {floor:%-d %B %Y} come; the rule leaves that "
        "to the payer."
    )
    # then none of the floor day is among it
    taken = serviced_on(reply.matches, floor, clock)
    expect.that(
        not taken,
        f"no claim of {floor:%-d %B %Y} among those before it",
        f"{len(taken)} of that day among {len(reply.matches)} ({{x:{reply.exchange}}})",
        reply.exchange,
    )


@check("patient-access.date-floor/every-type", needs=("dated_services",))
@each("kind", dated_types())
def test_every_type_reaches_back_to_the_floor(
    member: Person, declared: Declared, target: Target, kind: str
) -> None:
    """What is known to have been done on 2016-01-01 or later is listed, whatever its type."""
    # given days on which the member is known to have something of the type
    days = _known_days(member, target, kind)
    # when the record is looked through for each of them
    parameters = service_parameters(declared.us_core[0], kind)
    rows = member.record.of(kind)
    inconclusive_unless(
        kind not in member.record.troubles,
        f"{kind} of {member} could not be read whole",
        *member.record.exchanges.get(kind, ()),
    )
    missing = [day for day in days if not done_on(rows, parameters, day)]
    # then it is there
    expect.that(
        not missing,
        f"{kind} of {len(days)} known days from {target.policy.date_floor:%-d %B %Y} on",
        ", ".join(f"none of {day:%-d %B %Y}" for day in missing)
        or f"{len(rows)} {kind}, those of the known days among them",
        *member.record.exchanges.get(kind, ()),
    )


@check("patient-access.date-floor/every-type-by-date", needs=("dated_services",))
@each("kind", dated_types())
def test_date_searches_from_the_floor_on(
    api: Api,
    member: Person,
    declared: Declared,
    capability: Mapping[str, Any],
    target: Target,
    kind: str,
) -> None:
    """A search by date from the floor on brings what was done on the floor day and after."""
    # given the first known thing of the type from the floor on, and a date search of the type
    floor, day = target.policy.date_floor, _known_days(member, target, kind)[0]
    held = declared.us_core[0]
    rows = done_on(member.record.of(kind), service_parameters(held, kind), day)
    inconclusive_unless(
        rows,
        f"no {kind} of {day:%-d %B %Y} is in the list, so a search could not bring it",
        *member.record.exchanges.get(kind, ()),
    )
    asked = from_floor_on(member, held, capability, rows, floor)
    not_applicable_unless(
        asked, f"US Core {held.version} demands no search of {kind} by date, and none is listed."
    )
    assert asked
    # when everything from the floor on is searched for
    pages = api.once(member).all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # then it comes, with all that is later and nothing that is earlier
    expect_found(asked, pages)


def _known_days(member: Person, target: Target, kind: str) -> list[date]:
    floor = target.policy.date_floor
    days = {one.on for one in member.persona.expect.services if one.type == kind}
    found = sorted(day for day in days if day >= floor)
    not_applicable_unless(
        found, f"The payer file names no {kind} of {member} from {floor:%-d %B %Y} on."
    )
    return found


def _needs_edge(member: Person, day: date) -> None:
    not_applicable_unless(
        day in member.persona.expect.date_edges,
        f"The payer file names no claim of {member} on {day:%-d %B %Y}.",
    )


def _before(floor: date, claim: Claim, target: Target) -> list[bool]:
    return [last < floor for _, last in service_days(claim, zone(target.policy))]
