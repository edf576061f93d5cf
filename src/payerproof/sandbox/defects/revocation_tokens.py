"""Faults of revoking: what of an app's tokens a member's Revoke leaves alive, and what it kills."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, every, oauth
from payerproof.sandbox.oauth.exchanging import accounts_are_open
from payerproof.sandbox.oauth.granting import authority_holds, revoke_by_member

if TYPE_CHECKING:
    from payerproof.sandbox.oauth.model import Connection, Grant, RefreshToken
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "revocation", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "revocation", tuple(cites.split()), title, change, lawful=True))


def _not_run_out(tenant: Tenant, connection: Connection) -> bool:
    """Whether a grant has reached its end date; that it was revoked isn't asked."""
    current = tenant.clock.now() < connection.grant.expires
    grant = connection.grant
    return current and authority_holds(tenant, grant) and accounts_are_open(tenant, grant)


def _strike_out(tenant: Tenant, user: str, grant: Grant) -> None:
    """Note in the consent record that it has ended, and do nothing else."""
    grant.ended, grant.why_ended = tenant.clock.now(), f"revoked by {user}"


def _ending(*parts: Callable[[Tenant, Grant], None]) -> Change:
    """Let Revoke strike the consent out and end some of what came of it."""

    def revoke(tenant: Tenant, user: str, grant: Grant) -> None:
        _strike_out(tenant, user, grant)
        for part in parts:
            part(tenant, grant)

    return oauth(revoke_by_member=revoke, grant_lives=_not_run_out)


def _codes(tenant: Tenant, grant: Grant) -> None:
    for code in tenant.grants.codes.values():
        if code.connection.grant is grant:
            code.expires = tenant.clock.now()


def _access_tokens(tenant: Tenant, grant: Grant) -> None:
    for token in tenant.grants.access_tokens.values():
        token.revoked = token.revoked or token.connection.grant is grant


def _refresh_tokens(tenant: Tenant, grant: Grant) -> None:
    for token in tenant.grants.refresh_tokens.values():
        token.revoked = token.revoked or token.connection.grant is grant


def _current_refresh_tokens(tenant: Tenant, grant: Grant) -> None:
    for token in tenant.grants.refresh_tokens.values():
        if token.connection.grant is grant and not token.used:
            token.revoked = True


def _latest_access_tokens(tenant: Tenant, grant: Grant) -> None:
    tokens = [t for t in tenant.grants.access_tokens.values() if t.connection.grant is grant]
    for token in {token.connection.id: token for token in tokens}.values():
        token.revoked = True


def _latest_connection(tenant: Tenant, grant: Grant) -> None:
    connections = list(tenant.grants.connections_of(grant))
    if connections:
        tenant.grants.end_connection(connections[-1], grant.why_ended)


def _exchanged_connections(tenant: Tenant, grant: Grant) -> None:
    waiting = {code.connection.id for code in tenant.grants.codes.values() if not code.used}
    for connection in tenant.grants.connections_of(grant):
        if connection.id not in waiting:
            tenant.grants.end_connection(connection, grant.why_ended)


# -- what stays alive


def _used_while_granted(token: RefreshToken) -> bool:
    return token.used and token.connection.grant.ended is None


_defect(
    "revoke-does-nothing",
    "N-REV-01 N-REV-02 N-REV-08",
    "Revoke answers and ends nothing",
    oauth(revoke_by_member=lambda _tenant, _user, _grant: None),
    twin="revocation-takes-two-seconds",
)
_defect(
    "revoke-ends-the-record-only",
    "N-REV-18 N-REV-01 N-REV-02",
    "Revoke strikes out the consent, and no token ever asks for the consent",
    _ending(),
    twin="revocation-takes-two-seconds",
)
_defect(
    "revoke-leaves-refresh-token",
    "N-REV-02",
    "Revoke kills the access tokens, and the refresh token fetches new ones",
    _ending(_access_tokens, _codes),
)
_defect(
    "revoke-leaves-access-token",
    "N-REV-01",
    "Revoke kills the refresh token, and the access token lives out its hour",
    _ending(_refresh_tokens, _codes),
    twin="revocation-takes-two-seconds",
)
_defect(
    "revoke-ends-newest-connection-only",
    "N-REV-06",
    "Revoke ends the app's connection on the device connected last, and on no other",
    _ending(_latest_connection),
)
_defect(
    "revoke-leaves-older-access-tokens",
    "N-REV-06 N-REV-01",
    "Revoke kills the newest access token; those from before a refresh live on",
    _ending(_latest_access_tokens, _refresh_tokens, _codes),
)
_defect(
    "revoke-frees-older-refresh-tokens",
    "N-REV-02",
    "After Revoke a refresh token that was used up long ago works again",
    every(
        _ending(_access_tokens, _current_refresh_tokens, _codes),
        oauth(refresh_was_used=_used_while_granted),
    ),
)
_defect(
    "revoke-leaves-pending-code",
    "N-REV-06 N-REV-01",
    "A code on its way when the member revokes can be exchanged afterwards",
    _ending(_exchanged_connections),
)


