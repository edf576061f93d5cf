"""How soon a request for prior authorization, and its decision, can be seen."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from payerproof.expect.business_days import business_days_before
from payerproof.expect.claims import by_number
from payerproof.expect.prior_auth import DENIED, PENDING, is_authorization, state_of
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Person,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
    remark,
)
from payerproof.target.settings import zone

CLAIMS = "ExplanationOfBenefit"
HOOK = "inject-authorization"


@check(
    "prior-auth-data.one-business-day-receipt/injected-request",
    needs=("expected_authorizations", f"control:{HOOK}"),
    prod="no",
)
def test_a_new_request_appears(
    api: Api, authorized: Person, run_session: RunSession, target: Target
) -> None:
    """A request that was received more than a business day ago is shown as pending."""
    # given a member whose authorizations came, and a number that none of them has
    number = _fresh_number(authorized, run_session, "r")
    # when the operator files a request as received before that limit
    received = _overdue(target)
    _file(api, target, authorized, number, PENDING, received)
    # then the member's app sees it pending
    seconds = _until(api, authorized, target, number, PENDING)
    expect.that(
        seconds is not None,
        f"the request received on {received:%-d %B %Y}, pending",
        "it is there" if seconds is not None else "it is not there, or not as pending",
    )
    remark(f"It was there {seconds:.0f} seconds after it was put in.")


@check(
    "prior-auth-data.one-business-day-update/injected-decision",
    needs=("expected_authorizations", f"control:{HOOK}"),
    prod="no",
)
def test_a_decision_appears(
    api: Api, authorized: Person, run_session: RunSession, target: Target
) -> None:
    """A decision that was made more than a business day ago is shown in place of pending."""
    # given a request that the member's app sees pending
    number = _fresh_number(authorized, run_session, "u")
    decided = _overdue(target)
    _file(api, target, authorized, number, PENDING, decided - timedelta(days=3))
    pending = _until(api, authorized, target, number, PENDING)
    inconclusive_unless(pending is not None, "the request itself never appeared")
    # when the operator denies it as of a day before that limit
    _file(api, target, authorized, number, DENIED, decided - timedelta(days=3), decided)
    # then the member's app sees it denied
    seconds = _until(api, authorized, target, number, DENIED)
    expect.that(
        seconds is not None,
        f"the denial of {decided:%-d %B %Y}",
        "it is there" if seconds is not None else "the request is still shown in its earlier state",
    )
    remark(f"It was there {seconds:.0f} seconds after it was put in.")


def _fresh_number(person: Person, run_session: RunSession, letter: str) -> str:
    inconclusive_unless(person.authorizations, f"{person} sees no authorization to begin with")
    run = hashlib.sha256(run_session.settings.run_dir.encode()).hexdigest()[:10]
    return f"PAYERPROOF-{letter}-{run}"


def _overdue(target: Target) -> date:
    today = datetime.now(zone(target.policy)).date()
    return business_days_before(today, target.policy.freshness_business_days + 1, target.policy)


def _file(
    api: Api,
    target: Target,
    person: Person,
    number: str,
    state: str,
    received: date,
    decided: date | None = None,
) -> None:
    hook = target.controls[HOOK]
    told = {"persona": person.id, "number": number, "state": state, "received": f"{received}"}
    answer = api.send(
        "POST",
        str(hook.url),
        json=told | ({"decided": f"{decided}"} if decided else {}),
        bearer=hook.token.reveal() if hook.token else "",
    )
    inconclusive_unless(
        answer.status < 300, f"the operator's hook answered {answer.status}", answer.exchange
    )


def _until(api: Api, person: Person, target: Target, number: str, state: str) -> float | None:
    """Seconds until the authorization of a number shows in a state; None where it never did."""

    def shown() -> bool:
        pages = api.as_(person).all_pages(
            CLAIMS, [("patient", person.patient_id), ("_count", "100")]
        )
        rows = (row for page in pages for row in page.matches if is_authorization(row))
        return any(state_of(row) == state for row in by_number(rows, [number])[number])

    return eventually(
        shown,
        within=target.policy.revocation_wait_seconds,
        every=max(target.policy.revocation_poll_seconds, 1),
    )
