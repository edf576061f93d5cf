"""Audit: the payer's accounting names who read what, when, by which app, and what was refused.

CARIN Blue Button, Audit Logging and Provenance; 45 CFR 164.312(b). The operator's hook
``disclosures`` gives the accounting.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from payerproof.expect.accounting import accounted, of_app
from payerproof.plugin.observed.authority import quiet_pair
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Lease,
    Person,
    Target,
    check,
    expect,
    inconclusive_unless,
)

SPARE = timedelta(minutes=5)
"""By how much the payer's clock may differ from ours."""


@check("carin-bb.audit/known-reads", needs=("unrelated_pair", "control:disclosures"), prod="gated")
def test_reads_are_accounted_for(
    api: Api, member: Person, stranger: Person, target: Target
) -> None:
    """Three reads and two refused requests of this run stand in the accounting, as they were."""
    # given a member's app that reads three times, and twice asks for what it may not have
    grant = api.grant_of(member)
    client, began = api.as_(member), datetime.now(UTC)
    app = target.app(grant.app)
    earlier = len(of_app(accounted(api, target), app.client_id, member.patient_id))
    good = [client.read("Patient", member.patient_id) for _ in range(3)]
    bad = [
        client.read("Patient", stranger.patient_id),
        client.read("ExplanationOfBenefit", "payerproof-nothing"),
    ]
    inconclusive_unless(
        all(reply.ok for reply in good) and not any(reply.ok for reply in bad),
        "the reads did not go as they should",
        *(reply.exchange for reply in (*good, *bad)),
    )
    # when the accounting is read
    found = of_app(accounted(api, target), app.client_id, member.patient_id)[earlier:]
    refused = [one for one in found if int(one.get("status") or 0) >= 400]
    dated = [one for one in found if _near(str(one.get("at") or ""), began)]
    unsaid = [one for one in found if not one.get("user")]
    # then all five stand there, with person, app, time and outcome
    told = [f"{len(found)} of 5 requests"] if len(found) < 5 else []
    told += [f"{len(refused)} of 2 refusals"] if len(refused) < 2 else []
    told += [f"{len(found) - len(dated)} without a right time"] if len(dated) < len(found) else []
    told += [f"{len(unsaid)} without a person"] if unsaid else []
    expect.that(
        not told,
        "five requests of the app, two of them refused, each with person and time",
        "; ".join(told) or "so it is",
        *(reply.exchange for reply in (*good, *bad)),
    )


@check(
    "carin-bb.audit/representative-named",
    needs=("representative", "two_apps", "control:disclosures"),
    prod="gated",
)
def test_accounting_names_who_acted(
    api: Api, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """Where a representative connected an app, the accounting tells them from the member."""
    # given a member's own app, and one that a representative connected, both of which read
    pair = quiet_pair(target, run_session.cast.first)
    inconclusive_unless(pair, "no representative acts for a grown-up member who can log in")
    acting, member = (run_session.person(one) for one in pair or ())
    grant = lease.reading(acting, choose=member.id)
    own = api.as_(member).read("Patient", member.patient_id)
    theirs = api.as_(grant).read("Patient", grant.patient)
    inconclusive_unless(
        own.ok and theirs.ok, "one of them opens nothing", own.exchange, theirs.exchange
    )
    # when the accounting is read
    entries = accounted(api, target)
    mine = of_app(entries, target.app(api.grant_of(member).app).client_id, grant.patient)
    others = of_app(entries, target.app(grant.app).client_id, grant.patient)
    inconclusive_unless(mine and others, "the accounting holds neither", own.exchange)
    users = {str(one.get("user")) for one in mine}
    last = str(others[-1].get("user") or "")
    # then the second names somebody else than the first
    expect.that(
        bool(last) and last not in users,
        f"{acting} named where {acting} acted, and {member} where {member} did",
        "two different persons" if last and last not in users else "one and the same, or nobody",
        own.exchange,
        theirs.exchange,
    )


def _near(written: str, moment: datetime) -> bool:
    try:
        told = datetime.fromisoformat(written.replace("Z", "+00:00"))
    except ValueError:
        return False
    zoned = told if told.tzinfo else told.replace(tzinfo=UTC)
    return moment - SPARE <= zoned <= datetime.now(UTC) + SPARE
