"""Odd but lawful: ways in which tokens and what goes with them may differ among payers."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth, transport
from payerproof.sandbox.oauth import minting, resource
from payerproof.sandbox.oauth.model import AccessToken, RefreshToken
from payerproof.sandbox.oauth.store import new_secret

if TYPE_CHECKING:
    from payerproof.sandbox.access import Refusal
    from payerproof.sandbox.oauth.model import Connection, Issued, OAuthError
    from payerproof.sandbox.tenant import Tenant, TenantSpec


def _twin(area: str, name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, area, tuple(cites.split()), title, change, lawful=True))


def _spelled_long(tenant: Tenant, connection: Connection) -> RefreshToken:
    made = minting.new_refresh_token(tenant, connection)
    long = replace(made, key=".".join([made.key, *(new_secret() for _ in range(12))]))
    del tenant.grants.refresh_tokens[made.key]
    tenant.grants.refresh_tokens[long.key] = long
    return long


_twin(
    "authorization",
    "refresh-tokens-are-long",
    "Q-TOK-08",
    "Refresh tokens are more than 500 characters long and hold dots",
    oauth(new_refresh_token=_spelled_long),
)


def _padded(
    tenant: Tenant, connection: Connection, scopes: tuple[str, ...]
) -> tuple[str, AccessToken]:
    text, made = minting.new_access_token(tenant, connection, scopes)
    if not tenant.face.opaque:
        return text, made
    padded = replace(made, key=f"{made.key}+/~==")
    del tenant.grants.access_tokens[made.key]
    tenant.grants.access_tokens[padded.key] = padded
    return padded.key, padded


_twin(
    "authorization",
    "access-tokens-with-odd-characters",
    "Q-TOK-17 Q-TOK-19",
    "Access tokens hold plus, slash, tilde and equals signs, which have to be escaped in forms",
    oauth(new_access_token=_padded),
)


def _with_charset(tenant: Tenant, issued: Issued) -> Response:
    document = tenant.policies.oauth.token_document(tenant, issued)
    kind = "application/json;charset=UTF-8"
    headers = {**tenant.policies.oauth.token_headers(), "Content-Type": kind}
    return Response(json.dumps(document, indent=1), headers=headers)


_twin(
    "authorization",
    "token-response-with-charset",
    "Q-TOK-14 Q-TOK-11",
    "Token responses name their character set and are indented",
    oauth(token_response=_with_charset),
)


def _bare(tenant: Tenant, error: OAuthError) -> Response:
    answer = minting.token_error(tenant, error)
    made = JSONResponse({"error": error.error}, answer.status_code)
    made.headers.update({n: v for n, v in answer.headers.items() if n not in _OF_THE_BODY})
    return made


_OF_THE_BODY = ("content-length", "content-type")
_twin(
    "authorization",
    "token-errors-without-description",
    "N-OAUTH-04 N-OAUTH-06 N-OAUTH-08",
    "Errors of the token endpoint have no description",
    oauth(token_error=_bare),
)


def _either_address(tenant: Tenant, request: Request) -> None:
    if request.scope["path"] == f"/{tenant.name}/oauth/token/":
        request.scope["path"] = request.scope["path"][:-1]


_twin(
    "authorization",
    "token-endpoint-with-or-without-slash",
    "Q-TOK-13",
    "The token endpoint answers at its address with a slash at the end, too",
    transport(rewrite=_either_address),
)
_twin(
    "authorization",
    "id-token-at-each-refresh",
    "Q-TOK-20 Q-TOK-12",
    "A refresh gives a fresh id_token, too",
    oauth(
        issue=lambda tenant, connection, scopes, _first: minting.issue(
            tenant, connection, scopes, True
        )
    ),
)
_twin(
    "authorization",
    "id-token-lives-an-hour",
    "Q-TOK-20",
    "An id_token is good for an hour",
    oauth(id_token_lifetime=3600.0),
)


def _how_signed_in(
    tenant: Tenant, connection: Connection, scopes: tuple[str, ...]
) -> dict[str, Any]:
    made = minting.id_token_claims(tenant, connection, scopes)
    return {**made, "amr": ["pwd", "otp"], "acr": "urn:payer:two-factors", "jti": new_secret()}


_twin(
    "authorization",
    "id-token-tells-how-the-member-signed-in",
    "Q-TOK-20 N-SCOPE-05",
    "The id_token tells by which factors the member signed in, and has a number of its own",
    oauth(id_token_claims=_how_signed_in),
)


def _other_words(error: str, description: str) -> Refusal:
    refused = resource.refusal(error, description)
    challenge = 'Bearer realm="Member data", charset="UTF-8"'
    if error:
        challenge += f', error_description="Please connect again", error="{error}"'
    return replace(refused, headers={**refused.headers, "WWW-Authenticate": challenge})


_twin(
    "authorization",
    "challenge-in-other-words",
    "Q-TOK-19 N-OAUTH-11 N-OAUTH-12",
    "The challenge of a 401 has its parts in another order and in other words",
    oauth(refusal=_other_words),
)


def _spelled_out(spec: TenantSpec) -> TenantSpec:
    return replace(spec, face=replace(spec.face, wildcard="spelled-out"))


_twin(
    "scopes",
    "wildcard-granted-type-by-type",
    "Q-AUTH-04 N-SCOPE-08",
    "A wildcard scope is granted as one scope for each type",
    _spelled_out,
)


def _sorted(tenant: Tenant, issued: Issued) -> dict[str, Any]:
    made = minting.token_document(tenant, issued)
    return {**made, "scope": " ".join(sorted(issued.scopes, reverse=True))}


_twin(
    "scopes",
    "scopes-in-another-order",
    "Q-TOK-12 N-SCOPE-11",
    "Granted scopes come in another order than they were asked",
    oauth(token_document=_sorted),
)
