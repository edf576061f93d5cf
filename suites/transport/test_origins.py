"""Origins: no page of another site may use the browser's own session at the payer."""

from __future__ import annotations

from collections.abc import Iterable

from payerproof.expect.hosts import addresses
from payerproof.expect.names import ANYBODY
from payerproof.polite import Answer
from payerproof.suite import (
    Api,
    Person,
    SmartConfiguration,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
)

ORIGINS = {"made-up": ANYBODY, "sandboxed-frame": "null"}
"""Kind of page → the origin that its browser sends; anybody can make either."""


@check("oauth.cors-not-credentialed/odd-origins", needs=("member",))
@each("page", ORIGINS)
def test_no_odd_origin_is_trusted(api: Api, member: Person, page: str) -> None:
    """Neither a made-up origin nor that of a sandboxed frame is allowed with credentials."""
    # given the member's own Patient, which the token opens
    member.must_have("Patient")
    origin = ORIGINS[page]
    # when a page of that origin asks for it
    reply = api.once(member).get(f"Patient/{member.patient_id}", origin=origin)
    inconclusive_unless(reply.ok, f"{member}'s own Patient could not be read", reply.exchange)
    # then the browser's credentials are not let along
    _expect_no_credentials([reply.answer], origin)


@check("oauth.cors-not-credentialed/userinfo-and-portal", needs=("member",))
def test_userinfo_and_portal_trust_nobody(
    api: Api, member: Person, smart: SmartConfiguration, target: Target
) -> None:
    """Userinfo and the portal's pages allow no foreign origin with credentials."""
    # given the addresses of both, as far as they are published
    metadata = api.once().get(
        smart.issuer.rstrip("/") + "/.well-known/openid-configuration", accept="application/json"
    )
    userinfo = str(metadata.body.get("userinfo_endpoint") or "") if smart.issuer else ""
    portal = addresses(target, smart).get("portal", "")
    # when a page of another site asks for them
    client = api.once(member)
    replies = [client.get(userinfo, origin=ANYBODY)] if userinfo else []
    replies += [api.once().get(portal, accept="text/html", origin=ANYBODY)] if portal else []
    inconclusive_unless(replies, "neither userinfo nor a portal is published", smart.exchange)
    # then the browser's credentials are not let along
    _expect_no_credentials([reply.answer for reply in replies], ANYBODY)


def _expect_no_credentials(answers: Iterable[Answer], origin: str) -> None:
    listed = list(answers)
    open_ones = [
        answer
        for answer in listed
        if answer.headers.get("access-control-allow-origin") in (origin, "*")
        and (answer.headers.get("access-control-allow-credentials") or "").lower() == "true"
    ]
    expect.that(
        not open_ones,
        "no foreign origin allowed together with credentials",
        f"{origin} is allowed with credentials by {len(open_ones)} of {len(listed)} answers",
        *(answer.exchange for answer in open_ones or listed),
    )
