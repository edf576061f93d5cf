"""SMART configuration: an app can learn everything it needs from one open document."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from payerproof.expect.names import ACCEPTS
from payerproof.smart.configuration import well_known
from payerproof.suite import (
    Api,
    SmartConfiguration,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

ALWAYS = {"token_endpoint": str, "capabilities": list}
SMART_2 = {"grant_types_supported": list, "code_challenge_methods_supported": list}
STANDALONE = {"authorization_endpoint": str}
SIGN_IN = {"issuer": str, "jwks_uri": str}


@check("smart.well-known/open-json")
def test_configuration_is_open(api: Api) -> None:
    """The configuration answers 200 with a JSON object, with no token."""
    # when it is asked for as an app does that knows nothing yet
    reply = api.once().get(well_known(api.base), accept="application/json")
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
    replies = [api.once().get(address, accept=accept) for accept in ACCEPTS]
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
    reply = api.once().get(well_known(api.base), accept="application/json")
    inconclusive_unless(reply.body, "there is no configuration to look at", reply.exchange)
    expect.that(
        reply.answer.content_type == "application/json",
        "content type application/json",
        reply.answer.content_type or "no content type",
        reply.exchange,
    )


@check("smart.well-known/plain-utf-8")
def test_configuration_is_plain_utf_8(api: Api) -> None:
    """The configuration is UTF-8 without a byte order mark, as JSON has to be (RFC 8259, 8.1)."""
    reply = api.once().get(well_known(api.base), accept="application/json")
    inconclusive_unless(reply.body, "there is no configuration to look at", reply.exchange)
    marked = reply.answer.content.startswith((b"\xef\xbb\xbf", b"\xfe\xff", b"\xff\xfe"))
    expect.that(
        not marked,
        "JSON that begins with its first character",
        "a byte order mark comes first" if marked else "so it does",
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
    statement = api.once().get("metadata")
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
