"""Every decision of the partners' API that an engineer could get wrong, each replaceable."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from joserfc.jwk import KeySet
from starlette.requests import Request

from payerproof.sandbox.access import Refusal
from payerproof.sandbox.fhir import outcome
from payerproof.sandbox.partners import (
    api,
    assertions,
    attribution,
    bulk,
    capability,
    choices,
    consents,
    content,
    discovery,
    groups,
    jobs,
    kickoff,
    matches,
    matching,
    token,
    view,
)

if TYPE_CHECKING:
    from payerproof.sandbox.data.world import Person, Resource
    from payerproof.sandbox.fhir.call import Call, Refused, Reply
    from payerproof.sandbox.gateways import Gateways
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.partners.clients import PartnerClient
    from payerproof.sandbox.partners.jobs import ExportJob, OutputFile
    from payerproof.sandbox.partners.matches import Match, MatchedMember
    from payerproof.sandbox.partners.matching import Asked
    from payerproof.sandbox.partners.token import SystemToken
    from payerproof.sandbox.partners.view import View
    from payerproof.sandbox.tenant import Tenant

    Scopes = tuple[str, ...]
    Json = dict[str, Any]
    Shares = Callable[[Tenant, PartnerClient, str], bool]
    Members = frozenset[str]

DAY = 86400.0


@dataclass(frozen=True)
class PartnerPolicies:
    """The correct API for clinics and payers. Lifetimes in seconds."""

    token_lifetime: float = 300.0
    export_lifetime: float = 3600.0
    export_seconds: float = 0.1
    match_lifetime: float = 30 * DAY
    most_jobs: int = 3
    lines_per_file: int = 1000

    # who asks
    smart_configuration: Callable[[Tenant], Json] = discovery.smart_configuration
    mutual_tls_aliases: Callable[[Tenant, Gateways], dict[str, str]] = discovery.mutual_tls_aliases
    udap_metadata: Callable[[Tenant], Json] = discovery.udap_metadata
    udap_claims: Callable[[str, dict[str, str]], Json] = discovery.udap_claims
    udap_signed: Callable[[Json, str], str] = discovery.udap_signed
    capability: Callable[[Tenant, Json], Json] = capability.as_made
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
    authenticate: Callable[[Tenant, Request], SystemToken | Refusal] = token.authenticate
    scope_allows: Callable[[Scopes, str, str], bool] = token.scope_allows

    # whose record: the conditions, then one gate for each path by which a record can leave
    in_network: Callable[[Tenant, PartnerClient], bool] = attribution.in_network
    is_attributed: Shares = attribution.is_attributed
    is_enrolled: Callable[[Tenant, Person], bool] = attribution.is_enrolled
    has_opted_out: Callable[[Tenant, str], bool] = attribution.has_opted_out
    wants_exchange: Shares = attribution.wants_exchange
    choose: Callable[[Tenant, str, bool, float, str], None] = choices.choose
    members_to_decide_for: Callable[[Tenant, Person], tuple[Person, ...]] = (
        choices.members_to_decide_for
    )
    may_have: Shares = attribution.may_have
    is_reachable: Shares = attribution.is_reachable
    is_matched: Shares = attribution.is_matched
    shares_on_read: Shares = attribution.shares
    shares_on_search: Shares = attribution.shares
    shares_on_include: Shares = attribution.shares
    shares_on_roster: Shares = attribution.shares
    shares_at_kickoff: Shares = attribution.shares
    shares_at_export: Shares = attribution.shares
    shares_on_download: Shares = attribution.shares

    # what of it
    is_lawful: Callable[[View, Resource], bool] = view.is_lawful
    has_part2_consent: Shares = view.has_part2_consent
    is_delivered: Callable[[View, Resource], bool] = view.is_delivered
    after_floor: Callable[[Resource], bool] = content.after_floor
    within_five_years: Callable[[Resource, date], bool] = content.within_five_years
    is_denied: Callable[[Resource], bool] = content.is_denied
    is_remittance: Callable[[Resource], bool] = content.is_remittance
    without_money: Callable[[Resource], Resource] = content.without_money
    redacted: Callable[[View, Resource], Resource] = view.redacted
    absent: Callable[[View, str, Resource | None], Refused] = view.absent
    everything: Callable[[View, Call, tuple[str, ...]], Reply] = view.no_everything

    # Groups
    groups_of: Callable[[View], list[Resource]] = groups.groups_of
    group_matches: Callable[[Resource, str, str], bool] = groups.group_matches
    assembled_roster: Callable[[View, Resource], Resource] = groups.as_made
    may_export: Callable[[View, Json], bool] = api.may_export

    # exports
    export_methods: Callable[[str], tuple[str, ...]] = kickoff.export_methods
    output_formats: tuple[str, ...] = kickoff.FORMATS
    group_to_export: Callable[[View, str], Resource | None] = groups.find_group
    begun: Callable[[View, ExportJob], Reply] = api.begun
    required_headers: Callable[[Mapping[str, str], str], None] = kickoff.required_headers
    write_export: Callable[[View, Call, ExportJob], None] = jobs.write_export
    exported: Callable[[View, Call, ExportJob, str, Members], Iterable[Resource]] = jobs.exported
    in_window: Callable[[View, ExportJob, Resource], bool] = jobs.in_window
    passes_filters: Callable[[Call, ExportJob, Resource], bool] = jobs.passes_filters
    manifest: Callable[[View, ExportJob], Json] = jobs.manifest
    status: Callable[[View, ExportJob], Reply] = bulk.status
    job_is_of: Callable[[ExportJob, PartnerClient], bool] = api.job_is_of
    job_has_ended: Callable[[View, ExportJob], bool] = api.job_has_ended
    view_of_status: Callable[[Request, Tenant], View] = api.view_of
    view_of_file: Callable[[Request, Tenant], View] = api.view_of
    current_lines: Callable[[View, ExportJob, OutputFile], Iterator[bytes]] = jobs.current_lines
    drop: Callable[[View, ExportJob], None] = jobs.drop

    error_reply: Callable[[Refused, str], Reply] = outcome.error_reply

    # matching
    match_operations: Callable[[Tenant], tuple[str, ...]] = matching.match_operations
    identified: Callable[[Tenant, Asked], Person | None] = matching.identified
    describes: Callable[[Person, Asked], bool] = matching.describes
    attestation_holds: Callable[[Tenant, PartnerClient, Asked], bool] = consents.attestation_holds
    consent_allows: Callable[[Tenant, PartnerClient, Asked], bool] = consents.consent_allows
    consent_holds: Callable[[Tenant, MatchedMember], bool] = matches.consent_holds
    judged_for_provider: Callable[[View, Asked, Person | None], str] = matching.judged_for_provider
    judged_for_payer: Callable[[View, Asked, Person | None], str] = matching.judged_for_payer
    member_match: Callable[[View, Asked], Reply] = matching.member_match
    match_lives: Callable[[Tenant, Match], bool] = matches.match_lives
