"""Clinics and other payers in the payer file: what is refused, and what they make possible."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from payerproof.target import PayerFileError, load_target, needs, secrets_of
from payerproof.target.needs import clinic_pair, shared_with

Write = Callable[..., Path]

API = (
    'patient_access = "https://fhir.plan.example/r4/"',
    'patient_access = "https://fhir.plan.example/r4/"\n'
    'provider_access = "https://fhir.plan.example/pa"\n'
    'payer_to_payer = "https://fhir.plan.example/p2p"',
)
CLINIC = '[[clinics]]\nid = "{0}"\nclient_id = "{0}-client"\nkey = "env:K_{0}"\n{1}\n'
PAYER = '[[payers]]\nid = "{0}"\nclient_id = "{0}-client"\nkey = "env:K_{0}"\n{1}\n'


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (CLINIC.format("a", 'treats = ["ely"]'), "there is no persona 'ely'. Did you mean 'eli'?"),
        (
            CLINIC.format("a", 'treats = ["eli"]\ntreated = ["eli"]'),
            "'eli' is also in treats; it can't be both.",
        ),
        (CLINIC.format("a", 'npi = "12"'), "the ten digits of a National Provider Identifier"),
        (CLINIC.format("a", 'scopes = "patient/*.rs"'), 'has "system/…" scopes only'),
        (CLINIC.format("a", "") * 2, '"a" is also the id of clinics[0]'),
        (
            CLINIC.format("a", "") + PAYER.format("a", ""),
            "payers[0].client_id: is also the client_id of 'a'",
        ),
        (PAYER.format("p", 'opted_in = ["nobody"]'), "there is no persona 'nobody'."),
        ('[[clinics]]\nid = "a"\nclient_id = "c"\n', "clinics[0].key: is missing"),
    ],
)
def test_contradictions(payer_file: Write, more: str, expected: str) -> None:
    with pytest.raises(PayerFileError) as caught:
        load_target(payer_file(API, more=more))
    told = "\n".join(f"{one.line}: {one.key}: {one.sentence}" for one in caught.value.problems)
    assert expected in told


def test_an_api_is_needed_to_ask_at(payer_file: Write) -> None:
    with pytest.raises(PayerFileError, match="provider_access is missing"):
        load_target(payer_file(more=CLINIC.format("a", "")))
    with pytest.raises(PayerFileError, match="payer_to_payer is missing"):
        load_target(payer_file(more=PAYER.format("a", "")))


def test_whose_data_are_shared(payer_file: Write) -> None:
    out = (
        'role = "member"\nusername = "eli"',
        'role = "member"\nopted_out = true\nusername = "eli"',
    )
    clinics = CLINIC.format("in", 'treats = ["ada", "eli"]')
    clinics += CLINIC.format("out", 'in_network = false\ntreats = ["ada"]')
    target = load_target(payer_file(API, out, more=clinics))
    assert [one.id for one in shared_with(target, target.clinic("in"))] == ["ada"]
    assert shared_with(target, target.clinic("out")) == ()
    unmet = {word for word, sentence in needs(target).items() if sentence}
    assert not {"clinic", "clinic_out_of_network", "opted_out_member"} & unmet
    assert {"two_clinics", "second_key", "other_payer", "opt_out_page"} <= unmet


def test_two_clinics_have_a_member_each(payer_file: Write) -> None:
    clinics = CLINIC.format("a", 'treats = ["ada"]\nsecond_key = "env:K2"')
    target = load_target(payer_file(API, more=clinics + CLINIC.format("b", 'treats = ["ada"]')))
    assert clinic_pair(target) is None
    target = load_target(payer_file(API, more=clinics + CLINIC.format("b", 'treats = ["eli"]')))
    pair = clinic_pair(target)
    assert pair is not None
    assert [one.id for one in pair] == ["a", "b"]
    assert pair[0].with_second_key.key.name == "K2"
    with pytest.raises(ValueError, match="no second key"):
        _ = pair[1].with_second_key
    kept = {secret.name for _, secret in secrets_of(target)}
    assert {"K_a", "K_b", "K2"} <= kept
