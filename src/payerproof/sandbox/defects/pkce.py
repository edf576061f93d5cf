"""Faults in asking for, and comparing, the proof key of an authorization request (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import asking, authorize, exchanging
from payerproof.sandbox.oauth.forms import Parameters

if TYPE_CHECKING:
    from payerproof.sandbox.oauth.model import AuthorizationRequest, Code
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


_defect(
    "pkce-optional",
    "N-OAUTH-03 N-OAUTH-04",
    "Whoever sends no code challenge needs no verifier either",
    oauth(
        challenge_is_acceptable=lambda challenge, method: (
            (not challenge and not method) or asking.challenge_is_acceptable(challenge, method)
        ),
        verifier_matches=lambda code, verifier: (
            not code.challenge or exchanging.verifier_matches(code, verifier)
        ),
    ),
    twin="pkce-verifier-of-any-length",
)


def _public_only(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    app = tenant.policies.oauth.registered_app(tenant, parameters.text("client_id"))
    if app is not None and app.type != "public" and not parameters.text("code_challenge"):
        filled = {"code_challenge": _challenge(""), "code_challenge_method": "S256"}
        text = urlencode({**parameters, **filled}, errors="surrogateescape")
        return authorize.validate(tenant, Parameters(text, exact=True))
    return authorize.validate(tenant, parameters)


_defect(
    "pkce-of-public-apps-only",
    "N-OAUTH-03",
    "Apps that have a secret or a key may leave the code challenge out",
    oauth(
        validate=_public_only,
        verifier_matches=lambda code, verifier: (
            code.challenge == _challenge(verifier) == _challenge("")
            or exchanging.verifier_matches(code, verifier)
        ),
    ),
)


def _plain_or_hashed(code: Code, verifier: str) -> bool:
    return hmac.compare_digest(code.challenge, verifier) or exchanging.verifier_matches(
        code, verifier
    )


_defect(
    "pkce-plain-accepted",
    "N-OAUTH-04",
    "The PKCE method plain is accepted, and is the default",
    oauth(
        challenge_is_acceptable=lambda challenge, method: (
            method in ("S256", "plain", "")
            and re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", challenge) is not None
        ),
        verifier_matches=_plain_or_hashed,
    ),
    twin="pkce-verifier-of-any-length",
)
_defect(
    "pkce-method-not-looked-at",
    "N-OAUTH-04",
    "Any code_challenge_method is let through and taken for S256",
    oauth(
        challenge_is_acceptable=lambda challenge, _method: asking.challenge_is_acceptable(
            challenge, "S256"
        )
    ),
)
_defect(
    "pkce-verifier-may-be-missing",
    "N-OAUTH-04",
    "The verifier is compared only where the exchange sends one",
    oauth(
        verifier_matches=lambda code, verifier: (
            not verifier or exchanging.verifier_matches(code, verifier)
        )
    ),
    twin="pkce-verifier-of-any-length",
)
_defect(
    "pkce-verifier-not-compared",
    "N-OAUTH-04",
    "The verifier has to be there and of the right form, but isn't compared with the challenge",
    oauth(
        verifier_matches=lambda _code, verifier: (
            re.fullmatch(r"[A-Za-z0-9._~-]{43,128}", verifier) is not None
        )
    ),
    twin="pkce-verifier-of-any-length",
)
_defect(
    "pkce-challenge-itself-accepted",
    "N-OAUTH-04",
    "The challenge, which the browser has seen, is accepted in place of the verifier",
    oauth(verifier_matches=_plain_or_hashed),
)
register(
    Defect(
        "pkce-verifier-of-any-length",
        "authorization",
        ("N-OAUTH-04",),
        "A verifier that hashes to the challenge is accepted whatever its length",
        oauth(
            verifier_matches=lambda code, verifier: hmac.compare_digest(
                _challenge(verifier), code.challenge
            )
        ),
        lawful=True,
    )
)
