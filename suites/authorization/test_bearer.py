"""Bearer tokens: nothing opens without a right one, sent in the right place."""

from __future__ import annotations

from collections.abc import Callable

from payerproof.suite import (
    Api,
    Authorization,
    Lease,
    Person,
    Reply,
    SmartConfiguration,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CLAIMS = "ExplanationOfBenefit"
JUNK: dict[str, Callable[[str], str]] = {
    "junk": lambda token: "payerproof-" + "x" * len(token),
    "truncated": lambda token: token[: len(token) // 2],
    "null": lambda _: "null",
}
MALFORMED = {
    "no-token": b"Bearer",
    "two-tokens": b"Bearer payer proof",
    "basic": b"Basic x",
    "non-ascii": "Bearer pâyer™".encode(),
}


@check("smart.unauthorized-errors/no-token", needs=("member",))
def test_nothing_without_a_token(api: Api, member: Person) -> None:
    """Each type of the record answers 401 with no token."""
    # given a member with a record
    member.must_have("Patient", CLAIMS)
    nobody = api.anonymous()
    # when somebody without a token asks for each type of it, by id and by search
    kinds = [kind for kind in member.record.types if kind != "Patient"]
    replies = [
        nobody.read("Patient", member.patient_id),
        nobody.read(CLAIMS, member.record.ids(CLAIMS)[0]),
        *(nobody.search(kind, [("_count", "1")]) for kind in kinds),
    ]
    # then they are asked for one, and told nothing
    expect(*replies).has_status(401)
    expect(*replies).discloses_nothing_about(member)


@check("smart.unauthorized-errors/junk-token", needs=("member",))
@each("shape", JUNK)
def test_junk_token(api: Api, member: Person, shape: str) -> None:
    """A junk, truncated or 'null' token answers 401."""
    # given a token that opens the member's record
    member.must_have("Patient")
    token = api.grant_of(member).access_token
    # when something else is sent in its place
    nobody = api.anonymous().with_token(JUNK[shape](token))
    reply = nobody.read("Patient", member.patient_id)
    # then it opens nothing
    expect(reply).has_status(401)
    expect(reply).discloses_nothing_about(member)


@check("smart.unauthorized-errors/missing-scope", needs=("member",))
def test_beyond_the_scope(
    api: Api, lease: Lease, member: Person, smart: SmartConfiguration
) -> None:
    """A read outside the granted scopes is refused."""
    # given a grant for the member's coverage and nothing else, which works
    member.must_have(CLAIMS)
    grant = lease.reading(member, f"launch/patient patient/Coverage.{smart.reading}")
    client = api.as_(grant)
    own = client.search("Coverage", beneficiary=member.patient_id)
    inconclusive_unless(own.matches, "the narrow token opens nothing at all", own.exchange)
    inconclusive_unless(
        not any(CLAIMS in name or "*" in name for name in grant.scopes),
        "the payer granted more than was asked for",
        grant.exchange,
    )
    # when claims are asked for with it
    replies = [client.read(CLAIMS, member.record.ids(CLAIMS)[0]), client.search(CLAIMS)]
    # then none comes
    expect(*replies).is_refused()


@check("oauth.challenge-header/www-authenticate", needs=("member",))
def test_challenge(api: Api, member: Person) -> None:
    """Each 401 of the FHIR server carries WWW-Authenticate: Bearer."""
    # given requests that lack a right token: none, junk, at a read and at a search
    nobody = api.anonymous()
    # when they are answered
    replies = [
        nobody.read("Patient", member.patient_id),
        nobody.search(CLAIMS),
        nobody.with_token("payerproof").search(CLAIMS),
    ]
    inconclusive_unless(
        all(reply.status == 401 for reply in replies),
        "not every one of them is answered 401",
        *(reply.exchange for reply in replies),
    )
    # then the client is told what to bring
    expect(*replies).has_header("WWW-Authenticate", "Bearer")


@check("oauth.malformed-authorization-header/never-5xx")
@each("header", MALFORMED)
def test_malformed_header(api: Api, header: str) -> None:
    """A malformed Authorization header is refused with 400 or 401."""
    # given a header that follows no scheme
    value = MALFORMED[header].decode("latin-1")
    # when a search is sent with it
    answer = api.send(
        "GET",
        api.anonymous().url(CLAIMS),
        headers={**api.anonymous().headers, "Authorization": value},
    )
    # then it is refused as what it is
    expect.that(
        answer.status in (400, 401),
        "status 400 or 401",
        f"status {answer.status}",
        answer.exchange,
    )


@check("oauth.malformed-authorization-header/other-scheme", needs=("member",))
@each("scheme", ("Basic", "Token", "DPoP"))
def test_other_scheme(api: Api, member: Person, scheme: str) -> None:
    """A good token under another scheme than Bearer opens nothing."""
    # given a token that opens the member's record as a bearer token
    member.must_have("Patient")
    token = api.grant_of(member).access_token
    # when it is sent under another scheme
    named = api.anonymous().with_headers(Authorization=f"{scheme} {token}")
    reply = named.read("Patient", member.patient_id)
    # then nothing opens
    _expect_closed(reply)


@check("oauth.no-token-in-url/attachment", needs=("member",))
def test_token_in_an_attachments_url(api: Api, member: Person) -> None:
    """A token in the address of a document opens nothing."""
    # given a document's content that opens with the token in the header
    found = [
        str(url)
        for document in member.record.of("DocumentReference")
        for content in document.get("content") or []
        if (url := (content.get("attachment") or {}).get("url"))
    ]
    not_applicable_unless(found, f"{member} has no document with content elsewhere")
    own = api.as_(member).get(found[0])
    inconclusive_unless(own.ok, "the content does not open to its member", own.exchange)
    # when the token is sent in its address
    token = api.grant_of(member).access_token
    reply = api.anonymous().get(found[0], [("access_token", token)])
    # then nothing opens
    _expect_closed(reply)


@check("oauth.no-token-in-url/query-parameter", needs=("member",))
def test_token_in_the_url(api: Api, member: Person) -> None:
    """A token in the URL opens nothing."""
    # given a token that opens the member's record when sent in the header
    member.must_have("Patient")
    token = api.grant_of(member).access_token
    # when it is sent as a query parameter
    reply = api.anonymous().get(f"Patient/{member.patient_id}", [("access_token", token)])
    # then nothing opens
    _expect_closed(reply)


@check("oauth.access-tokens-only/id-token", needs=("member",))
def test_identity_token_as_bearer(api: Api, member: Person) -> None:
    """An id_token sent as bearer token opens nothing."""
    # given a grant with an identity token, whose access token opens the record
    member.must_have("Patient")
    token = api.grant_of(member).id_token
    inconclusive_unless(token, f"{member} got no identity token")
    # when the identity token is sent in its place
    reply = api.anonymous().with_token(token).read("Patient", member.patient_id)
    # then nothing opens
    _expect_closed(reply)


@check("oauth.access-tokens-only/refresh-token", needs=("member",))
def test_refresh_token_as_bearer(api: Api, member: Person) -> None:
    """A refresh token sent as bearer token opens nothing."""
    # given a grant with a refresh token, whose access token opens the record
    member.must_have("Patient")
    token = api.grant_of(member).refresh_token
    inconclusive_unless(token, f"{member} got no refresh token")
    # when the refresh token is sent in its place
    reply = api.anonymous().with_token(token).read("Patient", member.patient_id)
    # then nothing opens
    _expect_closed(reply)


@check("oauth.access-tokens-only/code", needs=("member",))
def test_code_as_bearer(
    api: Api, authorization: Authorization, lease: Lease, member: Person
) -> None:
    """An authorization code sent as bearer token opens nothing."""
    # given a fresh code for the member's record
    member.must_have("Patient")
    app = lease.hold(member)
    code = authorization.code(member, authorization.request(app))
    # when it is sent as if it were a token
    reply = api.anonymous().with_token(code).read("Patient", member.patient_id)
    # then nothing opens
    _expect_closed(reply)


def _expect_closed(reply: Reply) -> None:
    expect(reply).is_refused()
    expect(reply).is_no_server_error()
