"""The vocabulary of needs is closed, and each word follows the payer file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from payerproof.target import CONTROLS, NEEDS, load_target, needs, warnings
from payerproof.target.needs import unrelated_pairs

Write = Callable[..., Path]

WORDS = {
    "member", "unrelated_pair", "two_apps", "three_apps", "public_app", "confidential_app",
    "asymmetric_app", "attested_and_unattested_app", "representative", "representative_of_two",
    "minor", "household", "namesakes", "browser", "portal", "date_edges", "expected_claims",
    "expected_authorizations",
    "dated_services", "earlier_versions", "portal_user", "writes", "state_changes",
    "provider_access", "directory", "formulary", "payer_to_payer",
    "clinic", "two_clinics", "clinic_out_of_network", "second_key", "opted_out_member",
    "other_payer", "opt_out_page",
}  # fmt: skip
APP = '[[apps]]\nid = "{0}"\nclient_id = "{0}"\ntype = "{1}"\nredirect_uri = "https://x/"\n{2}\n'


def met(path: Path) -> set[str]:
    return {word for word, sentence in needs(load_target(path)).items() if not sentence}


def test_the_vocabulary() -> None:
    assert set(NEEDS) == WORDS | {f"control:{name}" for name in CONTROLS}
    assert all(need.sentence.startswith("needs ") for need in NEEDS.values())


def test_a_plain_file_meets_little(payer_file: Write) -> None:
    assert met(payer_file()) == {"member", "unrelated_pair", "public_app", "browser"}


@pytest.mark.parametrize(
    ("change", "more", "gained", "lost"),
    [
        (("MA", "MA"), APP.format("b", "public", "attested = true"), {"two_apps"}, set()),
        (
            ("MA", "MA"),
            APP.format("b", "confidential-symmetric", 'secret = "env:S"\nattested = true')
            + APP.format("c", "confidential-asymmetric", 'key = "env:K"\nattested = false'),
            {
                "two_apps",
                "three_apps",
                "confidential_app",
                "asymmetric_app",
                "attested_and_unattested_app",
            },
            set(),
        ),
        (
            ('role = "member"', 'role = "member"\nhousehold = "h"'),
            'household = "h"\n',
            {"household"},
            {"unrelated_pair"},
        ),
        (
            ('role = "member"', 'role = "representative"\nrepresents = ["eli"]'),
            "",
            {"representative"},
            {"unrelated_pair"},
        ),
        (
            ("MA", "MA"),
            "[permissions]\nwrites = true\nstate_changes = true\n",
            {"writes", "state_changes"},
            set(),
        ),
        (
            ("MA", "MA"),
            "[personas.expect]\ndate_edges = [2016-01-01]\n"
            'claims = [{ id = "1", kind = "oral", serviced = 2016-01-01 }]\n',
            {"date_edges", "expected_claims"},
            set(),
        ),
        (
            ("MA", "MA"),
            '[personas.expect]\nservices = [{ type = "Goal", on = 2016-01-01 }]\n',
            {"dated_services"},
            set(),
        ),
        (
            ("MA", "MA"),
            '[controls.revoke]\nkind = "command"\ncommand = "revoke"\n',
            {"control:revoke"},
            set(),
        ),
        (("MA", "MA"), '[pages]\napp_management = "https://x/apps"\n', {"portal"}, set()),
        (('password = "env:ADA_PASSWORD"', ""), "", set(), {"unrelated_pair"}),
        (('password = "env:ADA_PASSWORD"', ""), '[tokens]\nada = "env:T"\n', set(), set()),
        (('password = "env:ADA_PASSWORD"', "open = true"), "", set(), set()),
        (
            ("MA", "MA"),
            '[personas.expect]\nauthorizations = [{ id = "1", status = "denied" }]\n',
            {"expected_authorizations"},
            set(),
        ),
    ],
)
def test_each_word_follows_the_file(
    payer_file: Write, change: tuple[str, str], more: str, gained: set[str], lost: set[str]
) -> None:
    plain = {"member", "unrelated_pair", "public_app", "browser"}
    assert met(payer_file(change, more=more)) == plain - lost | gained


def test_a_representative_of_two(payer_file: Write) -> None:
    more = (
        '[[personas]]\nid = "dee"\nrole = "representative"\nusername = "dee"\n'
        'password = "env:D"\nrepresents = ["ada", "eli"]\n'
    )
    path = payer_file(more=more)
    assert {"representative", "representative_of_two"} <= met(path)
    assert [(a.id, b.id) for a, b in unrelated_pairs(load_target(path))] == [("ada", "eli")]


def test_without_a_browser_its_words_say_why(payer_file: Write) -> None:
    answer = needs(load_target(payer_file()), no_browser="none was found")
    assert answer["browser"] == answer["portal"] == "needs a browser: none was found"


def test_warnings_name_lines_and_stop_nothing(payer_file: Write, tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("x")
    (tmp_path / "pw").chmod(0o644)
    path = payer_file(
        ("https://fhir", "http://fhir"),
        ('["MA"]', '["MEDICAID_FFS"]'),
        ('password = "env:ADA_PASSWORD"', ""),
        ("env:ELI_PASSWORD", "file:pw"),
    )
    told = [(one.line, one.key) for one in warnings(load_target(path))]
    assert told == [
        (2, "programmes"),
        (6, "endpoints.patient_access"),
        (14, "personas[0]"),
        (17, "personas[0].username"),
        (20, "personas[1]"),
        (24, "personas[1].password"),
    ]
