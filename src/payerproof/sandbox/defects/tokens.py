"""Faults of the token response: its members and its headers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, both, oauth, self_contained
from payerproof.sandbox.oauth import minting

if TYPE_CHECKING:
    from payerproof.sandbox.oauth.model import Issued
    from payerproof.sandbox.tenant import Tenant

Document = dict[str, Any]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, lawful=True))


def is_refreshed(tenant: Tenant, issued: Issued) -> bool:
    """Whether a token response answers a refresh: its connection had an access token before."""
    records = tenant.grants.access_tokens.values()
    return sum(record.connection is issued.connection for record in records) > 1


def document(change: Callable[[Tenant, Issued, Document], Document]) -> Change:
    """Change the JSON of the token response; a member changed to None is left out."""

    def token_document(tenant: Tenant, issued: Issued) -> Document:
        made = minting.token_document(tenant, issued)
        changed = {**made, **change(tenant, issued, made)}
        return {name: value for name, value in changed.items() if value is not None}

    return oauth(token_document=token_document)


# -- patient

_defect(
    "patient-missing-at-first",
    "Q-TOK-01",
    "The first token response has no patient; only a refreshed one has",
    document(
        lambda tenant, issued, made: {
            "patient": made["patient"] if is_refreshed(tenant, issued) else None
        }
    ),
)
_defect(
    "patient-in-the-token-only",
    "Q-TOK-02",
    "The patient stands in the token's own claims, and not in the token response",
    both(self_contained, document(lambda _tenant, _issued, _made: {"patient": None})),
)
_defect(
    "patient-with-type",
    "Q-TOK-03",
    "The patient in the token response is a reference with its type, not a bare id",
    document(lambda _tenant, _issued, made: {"patient": f"Patient/{made['patient']}"}),
)
_defect(
    "patient-as-address",
    "Q-TOK-03",
    "The patient in the token response is an absolute address, not a bare id",
    document(
        lambda tenant, _issued, made: {"patient": f"{tenant.fhir_base}/Patient/{made['patient']}"}
    ),
)
_twin(
    "patient-lost-on-refresh",
    "Q-TOK-04",
    "A refreshed token comes without its patient, which SMART leaves open",
    document(
        lambda tenant, issued, made: {
            "patient": None if is_refreshed(tenant, issued) else made["patient"]
        }
    ),
)


def _whoever_signed_in(tenant: Tenant, issued: Issued, made: Document) -> Document:
    person = tenant.world.people[issued.connection.grant.user]
    return {"patient": person.patient or made["patient"]}


_defect(
    "patient-is-whoever-signed-in",
    "Q-TOK-04 AC-04-6",
    "The patient of the token response is the parent who signed in, not the child they chose",
    document(_whoever_signed_in),
)

# -- the rest of the document

_defect(
    "expires-in-as-text",
    "Q-TOK-11",
    "expires_in is a text",
    document(lambda _tenant, _issued, made: {"expires_in": str(made["expires_in"])}),
    twin="token-response-says-more",
)
_defect(
    "expires-in-with-fraction",
    "Q-TOK-11",
    "expires_in is a number with a fraction",
    document(lambda _tenant, _issued, made: {"expires_in": made["expires_in"] - 0.476158}),
    twin="token-response-says-more",
)
_defect(
    "expires-in-too-long",
    "Q-TOK-11",
    "expires_in says an hour, and the token is dead after five minutes",
    both(
        oauth(access_token_lifetime=300.0),
        document(lambda _tenant, _issued, _made: {"expires_in": 3600}),
    ),
    twin="access-token-lives-ten-minutes",
)
_defect(
    "expires-in-too-short",
    "Q-TOK-11",
    "expires_in says five minutes, and the token lives on for an hour",
    document(lambda _tenant, _issued, _made: {"expires_in": 300}),
    twin="access-token-lives-ten-minutes",
)
_twin(
    "access-token-lives-ten-minutes",
    "Q-TOK-16 Q-TOK-11",
    "Access tokens live for ten minutes, and say so",
    oauth(access_token_lifetime=600.0),
)
_defect(
    "scope-missing-from-token-response",
    "Q-TOK-12",
    "The token response doesn't say what was granted",
    document(lambda _tenant, _issued, _made: {"scope": None}),
)
_defect(
    "scope-missing-on-refresh",
    "Q-TOK-12",
    "A refreshed token comes without its scope",
    document(
        lambda tenant, issued, made: {
            "scope": None if is_refreshed(tenant, issued) else made["scope"]
        }
    ),
)
_defect(
    "scope-as-list",
    "Q-TOK-12",
    "The scope of the token response is a list, not one text",
    document(lambda _tenant, _issued, made: {"scope": made["scope"].split(" ")}),
    twin="token-response-says-more",
)
_twin(
    "token-response-says-more",
    "Q-TOK-09 Q-TOK-12",
    "The token response has members of the payer's own, a lower-case type and its scopes sorted",
    document(
        lambda tenant, issued, made: {
            "token_type": "bearer",
            "scope": " ".join(sorted(made["scope"].split(" "))),
            "access_grant_expiration": int(issued.connection.grant.expires),
            "need_patient_banner": False,
            "tenant": tenant.name,
        }
    ),
)

# -- headers


def _cached_when_refreshed(tenant: Tenant, issued: Issued) -> Response:
    answer = minting.token_response(tenant, issued)
    if is_refreshed(tenant, issued):
        del answer.headers["cache-control"], answer.headers["pragma"]
    return answer


_defect(
    "refresh-response-may-be-stored",
    "N-LEAK-05",
    "Token responses forbid to store them, except those of a refresh",
    oauth(token_response=_cached_when_refreshed),
)
_defect(
    "token-response-without-pragma",
    "N-LEAK-05",
    "Token responses have no Pragma header",
    oauth(token_headers=lambda: {"Cache-Control": "no-store"}),
    twin="token-response-forbids-storing-twice",
)
_defect(
    "token-response-private-only",
    "N-LEAK-05",
    "Token responses are marked private, which lets the app's device store them",
    oauth(token_headers=lambda: {"Cache-Control": "private", "Pragma": "no-cache"}),
    twin="token-response-forbids-storing-twice",
)
_twin(
    "token-response-forbids-storing-twice",
    "N-LEAK-05",
    "Token responses say no-store along with other directives that forbid to keep them",
    oauth(
        token_headers=lambda: {
            "Cache-Control": "private, no-cache, no-store, max-age=0, must-revalidate",
            "Pragma": "no-cache",
            "Expires": "0",
        }
    ),
)