# -- when it takes effect


def _within(seconds: float) -> Change:
    """Let tokens live on for some seconds after their consent was struck out."""

    def lives(tenant: Tenant, connection: Connection) -> bool:
        ended = connection.grant.ended
        waiting = ended is None or tenant.clock.now() < ended + seconds
        return waiting and _not_run_out(tenant, connection)

    return oauth(revoke_by_member=_strike_out, grant_lives=lives)


_defect(
    "revocation-takes-two-hours",
    "N-REV-01 N-REV-02",
    "Revocations are carried out by a job that runs every two hours",
    _within(7200),
    twin="revocation-takes-two-seconds",
)
_twin(
    "revocation-takes-two-seconds",
    "N-REV-01",
    "A revocation has reached every server after two seconds",
    _within(2),
)


# -- what brings it back


def _alive_again(same_app: bool) -> Change:
    def lives(tenant: Tenant, connection: Connection) -> bool:
        old = connection.grant
        newer = (
            grant
            for grant in tenant.grants.grants_by(old.user)
            if grant.patient == old.patient
            and old.ended is not None
            and grant.created > old.ended
            and (grant.client_id == old.client_id) == same_app
        )
        alive = old.ended is None or next(newer, None) is not None
        return alive and _not_run_out(tenant, connection)

    return oauth(revoke_by_member=_strike_out, grant_lives=lives)


_defect(
    "connecting-another-app-revives-revoked",
    "N-REV-05",
    "A revoked app is alive again once the member connects another one",
    _alive_again(same_app=False),
)
_defect(
    "reconnecting-revives-revoked-tokens",
    "N-REV-06 N-REV-07",
    "Tokens of a revoked app are alive again once the member connects the app anew",
    _alive_again(same_app=True),
)


# -- who else is hit


def _and(others: Callable[[Grant, Grant], bool]) -> Change:
    """Let Revoke also end those other grants that stand in a relation to the one meant."""

    def revoke(tenant: Tenant, user: str, grant: Grant) -> None:
        for other in list(tenant.grants.grants.values()):
            if other is grant or (tenant.grants.grant_lives(other) and others(grant, other)):
                revoke_by_member(tenant, user, other)

    return oauth(revoke_by_member=revoke)


def _refresh_of_others_too(tenant: Tenant, user: str, grant: Grant) -> None:
    revoke_by_member(tenant, user, grant)
    for token in tenant.grants.refresh_tokens.values():
        token.revoked = token.revoked or token.connection.grant.user == grant.user


def _own_only(tenant: Tenant, user: str, grant: Grant) -> None:
    if grant.user == user:
        revoke_by_member(tenant, user, grant)


_defect(
    "revoke-cuts-every-app",
    "N-REV-05",
    "Revoking one app cuts all apps of the member",
    _and(lambda grant, other: other.user == grant.user),
)
_defect(
    "revoke-cuts-refresh-of-every-app",
    "N-REV-05",
    "Revoking one app leaves the others working until they have to refresh",
    oauth(revoke_by_member=_refresh_of_others_too),
)
_defect(
    "revoke-cuts-the-app-for-every-member",
    "N-REV-05",
    "One member's Revoke cuts the app for all members of the plan",
    _and(lambda grant, other: other.client_id == grant.client_id),
)
_defect(
    "revoke-cuts-other-represented-members",
    "N-REV-05 AC-07-2",
    "A representative who revokes an app for one member cuts it for the others too",
    _and(lambda grant, other: (other.user, other.client_id) == (grant.user, grant.client_id)),
)
_defect(
    "member-cannot-end-representatives-grant",
    "N-HOUSE-11",
    "A member can press Revoke on what a representative allowed, and nothing comes of it",
    oauth(revoke_by_member=_own_only),
)
