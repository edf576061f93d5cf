"""Faults in judging a bearer token at the API: where it stands, what it is, how it refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth, self_contained
from payerproof.sandbox.oauth import keys, minting, resource
from payerproof.sandbox.oauth.model import AccessToken, Connection

if TYPE_CHECKING:
    from starlette.requests import Request

    from payerproof.sandbox.app import House
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


# -- where a token stands


def _query_too(tenant: Tenant, request: Request) -> Access | Refusal:
    token = request.query_params.get("access_token", "")
    if "authorization" in request.headers or not token:
        return resource.authenticate(tenant, request)
    policies = tenant.policies.oauth
    record = policies.access_token_record(tenant, token)
    if record is None or not policies.token_lives(tenant, record):
        return policies.refusal("invalid_token", "The access token is not valid")
    return policies.access_of(record)


_defect(
    "token-in-the-address-accepted",
    "N-OAUTH-11",
    "An access token in the address is as good as one in the header",
    oauth(authenticate=_query_too),
    twin="challenge-names-the-scope",
)


def _links_to_documents(tenant: Tenant, request: Request) -> Access | Refusal:
    path = request.scope["path"][len(tenant.name) + 1 :]
    return (_query_too if path.startswith("/fhir/Binary/") else resource.authenticate)(
        tenant, request
    )


_defect(
    "token-in-the-address-of-documents-accepted",
    "N-OAUTH-11",
    "A document's address with an access token in it can be opened without a header",
    oauth(authenticate=_links_to_documents),
    twin="challenge-in-other-words",
)


def _last_word(request: Request) -> str | None:
    return request.headers["authorization"].split(" ")[-1]


_defect(
    "token-of-any-scheme-accepted",
    "Q-TOK-19",
    "Whatever stands before the token in the Authorization header is passed over",
    oauth(presented_token=_last_word),
)


def _second_word(request: Request) -> str | None:
    scheme, token = request.headers["authorization"].split(" ")
    return token.encode("ascii").decode() if scheme.lower() == "bearer" else None


_defect(
    "malformed-authorization-crashes",
    "Q-TOK-19",
    "An Authorization header of other than two words ends in an internal error",
    oauth(presented_token=_second_word),
)


def _without_challenge(error: str, description: str) -> Refusal:
    return Refusal(401, error, description, {"Cache-Control": "no-store"})


_defect(
    "challenge-missing",
    "Q-TOK-19",
    "The API refuses with 401 and doesn't say in WWW-Authenticate what it wants",
    oauth(refusal=_without_challenge),
    twin="challenge-names-the-scope",
)


def _with_scope(error: str, description: str) -> Refusal:
    refused = resource.refusal(error, description)
    challenge = refused.headers["WWW-Authenticate"] + ', scope="patient/*.rs openid"'
    headers = {**refused.headers, "WWW-Authenticate": challenge}
    return Refusal(401, error, description, headers)


register(
    Defect(
        "challenge-names-the-scope",
        "authorization",
        ("Q-TOK-19",),
        "The challenge of a 401 names a scope that would do",
        oauth(refusal=_with_scope),
        lawful=True,
    )
)

# -- what counts as an access token


def _standing_for(connection: Connection, key: str, issued: float, expires: float) -> AccessToken:
    return AccessToken(key, connection, connection.scopes, issued, expires)


def _refresh_token_too(tenant: Tenant, token: str) -> AccessToken | None:
    other = tenant.grants.refresh_tokens.get(token)
    if other is None or other.used:
        return resource.access_token_record(tenant, token)
    return _standing_for(other.connection, other.key, other.issued, other.expires)


_defect(
    "refresh-token-opens-the-api",
    "N-OAUTH-12",
    "A refresh token is accepted as access token",
    oauth(access_token_record=_refresh_token_too),
)


def _code_too(tenant: Tenant, token: str) -> AccessToken | None:
    code = tenant.grants.codes.get(token)
    if code is None:
        return resource.access_token_record(tenant, token)
    return _standing_for(code.connection, code.value, code.connection.created, code.expires)


_defect(
    "code-opens-the-api",
    "N-OAUTH-12",
    "An authorization code is accepted as access token",
    oauth(access_token_record=_code_too),
)


def _id_token_too(tenant: Tenant, token: str) -> AccessToken | None:
    claims = keys.verified_claims(token, minting.ID_TOKEN_TYPE)
    if claims is None:
        return resource.access_token_record(tenant, token)
    for connection in tenant.grants.connections.values():
        grant = connection.grant
        subject = minting.subject(tenant, grant.user)
        if (claims.get("aud"), claims.get("sub")) == (grant.client_id, subject):
            return _standing_for(connection, token, connection.created, float(claims["exp"]))
    return None


_defect(
    "id-token-opens-the-api",
    "N-OAUTH-12",
    "An id_token is accepted as access token, since the payer has signed it",
    oauth(access_token_record=_id_token_too),
)


def _trimmed(tenant: Tenant, token: str) -> AccessToken | None:
    found = resource.access_token_record(tenant, token)
    return found or resource.access_token_record(tenant, token[:43])


_defect(
    "token-with-a-tail-accepted",
    "N-OAUTH-13",
    "What follows the first 43 characters of an access token isn't looked at",
    oauth(access_token_record=_trimmed),
)


def _of_a_neighbour(tenant: Tenant, request: Request) -> Access | Refusal:
    found = resource.authenticate(tenant, request)
    house: House = request.state.house
    for neighbour in list(house.tenants.values()):
        if isinstance(found, Access):
            break
        if neighbour is not tenant and neighbour.face == tenant.face:
            found = neighbour.policies.oauth.authenticate(neighbour, request)
    return found


# no check catches it: it takes a token that another payer on the same platform gave, and a run
# knows one payer (suites/sources.toml: needs-second-target)
_defect(
    "token-of-a-neighbour-accepted",
    "N-OAUTH-14",
    "Tokens of every payer on the same platform open each payer's API",
    oauth(authenticate=_of_a_neighbour),
)

# -- how long

_defect(
    "token-expiry-with-leeway-in-minutes",
    "Q-TOK-11",
    "The leeway for clocks that differ lets an access token live an hour longer",
    oauth(token_is_current=lambda tenant, record: tenant.clock.now() < record.expires + 3600),
)
_defect(
    "token-never-expires",
    "Q-TOK-11",
    "Nobody looks whether an access token has expired",
    oauth(token_is_current=lambda _tenant, _record: True),
)

register(
    Defect(
        "access-tokens-are-jwts",
        "authorization",
        ("N-OAUTH-13",),
        "Access tokens are signed JWTs that whoever holds them can read",
        self_contained,
        lawful=True,
    )
)
