"""Addresses of cited documents follow their publishers' rules, or are left out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from catalogue_sample import REQUIREMENT

from payerproof.catalog import load_catalog
from payerproof.catalog.addresses import address_of


@pytest.mark.parametrize(
    ("source", "address"),
    [
        ("RFC 6749", "https://www.rfc-editor.org/rfc/rfc6749"),
        ("42 CFR 422.119", "https://www.ecfr.gov/current/title-42/section-422.119"),
        ("45 CFR 164.312", "https://www.ecfr.gov/current/title-45/section-164.312"),
        ("45 CFR part 162", ""),
        ("Good practice", ""),
        ("SMART App Launch 2.2.0", "https://hl7.org/fhir/smart-app-launch/STU2.2/"),
    ],
)
def test_the_address_follows_the_source(source: str, address: str) -> None:
    assert address_of(source) == address


def test_a_given_address_wins(write: Callable[[str, str], Path]) -> None:
    given = REQUIREMENT.replace("citations = [{", 'citations = [{ url = "https://example.org/",')
    suites = write("area/requirements.toml", given)
    assert load_catalog(suites).requirement("area.one").citations[0].url == "https://example.org/"


def test_a_missing_address_is_filled_in(write: Callable[[str, str], Path]) -> None:
    suites = write("area/requirements.toml", REQUIREMENT)
    (citation,) = load_catalog(suites).requirement("area.one").citations
    assert citation.url == "https://www.rfc-editor.org/rfc/rfc6749"
