"""Every decision of the FHIR API that an engineer could get wrong, as small replaceable functions.

The defaults are the correct ones. Each gate stands alone: replacing one field changes what that
field says and nothing else covers for it. `access` is the token's rights, `world` the data,
`asked` the search as understood (with `asked.offset` telling the page), `face` the face.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.fhir import (
    accounting,
    bundles,
    capability,
    compartment,
    conditions,
    dates,
    docref,
    interactions,
    matching,
    negotiation,
    outcome,
    paging,
    projection,
    scopes,
)
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts, Found, Refused, Reply
from payerproof.sandbox.fhir.parameters import Parameter

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class FhirPolicies:
    """The decisions, grouped: whose, how much of it, which parameters, paging, form, side doors."""

    # Whose data: one gate for each path by which a resource can leave.
    may_read: Callable[[Access, Resource, World], bool] = compartment.may_read
    may_vread: Callable[[Access, Resource, World], bool] = compartment.may_read
    may_find: Callable[[Access, Resource, World, Asked], bool] = compartment.may_find
    include_target: Callable[[Access, dict[str, Any], World, Asked], Resource | None] = (
        compartment.include_target
    )
    revinclude_sources: Callable[
        [Access, Resource, tuple[str, str], World, Asked], Sequence[Resource]
    ] = compartment.revinclude_sources
    may_open_binary: Callable[[Access, Resource, World], bool] = compartment.may_open_binary
    in_own_compartment: Callable[[Access, str], bool] = compartment.in_own_compartment
    foreign_patients: Callable[[Access, Sequence[str]], Sequence[str]] = (
        compartment.foreign_patients
    )
    discloses_read: Callable[[Access, Resource, World], bool] = compartment.may_disclose
    discloses_search: Callable[[Access, Resource, World], bool] = compartment.may_disclose
    discloses_include: Callable[[Access, Resource, World], bool] = compartment.may_disclose
    discloses_binary: Callable[[Access, Resource, World], bool] = compartment.may_disclose

    # How much the scopes allow: type by type, then resource by resource for granular scopes.
    scope_allows: Callable[[Access, str, str], bool] = scopes.allows
    scope_allows_include: Callable[[Access, str], bool] = scopes.allows_include
    granular_read: Callable[[Access, Resource, str], bool] = scopes.covers
    granular_search: Callable[[Access, Resource, str], bool] = scopes.covers
    granular_include: Callable[[Access, Resource, str], bool] = scopes.covers
    redact: Callable[[Access, Resource], Resource] = projection.redact
    project: Callable[[Resource, Sequence[str], str], Resource] = projection.project

    # Which parameters count and what they mean.
    search_body: Callable[[Call, bytes], Pairs] = conditions.search_body
    merge_sources: Callable[[Pairs, Pairs], Pairs] = conditions.merge_sources
    occurrences: Callable[[str, Sequence[str]], Sequence[str]] = conditions.occurrences
    unknown_parameter: Callable[[str, str], bool] = conditions.keep_unknown
    chained: Callable[[Call, str, str], Callable[[Resource], bool]] = conditions.refuse_chain
    free_filter: Callable[[Call, str, str], Callable[[Resource], bool]] = conditions.refuse_filter
    id_listed: Callable[[str, Sequence[str]], bool] = conditions.id_listed
    indexed: Callable[[Resource, Parameter], Sequence[Any]] = matching.elements
    token_matches: Callable[[str, Any, str], bool] = matching.token_matches
    reference_matches: Callable[[str, Any, Parameter, str], bool] = matching.reference_matches
    string_matches: Callable[[str, Any, str], bool] = matching.string_matches
    compare_date: Callable[[str, dates.Span, dates.Span], bool] = matching.compare_date

    # Paging and counting.
    page_access: Callable[[Access | Refusal, Access], Access | Refusal] = paging.page_access
    page_size: Callable[[Asked, FaceFacts], int] = paging.page_size
    page_links: Callable[[Call, Asked, str, int, int], list[tuple[str, str]]] = paging.page_links
    page_link: Callable[[str, Asked, str, int, int, FaceFacts], str] = paging.page_link
    self_link: Callable[[str, Asked], str] = paging.self_link
    full_url: Callable[[str, str, str], str] = paging.full_url
    total: Callable[[Found, Asked, FaceFacts], int | None] = bundles.total
    assemble: Callable[[dict[str, Any], Call, Asked], dict[str, Any]] = bundles.assemble

    # Form of answers and errors.
    absent: Callable[[FaceFacts, str, Resource | None], Refused] = outcome.absent
    foreign_search: Callable[[FaceFacts], Refused | None] = outcome.foreign_search
    error_reply: Callable[[Refused, str], Reply] = outcome.error_reply
    headers_of: Callable[[Reply], Mapping[str, str]] = outcome.headers_of
    negotiate: Callable[[str, str], bool] = negotiation.speaks_json
    not_modified: Callable[[Mapping[str, str], Resource], bool] = negotiation.not_modified
    path_segments: Callable[[bytes], tuple[str, ...]] = negotiation.path_segments
    method_of: Callable[[str, Mapping[str, str]], str] = negotiation.method_of

    earlier_version: Callable[[Access | Refusal, tuple[str, ...], Pairs, World], Reply] = (
        outcome.retired
    )
    capability: Callable[[dict[str, Any], FaceFacts], dict[str, Any]] = capability.as_made
    through_cache: Callable[[Call, str, Callable[[], Reply]], Reply] = interactions.uncached
    accounted: Callable[[Call, tuple[str, ...], Reply | Refused], dict[str, Any] | None] = (
        accounting.accounted
    )
    without_token: Callable[[Refusal, tuple[str, ...], Pairs, World], Access | Refusal] = (
        interactions.without_token
    )

    docref: Callable[[Call, Pairs], Reply] = docref.docref

    # Side doors: not offered to members' tokens.
    history: Callable[[Call, tuple[str, ...]], Reply] = interactions.refuse
    everything: Callable[[Call, tuple[str, ...]], Reply] = interactions.refuse
    graphql: Callable[[Call, tuple[str, ...]], Reply] = interactions.refuse
    export: Callable[[Call, tuple[str, ...]], Reply] = interactions.refuse
    operation: Callable[[Call, tuple[str, ...]], Reply] = interactions.refuse
    batch: Callable[[Call, bytes], Reply] = interactions.refuse_batch
    write: Callable[[Call, tuple[str, ...], bytes], Reply] = interactions.refuse_write
