"""The FHIRPath engine against cases written from the specification, one per function and trap."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from payerproof.guides.fhirpath import Context, FhirPathError, Node, compile_expression
from payerproof.guides.fhirpath.functions import REGISTRY
from payerproof.guides.run import member_of
from payerproof.guides.validator import Validator

CASES = Path(__file__).with_name("fhirpath_cases.txt")

MEMBER: dict[str, Any] = {
    "resourceType": "Patient",
    "id": "ada",
    "contained": [{"resourceType": "Organization", "id": "o", "name": "Payer"}],
    "text": {
        "status": "generated",
        "div": '<div xmlns="http://www.w3.org/1999/xhtml"><p>Ada</p></div>',
    },
    "extension": [{"url": "http://example.org/x", "valueString": "1974"}],
    "identifier": [
        {
            "system": "http://example.org/ids",
            "value": "1",
            "type": {"coding": [{"code": "MB"}, {"code": "XX"}]},
        }
    ],
    "active": True,
    "name": [
        {"use": "official", "family": "Lopez", "given": ["Ana", "Maria"]},
        {"use": "usual", "given": ["Annie"]},
    ],
    "gender": "female",
    "birthDate": "1974-12-25",
    "_birthDate": {
        "extension": [
            {"url": "http://example.org/time", "valueDateTime": "1974-12-25T14:35:45-05:00"}
        ]
    },
    "deceasedBoolean": False,
    "multipleBirthInteger": 2,
    "maritalStatus": {
        "coding": [
            {"system": "http://terminology.hl7.org/CodeSystem/v3-MaritalStatus", "code": "M"}
        ]
    },
    "photo": [{"title": "face"}],
    "contact": [{"name": {"family": "Roe"}, "organization": {"reference": "#o"}}],
    "communication": [{"language": {"coding": [{"code": "en"}]}}],
    "managingOrganization": {"reference": "#o"},
}


def cases() -> list[tuple[str, str]]:
    out = []
    for line in CASES.read_text(encoding="utf-8").splitlines():
        if " => " in line and not line.startswith("#"):
            expression, _, wanted = line.rpartition(" => ")
            out.append((expression, wanted))
    return out


@pytest.fixture(scope="module")
def env() -> Context:
    validator = Validator()
    node = Node(MEMBER, "Patient")

    def resolve(reference: str, _: Context) -> Node | None:
        return Node(MEMBER["contained"][0], "Organization") if reference == "#o" else None

    return Context(
        validator.schema.model,
        node,
        node,
        node,
        resolve=resolve,
        conforms_to=lambda item, url: url.endswith("/" + item.type),
        member_of=member_of(validator.schema, validator.errata, {}),
    )


def plain(item: Any) -> Any:
    value = item.value if isinstance(item, Node) else item
    if isinstance(value, bool | int | str):
        return value
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


@pytest.mark.parametrize(("expression", "wanted"), cases())
def test_case(env: Context, expression: str, wanted: str) -> None:
    if wanted == "error":
        with pytest.raises(FhirPathError):
            compile_expression(expression).evaluate(Node(MEMBER, "Patient"), env)
        return
    found = compile_expression(expression).evaluate(Node(MEMBER, "Patient"), env)
    assert [plain(item) for item in found] == json.loads(wanted)


def test_every_function_has_a_case() -> None:
    text = CASES.read_text(encoding="utf-8")
    missing = [name for name in REGISTRY if f"{name}(" not in text]
    assert not missing
