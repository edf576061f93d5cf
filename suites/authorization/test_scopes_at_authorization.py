"""Scopes at authorization: what is listed can be asked for, and nothing else is slipped in."""

from __future__ import annotations

from payerproof.expect.doorstep import issued, told
from payerproof.smart.scopes import beyond, opens, parse, resource_scopes
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Lease,
    Observed,
    Person,
    SmartConfiguration,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

IDENTITY = ("openid", "fhirUser", "offline_access")
LAUNCH = ("launch", "launch/patient", "online_access", "profile")
CARIN_MINIMUM = {
    "identity": "openid fhirUser",
    "claims": "patient/ExplanationOfBenefit.read",
    "coverage": "patient/Coverage.read",
    "patient": "launch/patient patient/Patient.read",
    "providers": "patient/Organization.read patient/Practitioner.read",
}
"""CARIN Blue Button 2.1.0, Authorization; scopes that make sense together come together."""


@check("smart.scopes-supported-honoured/each-listed-scope", needs=("member",))
def test_every_listed_scope(
    authorization: Authorization, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """Each scope listed for members' apps is accepted when asked for."""
    # given the scopes that the payer lists for apps of members
    listed = [
        name
        for name in smart.listed("scopes_supported")
        if name in IDENTITY or name == "launch/patient" or name.startswith("patient/")
    ]
    not_applicable_unless(listed, "the payer lists no scopes for members' apps", smart.exchange)
    # when an app asks for all of them
    app = lease.hold(member)
    request = authorization.request(app, " ".join(listed))
    outcome = authorization.visit(member, request)
    answers = [
        authorization.tokens(app, member).exchange(
            code, request.redirect_uri, request.pkce.verifier
        )
        for code in issued(outcome)
    ]
    # then all of them are granted, by name or by one that covers them; wildcards may be spelt out
    granted = [name for answer in answers for name in answer.scopes]
    refused = [name for name in listed if name in IDENTITY and name not in granted]
    refused += beyond([name for name in listed if _of_one_type(name)], granted) if granted else []
    expect.that(
        granted and not refused,
        "every scope that is listed can be had",
        f"not granted: {', '.join(refused)}"
        if refused
        else f"{len(listed)} listed, all granted"
        if granted
        else told(outcome),
        smart.exchange,
        *outcome.exchanges[-3:],
        *(answer.exchange for answer in answers),
    )


@check("oauth.scope-default/none-asked", needs=("member",))
def test_request_without_scope(authorization: Authorization, lease: Lease, member: Person) -> None:
    """A request without scope is refused, or granted nothing beyond patient/ scopes."""
    # given a request that names no scope at all
    app = lease.hold(member)
    request = authorization.request(app).without("scope")
    # when the member goes through with it
    outcome = authorization.visit(member, request)
    answers = [
        authorization.tokens(app, member).exchange(
            code, request.redirect_uri, request.pkce.verifier
        )
        for code in issued(outcome)
    ]
    # then nothing wider than one member's data comes of it
    wide = [
        name
        for answer in answers
        for name in answer.scopes
        if name.partition("/")[0] in ("user", "system")
        or name in ("offline_access", "online_access")
    ]
    expect.that(
        not wide,
        "a refusal, or scopes of one member only and for as long as they are there",
        f"granted: {', '.join(wide)}" if wide else told(outcome),
        *outcome.exchanges[-3:],
        *(answer.exchange for answer in answers),
    )


@check("oauth.unknown-scope/dropped-or-named", needs=("member",))
def test_one_unknown_scope(authorization: Authorization, lease: Lease, member: Person) -> None:
    """One unknown scope beside good ones is left out, or refused with invalid_scope."""
    # given a correct request with one scope more that does not exist
    app = lease.hold(member)
    unknown = "patient/Payerproof.rs"
    right = authorization.request(app)
    request = right.having(scope=f"{right.get('scope')} {unknown}")
    # when the member goes through with it
    outcome = authorization.visit(member, request)
    answers = [
        authorization.tokens(app, member).exchange(
            code, request.redirect_uri, request.pkce.verifier
        )
        for code in issued(outcome)
    ]
    # then the app is told which: by an error at its own address, or by what was granted
    dropped = [answer for answer in answers if answer.gave_token and unknown not in answer.scopes]
    named = outcome.parameters.get("error") == "invalid_scope"
    expect.that(
        dropped or named,
        "the unknown scope left out, or invalid_scope at the app's address",
        "it was left out" if dropped else told(outcome),
        *outcome.exchanges[-3:],
        *(answer.exchange for answer in answers),
    )


@check("oauth.standard-scopes-suffice/plain-list", needs=("member",))
def test_standard_scopes_suffice(apps: Apps, authorization: Authorization, member: Person) -> None:
    """launch/patient, openid, fhirUser and patient/ scopes alone are enough."""
    # given the scopes with which the member's first connection was asked for
    asked = authorization.request(apps.default).scopes
    proprietary = sorted(
        name for name in asked if name not in (*IDENTITY, *LAUNCH) and not parse(name)
    )
    # when the connection went through, or was refused for its scopes
    outcome = authorization.first_connection(member)
    refused = outcome.parameters.get("error") == "invalid_scope"
    inconclusive_unless(
        "code" in outcome.parameters or refused,
        f"a correct request was refused ({told(outcome)}), and not for its scopes",
        *outcome.exchanges[-3:],
    )
    # then nothing of the payer's own had to be among them
    expect.that(
        not refused and not proprietary,
        "standard scopes alone are enough",
        f"the app asks for {', '.join(proprietary)} as well"
        if proprietary
        else "they were refused (invalid_scope)"
        if refused
        else "a code came",
        *outcome.exchanges[-3:],
    )


@check("oauth.wildcard-scopes/accepted", needs=("member",))
def test_wildcards_are_accepted(
    api: Api, lease: Lease, smart: SmartConfiguration, member: Person
) -> None:
    """patient/*.rs or patient/*.read is accepted where permission-patient is claimed."""
    # given a payer that claims patient scopes
    not_applicable_unless(
        "permission-patient" in smart.capabilities,
        "the payer does not claim permission-patient",
        smart.exchange,
    )
    # when an app asks for all types at once, as the member's first connection mostly does
    grant = api.grant_of(member)
    asks_so = any(scope.type == "*" for scope in resource_scopes(grant.asked))
    wildcard = f"patient/*.{smart.reading}"
    grant = grant if asks_so else lease(member, scopes=f"launch/patient {wildcard}")
    # then it may read claims and clinical data
    closed = [
        kind
        for kind in ("Patient", "ExplanationOfBenefit", "Coverage", "Condition")
        if not opens(grant.scopes, kind, "r")
    ]
    expect.that(
        not closed,
        "a wildcard opens what the payer serves",
        f"not granted: {', '.join(closed)}" if closed else f"{len(grant.scopes)} scopes granted",
        grant.exchange,
    )


@check("oauth.wildcard-scopes/each-listed", needs=("member",))
@each("notation", ("rs", "read"))
def test_listed_wildcards_are_granted(
    observed: Observed, smart: SmartConfiguration, notation: str
) -> None:
    """Each wildcard that is listed opens what the payer serves when asked for alone."""
    # given a wildcard that the payer lists
    wildcard = f"patient/*.{notation}"
    not_applicable_unless(
        wildcard in smart.listed("scopes_supported"),
        f"the payer does not list {wildcard}",
        smart.exchange,
    )
    # when an app asks for it and for nothing else that opens data
    seen = observed.alone(f"launch/patient {wildcard}")
    # then it may read claims and clinical data
    closed = [
        kind
        for kind in ("Patient", "ExplanationOfBenefit", "Coverage", "Condition")
        if not opens(seen.scopes, kind, "r")
    ]
    expect.that(
        not closed,
        f"{wildcard} opens what the payer serves",
        f"not granted: {', '.join(closed)}" if closed else f"granted: {' '.join(seen.scopes)}",
        *seen.outcome.exchanges[-3:],
        *(answer.exchange for answer in seen.answers),
    )


@check("oauth.identity-scopes/as-advertised", needs=("member",))
@each("scope", IDENTITY)
def test_identity_scopes(api: Api, smart: SmartConfiguration, member: Person, scope: str) -> None:
    """The identity scope is granted when it is listed, and not listed when it is not granted."""
    # given a grant for which the scope was asked
    listed = scope in smart.listed("scopes_supported")
    grant = api.grant_of(member)
    inconclusive_unless(scope in grant.asked, f"the app does not ask for {scope}", grant.exchange)
    # when list and grant are compared
    granted = scope in grant.scopes
    # then they agree
    expect.that(
        granted == listed,
        f"{scope} is listed and granted, or neither",
        f"{scope} is {'listed' if listed else 'not listed'} and "
        f"{'granted' if granted else 'not granted'}",
        smart.exchange,
        grant.exchange,
    )


@check("oauth.response-mode-query/default", needs=("member",))
def test_code_in_the_query(authorization: Authorization, member: Person) -> None:
    """Without response_mode the code comes in the query."""
    # given the member's first connection, which named no response_mode
    outcome = authorization.first_connection(member)
    inconclusive_unless(
        "code" in outcome.parameters,
        f"no code came at all ({told(outcome)})",
        *outcome.exchanges[-3:],
    )
    # when the address of the answer is looked at
    query = outcome.redirect_url.partition("#")[0].partition("?")[2]
    # then the code is in its query
    expect.that(
        "code=" in query,
        "the code in the query",
        "it is there" if "code=" in query else "it came another way",
        *outcome.exchanges[-3:],
    )


@check("carin-bb.minimum-scopes/each-alone", needs=("member",))
@each("scope", CARIN_MINIMUM)
def test_minimum_scopes(observed: Observed, scope: str) -> None:
    """Each of CARIN's minimum scopes is granted when asked for alone."""
    # given a request for this scope and no other
    wanted = CARIN_MINIMUM[scope]
    # when the member approved it
    seen = observed.alone(wanted)
    # then it is granted, by name or in the other notation
    missing = beyond(wanted.split(), seen.scopes)
    expect.that(
        seen.scopes and not missing,
        f"{wanted} is granted alone",
        f"granted: {' '.join(seen.scopes)}" if seen.scopes else told(seen.outcome),
        *seen.outcome.exchanges[-3:],
        *(answer.exchange for answer in seen.answers),
    )


def _of_one_type(scope: str) -> bool:
    parsed = parse(scope)
    return parsed is not None and parsed.type != "*"
