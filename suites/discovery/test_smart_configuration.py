"""SMART configuration: an app can learn everything it needs from one open document."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from payerproof.smart.configuration import well_known
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

ACCEPTS = ("", "*/*", "application/json", "application/fhir+json", "text/html")
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
ALWAYS = {"token_endpoint": str, "capabilities": list}
SMART_2 = {"grant_types_supported": list, "code_challenge_methods_supported": list}
STANDALONE = {"authorization_endpoint": str}
SIGN_IN = {"issuer": str, "jwks_uri": str}


@check("smart.well-known/open-json")
def test_configuration_is_open(api: Api) -> None:
    """The configuration answers 200 with a JSON object, with no token."""
    # when it is asked for as an app does that knows nothing yet
    reply = api.anonymous().get(well_known(api.base), accept="application/json")
    # then a JSON object comes
    what = "a JSON object" if reply.body else reply.answer.content_type or "no content type"
    expect.that(
        reply.status == 200 and bool(reply.body),
        "200 with a JSON object",
        f"{reply.status} with {what} ({{x:{reply.exchange}}})",
        reply.exchange,
    )


@check("smart.well-known/any-accept-header")
def test_configuration_whatever_the_accept_header(api: Api) -> None:
    """The same JSON comes whatever the Accept header says."""
    # when it is asked for with each Accept header
    address = well_known(api.base)
    replies = [api.anonymous().get(address, accept=accept) for accept in ACCEPTS]
    bodies = {json.dumps(reply.json, sort_keys=True) for reply in replies}
    # then each brings the same JSON object
    expect.that(
        len(bodies) == 1 and bool(replies[0].body),
        "the same JSON object every time",
        "; ".join(
            f"Accept {accept or 'empty'}: {reply.status} {reply.answer.content_type} "
            f"({{x:{reply.exchange}}})"
            for accept, reply in zip(ACCEPTS, replies, strict=True)
        ),
        *(reply.exchange for reply in replies),
    )


@check("smart.well-known/content-type")
def test_configuration_content_type(api: Api) -> None:
    """The content type is application/json."""
    reply = api.anonymous().get(well_known(api.base), accept="application/json")
    inconclusive_unless(reply.body, "there is no configuration to look at", reply.exchange)
    expect.that(
        reply.answer.content_type == "application/json",
        "content type application/json",
        reply.answer.content_type or "no content type",
        reply.exchange,
    )


@check("smart.well-known/required-fields")
def test_configuration_has_its_fields(smart: SmartConfiguration) -> None:
    """Every field its SMART version requires is there with the right JSON type."""
    # given the document, and what it says of itself
    inconclusive_unless(smart.document, "there is no configuration to look at", smart.exchange)
    wanted = dict(ALWAYS)
    wanted |= SMART_2 if smart.claims_smart_2 else {}
    wanted |= STANDALONE if "launch-standalone" in smart.capabilities else {}
    wanted |= SIGN_IN if "sso-openid-connect" in smart.capabilities else {}
    # then each required field has its type, and lists of names hold strings
    wrong = [
        name
        for name, kind in wanted.items()
        if not isinstance(smart.document.get(name), kind)
        or (kind is list and not all(isinstance(v, str) for v in smart.document[name]))
    ]
    expect.that(
        not wrong,
        "every required field with its type",
        f"missing or of another type: {', '.join(wrong)}"
        if wrong
        else f"{len(wanted)} fields are there",
        smart.exchange,
    )


@check("smart.absolute-urls/every-endpoint")
def test_endpoints_are_absolute(smart: SmartConfiguration) -> None:
    """Every endpoint URL in the configuration is an absolute https URL."""
    inconclusive_unless(smart.document, "there is no configuration to look at", smart.exchange)
    # given every field that names an address
    names = [
        name
        for name, value in smart.document.items()
        if isinstance(value, str) and re.search(r"(_endpoint|_uri|issuer)$", name)
    ]
    inconclusive_unless(names, "the configuration names no endpoint", smart.exchange)
    odd = [
        name
        for name in names
        if urlsplit(str(smart.document[name])).scheme != "https"
        or not urlsplit(str(smart.document[name])).netloc
    ]
    # then each is absolute and https
    expect.that(
        not odd,
        "absolute https addresses",
        f"not so: {', '.join(odd)}" if odd else f"all of {', '.join(names)}",
        smart.exchange,
    )


@check("discovery.endpoints-agree/capability-statement")
def test_endpoints_agree_with_the_capability_statement(api: Api, smart: SmartConfiguration) -> None:
    """authorize and token URLs equal those of the CapabilityStatement, where both are given."""
    from payerproof.smart.configuration import oauth_uris

    # given both documents
    statement = api.anonymous().get("metadata")
    stated = oauth_uris(statement.body)
    not_applicable_unless(
        stated and smart.document,
        "The CapabilityStatement gives no OAuth addresses, so there is nothing to compare.",
        statement.exchange,
    )
    # then they name the same addresses
    differing = [name for name, url in stated.items() if smart.document.get(name, url) != url]
    expect.that(
        not differing,
        "the same addresses in both documents",
        f"different: {', '.join(differing)}" if differing else f"{', '.join(stated)} agree",
        smart.exchange,
        statement.exchange,
    )


@check("discovery.pkce-advertised/s256")
def test_pkce_is_advertised(smart: SmartConfiguration) -> None:
    """code_challenge_methods_supported is there and holds S256."""
    not_applicable_unless(
        smart.claims_smart_2,
        "The server shows no sign of SMART 2, which brought PKCE.",
        smart.exchange,
    )
    methods = smart.listed("code_challenge_methods_supported")
    expect.that(
        "S256" in methods,
        "S256 in the list",
        f"listed: {', '.join(methods) or 'none'}",
        smart.exchange,
    )


@check("smart.pkce-no-plain/not-advertised")
def test_plain_pkce_is_not_advertised(smart: SmartConfiguration) -> None:
    """code_challenge_methods_supported does not hold plain."""
    methods = smart.listed("code_challenge_methods_supported")
    not_applicable_unless(methods, "No PKCE method is advertised at all.", smart.exchange)
    expect.that(
        "plain" not in methods,
        "no plain in the list",
        f"listed: {', '.join(methods)}",
        smart.exchange,
    )


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


@check("standards.smart-version/capability-set")
def test_smart_core_set(smart: SmartConfiguration) -> None:
    """capabilities hold the core set of SMART 1.0.0 or of SMART 2 for standalone patient access."""
    inconclusive_unless(smart.document, "there is no configuration to look at", smart.exchange)
    listed = set(smart.capabilities)
    client = {"client-public", "client-confidential-symmetric"} & listed
    core = {"launch-standalone", "context-standalone-patient", "permission-patient"}
    missing = sorted(core - listed)
    expect.that(
        not missing and bool(client),
        "the capability set for patient access by standalone apps",
        f"missing: {', '.join(missing) or 'client-public or client-confidential-symmetric'}"
        if missing or not client
        else "the set is complete",
        smart.exchange,
    )


@check("carin-bb.smart-core/capabilities")
def test_carin_capabilities(smart: SmartConfiguration) -> None:
    """The SMART capabilities CARIN Blue Button asks for are listed."""
    inconclusive_unless(smart.document, "there is no configuration to look at", smart.exchange)
    wanted = (
        "launch-standalone",
        "client-public",
        "client-confidential-symmetric",
        "sso-openid-connect",
        "context-standalone-patient",
        "permission-offline",
        "permission-patient",
    )
    missing = [name for name in wanted if name not in smart.capabilities]
    expect.that(
        not missing,
        ", ".join(wanted),
        f"missing: {', '.join(missing)}" if missing else "all are listed",
        smart.exchange,
    )


@check("carin-bb.smart-core/scopes-supported")
def test_carin_scopes(smart: SmartConfiguration) -> None:
    """scopes_supported holds CARIN's minimum scopes or wildcards that contain them."""
    from payerproof.smart.scopes import opens

    scopes = smart.listed("scopes_supported")
    plain = [name for name in ("openid", "fhirUser", "launch/patient") if name not in scopes]
    types = ("ExplanationOfBenefit", "Coverage", "Patient", "Organization", "Practitioner")
    closed = [kind for kind in types if not opens(scopes, kind, "r")]
    expect.that(
        not plain and not closed,
        "openid, fhirUser, launch/patient and reading " + ", ".join(types),
        f"missing: {', '.join([*plain, *closed])}" if plain or closed else "all are listed",
        smart.exchange,
    )
