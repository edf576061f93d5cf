from __future__ import annotations

import pytest

from payerproof.redact import Redactor


def test_the_same_id_has_the_same_tag_in_urls_bodies_and_references(redactor: Redactor) -> None:
    tag = redactor.tag("id", "abc-1")
    assert redactor.url("https://p.example/fhir/Patient/abc-1/_history/2") == (
        f"https://p.example/fhir/Patient/{tag}/_history/2"
    )
    assert tag in redactor.body("application/json", b'{"resourceType":"Patient","id":"abc-1"}')
    assert redactor.url("https://p.example/fhir/Coverage?patient=abc-1").endswith(f"patient={tag}")
    assert redactor.url("https://p.example/fhir/Coverage?beneficiary=Patient%2Fabc-1").endswith(
        f"beneficiary=Patient/{tag}"
    )


def test_tags_depend_on_the_key_and_the_value_alone() -> None:
    one, same, other = Redactor(b"k" * 32), Redactor(b"k" * 32), Redactor(b"j" * 32)
    one.learn("token", "something-else")
    assert one.tag("token", "abc") == same.tag("token", "abc") != other.tag("token", "abc")


@pytest.mark.parametrize(
    "url",
    [
        "https://p.example/fhir/r4/metadata",
        "https://p.example/fhir/.well-known/smart-configuration",
        "https://p.example/fhir/Patient/$everything?_count=50&_format=json",
        "https://p.example/fhir/Patient/../../Patient/%2e%2e//Group/$export?_type=Patient,Coverage",
        "https://p.example/auth/authorize?response_type=code&client_id=app-1"
        "&code_challenge_method=S256&scope=openid%20fhirUser".replace("%20", " "),
        "https://p.example/fhir/Observation?code=http://loinc.org|8867-4&_sort=-date",
        "https://p.example/fhir/ExplanationOfBenefit?_include=ExplanationOfBenefit:patient",
        "https://p.example/fhir/ExplanationOfBenefit?status=active",
    ],
)
def test_public_parts_of_an_address_are_shown(redactor: Redactor, url: str) -> None:
    assert redactor.url(url) == url


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("https://p.example/members/adaberg/apps", "adaberg"),
        ("https://p.example/fhir/Patient?name=Berg&birthdate=1980-01-01", "1980"),
        ("https://p.example/fhir/Patient?identifier=https://p.example/m|MBR1", "MBR1"),
        ("https://ada:pw@p.example/fhir", "pw@"),
        ("https://p.example/cb?code=xyz&state=opaque", "xyz"),
        ("https://p.example/cb?error_description=Ada+is+locked", "Ada"),
        ("https://p.example/fhir/Patient/Berg", "Berg"),
        ("Berg: Ada", "Ada"),
        ("https://p.example/fhir?redirect_uri=https%3A%2F%2Fx.example%2Fcb%3Fmember%3DAda", "Ada"),
    ],
)
def test_private_parts_of_an_address_are_not(redactor: Redactor, url: str, hidden: str) -> None:
    assert hidden not in redactor.url(url)


def test_a_published_endpoint_is_shown_with_its_path(redactor: Redactor) -> None:
    url = "https://p.example/acme-tenant/xyz9/Patient/1"
    assert "acme-tenant" not in redactor.url(url)
    redactor.publish("https://p.example/acme-tenant/xyz9/")
    assert redactor.url(url).startswith("https://p.example/acme-tenant/xyz9/Patient/‹id ")
    assert "xyz98" not in redactor.url("https://p.example/acme-tenant/xyz98/Patient/1")


def test_whole_runs_keep_addresses_but_not_credentials(whole: Redactor) -> None:
    shown = whole.url("https://p.example/members/ada?name=Berg&code=abc&client_secret=hush")
    assert shown.startswith("https://p.example/members/ada?name=Berg&code=‹authorization code ")
    assert "hush" not in shown


