"""Every decision of the open APIs that an engineer could get wrong, each replaceable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from payerproof.sandbox.public import api, brands, chains, search

if TYPE_CHECKING:
    from payerproof.sandbox.data.world import Resource
    from payerproof.sandbox.fhir.call import Criterion, Refused, Reply
    from payerproof.sandbox.fhir.parameters import Parameter
    from payerproof.sandbox.public.search import Shelf
    from payerproof.sandbox.tenant import Tenant

    Segments = tuple[str, ...]
    Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class PublicPolicies:
    """The correct directory, formulary and brands bundle."""

    asks_who: Callable[[Shelf, Request, Segments], Refused | None] = api.asks_who
    found: Callable[[Shelf, Segments, Pairs], Reply] = api.found
    matches: Callable[[Shelf, Resource, Criterion], bool] = search.matches
    chained: Callable[[Shelf, str, str, str], chains.Test | None] = chains.chained
    followed: Callable[[Shelf, Resource, Parameter], list[Resource | None]] = chains.followed
    headers_of: Callable[[Shelf, Reply], dict[str, str]] = api.headers_of
    brands_announced: Callable[[Tenant], dict[str, Any]] = brands.announced
    brand_bundle: Callable[[Tenant], dict[str, Any]] = brands.brand_bundle
    capability: Callable[[Shelf], dict[str, Any]] = api.capability_statement
