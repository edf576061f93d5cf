"""Faults in judging an authorization request, and in the state and issuer that go back."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import asking

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.asking import Pairs
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, lawful=True))


# -- audience

_defect(
    "audience-may-be-missing",
    "N-OAUTH-10 Q-AUTH-01",
    "A request without aud is let through",
    oauth(audience_is_ours=lambda tenant, aud: not aud or asking.audience_is_ours(tenant, aud)),
)
_defect(
    "audience-ignored",
    "N-OAUTH-10 Q-AUTH-01",
    "aud has to be there, but nobody looks what it says",
    oauth(audience_is_ours=lambda _tenant, aud: bool(aud)),
)
_defect(
    "audience-by-substring",
    "N-OAUTH-10",
    "An audience is accepted that has the FHIR base anywhere in it",
    oauth(audience_is_ours=lambda tenant, aud: tenant.fhir_base in aud),
)
_defect(
    "audience-over-plain-http",
    "N-OAUTH-10",
    "The FHIR base with http instead of https is accepted as audience",
    oauth(
        audience_is_ours=lambda tenant, aud: asking.audience_is_ours(
            tenant, re.sub("^https?:", "https:", aud)
        )
    ),
)
_defect(
    "audience-as-published-only",
    "Q-AUTH-02",
    "aud must be the FHIR base exactly as it is published, without a trailing slash",
    oauth(audience_is_ours=lambda tenant, aud: aud == tenant.fhir_base),
)

# -- state and the issuer


def _with_state(change: Callable[[str], str]) -> Change:
    """Codes go back with the state as `change` makes it."""

    def code_parameters(tenant: Tenant, state: str | None, code: str) -> Pairs:
        changed = None if state is None else change(state)
        return asking.code_parameters(tenant, changed, code)

    return oauth(code_parameters=code_parameters)


_defect(
    "state-truncated",
    "N-OAUTH-17 Q-AUTH-10",
    "A state longer than 255 characters comes back cut short",
    _with_state(lambda state: state[:255]),
    twin="state-with-characters-escaped-otherwise",
)
_defect(
    "state-html-escaped",
    "N-OAUTH-17",
    "Characters of the state that HTML escapes come back escaped",
    _with_state(html.escape),
    twin="state-with-characters-escaped-otherwise",
)
_defect(
    "state-decoded-twice",
    "N-OAUTH-17",
    "The state is decoded once too often, so that percent and plus signs in it change",
    _with_state(unquote_plus),
    twin="state-with-characters-escaped-otherwise",
)
_defect(
    "state-missing-on-error",
    "N-OAUTH-17",
    "An error goes back to the app without its state",
    oauth(
        error_parameters=lambda tenant, _state, error, description: asking.error_parameters(
            tenant, None, error, description
        )
    ),
)


def _percent_for_space(redirect_uri: str, parameters: Pairs) -> str:
    return asking.redirect_address(redirect_uri, parameters).replace("+", "%20")


_twin(
    "state-with-characters-escaped-otherwise",
    "N-OAUTH-17",
    "Parameters go back with spaces as %20 rather than as plus signs",
    oauth(redirect_address=_percent_for_space),
)
_defect(
    "issuer-parameter-missing",
    "N-OAUTH-18 Q-DISC-05",
    "The issuer is promised in authorization responses and isn't there",
    oauth(
        code_parameters=lambda tenant, state, code: [
            pair for pair in asking.code_parameters(tenant, state, code) if pair[0] != "iss"
        ]
    ),
)
_defect(
    "issuer-parameter-of-another",
    "N-OAUTH-18",
    "Authorization responses name the FHIR base as issuer",
    oauth(
        code_parameters=lambda tenant, state, code: [
            (name, tenant.fhir_base if name == "iss" else value)
            for name, value in asking.code_parameters(tenant, state, code)
        ]
    ),
)

# -- what crashes


def _looked_up(tenant: Tenant, client_id: str) -> App | None:
    if not re.fullmatch("[a-z][a-z0-9-]{0,63}", client_id):
        raise ValueError("malformed client key")
    return asking.registered_app(tenant, client_id)


_defect(
    "odd-client-id-crashes",
    "Q-AUTH-18",
    "A client id of an unusual form ends in an internal error",
    oauth(registered_app=_looked_up),
)


def _decoded(challenge: str, method: str) -> bool:
    if challenge and len(challenge) % 4 == 1:
        raise ValueError("incorrect padding")
    return asking.challenge_is_acceptable(challenge, method)


_defect(
    "odd-challenge-crashes",
    "Q-AUTH-18",
    "A code challenge that isn't base64 ends in an internal error",
    oauth(challenge_is_acceptable=_decoded),
)


def _fits_the_column(scope: str) -> bool:
    if len(scope) > 2000:
        raise ValueError("value too long for type character varying(2000)")
    return asking.scope_is_well_formed(scope)


_defect(
    "long-scope-crashes",
    "Q-AUTH-11",
    "A scope list of more than 2000 characters ends in an internal error",
    oauth(scope_is_well_formed=_fits_the_column),
)


def _found(tenant: Tenant, scope: str) -> bool:
    if not asking.scope_is_known(tenant, scope):
        raise KeyError(scope)
    return True


_defect(
    "unknown-scope-crashes",
    "Q-AUTH-05",
    "One unknown scope ends the whole request in an internal error",
    oauth(scope_is_known=_found),
    twin="unknown-scope-refused-in-words",
)
_twin(
    "unknown-scope-refused-in-words",
    "Q-AUTH-05",
    "One unknown scope refuses the request with invalid_scope, sent to the app",
    oauth(unknown_scopes_refuse=lambda _tenant: True),
)
