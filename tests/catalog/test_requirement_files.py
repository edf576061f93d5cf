"""A mistake in a requirements file is reported with its file and line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from catalogue_sample import REQUIREMENT

from payerproof.catalog import CatalogError, load_catalog
from payerproof.model import Confidence, Level, Severity

Write = Callable[[str, str], Path]


def test_a_good_file_is_read_whole(write: Write) -> None:
    suites = write("area/requirements.toml", REQUIREMENT)
    requirement = load_catalog(suites).requirement("area.one")
    assert requirement.level is Level.SHALL
    assert requirement.severity is Severity.HIGH
    assert requirement.confidence is Confidence.CONFIRMED
    assert requirement.area == "area"
    assert requirement.citations[0].source == "RFC 6749"
    assert requirement.citations[0].locator == "section 5.1"
    assert requirement.lifecycle == "in-force"
    assert requirement.not_tested_because == ""


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('why = "Members wait."', 'wy = "Members wait."', 11, "unknown key 'wy'"),
        ('id = "area.one"', 'id = "other.one"', 2, "stands in the folder of area.*"),
        ('id = "area.one"', 'id = "area.One"', 2, "dotted kebab-case"),
        ('level = "SHALL"', 'level = "MUST"', 4, "it must be one of 'SHALL'"),
        ('level = "SHALL"', 'level = "SHOULD"', 3, "text must say SHOULD"),
        ("payer SHALL answer", "payer SHALL NOT answer", 3, "text must say SHALL"),
        ('severity = "high"', 'severity = "bad"', 5, "severity is 'bad'"),
        ('["fhir-server"]', '["server"]', 6, "names 'server'"),
        ('["MA"]', '["MARS"]', 7, "names 'MARS'"),
        ('["MA"]', '["MA", "MA"]', 7, "twice"),
        ('met = "It answered."', 'met = ""', 8, "non-empty string"),
        ('met = "It answered."', 'met = "It answered"', 8, "full stop"),
        ('met = "It answered."', f'met = "{"x" * 401}."', 8, "402 characters"),
        ('source = "RFC 6749", ', "", 12, "source must be a non-empty string"),
        ("locator =", "place =", 12, "unknown key 'place'"),
        ('[{ source = "RFC 6749", locator = "section 5.1" }]', "[]", 12, "at least one citation"),
        ("citations", 'effective = "soon"\ncitations', 12, "a date like 2027-01-01"),
        ("citations", 'lifecycle = "dead"\ncitations', 12, "lifecycle is 'dead'"),
        ("citations", 'not_tested_because = "lazy"\ncitations', 12, "must be one of"),
        ("why =", "why = = ", 11, "not valid TOML"),
    ],
)
def test_a_mistake_names_file_and_line(
    write: Write, old: str, new: str, line: int, says: str
) -> None:
    assert REQUIREMENT.count(old) >= 1
    suites = write("area/requirements.toml", REQUIREMENT.replace(old, new, 1))
    with pytest.raises(CatalogError) as caught:
        load_catalog(suites)
    assert caught.value.file == suites / "area" / "requirements.toml"
    assert caught.value.line == line
    assert says in caught.value.problem
    assert str(caught.value).startswith(f"{caught.value.file}:{line}: ")


def test_the_line_is_that_of_the_second_table(write: Write) -> None:
    second = REQUIREMENT.replace("area.one", "area.two").replace("high", "dire")
    suites = write("area/requirements.toml", f"{REQUIREMENT}\n{second}")
    with pytest.raises(CatalogError) as caught:
        load_catalog(suites)
    assert caught.value.line == 18


def test_an_id_given_twice_names_the_second_place(write: Write) -> None:
    suites = write("area/requirements.toml", f"{REQUIREMENT}\n{REQUIREMENT}")
    with pytest.raises(CatalogError, match=r"already given") as caught:
        load_catalog(suites)
    assert caught.value.line == 15


def test_anything_beside_requirements_is_refused(write: Write) -> None:
    suites = write("area/requirements.toml", f'title = "x"\n{REQUIREMENT}')
    with pytest.raises(CatalogError, match="nothing else"):
        load_catalog(suites)


def test_an_underscore_in_the_folder_is_a_hyphen_in_the_id(write: Write) -> None:
    suites = write("two_words/requirements.toml", REQUIREMENT.replace("area.", "two-words."))
    assert "two-words.one" in load_catalog(suites).requirements


def test_an_unknown_requirement_lists_its_area(write: Write) -> None:
    suites = write("area/requirements.toml", REQUIREMENT)
    with pytest.raises(KeyError, match=r"area\.one"):
        load_catalog(suites).requirement("area.three")
