"""Tokens that an app hands back at the revocation endpoint (RFC 7009)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import Grant
from payerproof.plugin.observed.others import SYMMETRIC
from payerproof.plugin.observed.scene import Scene
from payerproof.smart.tokens import TokenAnswer


@dataclass(frozen=True)
class Returned:
    """A token that opened the member's Patient, and was handed back."""

    grant: Grant
    before: Reply
    """The member's own Patient before it was."""
    revocation: TokenAnswer
    looks: tuple[Reply, ...]
    """The member's own Patient afterwards, until it was refused."""
    delay: float | None
    """Seconds until it was refused; None where it was not while the run waited."""
    refresh: TokenAnswer | None
    """The refresh token afterwards; None where there was none."""
    introspected: Mapping[str, TokenAnswer] = field(default_factory=dict)
    """Introspection of ``access`` and ``refresh`` token before, and of the access token ``after``
    and of ``garbage``; empty where the app may not ask."""

    def must_have_opened(self) -> None:
        """End the check as inconclusive where the token opened nothing to begin with."""
        inconclusive_unless(self.before.ok, "the token did not work before", self.before.exchange)


def access_returned(scene: Scene) -> Returned:
    """Hand back an access token, and look what is left; introspect it before and after."""
    app = scene.lease.hold(scene.member, *scene.spare(SYMMETRIC))
    grant = scene.lease(scene.member, app)
    tokens = scene.tokens(app)
    endpoint = scene.session.configuration.endpoint("introspection_endpoint")
    asks = bool(endpoint) and app.type == SYMMETRIC
    named = {"access": grant.access_token, "refresh": grant.refresh_token}
    told = {name: tokens.introspect(token) for name, token in named.items() if asks and token}
    before = scene.own_patient(grant.access_token)
    revocation = tokens.revoke(grant.access_token, "access_token")
    looks, delay = scene.until_refused(grant.access_token)
    dead = {"after": grant.access_token, "garbage": secrets.token_urlsafe(32)} if asks else {}
    told |= {name: tokens.introspect(token) for name, token in dead.items()}
    refresh = tokens.refresh(grant.refresh_token) if grant.refresh_token else None
    return Returned(grant, before, revocation, looks, delay, refresh, told)


@dataclass(frozen=True)
class RefreshReturned:
    """A refresh token that worked, and was handed back with two access tokens made from it."""

    grant: Grant
    first: TokenAnswer
    """The refresh before."""
    newest: Returned
    """The newest access token; its `refresh` is the newest refresh token afterwards."""
    earlier: Reply
    """The grant's first access token just before: payers may end it when a newer one comes."""
    earlier_after: Reply


def refresh_returned(scene: Scene) -> RefreshReturned | None:
    """Hand back the newest refresh token of a grant; None where there is none."""
    grant = scene.lease(scene.member)
    if not grant.refresh_token:
        return None
    tokens = scene.tokens(grant.app)
    first = tokens.refresh(grant.refresh_token)
    access = first.access_token or grant.access_token
    refresh = first.refresh_token or grant.refresh_token
    before, earlier = scene.own_patient(access), scene.own_patient(grant.access_token)
    revocation = tokens.revoke(refresh, "refresh_token")
    again = tokens.refresh(refresh)
    looks, delay = scene.until_refused(access)
    after = scene.own_patient(grant.access_token)
    newest = Returned(grant, before, revocation, looks, delay, again)
    return RefreshReturned(grant, first, newest, earlier, after)
