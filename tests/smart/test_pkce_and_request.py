"""PKCE pairs and authorization requests, right ones and altered ones."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from payerproof.smart.pkce import Pkce
from payerproof.smart.request import standalone_launch


def test_the_challenge_is_the_one_of_rfc_7636_appendix_b() -> None:
    pair = Pkce.of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert pair.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_fresh_pairs_differ_and_hide_the_verifier() -> None:
    one, other = Pkce.fresh(), Pkce.fresh()
    assert one.verifier != other.verifier
    assert len(one.verifier) >= 43
    assert one.verifier not in repr(one)


def _request(scope: str = "launch/patient openid"):  # type: ignore[no-untyped-def]
    return standalone_launch(
        "https://payer.example/authorize?tenant=1",
        client_id="app",
        redirect_uri="https://app.example/cb?x=1",
        scope=scope,
        aud="https://payer.example/fhir",
    )


def test_the_url_carries_every_parameter_and_keeps_the_endpoints_own() -> None:
    request = _request()
    sent = dict(parse_qsl(urlsplit(request.url).query))
    assert sent["tenant"] == "1"
    assert sent["redirect_uri"] == "https://app.example/cb?x=1"
    assert sent["code_challenge_method"] == "S256"
    assert sent["nonce"]
    assert len(sent["state"]) >= 22


def test_nonce_is_sent_with_openid_only() -> None:
    assert _request("launch/patient").get("nonce") == ""


def test_altered_copies_leave_the_original_alone() -> None:
    request = _request()
    assert request.having(aud="https://evil.example").get("aud") == "https://evil.example"
    assert request.without("code_challenge").get("code_challenge") == ""
    assert request.get("aud") == "https://payer.example/fhir"
    assert request.get("code_challenge")
