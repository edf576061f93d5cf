from __future__ import annotations

import json

import pytest

from payerproof.redact import WHOLE_LIMIT, Redactor, SecretInOutput


def test_refuse_names_kind_and_place_and_never_the_value(redactor: Redactor) -> None:
    redactor.learn("token", "tok-5f1c0c7e")
    with pytest.raises(SecretInOutput) as caught:
        redactor.refuse("line one\nBearer tok-5f1c0c7e", "report.html")
    assert "report.html, line 2" in str(caught.value)
    assert "access token" in str(caught.value)
    assert "5f1c" not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize(
    "output",
    ['{"code": "482913"}', '{"code": 482913}', "<td>482913</td>", "a,482913,b", "otp=482913&x=1",
     "482913", "x\n482913\n"],
)  # fmt: skip
def test_a_short_secret_is_refused_as_a_whole_field(redactor: Redactor, output: str) -> None:
    redactor.learn("otp", "482913")
    with pytest.raises(SecretInOutput):
        redactor.refuse(output, "report")
    redactor.refuse(redactor.text(output), "report")


@pytest.mark.parametrize(
    "output",
    ["2026-01-01T12:00:00.482913Z", "sha256 9a482913ff", "1482913", "path/482913x", "id-482913-b"],
)
def test_a_short_secret_within_a_longer_word_is_not(redactor: Redactor, output: str) -> None:
    redactor.learn("otp", "482913")
    redactor.refuse(output, "report")
    assert redactor.text(output) == output


def test_a_code_in_prose_is_replaced_and_a_short_word_is_not(redactor: Redactor) -> None:
    redactor.learn("otp", "482913")
    redactor.learn("password", "test")
    shown = redactor.text("Your code is 482913. This is a test page.")
    assert "482913" not in shown
    assert "a test page" in shown
    assert "test" not in redactor.text("test")


def test_values_of_three_characters_are_not_guarded(redactor: Redactor) -> None:
    redactor.learn("otp", "123")
    redactor.refuse('"123"', "report")


def test_bytes_are_searched_too(redactor: Redactor) -> None:
    redactor.learn("password", "pa55wörd-long")
    with pytest.raises(SecretInOutput):
        redactor.refuse(b"\xff\xfe " + "pa55wörd-long".encode(), "segment")


def test_whole_bodies_keep_digits_and_repeated_keys(whole: Redactor) -> None:
    raw = b'{"a":1.50,"a":2,"b":[],"c":{"d":"x, y: {z}\\u00e9"},"e":[1,2]}'
    shown = whole.body("application/json", raw)
    assert '"a": 1.50' in shown
    assert '"x, y: {z}\\u00e9"' in shown
    assert json.loads(shown) == json.loads(raw)
    assert "\n  " in shown


def test_whole_bodies_keep_members_data_and_replace_credentials(whole: Redactor) -> None:
    whole.learn("marker", "Ada Bergström")
    whole.learn("password", "hunter2-hunter2")
    shown = whole.body("text/html", "<p>Ada Bergström hunter2-hunter2</p>".encode())
    assert shown == f"<p>Ada Bergström {whole.tag('password', 'hunter2-hunter2')}</p>"
    whole.refuse(shown, "page")


def test_redacted_runs_replace_members_data_too(redactor: Redactor) -> None:
    redactor.learn("marker", "Ada Bergström")
    assert "Ada" not in redactor.text("claims of Ada Bergström")


def test_credentials_in_whole_bodies_are_found_by_their_names(whole: Redactor) -> None:
    raw = b'{"redirect":"https://a.example/cb?code=abcDEF123456&state=s","x":{"access_token":"t0k-nested"}}'
    shown = whole.body("application/json", raw)
    assert "abcDEF123456" not in shown
    assert "t0k-nested" not in shown
    search = b'{"url":"https://p.example/fhir/Observation?code=8867-4&state=NY"}'
    assert "code=8867-4" in whole.body("application/json", search)


def test_a_secret_across_the_cut_is_not_left_in_part(whole: Redactor) -> None:
    secret = "s3cret-" + "x1" * 500
    whole.learn("token", secret)
    for before in (WHOLE_LIMIT - 20, WHOLE_LIMIT + 16 * 1024 - 20):
        shown = whole.body("text/plain", b"a" * before + secret.encode() + b"b" * 50_000)
        assert "s3cret-" not in shown
        assert "‹cut here: the body has " in shown
        assert len(shown) < WHOLE_LIMIT + 100


def test_repr_shows_no_secret(redactor: Redactor) -> None:
    redactor.learn("token", "tok-5f1c0c7e")
    assert "tok" not in repr(redactor)


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        Redactor(b"short")
