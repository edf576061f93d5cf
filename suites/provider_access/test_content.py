"""What a clinic gets of a member it treats: as much as the member gets, but for the money."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from payerproof.expect.claims import CLAIMS, codings, service_days
from payerproof.fhir.compartment import members_of
from payerproof.suite import (
    Person,
    Practice,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target.needs import shared_with
from payerproof.target.settings import zone

NEEDS = ("clinic", "member")
Row = Mapping[str, Any]
_KEPT = ("type", "subType", "diagnosis", "procedure", "billablePeriod", "created", "status")
_NAMED = ("careTeam", "provider", "insurer", "insurance")
"""What need not be told in the same way, and must be told."""
_KEPT_IN_ITEMS = ("sequence", "productOrService", "servicedDate", "servicedPeriod", "revenue")


@check("provider-access.content/every-type", needs=NEEDS)
def test_every_type_comes(practice: Practice, member: Person) -> None:
    """Every type that the member's app is given of them is in the clinic's export too."""
    # given what the member's own app was given, and the clinic's export of the same member
    mine, rows = _member(practice, member), _rows(practice, member)
    types = {str(row.get("resourceType")) for row in rows}
    # then no type is missing
    missing = [kind for kind in mine.record.types if kind not in types]
    expect.that(
        not missing,
        f"the {len(mine.record.types)} types of the member's own record",
        f"missing: {', '.join(missing)}" if missing else "all of them",
        *_evidence(practice),
    )


@check("provider-access.content/every-resource", needs=NEEDS)
def test_every_resource_comes(practice: Practice, member: Person, target: Target) -> None:
    """Every claim and every clinical resource of the member's own record is in the export."""
    # given what the member's own app was given, and the clinic's export of the same member
    mine, rows = _member(practice, member), _rows(practice, member)
    kinds = {kind for kind in mine.record.types if kind not in ("RelatedPerson", "Patient")}
    wanted = {
        _name(row): row
        for kind in kinds
        for row in mine.record.of(kind)
        if kind != CLAIMS or _within(row, target)
    }
    common = wanted.keys() & {_name(row) for row in rows}
    inconclusive_unless(common, "the two APIs have no ids in common", *_evidence(practice))
    # then none is missing
    missing = Counter(name.partition("/")[0] for name in wanted.keys() - common)
    expect.that(
        not missing,
        f"each of {len(wanted)} resources",
        "missing: " + ", ".join(f"{n} {kind}" for kind, n in missing.items())
        if missing
        else "all of them",
        *_evidence(practice),
    )


@check("provider-access.content/claims-told-alike", needs=NEEDS)
def test_claims_say_the_same(practice: Practice, member: Person) -> None:
    """A claim tells a clinic the same diagnoses, services and dates as it tells the member."""
    # given claims that both the member's app and the clinic were given
    mine, rows = _member(practice, member), _rows(practice, member)
    theirs = {_name(row): row for row in rows if row.get("resourceType") == CLAIMS}
    pairs = [(row, theirs[_name(row)]) for row in mine.record.of(CLAIMS) if _name(row) in theirs]
    inconclusive_unless(pairs, "there is no claim that both were given", *_evidence(practice))
    # then what was done, when and why is the same
    odd = Counter(part for one, other in pairs for part in _differences(one, other))
    expect.that(
        not odd,
        f"the same in each of {len(pairs)} claims",
        ", ".join(f"{part} differs in {n}" for part, n in odd.items()) or "the same",
        *_evidence(practice),
    )


@check("provider-access.content/known-claims", needs=(*NEEDS, "expected_claims"))
def test_known_claims_come(practice: Practice, member: Person, target: Target) -> None:
    """The claims that the payer file names, denied and appealed ones too, are in the export."""
    # given claims that the member is known to have, of the date floor and later
    rows = _rows(practice, member)
    floor = target.policy.date_floor
    wanted = [one for one in member.persona.expect.claims if one.serviced >= floor]
    not_applicable_unless(wanted, f"The payer file names no claim of {member}.")
    # then each is there
    text = [str(row) for row in rows if row.get("resourceType") == CLAIMS]
    missing = [one for one in wanted if not any(f"'{one.id}'" in claim for claim in text)]
    expect.that(
        not missing,
        f"{len(wanted)} known claims",
        f"{len(missing)} missing, serviced "
        + ", ".join(f"{one.serviced} ({one.kind} {one.status})".strip() for one in missing[:6])
        if missing
        else "all of them",
        *_evidence(practice),
    )


@check("provider-access.content/prior-authorizations", needs=("clinic",))
def test_prior_authorizations_come(practice: Practice) -> None:
    """Prior authorizations are in the export, with their decisions; denied ones stay in."""
    # given a full export
    seen = practice.full()
    seen.must_be_complete()
    prior = [row for row in seen.export.of(CLAIMS) if row.get("use") == "preauthorization"]
    # then prior authorizations are among the claims, each with a decision
    undecided = [row for row in prior if "reviewAction" not in str(row) and not row.get("outcome")]
    expect.that(
        prior and not undecided,
        "prior authorizations, each with its decision",
        f"{len(prior)} prior authorizations, {len(undecided)} without a decision",
        *_evidence(practice),
    )


