"""How a mistake is put into a payer: the fields of one group of policies that it replaces."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import TenantSpec

Change = Callable[["TenantSpec"], "TenantSpec"]


def oauth(**fields: Any) -> Change:
    """Replace fields of the authorization server's policies."""
    return _policies("oauth", fields)


def portal(**fields: Any) -> Change:
    """Replace fields of the portal's policies."""
    return _policies("portal", fields)


def fhir(**fields: Any) -> Change:
    """Replace fields of the FHIR API's policies."""
    return _policies("fhir", fields)


def transport(**fields: Any) -> Change:
    """Replace fields of the edge's policies."""
    return _policies("transport", fields)


def partners(**fields: Any) -> Change:
    """Replace fields of the partners' API's policies."""
    return _policies("partners", fields)


def public(**fields: Any) -> Change:
    """Replace fields of the open APIs' policies."""
    return _policies("public", fields)


def intake(**fields: Any) -> Change:
    """Replace fields of how requests for authorization come in."""
    return _policies("intake", fields)


def desk(**fields: Any) -> Change:
    """Replace fields of the service desk's policies."""
    return _policies("desk", fields)


def _policies(group: str, fields: dict[str, Any]) -> Change:
    def change(spec: TenantSpec) -> TenantSpec:
        policies = spec.policies
        changed: Any = replace(getattr(policies, group), **fields)
        return replace(spec, policies=replace(policies, **{group: changed}))

    return change


def self_contained(spec: TenantSpec) -> TenantSpec:
    """Let access tokens be JWTs: a mistake in reading them can't be made with opaque ones."""
    return replace(spec, face=replace(spec.face, token_format="self-contained"))  # noqa: S106


def both(first: Change, second: Change) -> Change:
    """Make one change after another, where the mistake shows only on the ground of the first."""
    return lambda spec: second(first(spec))
