"""Faults of how long, how widely and by which door the authorization server gives."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth, transport
from payerproof.sandbox.defects.rewriting import Memory
from payerproof.sandbox.oauth import introspect, minting, resource, revoke, token
from payerproof.sandbox.oauth.model import AccessToken, OAuthError
from payerproof.sandbox.transport import cors_headers, preflight_headers

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.asking import Pairs
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.oauth.model import Issued, RefreshToken
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, lawful=True))


# -- the token endpoint by another method


class _ByQuery(Response):
    """Hands a GET of the token endpoint to the code that takes its form."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        query = scope["query_string"]
        headers = MutableHeaders(raw=list(scope["headers"]))
        headers["content-type"] = "application/x-www-form-urlencoded"

        async def body() -> dict[str, Any]:
            return {"type": "http.request", "body": query, "more_body": False}

        inner = {**scope, "method": "POST", "headers": headers.raw}
        answer = await token.token_endpoint(Request(inner, body))
        await answer(scope, body, send)


def _get_too(tenant: Tenant, request: Request) -> Response | None:
    asked = request.method == "GET" and request.query_params.get("grant_type")
    at_token = request.scope["path"] == f"/{tenant.name}/oauth/token"
    return _ByQuery() if asked and at_token else None


_defect(
    "token-by-get",
    "Q-TOK-14 N-LEAK-02",
    "The token endpoint takes its form from an address as well, and gives tokens to a GET",
    transport(rewrite=_get_too),
    twin="token-endpoint-with-or-without-slash",
)

# -- how long

_defect(
    "access-token-lives-a-day",
    "Q-TOK-16 Q-REG-08",
    "Access tokens are good for a day, and say so",
    oauth(access_token_lifetime=86400.0),
    twin="access-token-lives-ten-minutes",
)

_calls: Memory[Counter[str]] = Memory(Counter)


def _twelve_times(tenant: Tenant, record: AccessToken) -> bool:
    made = _calls.of(tenant)
    made[record.key] += 1
    return made[record.key] <= 12 and resource.token_is_current(tenant, record)


_defect(
    "token-good-for-twelve-calls",
    "Q-TOK-16",
    "An access token is worn out after twelve calls, long before the end that it states",
    oauth(token_is_current=_twelve_times),
    twin="access-token-lives-ten-minutes",
)


def _local_end(document: dict[str, Any]) -> dict[str, Any]:
    if "exp" not in document:
        return document
    day = datetime.fromtimestamp(document["exp"], UTC)
    return {**document, "access_grant_expiration": f"{day:%m/%d/%Y %I:%M %p}"}


def _words(issued: Issued) -> str:
    return f"{datetime.fromtimestamp(issued.connection.grant.expires, UTC):%m/%d/%Y %I:%M %p}"


_defect(
    "grant-end-in-local-words",
    "Q-TOK-09",
    "The end of the grant is told as 12/31/2026 05:00 PM, in no zone",
    oauth(
        introspection_document=lambda tenant, record, app: _local_end(
            introspect.introspection_document(tenant, record, app)
        ),
        token_document=lambda tenant, issued: {
            **minting.token_document(tenant, issued),
            "access_grant_expiration": _words(issued),
        },
    ),
    twin="token-response-says-more",
)

# -- in which form


def _by_fragment(redirect_uri: str, parameters: Pairs) -> str:
    return f"{redirect_uri}#{urlencode(parameters, errors='surrogateescape')}"


_defect(
    "code-in-the-fragment",
    "Q-AUTH-12",
    "The code comes back in the fragment, where no query was asked for by name",
    oauth(redirect_address=_by_fragment),
)

# -- who may call from where


def _everywhere(path: str, origin: str) -> dict[str, str]:
    return cors_headers("/fhir/metadata", origin) if origin else cors_headers(path, origin)


def _everywhere_first(_path: str, origin: str) -> dict[str, str] | None:
    return preflight_headers("/fhir/metadata", origin) if origin else None


_defect(
    "cors-at-every-path",
    "N-OAUTH-21",
    "The gateway lets scripts of any origin call every path, the authorization endpoint too",
    transport(cors_headers=_everywhere, preflight_headers=_everywhere_first),
)

# -- giving back


def _known_only(tenant: Tenant, authorization: str, form: Parameters) -> App:
    app = revoke.revoking_app(tenant, authorization, form)
    presented = form.text("token")
    if presented and introspect.find_token(tenant, presented) is None:
        raise OAuthError("invalid_request", "The token is not known", 404)
    return app


_defect(
    "unknown-token-not-revoked",
    "N-OAUTH-22 N-REV-03",
    "The revocation endpoint answers 404 for a token that it doesn't know",
    oauth(revoking_app=_known_only),
)


def _that_token_alone(_tenant: Tenant, record: AccessToken | RefreshToken) -> None:
    record.revoked = True


_defect(
    "revocation-of-one-token-at-a-time",
    "N-REV-03 N-REV-04",
    "What an app gives back dies alone: the refresh token without its access tokens too",
    oauth(revoke_token=_that_token_alone),
    twin="revocation-endpoint-takes-one-token",
)


def _refresh_alone(tenant: Tenant, record: AccessToken | RefreshToken) -> None:
    if not isinstance(record, AccessToken):
        revoke.revoke_token(tenant, record)


_defect(
    "access-token-not-revocable",
    "N-REV-03",
    "The revocation endpoint takes refresh tokens only; an access token given back lives on",
    oauth(revoke_token=_refresh_alone),
    twin="revocation-endpoint-takes-one-token",
)
