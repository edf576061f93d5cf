"""Which versions of a guide bind: those of the payer file, else declared, else recommended."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from payerproof.plugin.declared import Declared

CORE = "http://hl7.org/fhir/us/core/ImplementationGuide/hl7.fhir.us.core"


def _versions(statement: dict[str, Any], **guides: str) -> list[str]:
    target: Any = SimpleNamespace(guides=guides)
    return [held.version for held in Declared(target, statement).us_core]


@pytest.mark.parametrize(
    ("statement", "guides", "bind"),
    [
        ({}, {}, ["6.1.0"]),
        ({"implementationGuide": [f"{CORE}|3.1.1"]}, {}, ["3.1.1"]),
        ({"implementationGuide": [f"{CORE}|3.1.1", f"{CORE}|6.1.0"]}, {}, ["6.1.0", "3.1.1"]),
        ({"implementationGuide": [f"{CORE}|5.0.1"]}, {}, ["3.1.1"]),  # the nearest older at hand
        ({"instantiates": ["http://hl7.org/fhir/us/core/X/y|7.0.0"]}, {}, ["7.0.0"]),
        ({"implementationGuide": [CORE]}, {}, ["6.1.0"]),
        ({"implementationGuide": [f"{CORE}|3.1.1"]}, {"us_core": "7.0.0"}, ["7.0.0"]),
        ({}, {"us_core": "6.1.0, 7.0.0"}, ["7.0.0", "6.1.0"]),
    ],
)
def test_versions(statement: dict[str, Any], guides: dict[str, str], bind: list[str]) -> None:
    assert _versions(statement, **guides) == bind


def test_carin_falls_back_to_what_cms_recommends() -> None:
    target: Any = SimpleNamespace(guides={})
    assert [held.version for held in Declared(target, {}).carin_bb] == ["2.0.0"]
