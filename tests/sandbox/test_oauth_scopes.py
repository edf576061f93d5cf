from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from member_browser import AppUnderTest

from payerproof.sandbox.portal.classes import CLASSES, approved_scopes, data_items
from payerproof.sandbox.scopes import RESOURCE_TYPES, covered, data_scope, supported

LAB = "http://terminology.hl7.org/CodeSystem/observation-category|laboratory"


@pytest.mark.parametrize(
    ("text", "letters", "version"),
    [
        ("patient/*.read", "rs", 1),
        ("patient/Coverage.write", "cud", 1),
        ("patient/Coverage.*", "cruds", 1),
        ("patient/Coverage.rs", "rs", 2),
        ("user/*.cruds", "cruds", 2),
        ("system/Patient.r", "r", 2),
        (f"patient/Observation.rs?category={LAB}", "rs", 2),
        ("patient/Observation.s?category=laboratory", "s", 2),
    ],
)
def test_known_forms_are_read_and_written_back(text, letters, version):
    found = data_scope(text)
    assert found is not None
    assert (found.letters, found.version) == (letters, version)
    assert str(found) == text


@pytest.mark.parametrize(
    "text",
    [
        "patient/Coverage.sr",
        "patient/Coverage.rr",
        "patient/Coverage.",
        "patient/Coverage",
        "patient/Coverage.rx",
        "patient/Coverage.READ",
        "patient/coverage.rs",
        "patient/Unicorn.rs",
        "patient/.rs",
        "patient/**.rs",
        "Patient/Coverage.rs",
        "practitioner/Coverage.rs",
        "patient/Coverage.rs?",
        "patient/Coverage.rs?status=active",
        "patient/Observation.rs?code=1",
        "patient/Observation.rs?category=secret",
        "patient/Observation.rs?category=laboratory&category=survey",
        "patient/Observation.read?category=laboratory",
        "patient/*.rs?category=laboratory",
        "patient/Coverage.rs ",
        "patient/Coverage.rs\n",
        "patient/Coverage.rsx?",
    ],
)
def test_everything_else_is_unknown(text):
    assert data_scope(text) is None


@pytest.mark.parametrize(
    ("scope", "granted", "expected"),
    [
        ("patient/Coverage.rs", ["patient/*.rs"], True),
        ("patient/Coverage.read", ["patient/Coverage.rs"], True),
        ("patient/Coverage.rs", ["patient/Coverage.read"], True),
        ("patient/Coverage.rs", ["patient/Coverage.r", "patient/Coverage.s"], True),
        ("patient/Coverage.rs", ["patient/Coverage.r"], False),
        ("patient/*.rs", [f"patient/{name}.rs" for name in RESOURCE_TYPES], True),
        ("patient/*.rs", [f"patient/{name}.rs" for name in RESOURCE_TYPES[1:]], False),
        ("patient/Observation.rs?category=laboratory", ["patient/Observation.rs"], True),
        ("patient/Observation.rs", ["patient/Observation.rs?category=laboratory"], False),
        ("user/Coverage.rs", ["patient/Coverage.rs"], False),
        ("patient/Coverage.cruds", ["patient/Coverage.rs"], False),
        ("openid", ["openid"], True),
        ("offline_access", ["openid", "patient/*.rs"], False),
        ("patient/CoverageEligibilityRequest.rs", ["patient/*.rs"], False),
    ],
)
def test_covering(scope, granted, expected):
    assert covered(scope, granted) is expected


@given(
    st.lists(st.sampled_from(supported()), unique=True),
    st.frozensets(st.sampled_from([*(c.id for c in CLASSES), "identity", "offline", "sensitive"])),
)
def test_what_is_approved_is_within_what_was_asked_and_ticked(asked, ticked):
    approved = approved_scopes(tuple(asked), ticked)
    assert all(covered(scope, asked) for scope in approved)
    allowed = {name for c in CLASSES if c.id in ticked for name in c.types}
    for scope in approved:
        read = data_scope(scope)
        if read is not None:
            types = set(RESOURCE_TYPES) if read.resource_type == "*" else {read.resource_type}
            assert types <= allowed
    assert ("offline_access" in approved) == ("offline_access" in asked and "offline" in ticked)


def test_every_type_has_words_for_members():
    assert {name for c in CLASSES for name in c.types} == set(RESOURCE_TYPES)
    words = " ".join(f"{c.label} {c.short} {c.longer}" for c in CLASSES)
    assert not [name for name in RESOURCE_TYPES if len(name) > 11 and name in words]


def test_only_what_is_asked_is_offered():
    items = data_items(("patient/Coverage.read", "openid", "patient/Goal.r"))
    assert [item.id for item in items] == ["coverage", "conditions"]


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("patient/Coverage.read", "patient/Coverage.read"),
        ("patient/Coverage.cruds", "patient/Coverage.rs"),
        ("patient/Coverage.*", "patient/Coverage.read"),
        ("patient/Coverage.r user/*.cruds system/*.read", "patient/Coverage.r"),
        (f"patient/Observation.rs?category={LAB}", f"patient/Observation.rs?category={LAB}"),
    ],
)
def test_granted_is_what_a_member_can_give(every_face, asked, granted):
    assert AppUnderTest(every_face).tokens(scope=asked)["scope"] == granted


def test_a_granular_request_says_what_it_is_limited_to(browser, app):
    page = browser.page(app.authorize_url(scope=f"patient/Observation.rs?category={LAB}"))
    page = browser.sign_in(page, "ada")
    assert "Only: laboratory results" in page.text
