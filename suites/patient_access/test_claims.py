"""Claims: every one that the plan adjudicated, once, whole, with its amounts and reasons."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime

from payerproof.expect.business_days import business_days_before
from payerproof.expect.claims import (
    CLAIMS,
    MEMBER_SHARE,
    PLAN_PAID,
    Claim,
    amounts,
    by_number,
    denial_reasons,
    is_settled,
    kind_of,
    mappings,
    numbers,
)
from payerproof.fhir.record import record_replies
from payerproof.fhir.rows import packed
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Operator,
    Person,
    Persona,
    Target,
    check,
    each,
    eventually,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

KINDS = ("inpatient", "outpatient", "professional", "pharmacy", "oral")


@check("patient-access.claims-content/expected-claims", needs=("expected_claims",))
def test_every_expected_claim_comes_once(api: Api, member: Person) -> None:
    """Each expected claim is returned exactly once."""
    # given claims that the member is known to have
    expected = _expected(member)
    # when the member's claims are searched for, all pages
    pages = api.once(member).all_pages(CLAIMS, [("patient", member.patient_id), ("_count", "100")])
    came: Counter[str] = Counter()
    ids: Counter[str] = Counter()
    for row in (row for page in pages for row in page.matches):
        came.update(numbers(row))
        ids[str(row.get("id"))] += 1
    # then each of them is there, and no claim twice
    missing = [number for number in expected if not came[number]]
    twice = {number for number in expected if came[number] > 1}
    twice |= {ident for ident, times in ids.items() if times > 1}
    expect.that(
        not missing and not twice,
        f"each of {len(expected)} expected claims, and no claim more than once",
        f"{len(missing)} of {len(expected)} missing, {len(twice)} more than once",
        *(page.exchange for page in pages),
    )
    expect(*pages).has_status(200)


@check("patient-access.claims-content/lines", needs=("expected_claims",))
def test_claims_have_their_lines(member: Person) -> None:
    """Each claim has its item lines."""
    # given the expected claims that came
    found = _found(member)
    # when their lines are looked at
    without = [claim for claim in found if not claim.get("item")]
    empty = [
        claim
        for claim in found
        for item in mappings(claim.get("item"))
        if not (item.get("productOrService") or item.get("revenue"))
    ]
    # then there is one at least, and each says what was done
    expect.that(
        not without and not empty,
        "lines on each claim, each with a product, service or revenue code",
        f"{len(without)} of {len(found)} claims without a line, {len(empty)} lines that name "
        "neither product, service nor revenue code",
        *_exchanges(member),
    )


@check("patient-access.claims-content/every-kind", needs=("expected_claims",))
@each("kind", KINDS)
def test_every_kind_of_claim_comes(member: Person, kind: str) -> None:
    """Each expected kind (inpatient, outpatient, professional, pharmacy, oral) is returned."""
    # given claims of a kind that the member is known to have
    expected = _expected(member, lambda claim: claim.kind == kind)
    # when the record is searched for them
    rows = member.record.of(CLAIMS)
    named = by_number(rows, expected)
    kinds = {number: [kind_of(row) for row in found] for number, found in named.items()}
    # then they come, and as claims of that kind
    wrong = [number for number, came in kinds.items() if came != [kind]]
    others = sorted({other or "no kind" for number in wrong for other in kinds[number]})
    expect.that(
        not wrong,
        f"{len(expected)} {kind} claims",
        f"{len(expected) - len(wrong)} of {len(expected)} {kind} claims came as such"
        + (f"; others came as {', '.join(others)}" if others else ""),
        *_exchanges(member),
    )


@check("patient-access.claims-content/no-hidden-failure", needs=("member",))
def test_no_failure_hides_in_a_bundle(api: Api, member: Person) -> None:
    """No bundle of the record hides a fatal OperationOutcome behind a 200."""
    # given the replies that brought the member's record
    inconclusive_unless(member.record.types, f"{member} sees no record", *_exchanges(member))
    replies = record_replies(api.once(member), member, member.record.exchanges)
    # when the bundles are looked through for outcomes
    hidden = [
        (reply, str(issue.get("code")))
        for reply in replies
        if reply.status == 200
        for issue in reply.issues
        if issue.get("severity") in ("fatal", "error")
    ]
    # then none of them tells of a failure
    expect.that(
        not hidden,
        "no error or fatal outcome inside an answer with status 200",
        "; ".join(f"{code} ({{x:{reply.exchange}}})" for reply, code in hidden[:4])
        or f"none in {len(replies)} answers",
        *[reply.exchange for reply, _ in hidden or [(reply, "") for reply in replies]][:8],
    )


@check("patient-access.claims-under-appeal/present", needs=("expected_claims",))
def test_claims_under_appeal_come(member: Person) -> None:
    """Each expected claim marked as under appeal is returned."""
    expected = _expected(member, lambda claim: "appeal" in claim.status)
    missing = [n for n, found in by_number(member.record.of(CLAIMS), expected).items() if not found]
    expect.that(
        not missing,
        f"{len(expected)} claims that are or were under appeal",
        f"{len(expected) - len(missing)} of {len(expected)} came",
        *_exchanges(member),
    )


@check("patient-access.remittance-cost-sharing/amounts", needs=("member",))
def test_paid_claims_carry_amounts(member: Person) -> None:
    """Each paid claim carries amounts paid and the member's share."""
    # given the claims that were paid
    paid = _paid(member)
    # when their amounts are looked for in total, adjudication and payment
    no_payment = [claim for claim in paid if not amounts(claim, PLAN_PAID)]
    no_share = [claim for claim in paid if not amounts(claim, MEMBER_SHARE)]
    # then both sides are there; zero is an amount
    expect.that(
        not no_payment and not no_share,
        "what the plan paid and what falls to the member, on each paid claim",
        f"{len(no_payment)} of {len(paid)} paid claims without what was paid, "
        f"{len(no_share)} without the member's share",
        *_exchanges(member),
    )


