"""Contradictions and mixed environments are refused before anything is sent."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from payerproof.target import PayerFileError, load_target
from payerproof.target.environments import words_of_environment

Write = Callable[..., Path]


def refusal(path: Path) -> str:
    with pytest.raises(PayerFileError) as caught:
        load_target(path)
    return "\n".join(f"{one.line}: {one.key}: {one.sentence}" for one in caught.value.problems)


@pytest.mark.parametrize(
    ("change", "more", "expected"),
    [
        (
            ('id = "eli"', 'id = "ada"'),
            "",
            '21: personas[1].id: "ada" is also the id of personas[0]',
        ),
        (
            ('username = "eli"', 'username = "ADA"'),
            "",
            "23: personas[1].username: is also the username of persona 'ada'",
        ),
        (
            ('redirect_uri = "https://app.example/cb"', ""),
            "",
            "8: apps[0]: redirect_uri is",
        ),
        (("https://app.example/cb", "/cb"), "", "12: apps[0].redirect_uri: must be an absolute"),
        (("https://app.example/cb", "https://a/#x"), "", "12: apps[0].redirect_uri: must not have"),
        (('"public"', '"confidential-symmetric"'), "", "8: apps[0]: secret is missing"),
        (('"public"', '"confidential-asymmetric"'), "", "8: apps[0]: key is missing"),
        (
            ('type = "public"', 'type = "public"\nsecret = "env:S"'),
            "",
            '12: apps[0].secret: an app of type "public" has no client secret',
        ),
        (
            ('role = "member"', 'role = "member"\nrepresents = ["ely"]'),
            "",
            "17: personas[0].represents[0]: there is no persona 'ely'. Did you mean 'eli'?",
        ),
        (
            ('role = "member"', 'role = "member"\nrepresents = ["ada"]'),
            "",
            "17: personas[0].represents[0]: a persona does not represent itself",
        ),
        (("MA", "MA"), '[tokens]\nada2 = "env:T"\n', "26: tokens.ada2: there is no persona 'ada2'"),
        (
            ("MA", "MA"),
            '[controls.revok]\nkind = "person"\ninstruction = "Revoke it."\n',
            "25: controls.revok: unknown control 'revok'. Did you mean 'revoke'?",
        ),
        (
            ("MA", "MA"),
            '[controls.revoke]\nkind = "http"\n',
            "25: controls.revoke: url is missing",
        ),
        (
            ("MA", "MA"),
            '[controls.revoke]\nkind = "portal"\n',
            '26: controls.revoke.kind: "portal" needs pages.app_management',
        ),
        (
            ("MA", "MA"),
            '[[logins]]\nhost = "x"\nsteps = [\n { action = "fill", label = "User" } ]\n',
            '28: logins[0].steps[0]: value is missing: "fill"',
        ),
        (("MA", "MA"), '[exclude]\n"a.b/c" = " "\n', '26: exclude."a.b/c": a reason is needed'),
        (("MA", "MA"), '[tls]\nclient_key = "k.pem"\n', "26: tls.client_key: needs client_cert"),
    ],
)
def test_contradictions(
    payer_file: Write, change: tuple[str, str], more: str, expected: str
) -> None:
    assert expected in refusal(payer_file(change, more=more))


def test_a_backend_app_needs_no_redirect(payer_file: Write) -> None:
    more = (
        '[[apps]]\nid = "backend"\nclient_id = "b"\ntype = "confidential-asymmetric"\n'
        'key = "file:key.pem"\nscopes = "system/Patient.rs"\n'
    )
    assert load_target(payer_file(more=more)).app("backend").redirect_uri == ""


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            [('"sandbox"', '"production"'), ("fhir.plan.example", "localhost:8443")],
            "6: endpoints.patient_access: points to this machine",
        ),
        (
            [('"sandbox"', '"production"'), ("fhir.plan", "fhir-sandbox.plan")],
            '6: endpoints.patient_access: points to sandbox, but environment is "production"',
        ),
        (
            [("fhir.plan", "fhir.prod.plan")],
            '6: endpoints.patient_access: points to production, but environment is "sandbox"',
        ),
        ([("c-1", "journal-prod")], "10: apps[0].client_id: points to production"),
        (
            [('"sandbox"', '"production"'), ("env:ADA_PASSWORD", "env:SANDBOX_ADA")],
            "18: personas[0].password: points to sandbox",
        ),
    ],
)
def test_mixed_environments_are_refused(
    payer_file: Write, changes: list[tuple[str, str]], expected: str
) -> None:
    assert expected in refusal(payer_file(*changes))


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("https://product.example/api", False, set()),
        ("https://latest.contest.example", False, set()),
        ("https://api.non-prod.example", False, {"sandbox"}),
        ("https://preprod.example", False, {"sandbox"}),
        ("https://prod.example/sandbox", False, {"sandbox", "production"}),
        ("payerproof-test", True, set()),
        ("PLAN_PROD_SECRET", True, {"production"}),
    ],
)
def test_words_of_environment(text: str, name: bool, expected: set[str]) -> None:
    assert words_of_environment(text, name=name) == expected
