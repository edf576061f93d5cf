"""What a representative connected, the member sees and can end."""

from __future__ import annotations

from payerproof.expect.given import Looks
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    Lease,
    Persona,
    Portal,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
)
from payerproof.target.needs import can_log_in


@check(
    "revocation.representative-grant/listed-and-revocable",
    needs=("representative", "portal", "two_apps", "state_changes"),
)
def test_member_ends_what_a_representative_connected(
    api: Api, lease: Lease, portal: Portal, run_session: RunSession, target: Target
) -> None:
    """The member sees and can end what the representative connected."""
    # given an app that a representative connected to the record of a member with a login
    pairs = _pairs(target)
    inconclusive_unless(pairs, "no representative acts for a grown-up member who can log in")
    acting, represented = (run_session.person(one) for one in pairs[0])
    app = lease.hold(represented)
    grant = lease(acting, app, choose=represented.id)
    looks = Looks(api.as_(grant), grant.patient)
    looks.must_open()
    # when the member looks at their own list
    before = portal.connected_apps(represented)
    # then it stands there
    listed = any(one.name == app.name for one in before.apps)
    expect.that(
        listed,
        f"an entry for {app.id}, which {acting} connected",
        "there is one" if listed else f"{len(before.apps)} entries, none for it",
        before.page.screenshot or before.page.exchange,
        grant.exchange,
    )
    # and when they revoke it, the representative's app is refused
    portal.revoke(represented, app)
    died = eventually(
        looks.refused,
        within=target.policy.revocation_wait_seconds,
        every=target.policy.revocation_poll_seconds,
    )
    expect.that(
        died is not None,
        "a refusal of the token that the representative's app holds",
        f"{looks.last.status} ({{x:{looks.last.exchange}}})",
        looks.replies[0].exchange,
        looks.last.exchange,
    )


def _pairs(target: Target) -> list[tuple[Persona, Persona]]:
    """Representatives with a member they act for who has a login; the least related first."""
    found = [
        (one, target.persona(other))
        for one in target.personas
        for other in one.represents
        if can_log_in(target, one) and can_log_in(target, target.persona(other))
    ]
    grown = [(one, other) for one, other in found if other.role not in ("minor", "dependent")]
    return sorted(grown, key=lambda pair: pair[0].role != "representative")
