"""Whatever a learned secret is, and however it is encoded, no output holds it."""

from __future__ import annotations

import base64
import html
import json
import re
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from payerproof.redact import Redactor, SecretInOutput

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine must not fail a test."""
KEY = b"a key of the run, 32 bytes long."
PRINTABLE = st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=("Cs", "Cc"))
SECRETS = st.text(PRINTABLE, min_size=8, max_size=40)
AROUND = st.text(st.sampled_from("abcXYZ019 {}:,.?&=/-"), max_size=30)


def encodings(secret: str) -> dict[str, str]:
    raw = secret.encode()
    return {
        "plain": secret,
        "path": quote(secret, safe=""),
        "form": quote_plus(secret),
        "lower-case percent": re.sub(
            "%..", lambda escape: escape.group().lower(), quote(secret, safe="")
        ),
        "JSON": json.dumps(secret)[1:-1],
        "JSON in UTF-8": json.dumps(secret, ensure_ascii=False)[1:-1],
        "JSON with slashes escaped": json.dumps(secret)[1:-1].replace("/", "\\/"),
        "HTML": html.escape(secret),
        "base64": base64.b64encode(raw).decode().rstrip("="),
        "base64 for URLs": base64.urlsafe_b64encode(raw).decode().rstrip("="),
    }


def with_secret(secret: str, *, keep: bool) -> Redactor:
    redactor = Redactor(KEY, keep_bodies=keep)
    redactor.learn("token", secret)
    return redactor


def assume_not_part_of_a_tag(secret: str, redactor: Redactor) -> None:
    assume(secret not in redactor.tag("token", secret))


@UNHURRIED
@given(secret=SECRETS, before=AROUND, after=AROUND, keep=st.booleans())
@example(secret="S3cr3t/Tok+en=&<é>", before="x=", after="&y", keep=True)
def test_text_holds_no_encoding_of_a_secret(
    secret: str, before: str, after: str, keep: bool
) -> None:
    redactor = with_secret(secret, keep=keep)
    assume_not_part_of_a_tag(secret, redactor)
    for name, form in encodings(secret).items():
        # the last character of base64 may hold bits of what follows
        core = form[:-1] if name.startswith("base64") else form
        assert core not in redactor.text(before + form + after), name


@UNHURRIED
@given(secret=SECRETS, lead=st.binary(max_size=5), trail=st.binary(max_size=5))
def test_secret_inside_a_longer_base64_text_is_found(
    secret: str, lead: bytes, trail: bytes
) -> None:
    redactor = with_secret(secret, keep=False)
    encoded = base64.b64encode(lead + secret.encode() + trail).decode()
    with pytest.raises(SecretInOutput):
        redactor.refuse(encoded, "page")
    redactor.refuse(redactor.text(encoded), "page")


@UNHURRIED
@given(secret=SECRETS, keep=st.booleans())
@example(secret="/////////", keep=False)
def test_url_holds_no_secret(secret: str, keep: bool) -> None:
    redactor = with_secret(secret, keep=keep)
    assume_not_part_of_a_tag(secret, redactor)
    for form in (quote(secret, safe=""), quote_plus(secret), quote(secret, safe="/")):
        for url in (
            f"https://payer.example/fhir/Patient/{form}",
            f"https://payer.example/fhir?name={form}",
            f"https://payer.example/cb?state=x#access_token={form}",
            f"https://payer.example/cb#{form}",
            f"https://payer.example/fhir?{form}=1",
            f"https://payer.example/a?redirect_uri={quote(f'https://x.example/{form}', safe='')}",
        ):
            shown = redactor.url(url)
            assert form not in shown
            redactor.refuse(shown, "url")


@UNHURRIED
@given(secret=SECRETS, keep=st.booleans())
def test_headers_hold_no_secret(secret: str, keep: bool) -> None:
    redactor = with_secret(secret, keep=keep)
    assume_not_part_of_a_tag(secret, redactor)
    encoded = base64.b64encode(f"app:{secret}".encode()).decode()
    shown = redactor.headers(
        [
            ("Authorization", f"Bearer {secret}"),
            ("Proxy-Authorization", f"Basic {encoded}"),
            ("Cookie", f"sid={secret}; other={secret}"),
            ("Set-Cookie", f"sid={secret}; Path=/{secret}; Secure"),
            ("Location", f"https://x.example/cb?code={quote(secret, safe='')}"),
            ("Link", f'<https://x.example/{quote(secret, safe="")}>; rel="next"'),
            ("WWW-Authenticate", f'Bearer realm="{secret}", error="{secret}"'),
            ("Server", secret),
            ("ETag", secret),
            ("X-Anything", secret),
            (secret, "value"),
        ]
    )
    redactor.refuse(json.dumps(shown, ensure_ascii=False), "headers")


@UNHURRIED
@given(secret=SECRETS, keep=st.booleans(), content_type=st.sampled_from(
    ["application/fhir+json", "text/html", "text/plain", "application/x-www-form-urlencoded",
     "application/fhir+ndjson", "application/octet-stream", "", "application/fhir+xml"]
))  # fmt: skip
def test_body_holds_no_secret(secret: str, keep: bool, content_type: str) -> None:
    redactor = with_secret(secret, keep=keep)
    assume_not_part_of_a_tag(secret, redactor)
    for form in encodings(secret).values():
        for body in (
            json.dumps({"resourceType": "Patient", "id": form, "name": [{"text": form}]}),
            json.dumps({"access_token": secret, "scope": form, form: 1}),
            f"token={form}&{form}=1",
            f"<p>{form}</p>",
        ):
            redactor.refuse(redactor.body(content_type, body.encode()), "body")


@UNHURRIED
@given(st.lists(SECRETS, min_size=2, max_size=30, unique=True))
def test_many_secrets_at_once(secrets: list[str]) -> None:
    redactor = Redactor(KEY)
    for secret in secrets:
        redactor.learn("token", secret)
    shown = redactor.text(" | ".join(secrets))
    for secret in secrets:
        assume_not_part_of_a_tag(secret, redactor)
        assert secret not in shown
