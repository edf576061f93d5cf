"""What the SMART configuration offers: capabilities, grants, scopes and ends that are real."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.advertised import WRITES, interactions, is_writing, resources_of
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CAPABILITIES = (
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "client-confidential-asymmetric",
    "sso-openid-connect",
    "context-banner",
    "context-style",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "context-standalone-encounter",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
    "smart-app-state",
)
WAYS = {
    "client-confidential-asymmetric": {"private_key_jwt"},
    "client-confidential-symmetric": {"client_secret_basic", "client_secret_post"},
}
"""Capability → ways to authenticate at the token endpoint (SMART App Launch 2.2.0)."""
NOT_OFFERED = ("unsupported_grant_type", "unauthorized_client")


@check("discovery.advertises-what-works/response-types", needs=("public_app",))
def test_advertised_response_types(
    api: Api, apps: Apps, authorization: Authorization, smart: SmartConfiguration
) -> None:
    """Each advertised response_type starts a login, and token (implicit) is not advertised."""
    listed = smart.listed("response_types_supported")
    not_applicable_unless(listed, "The configuration lists no response types.", smart.exchange)
    # when each is asked for, as a browser does that nobody is logged in with
    request = authorization.request(apps.default)
    answers = {
        name: api.send(
            "GET", request.having(response_type=name).url, headers={"Accept": "text/html"}
        )
        for name in listed
    }
    failing = [
        name
        for name, answer in answers.items()
        if answer.status >= 400 or "error=" in (answer.headers.get("location") or "")
    ]
    # then none is refused, and none would put a token into an address
    implicit = [name for name in listed if "token" in name.split()]
    expect.that(
        not failing and not implicit,
        "response types that start a login, none of them implicit",
        f"refused: {', '.join(failing) or 'none'}; implicit: {', '.join(implicit) or 'none'}",
        smart.exchange,
        *(answer.exchange for answer in answers.values()),
    )


@check("discovery.advertises-what-works/grant-types")
def test_advertised_grant_types(smart: SmartConfiguration) -> None:
    """grant_types_supported holds authorization_code, and refresh_token as offline access does."""
    grants = smart.listed("grant_types_supported")
    not_applicable_unless(grants, "The configuration lists no grant types.", smart.exchange)
    offline = "permission-offline" in smart.capabilities
    right = "authorization_code" in grants and ("refresh_token" in grants) == offline
    expect.that(
        right,
        "authorization_code, and refresh_token exactly where permission-offline is claimed",
        f"listed: {', '.join(grants)}; permission-offline is {'' if offline else 'not '}claimed",
        smart.exchange,
    )


@check("discovery.advertises-what-works/other-grants")
def test_other_grants_are_known(
    apps: Apps, authorization: Authorization, smart: SmartConfiguration
) -> None:
    """Each further grant type advertised is one that the token endpoint knows and allows."""
    # given grant types beyond the code flow
    grants = smart.listed("grant_types_supported")
    not_applicable_unless(grants, "The configuration lists no grant types.", smart.exchange)
    others = [name for name in grants if name not in ("authorization_code", "refresh_token")]
    # when each is asked for without what it needs
    app = next(iter(apps.of_type("confidential-symmetric")), apps.default)
    answers = {n: authorization.tokens(app).post([("grant_type", n)]) for n in others}
    refused = [n for n, a in answers.items() if a.error in NOT_OFFERED]
    # then none is called unknown, or closed to apps
    expect.that(
        not refused,
        "grant types that are offered",
        f"refused: {', '.join(refused)}"
        if refused
        else f"{len(others)} beside the code flow, none refused",
        smart.exchange,
        *(answer.exchange for answer in answers.values()),
    )


@check("discovery.advertises-what-works/client-authentication")
def test_client_authentication_fits_the_capabilities(smart: SmartConfiguration) -> None:
    """Ways to authenticate apps are listed for each kind of confidential app that is claimed."""
    listed = set(smart.listed("token_endpoint_auth_methods_supported"))
    wanted = {name: ways for name, ways in WAYS.items() if name in smart.capabilities}
    not_applicable_unless(
        listed and wanted,
        "No way to authenticate is listed, or no confidential app is claimed.",
        smart.exchange,
    )
    lacking = [name for name, ways in wanted.items() if not ways & listed]
    expect.that(
        not lacking,
        "a way to authenticate for each kind of confidential app",
        f"none for {', '.join(lacking)}" if lacking else f"listed: {', '.join(sorted(listed))}",
        smart.exchange,
    )


@check("discovery.advertises-what-works/authorize-post", needs=("public_app",))
def test_authorize_post_is_taken(
    api: Api, apps: Apps, authorization: Authorization, smart: SmartConfiguration
) -> None:
    """A payer that claims authorize-post takes the authorization request as a form."""
    not_applicable_unless(
        "authorize-post" in smart.capabilities,
        "The payer does not claim authorize-post.",
        smart.exchange,
    )
    # when a correct request is posted by somebody who is not logged in
    request = authorization.request(apps.default)
    form = list(request.parameters)
    answer = api.send("POST", request.endpoint, headers={"Accept": "text/html"}, form=form)
    # then it is not turned away for its method
    expect.that(
        answer.status < 400,
        "a page, or the way to the login",
        f"{answer.status} ({{x:{answer.exchange}}})",
        smart.exchange,
        answer.exchange,
    )


@check("discovery.advertises-what-works/offline-scope")
def test_offline_capability_and_scope(smart: SmartConfiguration) -> None:
    """permission-offline is claimed together with the offline_access scope or not at all."""
    scopes = smart.listed("scopes_supported")
    not_applicable_unless(scopes, "The configuration lists no scopes.", smart.exchange)
    claimed, listed = "permission-offline" in smart.capabilities, "offline_access" in scopes
    expect.that(
        claimed == listed,
        "both or neither",
        f"permission-offline {'is' if claimed else 'is not'} claimed, "
        f"offline_access {'is' if listed else 'is not'} listed",
        smart.exchange,
    )


@check("discovery.advertises-what-works/scope-levels")
def test_scopes_fit_capabilities_and_interactions(
    smart: SmartConfiguration, capability: Mapping[str, Any]
) -> None:
    """User-level scopes are listed with permission-user only, and writing ones with writes only."""
    scopes = smart.listed("scopes_supported")
    not_applicable_unless(scopes, "The configuration lists no scopes.", smart.exchange)
    # given what the capabilities claim and the FHIR server offers
    writes = any(interactions(told) & WRITES for told in resources_of(capability).values())
    faults = {
        "user-level scopes without permission-user": [
            name for name in scopes if name.startswith("user/")
        ]
        if "permission-user" not in smart.capabilities
        else [],
        "scopes for writing without any write": []
        if writes
        else [name for name in scopes if is_writing(name)],
    }
    # then no scope is listed that nothing stands behind
    told = [f"{what}: {', '.join(names[:3])}" for what, names in faults.items() if names]
    expect.that(
        not told,
        "scopes that capabilities and interactions stand behind",
        "; ".join(told) or f"so with {len(scopes)} scopes",
        smart.exchange,
    )


@check("discovery.advertises-what-works/capability-names")
def test_capability_names(smart: SmartConfiguration) -> None:
    """Each capability is a name SMART defines or a full URI."""
    inconclusive_unless(smart.capabilities, "no capabilities are listed", smart.exchange)
    odd = [name for name in smart.capabilities if name not in CAPABILITIES and "://" not in name]
    expect.that(
        not odd,
        "names that SMART defines, or full URIs",
        f"neither: {', '.join(odd)}" if odd else f"{len(smart.capabilities)} names, all defined",
        smart.exchange,
    )


@check("discovery.standalone-capabilities/complete")
def test_standalone_capabilities(smart: SmartConfiguration) -> None:
    """The capabilities of a standalone launch for members are all listed."""
    inconclusive_unless(smart.capabilities, "no capabilities are listed", smart.exchange)
    wanted = ("launch-standalone", "context-standalone-patient", "permission-patient")
    missing = [name for name in wanted if name not in smart.capabilities]
    client = [name for name in smart.capabilities if name.startswith("client-")]
    expect.that(
        not missing and bool(client),
        f"{', '.join(wanted)} and a client capability",
        f"missing: {', '.join(missing) or 'a client capability'}"
        if missing or not client
        else f"all are listed, with {', '.join(client)}",
        smart.exchange,
    )


@check("discovery.revocation-listed/endpoint")
def test_revocation_is_listed(smart: SmartConfiguration) -> None:
    """revocation_endpoint or management_endpoint is listed."""
    inconclusive_unless(smart.document, "there is no configuration to look at", smart.exchange)
    names = ("revocation_endpoint", "management_endpoint")
    listed = [name for name in names if smart.endpoint(name)]
    expect.that(
        bool(listed),
        " or ".join(names),
        f"listed: {', '.join(listed) or 'neither'}",
        smart.exchange,
    )
