"""CapabilityStatement: public, truthful, and of the versions that the rules adopt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from payerproof.expect.advertised import resources_of
from payerproof.expect.names import ACCEPTS, ANYBODY, USER_AGENTS
from payerproof.smart.configuration import well_known
from payerproof.suite import (
    Api,
    Authorization,
    Person,
    Portal,
    Reply,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

US_CORE = ("3.1.1", "4.0.0", "5.0.1", "6.1.0", "7.0.0", "8.0.0")
"""Adopted versions and those the standards version advancement process has approved since."""


@check("standards.capability-statement/open")
def test_metadata_is_open(api: Api) -> None:
    """/metadata answers 200 with a CapabilityStatement, with no token."""
    reply = api.once().get("metadata")
    expect.that(
        reply.status == 200 and reply.resource_type == "CapabilityStatement",
        "200 with a CapabilityStatement",
        f"{reply.status} with {reply.resource_type or 'no resource'} ({{x:{reply.exchange}}})",
        reply.exchange,
    )


@check("patient-access.api-exists/metadata-and-configuration")
def test_the_api_answers(api: Api) -> None:
    """/metadata and the SMART configuration both answer 200 over https with no token."""
    client = api.once()
    replies = [client.get("metadata"), client.get(well_known(api.base), accept="application/json")]
    open_ones = [r for r in replies if r.status == 200 and r.body]
    expect.that(
        urlsplit(api.base).scheme == "https" and len(open_ones) == 2,
        "both documents over https",
        "; ".join(f"{r.status} ({{x:{r.exchange}}})" for r in replies),
        *(r.exchange for r in replies),
    )


@check("standards.fhir-r4/capability-statement")
def test_fhir_version(api: Api) -> None:
    """CapabilityStatement.fhirVersion is 4.0.1."""
    reply = _statement(api)
    version = str(reply.body.get("fhirVersion") or "none")
    expect.that(version == "4.0.1", "fhirVersion 4.0.1", f"fhirVersion {version}", reply.exchange)


@check("discovery.one-rest-entry/resources-and-security-together")
def test_one_rest_entry(api: Api) -> None:
    """There is exactly one rest entry of mode server, carrying resource and security both."""
    reply = _statement(api)
    servers = [r for r in reply.body.get("rest") or [] if r.get("mode") == "server"]
    whole = [r for r in servers if r.get("resource") and r.get("security")]
    expect.that(
        len(servers) == 1 and len(whole) == 1,
        "one rest entry with resources and security",
        f"{len(servers)} entries of mode server, {len(whole)} with both",
        reply.exchange,
    )


@check("standards.us-core-version/declared")
def test_us_core_version_is_declared(api: Api) -> None:
    """An accepted US Core version is named in implementationGuide, instantiates or profiles."""
    reply = _statement(api)
    declared = sorted(_us_core_versions(reply.body))
    accepted = [version for version in declared if version in US_CORE]
    expect.that(
        bool(accepted),
        "one of " + ", ".join(US_CORE),
        f"declared: {', '.join(declared) or 'no version of US Core'}",
        reply.exchange,
    )


@check("standards.us-core-version/resources-agree", needs=("member",))
def test_us_core_versions_ofresources_of(api: Api, member: Person) -> None:
    """meta.profile versions seen in the record fit the declared version."""
    # given what the server declares and what the member's resources say of themselves
    reply = _statement(api)
    declared = _us_core_versions(reply.body)
    inconclusive_unless(declared, "no version of US Core is declared", reply.exchange)
    seen = {
        match["version"]
        for resource in member.record.everything
        for profile in (resource.get("meta") or {}).get("profile") or []
        if (match := re.search(r"/us/core/.*\|(?P<version>[\d.]+)", str(profile)))
    }
    # then they agree; profiles without a version say nothing
    odd = sorted(seen - declared)
    expect.that(
        not odd,
        f"profiles of US Core {', '.join(sorted(declared))}",
        f"profiles of US Core {', '.join(odd)} as well"
        if odd
        else f"seen: {', '.join(sorted(seen)) or 'no versions'}",
        reply.exchange,
        *member.record.exchanges.get("Condition", ())[:1],
    )


@check("carin-bb.instantiates/c4bb")
def test_carin_capability_is_named(api: Api) -> None:
    """CapabilityStatement.instantiates holds the C4BB capability statement."""
    reply = _statement(api)
    named = [str(url) for url in reply.body.get("instantiates") or []]
    found = [url for url in named if "CapabilityStatement/c4bb" in url]
    expect.that(
        bool(found),
        "CARIN's CapabilityStatement/c4bb in instantiates",
        "it is named" if found else f"{len(named)} others are named",
        reply.exchange,
    )


@check("discovery.answers-promptly/five-samples")
def test_discovery_is_prompt(api: Api) -> None:
    """The configuration comes within 2 s and /metadata within 5 s in the slowest of five tries."""
    client = api.once()
    configuration = [client.get(well_known(api.base), accept=accept) for accept in ACCEPTS]
    metadata = [client.get("metadata")]
    metadata += [client.with_headers(user_agent=name).get("metadata") for name in USER_AGENTS]
    metadata += [client.get("metadata", accept="application/json", origin=ANYBODY)]
    slowest = [max(r.answer.elapsed_ms for r in tries) for tries in (configuration, metadata)]
    expect.that(
        slowest[0] <= 2000 and slowest[1] <= 5000,
        "at most 2 s and 5 s",
        f"{slowest[0] / 1000:.1f} s and {slowest[1] / 1000:.1f} s at the slowest",
        *(r.exchange for r in (*configuration, *metadata)),
    )


@check("discovery.complete-from-base/whole-flow", needs=("member",))
def test_flow_from_the_base_address_alone(
    api: Api, authorization: Authorization, smart: SmartConfiguration, member: Person
) -> None:
    """Login, token and first read succeed with addresses from discovery alone."""
    # given the member's first trip, made with nothing but what discovery says
    first = authorization.first_exchange(member)
    expect.that(
        first.gave_token or first.error,
        "a token endpoint at the address in discovery",
        f"{first.status} without a word of OAuth ({{x:{first.exchange}}})",
        smart.exchange,
        first.exchange,
    )
    grant = api.grant_of(member)
    addresses = [smart.endpoint(f"{name}_endpoint") for name in ("authorization", "token")]
    own = api.once(member).read("Patient", member.patient_id)
    expect.that(
        all(addresses) and own.resource_type == "Patient",
        "a token and a first read from what discovery says",
        f"{'both addresses were' if all(addresses) else 'an address was not'} in discovery; "
        f"the first read was answered {own.status} ({{x:{own.exchange}}})",
        smart.exchange,
        grant.exchange,
        own.exchange,
    )


@check("discovery.management-endpoint-opens/in-a-browser", needs=("browser", "member"))
def test_management_endpoint_opens(
    smart: SmartConfiguration, portal: Portal, member: Person
) -> None:
    """management_endpoint opens in a browser, asks for the login, and then lists apps."""
    address = smart.endpoint("management_endpoint")
    not_applicable_unless(address, "No management_endpoint is published.", smart.exchange)
    # when it is opened by nobody in particular, and by a member
    stranger_page = portal.visit(address)
    page = portal.visit(address, member)
    # then the first is asked to log in and the second gets a page
    expect.that(
        stranger_page.status < 500 and stranger_page.kind == "login" and page.status < 400,
        "a login page, and the list behind it",
        f"a {stranger_page.kind} page ({stranger_page.status}), "
        f"then a {page.kind} page ({page.status})",
        stranger_page.exchange,
        page.exchange,
    )


@check("discovery.management-endpoint-opens/as-html")
def test_management_endpoint_serves_html(api: Api, smart: SmartConfiguration) -> None:
    """management_endpoint does not fail for a client that accepts HTML, as browsers do."""
    address = smart.endpoint("management_endpoint")
    not_applicable_unless(address, "No management_endpoint is published.", smart.exchange)
    answer = api.send("GET", address, headers={"Accept": "text/html,*/*;q=0.8"})
    expect.that(
        answer.status < 400,
        "a page, or the way to the login",
        f"{answer.status} ({{x:{answer.exchange}}})",
        answer.exchange,
    )


def _statement(api: Api) -> Reply:
    reply = api.once().get("metadata")
    inconclusive_unless(
        reply.resource_type == "CapabilityStatement",
        "the CapabilityStatement could not be read",
        reply.exchange,
    )
    return reply


def _us_core_versions(statement: Mapping[str, Any]) -> set[str]:
    """Versions of US Core that a statement names; a guide named without one says nothing."""
    urls = [*(statement.get("implementationGuide") or []), *(statement.get("instantiates") or [])]
    for resource in resources_of(statement).values():
        urls += [resource.get("profile") or "", *(resource.get("supportedProfile") or [])]
    found = (re.search(r"/us/core/[^|]*\|([\d.]+)", str(url)) for url in urls)
    return {match[1] for match in found if match}
