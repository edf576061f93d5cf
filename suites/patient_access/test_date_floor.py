"""Date floor: what was done on 1 January 2016 or later is there; what lies before may be."""

from __future__ import annotations

from datetime import date, timedelta

from payerproof.expect.claims import CLAIMS, Claim, service_days, serviced_on
from payerproof.suite import (
    Api,
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


def _needs_edge(member: Person, day: date) -> None:
    not_applicable_unless(
        day in member.persona.expect.date_edges,
        f"The payer file names no claim of {member} on {day:%-d %B %Y}.",
    )


def _before(floor: date, claim: Claim, target: Target) -> list[bool]:
    return [last < floor for _, last in service_days(claim, zone(target.policy))]
