"""Refresh: what a refresh token brings, once, twice, for other scopes, and after its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from payerproof.expect.operator import operate
from payerproof.expect.outcomes import inconclusive_unless, not_applicable_unless
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import Grant
from payerproof.plugin.observed.others import SYMMETRIC
from payerproof.plugin.observed.scene import Scene
from payerproof.smart.tokens import TokenAnswer, TokenEndpoint


@dataclass(frozen=True)
class Refreshed:
    """One refresh of a public app's grant, if there is a public app, and its token used again."""

    grant: Grant
    app_type: str
    first: TokenAnswer
    """What the refresh token brought."""
    own: Reply
    """A search for Patient with the access token that came of it."""
    replayed: TokenAnswer | None = None
    """The refresh token once more, after another had taken its place; None where none had."""
    newest: TokenAnswer | None = None
    """That other one, after the replay."""

    def must_have_refreshed(self) -> TokenAnswer:
        """The answer to the refresh; ends the check where there is none to judge."""
        not_applicable_unless(
            self.grant.refresh_token, "no refresh token was issued", self.grant.exchange
        )
        inconclusive_unless(self.first.gave_token, "the refresh gave no token", self.first.exchange)
        return self.first

    def must_have_rotated(self) -> tuple[TokenAnswer, TokenAnswer]:
        """The old and the new refresh token, tried in this order after the rotation."""
        answer = self.must_have_refreshed()
        not_applicable_unless(
            self.replayed, "the payer does not rotate refresh tokens", answer.exchange
        )
        assert self.replayed is not None
        assert self.newest is not None
        return self.replayed, self.newest


def refreshed(scene: Scene) -> Refreshed:
    """Refresh a grant, use the old refresh token again, and then the new one."""
    app = scene.lease.hold(scene.member, *scene.spare("public"))
    grant = scene.lease(scene.member, app)
    tokens = scene.tokens(app)
    first = tokens.refresh(grant.refresh_token)
    own = scene.client(first.access_token).search("Patient")
    rotated = first.gave_token and first.refresh_token not in ("", grant.refresh_token)
    return Refreshed(
        grant,
        app.type,
        first,
        own,
        tokens.refresh(grant.refresh_token) if rotated else None,
        tokens.refresh(first.refresh_token) if rotated else None,
    )


@dataclass(frozen=True)
class Rescoped:
    """Refreshes of one grant for coverage and conditions that ask for other scopes."""

    grant: Grant
    wider: Mapping[str, TokenAnswer] = field(default_factory=dict)
    """By what was asked for: ``more``, ``unknown``, ``wildcard``."""
    plain: TokenAnswer | None = None
    """A refresh that asked for nothing, after those."""
    observations: Reply | None = None
    """A search with its token for what was never granted."""
    narrower: TokenAnswer | None = None
    """A refresh for coverage alone."""
    coverage: Reply | None = None
    """A search with its token for what was asked for."""
    conditions: Reply | None = None
    """A search with its token for what was not."""
    told: TokenAnswer | None = None
    """Introspection of its token; None where the app may not ask."""
    asked_less: tuple[str, ...] = ()
    """What that refresh asked for."""


def rescoped(scene: Scene) -> Rescoped:
    """Refresh with wider scopes, with none, and with narrower ones.

    Where a refused request for more has ended the refresh token, each is made on a grant of its
    own: else a dead token would be taken for a refusal.
    """
    kinds = scene.session.configuration.reading
    less = f"launch/patient patient/Coverage.{kinds}"
    asked = f"{less} offline_access patient/Condition.{kinds}"
    app = scene.lease.hold(scene.member, *scene.spare(SYMMETRIC))
    grant = scene.lease(scene.member, app, asked)
    if not grant.refresh_token:
        return Rescoped(grant)
    tokens, granted = scene.tokens(app), " ".join(grant.scopes)
    wanted = {
        "more": f"{granted} patient/Observation.{kinds}",
        "unknown": f"{granted} payerproof/unknown",
        "wildcard": f"patient/*.{kinds}",
    }
    token, wider = grant.refresh_token, {}
    for name, scope in wanted.items():
        wider[name] = tokens.refresh(token, scope=scope)
        token = wider[name].refresh_token or token
    plain = tokens.refresh(token)
    if not plain.gave_token:
        afresh = [scene.lease(scene.member, app, asked).refresh_token for _ in (*wanted, "plain")]
        wider = {
            name: tokens.refresh(own, scope=wanted[name])
            for name, own in zip(wanted, afresh, strict=False)
        }
        token = afresh[-1]
        plain = tokens.refresh(token)
    return _narrowed(scene, tokens, Rescoped(grant, wider, plain), plain.refresh_token or token)