@check("patient-access.remittance-cost-sharing/not-zeroed", needs=("member",))
def test_amounts_are_not_zeroed(member: Person) -> None:
    """The amounts of paid claims are not all zero or absent."""
    # given the claims that were paid, by kind
    paid = _paid(member)
    kinds = sorted({kind_of(claim) for claim in paid})
    # when the amounts of each kind are looked at
    zeroed = [
        kind
        for kind in kinds
        if not any(any(amounts(claim, PLAN_PAID)) for claim in paid if kind_of(claim) == kind)
    ]
    share = any(any(amounts(claim, MEMBER_SHARE)) for claim in paid)
    # then no kind has nothing but zeros, and somewhere the member had a share
    expect.that(
        not zeroed and share,
        "amounts other than zero among the paid claims of each kind",
        f"nothing but zeros or nothing at all: {', '.join(zeroed) or 'the member share'}"
        if zeroed or not share
        else f"such amounts among {len(paid)} claims of {len(kinds)} kinds",
        *_exchanges(member),
    )


@check("patient-access.denied-claims/present-with-reason", needs=("expected_claims",))
def test_denied_claims_say_why(member: Person) -> None:
    """Each expected denied claim is returned with a denial reason."""
    # given claims that were denied
    expected = _expected(member, lambda claim: "denied" in claim.status)
    # when they are looked up in the record
    named = by_number(member.record.of(CLAIMS), expected)
    missing = [number for number in expected if not named[number]]
    silent = [number for number in expected if not any(map(denial_reasons, named[number]))]
    # then they are there and say why
    expect.that(
        not missing and not silent,
        f"{len(expected)} denied claims, each with a reason",
        f"{len(missing)} missing, {len(silent) - len(missing)} without a reason",
        *_exchanges(member),
    )


@check("patient-access.part-d-claims/pharmacy-with-amounts", needs=("expected_claims",))
def test_pharmacy_claims_carry_amounts(member: Person) -> None:
    """The expected pharmacy claims come with amounts."""
    # given pharmacy claims that the member is known to have
    expected = _expected(member, lambda claim: claim.kind == "pharmacy")
    # when their amounts are looked for
    named = by_number(member.record.of(CLAIMS), expected)
    missing = [number for number in expected if not named[number]]
    bare = [
        claim
        for number in expected
        for claim in named[number]
        if not (amounts(claim, PLAN_PAID) and amounts(claim, MEMBER_SHARE))
    ]
    # then each is there with what the plan and the member paid
    expect.that(
        not missing and not bare,
        f"{len(expected)} pharmacy claims with what the plan and the member paid",
        f"{len(missing)} missing, {len(bare)} without both amounts, of {len(expected)}",
        *_exchanges(member),
    )


