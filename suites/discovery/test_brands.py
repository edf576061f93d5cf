"""User-access brands: where the SMART configuration names them, apps can read and use them."""

from __future__ import annotations

from typing import Any

from payerproof.expect.brands import (
    brand_lacks,
    bundle_lacks,
    endpoint_lacks,
    named_by,
    resources,
)
from payerproof.suite import (
    Api,
    Reply,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

ORIGIN = "https://app.payerproof.example"
"""An origin that the payer has never heard of."""


@check("discovery.access-brands/open-bundle")
def test_the_bundle_is_open(api: Api, smart: SmartConfiguration) -> None:
    """The bundle comes without a login, a collection with a timestamp, brands and endpoints."""
    # given the address in the SMART configuration, when anybody asks for it
    reply = _bundle(api, smart)
    # then a whole bundle comes
    lacking = bundle_lacks(reply.body)
    expect.that(
        reply.status == 200 and reply.resource_type == "Bundle" and not lacking,
        "200 with a Bundle of brands and endpoints",
        f"{reply.status} with {reply.resource_type or 'no resource'}; "
        f"lacking: {', '.join(lacking) or 'nothing'}",
        smart.exchange,
        reply.exchange,
    )


@check("discovery.access-brands/any-origin")
def test_pages_may_read_the_bundle(api: Api, smart: SmartConfiguration) -> None:
    """An app that runs in a browser may read the bundle, whatever its origin (CORS)."""
    # given a bundle that comes at all
    reply = _bundle(api, smart)
    inconclusive_unless(reply.status == 200, "no bundle came", reply.exchange)
    # then the page that asked may read it
    allowed = reply.header("access-control-allow-origin")
    expect.that(
        allowed in ("*", ORIGIN),
        "Access-Control-Allow-Origin for any origin",
        allowed or "no such header",
        reply.exchange,
    )


@check("discovery.access-brands/brands")
def test_each_brand_is_complete(api: Api, smart: SmartConfiguration) -> None:
    """Each brand has a name and a website."""
    # given the brands in the bundle
    reply = _bundle(api, smart)
    brands = resources(reply.body, "Organization")
    inconclusive_unless(brands, "the bundle holds no brand", reply.exchange)
    # then none lacks what apps show
    _expect_whole(reply, {_name(one): brand_lacks(one) for one in brands})


@check("discovery.access-brands/endpoints")
def test_each_endpoint_is_complete(api: Api, smart: SmartConfiguration) -> None:
    """Each endpoint has status, kind, FHIR version, website for developers and address."""
    # given the endpoints in the bundle
    reply = _bundle(api, smart)
    endpoints = resources(reply.body, "Endpoint")
    inconclusive_unless(endpoints, "the bundle holds no endpoint", reply.exchange)
    # then none lacks what apps need to connect
    _expect_whole(reply, {_name(one): endpoint_lacks(one) for one in endpoints})


@check("discovery.access-brands/this-payer")
def test_the_bundle_leads_here(api: Api, smart: SmartConfiguration) -> None:
    """One brand is that of the SMART configuration, and an endpoint has this API's address."""
    # given a bundle with brands
    reply = _bundle(api, smart)
    brands = resources(reply.body, "Organization")
    inconclusive_unless(brands, "the bundle holds no brand", reply.exchange)
    # when the identifier in the SMART configuration is looked for, and this API's address
    identifier = smart.document.get("user_access_brand_identifier")
    primary = named_by(reply.body, identifier) if identifier or len(brands) > 1 else brands
    base = api.base.rstrip("/")
    here = [
        one
        for one in resources(reply.body, "Endpoint")
        if str(one.get("address")).rstrip("/") == base
    ]
    # then exactly one brand is this payer's, and the address is there
    expect.that(
        len(primary) == 1 and bool(here),
        "one brand with the identifier, and an endpoint with this API's address",
        f"{len(primary)} brands with the identifier, {len(here)} endpoints with the address",
        smart.exchange,
        reply.exchange,
    )


def _bundle(api: Api, smart: SmartConfiguration) -> Reply:
    """The bundle, asked for by a page of any origin, once in a run."""
    address = smart.endpoint("user_access_brand_bundle")
    not_applicable_unless(address, "The SMART configuration names no brands.", smart.exchange)
    return api.once().get(address, accept="application/fhir+json", origin=ORIGIN)


def _expect_whole(reply: Reply, lacking: dict[str, list[str]]) -> None:
    told = [f"{name}: {', '.join(parts)}" for name, parts in lacking.items() if parts]
    expect.that(
        not told,
        "complete entries",
        f"lacking in {'; '.join(told[:5])}" if told else f"all {len(lacking)} are complete",
        reply.exchange,
    )


def _name(resource: Any) -> str:
    return f"{resource.get('resourceType')}/{resource.get('id', '?')}"
