"""Introspection: the truth about a token, told to those whom it concerns."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payerproof.plugin.observed import Returned
from payerproof.smart.scopes import beyond
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Observed,
    Person,
    SmartConfiguration,
    Target,
    TokenAnswer,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

SYMMETRIC = "confidential-symmetric"
GRANT_ENDS = ("access_grant_expiration", "refresh_expires_in", "refresh_token_expires_in")
"""Members of token responses met in the field (quirk Q-TOK-09)."""


@check("smart.introspection/live-token", needs=("member", "confidential_app"))
def test_live_token(observed: Observed, smart: SmartConfiguration, target: Target) -> None:
    """A live token is active, with scope, client_id, exp and the patient of the token response."""
    _needs_introspection(smart)
    # given a fresh grant
    seen = observed.access_returned()
    answer, grant = _told(seen, "access"), seen.grant
    # when the app asked about its token, then it was told what it holds
    document = answer.document
    wrong = [
        name
        for name, right in (
            ("active", document.get("active") is True),
            ("scope", set(str(document.get("scope", "")).split()) == set(grant.scopes)),
            ("client_id", document.get("client_id") == target.app(grant.app).client_id),
            ("exp", _is_soon(document.get("exp"))),
            ("patient", document.get("patient") == grant.patient),
        )
        if not right
    ]
    expect.that(
        not wrong,
        "active with scope, client_id, exp and patient as granted",
        f"missing or different: {', '.join(wrong)}" if wrong else "all are there and agree",
        answer.exchange,
        grant.exchange,
    )


@check("smart.introspection/dead-tokens", needs=("member", "confidential_app"))
def test_dead_tokens(observed: Observed, smart: SmartConfiguration) -> None:
    """Garbage and revoked tokens read active false and tell nothing more."""
    _needs_introspection(smart)
    not_applicable_unless(
        smart.endpoint("revocation_endpoint"), "no revocation endpoint is published"
    )
    # given a token that was active, until it was revoked
    seen = observed.access_returned()
    live = _told(seen, "access")
    inconclusive_unless(live.document.get("active"), "not even a live one is", live.exchange)
    # then it reads like one that never was
    answers = [_told(seen, "after"), _told(seen, "garbage")]
    talkative = [answer for answer in answers if _facts(answer.document) != {"active": False}]
    expect.that(
        not talkative,
        "active false, and nothing else about the token",
        "; ".join(_summary(answer) for answer in talkative or answers),
        *(answer.exchange for answer in talkative or answers),
    )


@check("smart.introspection/narrowed-token", needs=("member", "confidential_app", "two_apps"))
def test_narrowed_token(observed: Observed, smart: SmartConfiguration) -> None:
    """Of a token that was refreshed for less, introspection tells its scopes and no others."""
    _needs_introspection(smart)
    # given a grant whose refresh asked for a part of it, and got a token
    seen = observed.rescoped()
    assert seen.narrower is not None
    inconclusive_unless(seen.narrower.gave_token, "the refresh was refused", seen.narrower.exchange)
    not_applicable_unless(seen.told, "The app has no secret to ask with.")
    assert seen.told is not None
    inconclusive_unless(
        seen.told.document.get("active") is True, "the token is not active", seen.told.exchange
    )
    # when its scopes are told: by the token response, where it leaves them out those asked for
    # (RFC 6749, 5.1), and by introspection (RFC 7662, 2.2)
    given = set(seen.narrower.scopes or seen.asked_less)
    told = set(str(seen.told.document.get("scope", "")).split())
    # then introspection tells none beyond the token's
    expect.that(
        told and not beyond(told, given),
        "the scopes that came with the token",
        f"{len(beyond(told, given))} beyond those of {len(given)}",
        seen.narrower.exchange,
        seen.told.exchange,
    )


@check("oauth.grant-end-readable/machine-readable", needs=("member", "confidential_app"))
def test_the_grants_end_can_be_read(observed: Observed, smart: SmartConfiguration) -> None:
    """Where the grant's end is told it is an epoch number or an RFC 3339 date."""
    _needs_introspection(smart)
    # given a grant that goes on with a refresh token
    seen = observed.access_returned()
    grant = seen.grant
    not_applicable_unless(grant.refresh_token, "no refresh token was issued", grant.exchange)
    # when its end is looked for in the token response, and by introspection
    answer = _told(seen, "refresh")
    ends = [grant.document[name] for name in GRANT_ENDS if name in grant.document]
    ends += [answer.document["exp"]] if "exp" in answer.document else []
    not_applicable_unless(ends, "the payer does not tell when the grant ends", answer.exchange)
    # then a program can read it
    odd = [end for end in ends if not _is_a_time(end)]
    expect.that(
        not odd,
        "an epoch number or a date of RFC 3339",
        f"{len(odd)} of {len(ends)} are neither" if odd else f"told in {len(ends)} places",
        grant.exchange,
        answer.exchange,
    )


