"""Reach: browser apps, firewalls and slow answers do not keep a member's app out."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from payerproof.expect import Inconclusive
from payerproof.expect.names import ANYBODY, USER_AGENTS
from payerproof.polite import Answer, Unreachable
from payerproof.smart.configuration import well_known
from payerproof.suite import (
    Api,
    App,
    Apps,
    Authorization,
    Person,
    SmartConfiguration,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

CLAIMS = "ExplanationOfBenefit"
FIRST_BYTE_SECONDS = 30
REFUSED_AT_THE_EDGE = (403, 406, 429, 451, 503)


@check("smart.cors/discovery")
def test_anybody_may_read_discovery(api: Api) -> None:
    """The SMART configuration and /metadata allow any origin to read them."""
    # given an origin that the payer has never heard of
    client = api.once()
    # when a page from there asks for the public documents
    answers = [
        client.get(url, accept="application/json", origin=ANYBODY).answer
        for url in (well_known(api.base), "metadata")
    ]
    # then it may read both
    closed = [answer for answer in answers if not _allows(answer, ANYBODY)]
    expect.that(
        not closed,
        "Access-Control-Allow-Origin for any origin on both documents",
        _told(closed or answers),
        *(answer.exchange for answer in answers),
    )


@check("smart.cors/token-and-fhir", needs=("member", "public_app"))
def test_browser_apps_may_call(
    api: Api, apps: Apps, member: Person, smart: SmartConfiguration
) -> None:
    """Preflight and answer of token and FHIR endpoints allow the app's origin."""
    # given a public app that runs in a browser at its own origin
    not_applicable_unless(
        "client-public" in smart.capabilities,
        "The payer does not claim to support public apps (client-public).",
        smart.exchange,
    )
    origin = _origin(apps.of_type("public"))
    token = smart.endpoint("token_endpoint")
    patient = f"{api.base}/Patient/{member.patient_id}"
    asks = {"Origin": origin, "Access-Control-Request-Headers": "authorization"}
    # when its browser asks for leave, and then calls
    leave = api.send("OPTIONS", patient, headers={**asks, "Access-Control-Request-Method": "GET"})
    read = api.as_(member).get(patient, origin=origin)
    inconclusive_unless(read.ok, f"{member}'s own Patient could not be read", read.exchange)
    exchanged = api.send(
        "POST",
        token,
        headers={"Origin": origin},
        form={"grant_type": "authorization_code", "code": "none", "client_id": "none"},
    )
    answers = [leave, read.answer, exchanged]
    # then the answers are open to it, and the token may go along
    closed = [answer for answer in answers if not _allows(answer, origin)]
    allowed = (leave.headers.get("access-control-allow-headers") or "").lower()
    expect.that(
        not closed and "authorization" in allowed,
        f"Access-Control-Allow-Origin for {origin} on token and FHIR endpoints, and leave to send "
        "Authorization",
        _told(closed or answers)
        + ("" if "authorization" in allowed else "; Authorization is not allowed"),
        *(answer.exchange for answer in answers),
    )


@check("transport.not-blocked-at-edge/whole-flow", needs=("member",))
def test_the_edge_lets_apps_in(api: Api, authorization: Authorization, member: Person) -> None:
    """No firewall or geographic rule stops the flow; where one does it is told as such."""
    # given the member's trip through login and consent
    blocked = _blocked(authorization, member)
    # when the API is called as it was before, and under the names by which apps' libraries go
    client = api.once()
    plain = client.get("metadata")
    replies = [client.with_headers(user_agent=name).get("metadata") for name in USER_AGENTS]
    refused = [
        reply
        for reply in (plain, *replies)
        if reply.status in REFUSED_AT_THE_EDGE or reply.status != plain.status
    ]
    # then nothing at the edge stands in between
    expect.that(
        not blocked and not refused,
        "login and API reached by apps without a word from a firewall",
        "; ".join([blocked] if blocked else [])
        + "; ".join(
            f"{reply.status} to an app's library ({{x:{reply.exchange}}})" for reply in refused
        )
        or f"reached under {len(USER_AGENTS)} names of app libraries",
        *(reply.exchange for reply in refused or replies),
    )


@check("transport.not-blocked-at-edge/generic-accept", needs=("member",))
@each("accept", ("application/json", "*/*"))
def test_generic_accept_headers_are_taken(api: Api, member: Person, accept: str) -> None:
    """A read with the Accept header that HTTP libraries send by themselves is answered in JSON."""
    member.must_have("Patient")
    reply = api.once(member).get(f"Patient/{member.patient_id}", accept=accept)
    expect.that(
        reply.resource_type == "Patient",
        f"the member's own Patient to Accept: {accept}",
        f"{reply.status} with {reply.resource_type or 'no resource'} ({{x:{reply.exchange}}})",
        reply.exchange,
    )


@check("transport.answers-in-time/claims", needs=("member",))
def test_claims_come_in_time(api: Api, member: Person, target: Target) -> None:
    """The first byte of the largest claims search comes within 30 s."""
    # given a member with claims
    client = api.as_(member)
    # when all of them are asked for at once
    seconds, exchange = _timed(
        lambda: (
            client.search(
                CLAIMS, [("patient", member.patient_id), ("_count", "1000"), ("_include", "*")]
            ).answer
        )
    )
    inconclusive_unless(
        seconds is not None or target.limits.deadline_seconds >= FIRST_BYTE_SECONDS,
        f"the payer file waits {target.limits.deadline_seconds:g} seconds for an answer, and none "
        "came in that time",
        exchange,
    )
    # then the answer is there in time
    expect.that(
        seconds is not None and seconds <= FIRST_BYTE_SECONDS,
        f"an answer within {FIRST_BYTE_SECONDS} seconds",
        "no answer in time" if seconds is None else f"{seconds:.1f} seconds ({{x:{exchange}}})",
        exchange,
    )
    remark(f"All claims at once took {seconds:.1f} seconds.")


def _allows(answer: Answer, origin: str) -> bool:
    return answer.status < 500 and (answer.headers.get("access-control-allow-origin") or "") in (
        "*",
        origin,
    )


def _told(answers: list[Answer]) -> str:
    return "; ".join(
        f"{answer.headers.get('access-control-allow-origin') or 'no such header'} "
        f"({{x:{answer.exchange}}})"
        for answer in answers
    )


def _origin(public: tuple[App, ...]) -> str:
    """Origin of a public app with a web address."""
    parts = [urlsplit(app.redirect_uri) for app in public]
    found = next((f"{p.scheme}://{p.netloc}" for p in parts if p.scheme == "https"), "")
    not_applicable_unless(found, "No public app of the payer file has a web address.")
    return found


def _blocked(authorization: Authorization, member: Person) -> str:
    """What blocked the member's trip at the edge, in login or exchange; other troubles pass on."""
    try:
        answer = authorization.first_exchange(member)
    except Inconclusive as why:
        if "blocked-at-edge" not in why.sentence:
            raise
        return "the login was blocked at the edge"
    silent = not answer.gave_token and not answer.error and answer.status in REFUSED_AT_THE_EDGE
    return f"{answer.status} to the token request ({{x:{answer.exchange}}})" if silent else ""


def _timed(ask: Callable[[], Answer]) -> tuple[float | None, str]:
    """Seconds an answer took and its exchange; None where the time ran out."""
    try:
        answer = ask()
    except Unreachable as trouble:
        if trouble.kind != "timeout":
            raise
        return None, trouble.exchange
    return answer.elapsed_ms / 1000, answer.exchange
