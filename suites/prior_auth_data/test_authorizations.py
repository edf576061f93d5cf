"""Prior authorizations of items and services, as a member's app finds them beside the claims."""

from __future__ import annotations

from datetime import datetime, timedelta

from payerproof.expect.claims import CLAIMS, by_number
from payerproof.expect.prior_auth import (
    APPROVED,
    DENIED,
    PARTLY,
    PENDING,
    Authorization,
    decision_days,
    denials,
    explains,
    is_authorization,
    is_general,
    line_codes,
    names_authorization_profile,
    says_when_it_ends,
    state_of,
)
from payerproof.suite import (
    Person,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target import ExpectedAuthorization
from payerproof.target.settings import zone

STATES = (PENDING, APPROVED, PARTLY, DENIED)
KNOWN = ("expected_authorizations",)


@check("prior-auth-data.available/expected-authorizations", needs=KNOWN)
@each("state", STATES)
def test_expected_authorizations_come(authorized: Person, target: Target, state: str) -> None:
    """Each expected prior authorization comes, whatever became of it."""
    # given authorizations of items and services that the member is known to have
    known = [one for one in _owed(authorized, target) if one.status == state]
    not_applicable_unless(known, f"The payer file names no {state} authorization.")
    # when they are looked up among those that came
    found = _found(authorized, known)
    missing = [number for number, rows in found.items() if not rows]
    # then each is there
    expect.that(
        not missing,
        f"{len(known)} {state} authorizations",
        f"{len(known) - len(missing)} of them came",
        *_from(authorized),
    )


@check("prior-auth-data.status/coded", needs=("member",))
def test_each_has_a_coded_state(authorized: Person) -> None:
    """Each authorization says by codes whether it is pending, approved, partly or denied."""
    rows = _rows(authorized)
    silent = [row for row in rows if not (row.get("status") and state_of(row))]
    expect.that(
        not silent,
        "a coded state on each authorization",
        f"{len(silent)} of {len(rows)} tell none by review action or outcome",
        *_from(authorized),
    )


@check("prior-auth-data.status/as-known", needs=KNOWN)
def test_states_are_as_known(authorized: Person) -> None:
    """The state of an expected authorization is the one the operator knows."""
    known = _expected(authorized)
    came = _came(authorized, known)
    wrong = [one.id for one, row in came if state_of(row) != one.status]
    expect.that(
        not wrong,
        "the state that is known of each expected authorization",
        f"another or none on {len(wrong)} of {len(came)}",
        *_from(authorized),
    )


@check("prior-auth-data.decision-date/given", needs=("member",))
def test_decisions_have_their_day(authorized: Person) -> None:
    """Each decided authorization says on which day it was decided."""
    rows = [row for row in _rows(authorized) if state_of(row) in (APPROVED, PARTLY, DENIED)]
    not_applicable_unless(rows, f"{authorized} has no decided authorization.", *_from(authorized))
    silent = [row for row in rows if not decision_days(row)]
    expect.that(
        not silent,
        "the day of the decision on each decided authorization",
        f"none on {len(silent)} of {len(rows)}",
        *_from(authorized),
    )


@check("prior-auth-data.decision-date/as-known", needs=KNOWN)
def test_days_of_decision_are_as_known(authorized: Person) -> None:
    """The day of a decision is the one the operator knows."""
    known = [one for one in _expected(authorized) if one.decided]
    not_applicable_unless(known, "The payer file names no day of a decision.")
    came = _came(authorized, known)
    wrong = [one.id for one, row in came if str(one.decided) not in decision_days(row)]
    expect.that(
        not wrong,
        "the day that is known of each decision",
        f"another or none on {len(wrong)} of {len(came)}",
        *_from(authorized),
    )


@check("prior-auth-data.end-date-or-circumstance/given", needs=("member",))
def test_approvals_say_when_they_end(authorized: Person) -> None:
    """Each approval has an end date, or says what ends it."""
    rows = [row for row in _rows(authorized) if state_of(row) in (APPROVED, PARTLY)]
    not_applicable_unless(rows, f"{authorized} has no approval.", *_from(authorized))
    silent = [row for row in rows if not says_when_it_ends(row)]
    expect.that(
        not silent,
        "an end date or the circumstance that ends it, on each approval",
        f"neither on {len(silent)} of {len(rows)}",
        *_from(authorized),
    )


@check("prior-auth-data.items-approved/lines", needs=("member",))
def test_approvals_have_lines(authorized: Person) -> None:
    """Each approval lists coded items or services."""
    rows = [row for row in _rows(authorized) if state_of(row) in (APPROVED, PARTLY)]
    not_applicable_unless(rows, f"{authorized} has no approval.", *_from(authorized))
    bare = [row for row in rows if not line_codes(row)]
    expect.that(
        not bare,
        "coded lines on each approval",
        f"none on {len(bare)} of {len(rows)}",
        *_from(authorized),
    )


@check("prior-auth-data.items-approved/as-known", needs=KNOWN)
def test_approved_items_are_as_known(authorized: Person) -> None:
    """Every item and service that is known to be approved is listed."""
    known = [one for one in _expected(authorized) if one.items]
    not_applicable_unless(known, "The payer file names no approved item or service.")
    came = _came(authorized, known)
    short = [one.id for one, row in came if not set(one.items) <= line_codes(row)]
    expect.that(
        not short,
        "each item and service that is known to be approved",
        f"some are missing on {len(short)} of {len(came)} authorizations",
        *_from(authorized),
    )


@check("prior-auth-data.denial-reason/given", needs=("member",))
def test_denials_say_why(authorized: Person) -> None:
    """Each denial carries a reason."""
    rows = _denied(authorized)
    silent = [row for row in rows if not denials(row)]
    expect.that(
        not silent,
        "a reason with each denial",
        f"none on {len(silent)} of {len(rows)}",
        *_from(authorized),
    )


@check("prior-auth-data.denial-reason/specific", needs=("member",))
def test_reasons_are_specific(authorized: Person) -> None:
    """No denial is explained by a general reason alone."""
    rows = [row for row in _denied(authorized) if denials(row)]
    not_applicable_unless(rows, f"{authorized} has no denial with a reason.", *_from(authorized))
    general = [row for row in rows if all(map(is_general, denials(row))) and not explains(row)]
    expect.that(
        not general,
        "a reason of its own with each denial",
        f"no more than 'not deemed necessary' on {len(general)} of {len(rows)}",
        *_from(authorized),
    )


@check("prior-auth-data.retention/within-a-year", needs=KNOWN)
def test_closed_ones_stay_a_year(authorized: Person, target: Target) -> None:
    """What changed within a year, and what is active, is there."""
    # given authorizations that are active or were changed within a year
    known = [one for one in _owed(authorized, target) if one.changed]
    not_applicable_unless(known, "The payer file tells of none when it last changed.")
    # when they are looked up
    missing = [number for number, rows in _found(authorized, known).items() if not rows]
    # then each is there still
    expect.that(
        not missing,
        f"{len(known)} authorizations that are active or changed within a year",
        f"{len(known) - len(missing)} of them came",
        *_from(authorized),
    )


@check("prior-auth-data.separable-from-claims/use", needs=("member",))
def test_use_tells_them_apart(authorized: Person) -> None:
    """use is preauthorization on every authorization, and claim on every claim."""
    # given what is known to be one or the other, by profile or by the payer file
    record = authorized.record.of(CLAIMS)
    inconclusive_unless(record, f"{authorized} sees neither claims nor authorizations")
    claims = [one.id for one in authorized.persona.expect.claims]
    requests = [one.id for one in _expected(authorized)]
    named = by_number(record, (*claims, *requests))
    not_applicable_unless(
        authorized.authorizations or any(named[number] for number in requests),
        f"{authorized} sees no authorization.",
        *_from(authorized),
    )
    # when their use is looked at
    odd = [row for row in record if names_authorization_profile(row) != is_authorization(row)]
    odd += [row for number in claims for row in named[number] if row.get("use") != "claim"]
    odd += [row for number in requests for row in named[number] if not is_authorization(row)]
    # then it tells them apart
    expect.that(
        not odd,
        "use preauthorization on authorizations and claim on claims",
        f"not so on {len(odd)} of {len(record)}",
        *_from(authorized),
    )


def _expected(person: Person) -> tuple[ExpectedAuthorization, ...]:
    """Those that bind: drugs are outside the duty (42 CFR 422.119(b)(1)(v))."""
    return tuple(one for one in person.persona.expect.authorizations if not one.drug)


def _found(person: Person, known: list[ExpectedAuthorization]) -> dict[str, list[Authorization]]:
    return by_number(person.authorizations, [one.id for one in known])


def _came(
    person: Person, known: list[ExpectedAuthorization] | tuple[ExpectedAuthorization, ...]
) -> list[tuple[ExpectedAuthorization, Authorization]]:
    """Those of the known that came, each with its resource; inconclusive where none did."""
    found = _found(person, list(known))
    came = [(one, row) for one in known for row in found[one.id][:1]]
    inconclusive_unless(came, "none of the expected authorizations came", *_from(person))
    return came


def _rows(person: Person) -> list[Authorization]:
    rows = list(person.authorizations)
    not_applicable_unless(rows, f"{person} sees no prior authorization.", *_from(person))
    return rows


def _denied(person: Person) -> list[Authorization]:
    rows = [row for row in _rows(person) if state_of(row) == DENIED]
    not_applicable_unless(rows, f"{person} has no denied authorization.", *_from(person))
    return rows


def _owed(person: Person, target: Target) -> list[ExpectedAuthorization]:
    """Those that must be there today: pending, in force, or changed within a year."""
    today = datetime.now(zone(target.policy)).date()
    year = today - timedelta(days=365)
    return [
        one
        for one in _expected(person)
        if one.status == PENDING
        or one.changed is None
        or one.changed > year
        or (one.ends is not None and one.ends >= today)
    ]


def _from(person: Person) -> tuple[str, ...]:
    return person.record.exchanges.get(CLAIMS, ())
