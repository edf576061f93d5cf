"""Every decision of the partners' API that an engineer could get wrong, each replaceable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from joserfc.jwk import KeySet

from payerproof.sandbox.partners import assertions, discovery, token

if TYPE_CHECKING:
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.partners.clients import PartnerClient
    from payerproof.sandbox.partners.token import SystemToken
    from payerproof.sandbox.tenant import Tenant

    Scopes = tuple[str, ...]
    Json = dict[str, Any]


@dataclass(frozen=True)
class PartnerPolicies:
    """The correct API for clinics and payers. Lifetimes in seconds."""

    token_lifetime: float = 300.0

    # who asks
    smart_configuration: Callable[[Tenant], Json] = discovery.smart_configuration
    scopes_supported: Callable[[], Scopes] = token.scopes_supported
    authenticated_client: Callable[[Tenant, Parameters], Awaitable[PartnerClient]] = (
        assertions.authenticated_client
    )
    keys_for: Callable[[Tenant, PartnerClient, Json], Awaitable[KeySet | None]] = (
        assertions.keys_for
    )
    signed_claims: Callable[[KeySet, str], Json | None] = assertions.signed_claims
    names_client: Callable[[PartnerClient, Json], bool] = assertions.names_client
    audience_is_ours: Callable[[Tenant, Json], bool] = assertions.audience_is_ours
    is_current: Callable[[Tenant, Json], bool] = assertions.is_current
    is_fresh: Callable[[Tenant, PartnerClient, Json], bool] = assertions.is_fresh
    is_let_in: Callable[[Tenant, PartnerClient], bool] = assertions.is_let_in
    scope_is_offered: Callable[[PartnerClient, str], bool] = token.scope_is_offered
    granted: Callable[[Tenant, PartnerClient, str], Scopes] = token.granted
    issue: Callable[[Tenant, PartnerClient, Scopes], Json] = token.issue
    token_record: Callable[[Tenant, str], SystemToken | None] = token.token_record
    token_is_current: Callable[[Tenant, SystemToken], bool] = token.token_is_current
    scope_allows: Callable[[Scopes, str, str], bool] = token.scope_allows