def test_forms_keep_names_and_vocabulary(redactor: Redactor) -> None:
    form = (
        "grant_type=authorization_code&code=c0de&redirect_uri=https%3A%2F%2Fapp.example%2Fcallback"
        "&client_id=app-1&code_verifier=verifier&client_secret=hush"
    )
    shown = redactor.body("application/x-www-form-urlencoded", form.encode())
    assert shown == "&".join(
        [
            "grant_type=authorization_code",
            f"code={redactor.tag('code', 'c0de')}",
            "redirect_uri=https://app.example/callback",
            "client_id=app-1",
            f"code_verifier={redactor.tag('code-verifier', 'verifier')}",
            f"client_secret={redactor.tag('secret', 'hush')}",
        ]
    )


def test_a_token_has_one_tag_wherever_it_is_used(redactor: Redactor) -> None:
    redactor.body("application/json", b'{"access_token":"tok-5f1c0c7e"}')
    tag = redactor.tag("token", "tok-5f1c0c7e")
    assert redactor.headers([("authorization", "Bearer tok-5f1c0c7e")]) == {
        "authorization": f"Bearer {tag}"
    }
    form = redactor.body("application/x-www-form-urlencoded", b"token=tok-5f1c0c7e")
    assert form == f"token={tag}"


def test_headers_by_allow_list(redactor: Redactor) -> None:
    shown = redactor.headers(
        [
            ("Content-Type", "application/fhir+json"),
            ("X-Member", "Ada"),
            ("Set-Cookie", "sid=0123456789abcdef; Path=/; Secure; HttpOnly; SameSite=Lax"),
            ("Set-Cookie", "lang=en; Comment=Ada"),
            ("WWW-Authenticate", 'Bearer error="invalid_token", error_description="of Ada"'),
            ("Content-Disposition", 'attachment; filename="ada.pdf"'),
        ]
    )
    assert shown["content-type"] == "application/fhir+json"
    assert shown["x-member"] == "‹text, 3 characters›"
    first, second = shown["set-cookie"].split("\n")
    cookie = redactor.tag("cookie", "0123456789abcdef")
    assert first == f"sid={cookie}; Path=/; Secure; HttpOnly; SameSite=Lax"
    assert second == f"lang={redactor.tag('cookie', 'en')}; ‹attribute›"
    assert shown["www-authenticate"] == (
        'Bearer error="invalid_token", error_description="‹text, 6 characters›"'
    )
    assert "ada" not in shown["content-disposition"]
    assert "0123456789abcdef" not in redactor.text("cookie 0123456789abcdef")


@pytest.mark.parametrize("order", [1, -1])
def test_a_cookie_that_stands_in_a_location_too(whole: Redactor, order: int) -> None:
    secret = "oc8iSp1TXkv0CUqz3Nd2r"
    fields = [
        ("Location", f"https://login.example/interaction/{secret}"),
        ("Set-Cookie", f"_interaction={secret}; path=/interaction/{secret}; httponly"),
    ]
    shown = whole.headers(fields[::order])
    assert secret not in str(shown)
    assert shown["location"].startswith("https://login.example/interaction/")


def test_a_signed_token_is_never_kept(redactor: Redactor, whole: Redactor) -> None:
    token = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
    for one in (redactor, whole):
        assert token not in one.text(f"got {token} here")
        assert "eyJzdWIi" not in one.body("text/html", f"<p>{token}</p>".encode())
        assert "eyJzdWIi" not in one.url(f"https://p.example/{token}")


def test_a_clinical_code_is_not_called_an_authorization_code(
    redactor: Redactor, whole: Redactor
) -> None:
    search = "https://p.example/fhir/Observation?code=8867-4"
    assert redactor.url(search) == search.replace("8867-4", redactor.tag("value", "8867-4"))
    assert whole.url(search) == search
    redirect = "https://p.example/callback?code=8867-4"
    assert whole.url(redirect) == redirect.replace("8867-4", whole.tag("code", "8867-4"))