def _narrowed(scene: Scene, tokens: TokenEndpoint, so_far: Rescoped, token: str) -> Rescoped:
    own = scene.member.patient_id
    kinds = scene.session.configuration.reading
    plain = so_far.plain
    assert plain is not None
    observations = scene.client(plain.access_token).search("Observation", patient=own)
    less = f"launch/patient patient/Coverage.{kinds}"
    narrower = tokens.refresh(token, scope=less)
    client = scene.client(narrower.access_token)
    asks = scene.session.configuration.endpoint("introspection_endpoint") and narrower.gave_token
    return replace(
        so_far,
        observations=observations,
        narrower=narrower,
        coverage=client.search("Coverage", beneficiary=own),
        conditions=client.search("Condition", patient=own),
        told=tokens.introspect(narrower.access_token)
        if asks and scene.session.target.app(so_far.grant.app).type == SYMMETRIC
        else None,
        asked_less=tuple(less.split()),
    )


@dataclass(frozen=True)
class Narrowed:
    """A grant for coverage and conditions, and a later consent that left conditions out."""

    wide: Grant
    before: Reply
    """A search for conditions with the first grant."""
    later: Grant
    left_out: tuple[str, ...]
    """Boxes that were cleared for it; empty where grants come from a hook."""
    after: Reply
    """The same search, with the first grant's token, after the later consent."""
    refresh: TokenAnswer | None
    """What the first grant's refresh token brought afterwards; None where it had none."""


LEFT_OUT = ("Condition", "offline_access")
"""What is left out at the later consent: a kind of data, and access while the member is away."""


def narrowed(scene: Scene) -> Narrowed:
    """Connect an app twice, the second time without conditions and access while away, and try
    the first tokens.

    The later request asks for one type more, so that the member is asked again at all.
    """
    kinds, own = scene.session.configuration.reading, scene.member.patient_id
    first = f"launch/patient offline_access patient/Coverage.{kinds} patient/Condition.{kinds}"
    app = scene.lease.hold(scene.member, *scene.apps.spare)
    wide = scene.lease(scene.member, app, first)
    before = scene.client(wide.access_token).search("Condition", patient=own)
    more = f"{first} patient/Observation.{kinds}"
    later, outcome = scene.lease.with_outcome(scene.member, app, more, leave_out=LEFT_OUT)
    after = scene.client(wide.access_token).search("Condition", patient=own)
    token = wide.refresh_token
    refreshed_wide = scene.tokens(app).refresh(token) if token else None
    return Narrowed(wide, before, later, outcome.left_out, after, refreshed_wide)


@dataclass(frozen=True)
class Expired:
    """A grant that the operator brought to its end."""

    grant: Grant
    first: TokenAnswer
    """A refresh before the end."""
    before: Reply
    """The member's own Patient with the newest access token, before the end."""
    hook: str
    """The exchange by which the operator ended it."""
    refresh: TokenAnswer
    """A refresh after the end."""
    looks: tuple[Reply, ...] = ()
    delay: float | None = None
    """Seconds until the access token was refused; None where it was not while the run waited."""


def expired(scene: Scene) -> Expired:
    """Refresh and read, let the grant end, refresh and read again."""
    grant = scene.lease(scene.member)
    app = scene.session.target.app(grant.app)
    tokens = scene.tokens(app)
    first = tokens.refresh(grant.refresh_token)
    token = first.access_token or grant.access_token
    before = scene.own_patient(token)
    hook = operate(
        scene.api,
        scene.session.target,
        "expire-grant",
        persona=scene.member.id,
        client_id=app.client_id,
    )
    after = tokens.refresh(first.refresh_token or grant.refresh_token)
    return Expired(grant, first, before, hook.exchange, after, *scene.until_refused(token))
