"""Scopes are parsed as SMART App Launch 2.2.0 writes them, and compared by what they open."""

from __future__ import annotations

import pytest

from payerproof.smart.scopes import beyond, opens, parse


@pytest.mark.parametrize(
    ("scope", "type_", "letters"),
    [
        ("patient/*.read", "*", "rs"),
        ("patient/Observation.write", "Observation", "cud"),
        ("user/Patient.*", "Patient", "cruds"),
        ("patient/Coverage.rs", "Coverage", "rs"),
        ("system/*.cruds", "*", "cruds"),
    ],
)
def test_both_versions_are_read_as_letters(scope: str, type_: str, letters: str) -> None:
    parsed = parse(scope)
    assert parsed is not None
    assert (parsed.type, parsed.letters) == (type_, frozenset(letters))


@pytest.mark.parametrize(
    "scope",
    ["openid", "launch/patient", "patient/Coverage.", "patient/Coverage.sr", "patient/coverage.rs"],
)
def test_what_is_no_resource_scope_is_none(scope: str) -> None:
    assert parse(scope) is None


def test_finer_constraint_is_kept_and_opens_nothing_whole() -> None:
    parsed = parse("patient/Observation.rs?category=laboratory")
    assert parsed is not None
    assert parsed.query == "category=laboratory"
    assert not opens("patient/Observation.rs?category=laboratory", "Observation", "r")


def test_wildcard_opens_every_type() -> None:
    assert opens("openid patient/*.rs", "Condition", "s")
    assert not opens("patient/*.r", "Condition", "s")


@pytest.mark.parametrize(
    ("granted", "asked", "extra"),
    [
        ("patient/Coverage.rs", "patient/*.rs", ()),
        ("patient/Coverage.read", "patient/Coverage.r patient/Coverage.s", ()),
        ("patient/*.rs", "patient/Coverage.rs", ("patient/*.rs",)),
        ("user/*.rs", "patient/*.rs", ("user/*.rs",)),
        ("openid offline_access", "openid", ("offline_access",)),
        (
            "patient/Observation.rs",
            "patient/Observation.rs?category=laboratory",
            ("patient/Observation.rs",),
        ),
        ("patient/Observation.rs?category=laboratory", "patient/Observation.rs", ()),
        ("patient/Coverage.cruds", "patient/Coverage.rs", ("patient/Coverage.cruds",)),
    ],
)
def test_beyond_names_what_nothing_asked_for_covers(
    granted: str, asked: str, extra: tuple[str, ...]
) -> None:
    assert beyond(granted, asked) == extra
