"""Faults in which scopes are granted: more than was asked, or less than is offered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.defects.tokens import document
from payerproof.sandbox.oauth import asking, authorize, granting
from payerproof.sandbox.oauth.forms import Parameters
from payerproof.sandbox.scopes import DataScope, data_scope, supported

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.model import AuthorizationRequest, Grant
    from payerproof.sandbox.tenant import Tenant

Scopes = tuple[str, ...]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "scopes", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "scopes", tuple(cites.split()), title, change, lawful=True))


def _each(change: Callable[[DataScope], DataScope]) -> Change:
    """Grant each data scope otherwise than it was asked."""

    def grantable(tenant: Tenant, app: App, asked: Scopes) -> Scopes:
        found = asking.grantable(tenant, app, asked)
        read = ((scope, data_scope(scope)) for scope in found)
        changed = (scope if known is None else str(change(known)) for scope, known in read)
        return tuple(dict.fromkeys(changed))

    return oauth(grantable=grantable)


def _besides(keep: Callable[[str], bool]) -> Change:
    """Grant scopes that the correct rule drops, as they were asked."""

    def grantable(tenant: Tenant, app: App, asked: Scopes) -> Scopes:
        lawful = asking.grantable(tenant, app, asked)
        return (*lawful, *(scope for scope in asked if scope not in lawful and keep(scope)))

    return oauth(grantable=grantable)


# -- more than was asked

_defect(
    "one-type-widened-to-all",
    "N-SCOPE-08",
    "An app that asks for one type is granted all of them",
    _each(lambda scope: replace(scope, resource_type="*", query=())),
    twin="scopes-answered-in-the-newer-form",
)
_defect(
    "granular-scope-widened-to-the-type",
    "N-SCOPE-08",
    "The category of a granular scope is dropped, and the whole type granted",
    _each(lambda scope: replace(scope, query=())),
)
_defect(
    "reading-widened-to-searching",
    "N-SCOPE-08",
    "An app that asks to read is granted searching too",
    _each(lambda scope: replace(scope, letters="rs")),
)
_twin(
    "scopes-answered-in-the-newer-form",
    "N-SCOPE-08 Q-TOK-12",
    "A scope asked as .read is granted as .rs, which means the same",
    _each(lambda scope: replace(scope, version=2)),
)


def _always_identity(tenant: Tenant, app: App, asked: Scopes) -> Scopes:
    return tuple(dict.fromkeys((*asking.grantable(tenant, app, asked), "openid", "fhirUser")))


_defect(
    "identity-granted-unasked",
    "N-SCOPE-08",
    "Every app is granted openid and fhirUser, asked or not",
    oauth(grantable=_always_identity),
)


def _always_offline(tenant: Tenant, app: App, asked: Scopes) -> Scopes:
    return tuple(dict.fromkeys((*asking.grantable(tenant, app, asked), "offline_access")))


_defect(
    "offline-access-granted-unasked",
    "N-SCOPE-08",
    "Every app is granted access while the member is away, asked or not",
    oauth(grantable=_always_offline),
)


def _with_default(scopes: str) -> Change:
    """Let a request without scope stand for `scopes`."""

    def validate(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
        if parameters.text("scope"):
            return authorize.validate(tenant, parameters)
        text = urlencode({**parameters, "scope": scopes}, errors="surrogateescape")
        return authorize.validate(tenant, Parameters(text, exact=True))

    return oauth(validate=validate)


_defect(
    "missing-scope-means-everything",
    "N-SCOPE-08 Q-AUTH-06",
    "An app that names no scope is granted everything, for as long as it likes",
    _with_default("launch/patient openid fhirUser offline_access patient/*.rs"),
    twin="missing-scope-means-the-least",
)
_twin(
    "missing-scope-means-the-least",
    "Q-AUTH-06",
    "An app that names no scope is granted the member's demographics, as documented",
    _with_default("launch/patient patient/Patient.rs"),
)

# -- what a member can't grant


def _of_context(context: str) -> Callable[[str], bool]:
    return lambda scope: (read := data_scope(scope)) is not None and read.context == context


_twin(
    "user-scopes-granted",
    "N-SCOPE-09",
    "An app is granted user/ scopes in a member's flow, and they open that member's record alone",
    _besides(_of_context("user")),
)
_defect(
    "system-scopes-granted",
    "N-SCOPE-09",
    "An app is granted system/ scopes in a member's flow",
    _besides(_of_context("system")),
)
_defect(
    "writing-scopes-granted",
    "N-SCOPE-08 N-SCOPE-09",
    "An app is granted writing scopes that the consent page doesn't speak of",
    _besides(lambda scope: (read := data_scope(scope)) is not None and read.context == "patient"),
)


def _echoed(request: AuthorizationRequest, grant: Grant) -> Scopes:
    lawful = granting.connection_scopes(request, grant)
    odd = (s for s in request.asked if data_scope(s) is None and s not in supported())
    return (*lawful, *odd)


_defect(
    "unknown-scopes-granted",
    "N-SCOPE-08 Q-AUTH-05",
    "Scopes that the payer doesn't know are granted as they were asked",
    oauth(scope_is_known=lambda _tenant, _scope: True, connection_scopes=_echoed),
    twin="scopes-answered-in-the-newer-form",
)

# -- what is offered and not granted


def _unknown(*dropped: str) -> Change:
    return oauth(
        scope_is_known=lambda tenant, scope: (
            scope not in dropped and asking.scope_is_known(tenant, scope)
        )
    )


_twin(
    "launch-patient-never-granted",
    "Q-AUTH-08",
    "launch/patient is taken, yields the patient, and isn't repeated among the scopes granted",
    _unknown("launch/patient"),
)
_defect(
    "fhir-user-never-granted",
    "Q-AUTH-09 Q-DISC-05",
    "fhirUser is offered, and left out of whatever is granted",
    _unknown("fhirUser"),
)
_defect(
    "wildcard-of-the-older-form-never-granted",
    "Q-AUTH-04 Q-DISC-05",
    "patient/*.read is offered, and left out of whatever is granted",
    _unknown("patient/*.read"),
)
_defect(
    "patient-only-with-launch-scope",
    "Q-AUTH-08 Q-TOK-01",
    "A patient/ scope without launch/patient gives a token that doesn't say whose it is",
    document(
        lambda _tenant, issued, made: {
            "patient": made["patient"] if "launch/patient" in issued.scopes else None
        }
    ),
)