@check(
    "patient-access.claims-one-business-day/injected-claim",
    needs=("member", "control:inject-claim"),
    prod="no",
)
def test_a_new_claim_appears(
    api: Api, operator: Operator, run_session: RunSession, target: Target
) -> None:
    """A claim put in by the operator appears within one business day."""
    # given a member whose claims no other check counts, and what they show now
    person = run_session.person(_bystander(run_session))
    before = api.as_(person).search(CLAIMS, [("patient", person.patient_id), ("_count", "100")])
    inconclusive_unless(
        before.matches and before.header("date"),
        f"{person} shows no claim to begin with, or the answer no Date",
        before.exchange,
    )
    # when the operator puts in a claim that was processed more than a business day ago
    now = parsedate_to_datetime(before.header("date"))
    days = target.policy.freshness_business_days + 1
    processed = business_days_before(now.date(), days, target.policy)
    serviced = processed - timedelta(days=14)
    booked = {
        "persona": person.id,
        "serviced": serviced.isoformat(),
        "processed": processed.isoformat(),
        "number": now.hour * 3600 + now.minute * 60 + now.second,
    }
    undone = {"persona": person.id, "booked": serviced.isoformat()}
    answer = operator.until_the_end("inject-claim", booked, undone, by="remove-claim")
    old = {str(row.get("id")) for row in before.matches}
    seconds = eventually(
        lambda: bool(_claim_ids(api, person) - old),
        within=target.policy.revocation_wait_seconds,
        every=max(target.policy.revocation_poll_seconds, 1),
    )
    # then the member's app sees it
    expect.that(
        seconds is not None,
        f"the claim that was processed on {processed:%-d %B %Y}",
        "a further claim came" if seconds is not None else "no further claim came",
        before.exchange,
        answer,
    )
    remark(f"It was there {seconds:.0f} seconds after it was put in.")


def _expected(
    member: Person, wanted: Callable[..., bool] = lambda claim: bool(claim.id)
) -> tuple[str, ...]:
    """Numbers of the claims the payer file names for the member, of those that are wanted."""
    found = tuple(claim.id for claim in member.persona.expect.claims if wanted(claim))
    not_applicable_unless(found, f"The payer file names no such claim of {member}.")
    return found


def _found(member: Person) -> tuple[Claim, ...]:
    """The expected claims that are in the record."""
    named = by_number(member.record.of(CLAIMS), _expected(member))
    found = tuple(row for rows in named.values() for row in rows)
    inconclusive_unless(found, "none of the expected claims came", *_exchanges(member))
    return found


def _paid(member: Person) -> Sequence[Claim]:
    """The claims the payer file calls paid; where it names none, all that stand undenied."""
    rows = member.claims
    named = [claim.id for claim in member.persona.expect.claims if claim.status == "paid"]
    called = by_number(rows, named).values()
    paid = packed(r for found in called for r in found) or packed(filter(is_settled, rows))
    inconclusive_unless(paid, f"{member} shows no paid claim", *_exchanges(member))
    return paid


def _exchanges(member: Person) -> tuple[str, ...]:
    return member.record.exchanges.get(CLAIMS, ())


def _bystander(session: RunSession) -> Persona:
    """A synthetic member with claims who plays no other part, in no household either."""
    free = [one for one in session.cast.bystanders if not one.household]
    found = [one for one in free if one.synthetic and one.expect.claims]
    inconclusive_unless(found, "the payer file has no synthetic member besides those of the checks")
    return found[0]


def _claim_ids(api: Api, person: Person) -> set[str]:
    pages = api.as_(person).all_pages(CLAIMS, [("patient", person.patient_id), ("_count", "100")])
    return {str(row.get("id")) for page in pages for row in page.matches}