@check("provider-access.content/known-authorizations", needs=("clinic",))
def test_known_authorizations_come(practice: Practice, target: Target) -> None:
    """Prior authorizations that the payer file names, denied ones too, are in the export."""
    # given prior authorizations of the clinic's members, of the last year
    seen = practice.full()
    seen.must_be_complete()
    people = shared_with(target, practice.clinic.partner)
    wanted = [one for person in people for one in person.expect.authorizations]
    oldest = date.today() - timedelta(days=330)
    recent = [one for one in wanted if one.changed and one.changed > oldest]
    not_applicable_unless(recent, "The payer file names no such authorization.")
    # then each is there
    prior = [str(row) for row in seen.export.of(CLAIMS) if row.get("use") == "preauthorization"]
    missing = [one for one in recent if not any(f"'{one.id}'" in row for row in prior)]
    expect.that(
        not missing,
        f"{len(recent)} prior authorizations",
        "missing: " + ", ".join(sorted({one.status for one in missing}))
        if missing
        else "all of them",
        *_evidence(practice),
    )


@check("provider-access.date-floor/export", needs=("clinic", "member", "date_edges"))
def test_the_first_day_is_in(practice: Practice, member: Person, target: Target) -> None:
    """Services of the first day on are in the export."""
    # given a member with services on the days around the date floor
    rows = _rows(practice, member)
    edges = [one for one in member.persona.expect.date_edges if one >= target.policy.date_floor]
    not_applicable_unless(edges, f"The payer file names no edges of {member} within the floor.")
    # then those within it are there
    text = " ".join(str(row) for row in rows if row.get("resourceType") == CLAIMS)
    missing = [one for one in edges if one.isoformat() not in text]
    expect.that(
        not missing,
        "services of " + ", ".join(map(str, edges)),
        "missing: " + ", ".join(map(str, missing)) if missing else "all of them",
        *_evidence(practice),
    )


@check("provider-access.one-business-day/export", needs=("clinic",))
def test_an_export_is_quick(practice: Practice, target: Target) -> None:
    """An export is complete within one business day, without anybody having to approve it."""
    # given a clinic's export of its Group
    export = practice.full().export
    inconclusive_unless(export.kick_off.status == 202, "no export began", export.kick_off.exchange)
    inconclusive_unless(
        export.seconds is not None,
        f"it was not complete in the {target.policy.export_wait_seconds:g} seconds this run waits",
        export.last.exchange,
    )
    # then its manifest was there within the day
    expect.that(
        export.complete and (export.seconds or 0) < 86_400,
        "a complete manifest within one business day",
        f"{export.last.status} after {export.seconds:.1f} seconds",
        export.kick_off.exchange,
        export.last.exchange,
    )


def _member(practice: Practice, member: Person) -> Person:
    treats = practice.clinic.partner.treats
    not_applicable_unless(member.id in treats, f"The clinic does not treat {member}.")
    return member


def _rows(practice: Practice, member: Person) -> tuple[Row, ...]:
    """What the clinic's export has of the member."""
    _member(practice, member)
    seen = practice.full()
    seen.must_be_complete()
    rows = tuple(row for row in seen.export.of() if member.patient_id in members_of(row))
    inconclusive_unless(rows, f"the export has nothing of {member}", *_evidence(practice))
    return rows


def _evidence(practice: Practice) -> tuple[str, ...]:
    export = practice.full().export
    return (export.kick_off.exchange, export.last.exchange)


def _within(claim: Row, target: Target) -> bool:
    """True where a claim was serviced on or after the date floor."""
    days = service_days(claim, zone(target.policy))
    return not days or any(last >= target.policy.date_floor for _, last in days)


def _name(row: Row) -> str:
    return f"{row.get('resourceType')}/{row.get('id')}"


def _differences(one: Row, other: Row) -> Iterable[str]:
    for part in _KEPT:
        if _codes(one.get(part)) != _codes(other.get(part)):
            yield part
    for part in _NAMED:
        if one.get(part) and not other.get(part):
            yield part
    for part in _KEPT_IN_ITEMS:
        if _in_items(one, part) != _in_items(other, part):
            yield f"item.{part}"


def _codes(value: Any) -> Any:
    """What is compared of an element: its codes, or itself."""
    if isinstance(value, list):
        return [_codes(one) for one in value]
    if isinstance(value, Mapping) and "coding" in value:
        return sorted(str(one.get("code")) for one in codings(value))
    if isinstance(value, Mapping):
        return {key: _codes(one) for key, one in value.items() if key != "extension"}
    return value


def _in_items(row: Row, part: str) -> list[Any]:
    return [_codes(item.get(part)) for item in row.get("item") or [] if isinstance(item, Mapping)]
