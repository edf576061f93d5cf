"""OpenID Connect: metadata and keys of the identity provider are what they are said to be."""

from __future__ import annotations

import time

from payerproof.smart.identity import parts, signature_trouble
from payerproof.suite import (
    Api,
    Person,
    Reply,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

SHARED = (
    "authorization_endpoint",
    "token_endpoint",
    "jwks_uri",
    "introspection_endpoint",
    "revocation_endpoint",
)
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "k"}


@check("discovery.openid-metadata/issuer-equal")
def test_issuer_is_the_same_everywhere(api: Api, smart: SmartConfiguration) -> None:
    """The issuer's own metadata names the issuer as the SMART configuration does."""
    reply = _metadata(api, smart)
    same = reply.body.get("issuer") == smart.issuer
    expect.that(
        reply.status == 200 and same,
        "200 with the same issuer, byte for byte",
        f"{reply.status} with {'the same' if same else 'another or no'} issuer "
        f"({{x:{reply.exchange}}})",
        smart.exchange,
        reply.exchange,
    )


@check("discovery.endpoints-agree/openid-metadata")
def test_openid_metadata_names_the_same_endpoints(api: Api, smart: SmartConfiguration) -> None:
    """The issuer's own metadata names the endpoints that the SMART configuration names."""
    reply = _metadata(api, smart)
    inconclusive_unless(reply.body, "the issuer's metadata could not be read", reply.exchange)
    names = [n for n in SHARED if reply.body.get(n) and smart.document.get(n)]
    odd = [name for name in names if reply.body[name] != smart.document[name]]
    expect.that(
        not odd,
        "the same addresses in both documents",
        f"different: {', '.join(odd)}" if odd else f"{', '.join(names)} agree",
        smart.exchange,
        reply.exchange,
    )


@check("discovery.openid-metadata/keys-served")
def test_keys_are_served(api: Api, smart: SmartConfiguration) -> None:
    """jwks_uri answers 200 JSON with an RSA signing key and no private part."""
    keys = _keys(api, smart)
    found = keys.body.get("keys") or []
    signing = [k for k in found if k.get("kty") == "RSA" and k.get("use", "sig") == "sig"]
    private = sorted({name for key in found for name in PRIVATE & set(key)})
    expect.that(
        bool(signing) and not private,
        "an RSA signing key and no private part",
        f"{len(signing)} RSA signing keys; private parts: {', '.join(private) or 'none'}",
        keys.exchange,
    )


@check("discovery.openid-metadata/token-key-found", needs=("member",))
def test_the_tokens_key_is_served(api: Api, smart: SmartConfiguration, member: Person) -> None:
    """The kid of a real id_token is in the key set."""
    grant = api.grant_of(member)
    known = parts(grant.id_token)
    inconclusive_unless(known, f"{member} got no id_token to look at", grant.exchange)
    assert known is not None
    keys = _keys(api, smart)
    kids = [key.get("kid") for key in keys.body.get("keys") or []]
    expect.that(
        known[0].get("kid") in kids,
        "the id_token's kid in the key set",
        "it is" if known[0].get("kid") in kids else f"it is not among {len(kids)} keys",
        grant.exchange,
        keys.exchange,
    )


@check("standards.openid-connect/id-token-verifies", needs=("member",))
def test_id_token_verifies(api: Api, smart: SmartConfiguration, member: Person) -> None:
    """An id_token is RS256, verifies with the published key, and iss, aud and exp are right."""
    # given an id_token asked for with openid fhirUser
    grant = api.grant_of(member)
    not_applicable_unless(
        "openid" in grant.asked,
        "The payer file's first app does not ask for openid.",
        grant.exchange,
    )
    known = parts(grant.id_token)
    inconclusive_unless(known, f"{member} got no id_token to look at", grant.exchange)
    assert known is not None
    header, claims = known
    keys = _keys(api, smart)
    audience = claims.get("aud")
    client = next(a.client_id for a in api.target.apps if a.id == grant.app)
    # when it is verified
    wrong = [
        what
        for what, right in (
            ("the algorithm is not RS256", header.get("alg") == "RS256"),
            ("iss is not the issuer", claims.get("iss") == smart.issuer),
            (
                "aud is not the app",
                client in (audience if isinstance(audience, list) else [audience]),
            ),
            ("exp is missing or past", float(claims.get("exp") or 0) > time.time() - 300),
        )
        if not right
    ]
    wrong += [trouble for trouble in (signature_trouble(grant.id_token, keys.body),) if trouble]
    # then nothing is wrong with it
    expect.that(
        not wrong,
        "an id_token that verifies",
        "; ".join(wrong) or "algorithm, signature, iss, aud and exp are right",
        grant.exchange,
        keys.exchange,
    )


def _metadata(api: Api, smart: SmartConfiguration) -> Reply:
    not_applicable_unless(
        smart.issuer,
        "Sign-in by OpenID Connect is not offered: no issuer is named.",
        smart.exchange,
    )
    address = smart.issuer.rstrip("/") + "/.well-known/openid-configuration"
    return api.once().get(address, accept="application/json")


def _keys(api: Api, smart: SmartConfiguration) -> Reply:
    address = smart.endpoint("jwks_uri")
    not_applicable_unless(
        smart.issuer or address, "Sign-in by OpenID Connect is not offered.", smart.exchange
    )
    reply = api.once().get(address, accept="application/json") if address else _metadata(api, smart)
    inconclusive_unless(
        isinstance(reply.body.get("keys"), list), "the key set could not be read", reply.exchange
    )
    return reply