@check("oauth.introspection-protected/anonymous", needs=("member",))
def test_anonymous_introspection(
    api: Api, apps: Apps, authorization: Authorization, smart: SmartConfiguration, member: Person
) -> None:
    """Introspection without any credential tells nothing about a live token."""
    _needs_introspection(smart)
    # given a token that opens a record
    member.must_have("Patient")
    token = api.grant_of(member).access_token
    # when somebody without credentials asks about it
    answer = authorization.tokens(apps.default).introspect(token, authenticate=False)
    inconclusive_unless(answer.status < 500, "the endpoint is out of order", answer.exchange)
    # then they learn nothing
    _expect_nothing_told(answer)


@check("oauth.introspection-protected/other-app", needs=("member", "two_apps"))
def test_introspection_by_another_app(
    api: Api, apps: Apps, authorization: Authorization, smart: SmartConfiguration, member: Person
) -> None:
    """Another app learns nothing about this app's token."""
    _needs_introspection(smart)
    # given a token that opens a record, and another app, preferably one with credentials
    member.must_have("Patient")
    token = api.grant_of(member).access_token
    other = next(
        (app for app in apps.spare if app.type == SYMMETRIC), apps.other_than(apps.default)
    )
    tokens = authorization.tokens(other, member)
    control = tokens.introspect(secrets.token_urlsafe(32))
    inconclusive_unless(
        control.document.get("active") is False,
        "that app gets no answer about any token",
        control.exchange,
    )
    # when that app asks about the token
    answer = tokens.introspect(token)
    # then it learns nothing
    _expect_nothing_told(answer)


@check("oauth.introspection-protected/public-app", needs=("member", "two_apps"))
def test_introspection_by_a_public_app(
    api: Api, apps: Apps, authorization: Authorization, smart: SmartConfiguration, member: Person
) -> None:
    """The name of an app, which anybody may use, is no authorization to ask about its token."""
    _needs_introspection(smart)
    # given a token that opens a record, of an app that has no credentials
    member.must_have("Patient")
    token = api.grant_of(member).access_token
    not_applicable_unless(apps.default.type == "public", "the payer file's first app has some")
    # when somebody who names that app asks about the token
    answer = authorization.tokens(apps.default, member).introspect(token)
    inconclusive_unless(answer.status < 500, "the endpoint is out of order", answer.exchange)
    # then it learns nothing
    _expect_nothing_told(answer)


def _told(seen: Returned, what: str) -> TokenAnswer:
    inconclusive_unless(
        what in seen.introspected, "no spare app may ask about its tokens", seen.grant.exchange
    )
    return seen.introspected[what]


def _is_soon(value: object) -> bool:
    """True for seconds since 1970 that lie within ten years from now: no milliseconds."""
    years = 10 * 365 * 24 * 3600
    return isinstance(value, int) and 0 < value - time.time() < years


def _is_a_time(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return True
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


def _needs_introspection(smart: SmartConfiguration) -> None:
    not_applicable_unless(
        smart.endpoint("introspection_endpoint"),
        "no introspection endpoint is published",
        smart.exchange,
    )


def _facts(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if value not in (None, "")}


def _summary(answer: TokenAnswer) -> str:
    names = ", ".join(sorted(_facts(answer.document))) or "nothing"
    return f"{answer.status} with {names} ({{x:{answer.exchange}}})"


def _expect_nothing_told(answer: TokenAnswer) -> None:
    told = set(_facts(answer.document)) - {"active", "error", "error_description", "error_uri"}
    expect.that(
        answer.document.get("active") is not True and not told,
        "nothing about the token",
        _summary(answer),
        answer.exchange,
    )
