"""Dynamic registration: where it is open, addresses that lead anywhere are not taken (RFC 7591)."""

from __future__ import annotations

from payerproof.suite import (
    Api,
    Apps,
    SmartConfiguration,
    check,
    each,
    expect,
    not_applicable_unless,
)

ADDRESSES = {
    "script": "javascript:void(0)",
    "without TLS": "http://payerproof.invalid/callback",
}


@check("oauth.registration-vetted/redirect-address", prod="no")
@each("address", ADDRESSES)
def test_odd_redirect_addresses_are_refused(
    api: Api, apps: Apps, smart: SmartConfiguration, address: str
) -> None:
    """No app is registered for everybody with a script or an http address as its redirect."""
    # given an authorization server that registers apps by itself
    endpoint = smart.endpoint("registration_endpoint")
    not_applicable_unless(endpoint, "The payer names no registration_endpoint.", smart.exchange)
    # when an app is registered with such an address
    metadata = {
        "client_name": apps.default.name or "payerproof",
        "redirect_uris": [ADDRESSES[address]],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
    }
    answer = api.send("POST", endpoint, json=metadata)
    given = bool(answer.json_object().get("client_id"))
    # then it is refused
    expect.that(
        not given and 400 <= answer.status < 500,
        "a refusal (invalid_redirect_uri)",
        f"status {answer.status}, {'a' if given else 'no'} client_id",
        answer.exchange,
    )
