"""A payer file is read whole, or refused with file, line, key and what would be right."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from payerproof.target import PayerFileError, load_target

Write = Callable[..., Path]


def refusal(path: Path | str) -> list[str]:
    with pytest.raises(PayerFileError) as caught:
        load_target(path)
    return [f"{one.line}: {one.key}: {one.sentence}" for one in caught.value.problems]


def test_a_valid_file_with_its_defaults(payer_file: Write) -> None:
    path = payer_file()
    target = load_target(path)
    assert target.endpoints.patient_access == "https://fhir.plan.example/r4/"
    assert target.policy.date_floor == date(2016, 1, 1)
    assert target.limits.requests_per_second == 5.0
    assert not target.permissions.writes
    assert target.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert target.path == str(path)
    assert target.persona("eli").username == "eli"
    assert target.app("app").client_id == "c-1"
    assert not target.synthetic


def test_a_target_cannot_be_changed(payer_file: Write) -> None:
    target = load_target(payer_file())
    with pytest.raises(ValidationError):
        target.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            'name = "Plan"',
            'nmae = "Plan"',
            ["None: name: is missing.", "1: nmae: unknown key 'nmae'. Did you mean 'name'?"],
        ),
        ('["MA"]', '["Medicare"]', ['2: programmes[0]: must be one of "MA"']),
        ('"sandbox"', '"production?"', ['3: environment: must be one of "sandbox", "production"']),
        (
            '"https://fhir.plan.example/r4/"',
            '"fhir.plan.example"',
            ["6: endpoints.patient_access: an address with https:// or http:// is expected"],
        ),
        ("patient_access", "patient_acess", ["5: endpoints.patient_access: is missing."]),
        ('type = "public"', "type = 1", ['11: apps[0].type: must be one of "public"']),
        ('client_id = "c-1"', "client_id = 1", ["10: apps[0].client_id: a string in quotes is"]),
        ('id = "ada"', 'id = "Ada L"', ["15: personas[0].id: an id is made of lower-case"]),
    ],
)
def test_what_is_wrong_is_named_with_its_line(
    payer_file: Write, old: str, new: str, expected: list[str]
) -> None:
    found = refusal(payer_file((old, new)))
    for sentence in expected:
        assert any(one.startswith(sentence) for one in found), found


def test_all_problems_are_told_at_once_and_in_order(payer_file: Write) -> None:
    more = '[limits]\nconcurrency = "4"\nrequests_per_second = 0\n[policy]\nholidays = ["x"]\n'
    found = refusal(payer_file(('type = "public"', 'type = "publik"'), more=more))
    assert [one.split(": ")[1] for one in found] == [
        "apps[0].type",
        "limits.concurrency",
        "limits.requests_per_second",
        "policy.holidays[0]",
    ]
    assert "a whole number is expected, not a string" in found[1]
    assert "must be more than 0" in found[2]
    assert "a date without quotes" in found[3]


def test_a_literal_secret_is_refused_and_never_repeated(payer_file: Write) -> None:
    path = payer_file(("env:ADA_PASSWORD", "hunter2-is-my-secret"))
    with pytest.raises(PayerFileError) as caught:
        load_target(path)
    assert "'env:NAME', 'file:PATH' or 'cmd:COMMAND'" in str(caught.value)
    assert f"{path}:18: personas[0].password" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_secret_under_a_misspelt_key_is_not_repeated(payer_file: Write) -> None:
    path = payer_file(('password = "env:ADA_PASSWORD"', 'pasword = "hunter2"'))
    with pytest.raises(PayerFileError) as caught:
        load_target(path)
    assert "Did you mean 'password'?" in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_variables_are_replaced(payer_file: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAN_HOST", "fhir.other.example")
    path = payer_file(("https://fhir.plan.example/r4/", "https://${PLAN_HOST}/$${r4}"))
    assert load_target(path).endpoints.patient_access == "https://fhir.other.example/${r4}"


def test_an_unset_variable_is_named_once_and_nothing_else_about_that_key(
    payer_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PLAN_HOST", raising=False)
    found = refusal(payer_file(("https://fhir.plan.example/r4/", "${PLAN_HOST}")))
    assert len(found) == 1
    assert found[0].startswith("6: endpoints.patient_access: environment variable PLAN_HOST")


def test_broken_toml_names_the_line(payer_file: Write) -> None:
    assert refusal(payer_file(('role = "member"', "role = ")))[0].startswith("16: : is not valid")
    assert refusal(payer_file(more="[tls"))[0].startswith("25: : is not valid TOML")


def test_a_file_that_is_not_there_suggests_a_shipped_one() -> None:
    assert "Did you mean 'sandbox'?" in refusal("sandbx")[0]


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "payer.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8" in refusal(path)[0]


def test_an_unquoted_check_id_says_to_quote_it(payer_file: Write) -> None:
    found = refusal(payer_file(more='[exclude]\nrevocation.token-dies = "later"\n'))
    assert "Put the check's id in quotes" in found[0]


def test_computed_keys_cannot_be_written(payer_file: Write) -> None:
    assert refusal(payer_file(('name = "Plan"', 'name = "Plan"\ndigest = "x"')))[0].startswith(
        "2: digest: unknown key"
    )


def test_paths_are_relative_to_the_payer_file(payer_file: Write, tmp_path: Path) -> None:
    target = load_target(payer_file(more='[tls]\nca_bundle = "ca.pem"\n'))
    assert target.tls.ca_bundle == tmp_path / "ca.pem"
