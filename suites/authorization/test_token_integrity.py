"""Token integrity: only what the payer signed, unaltered, opens a record."""

from __future__ import annotations

from collections.abc import Iterable

from payerproof.expect import forgeries
from payerproof.smart.identity import parts
from payerproof.suite import (
    Api,
    Person,
    Reply,
    SmartConfiguration,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)


@check("oauth.token-integrity/no-algorithm", needs=("member",))
def test_no_algorithm(api: Api, member: Person) -> None:
    """A self-contained token re-made with alg none opens nothing."""
    # given a token that can be read, and opens the record
    token = _self_contained(api, member)
    # when it is sent without a signature
    replies = _sent(api, member, forgeries.unsigned(token))
    # then it opens nothing
    expect(*replies).is_refused()


@check("oauth.token-integrity/public-key-as-secret", needs=("member",))
def test_public_key_as_secret(api: Api, smart: SmartConfiguration, member: Person) -> None:
    """The token signed by HS256 with the public key opens nothing."""
    # given a token that can be read, and the payer's public keys
    token = _self_contained(api, member)
    inconclusive_unless(smart.endpoint("jwks_uri"), "no key set is published", smart.exchange)
    keys = api.send("GET", smart.endpoint("jwks_uri"))
    # when a key that everybody knows is used as if it were a secret
    replies = _sent(api, member, forgeries.with_public_key_as_secret(token, keys.json())[:3])
    inconclusive_unless(replies, "the key set holds no public key", keys.exchange)
    # then the token opens nothing
    expect(*replies).is_refused()


@check("oauth.token-integrity/edited-claims", needs=("unrelated_pair",))
@each("claim", ("patient", "scope", "exp"))
def test_edited_claims(api: Api, member: Person, stranger: Person, claim: str) -> None:
    """The token with patient, scope or exp edited under its old signature opens nothing."""
    # given a token that can be read, and opens the record
    token = _self_contained(api, member)
    stranger.must_have("Patient")
    other = {"patient": stranger.patient_id, "scope": "system/*.rs user/*.rs", "exp": 4102444800}
    # when one of its claims says more than the payer granted
    client = api.anonymous().with_token(forgeries.edited(token, **{claim: other[claim]}))
    replies = [
        client.read("Patient", stranger.patient_id),
        client.read("Patient", member.patient_id),
    ]
    # then it opens nothing, neither the other's record nor one's own
    expect(*replies).discloses_nothing_about(stranger)
    expect(*replies).is_refused()


@check("oauth.token-integrity/own-key", needs=("member",))
@each("header", ("kid", "jku", "x5u", "jwk"))
def test_own_key(api: Api, member: Person, header: str) -> None:
    """A token signed by our key, with a header that points at it, opens nothing."""
    # given a token that can be read, and opens the record
    token = _self_contained(api, member)
    # when it is signed anew, and its header says where our key is found
    replies = _sent(api, member, [forgeries.with_own_key(token, header)])
    # then it opens nothing
    expect(*replies).is_refused()


@check("oauth.token-integrity/truncated-opaque", needs=("member",))
def test_nearly_right(api: Api, member: Person) -> None:
    """A token cut by one character or extended opens nothing."""
    # given a token that opens the record
    member.must_have("Patient")
    token = api.grant_of(member).access_token
    # when it lacks a character, or has one too many, in front or at the end
    replies = _sent(api, member, (token[:-1], token[1:], token + "A"))
    # then it opens nothing
    expect(*replies).is_refused()


def _self_contained(api: Api, member: Person) -> str:
    member.must_have("Patient")
    token = api.grant_of(member).access_token
    not_applicable_unless(parts(token), "access tokens are opaque, so there is nothing to edit")
    return token


def _sent(api: Api, member: Person, tokens: Iterable[str]) -> list[Reply]:
    return [
        api.anonymous().with_token(token).read("Patient", member.patient_id) for token in tokens
    ]
