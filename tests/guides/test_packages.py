"""From a package to facts: what is read, what is left out, own packages and the shipped ones."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from payerproof.guides.command import guides
from payerproof.guides.facts import compile_package
from payerproof.guides.library import CORE, Library
from payerproof.guides.licences import withheld
from payerproof.guides.model import TypeModel
from payerproof.guides.package import PackageError, read_package
from payerproof.guides.primitive import PATTERNS
from payerproof.guides.validator import Validator

URL = "http://payer.example/StructureDefinition/nickname"
EXTENSION: dict[str, Any] = {
    "resourceType": "StructureDefinition",
    "url": URL,
    "version": "1.0.0",
    "name": "Nickname",
    "kind": "complex-type",
    "type": "Extension",
    "derivation": "constraint",
    "baseDefinition": "http://hl7.org/fhir/StructureDefinition/Extension",
    "context": [{"type": "element", "expression": "Patient"}],
    "snapshot": {
        "element": [
            {"id": "Extension", "path": "Extension", "min": 0, "max": "1", "definition": "prose"},
            {
                "id": "Extension.id",
                "path": "Extension.id",
                "min": 0,
                "max": "1",
                "type": [{"code": "http://hl7.org/fhirpath/System.String"}],
            },
            {
                "id": "Extension.extension",
                "path": "Extension.extension",
                "min": 0,
                "max": "0",
                "type": [{"code": "Extension"}],
            },
            {
                "id": "Extension.url",
                "path": "Extension.url",
                "min": 1,
                "max": "1",
                "type": [{"code": "http://hl7.org/fhirpath/System.String"}],
                "fixedUri": URL,
            },
            {
                "id": "Extension.value[x]",
                "path": "Extension.value[x]",
                "min": 1,
                "max": "1",
                "type": [{"code": "string"}],
                "maxLength": 5,
            },
        ]
    },
}
LISTED: dict[str, Any] = {
    "resourceType": "ValueSet",
    "url": "http://payer.example/ValueSet/v",
    "compose": {
        "include": [
            {"system": "http://snomed.info/sct", "concept": [{"code": "1", "display": "x"}]},
            {"system": "http://payer.example/s", "concept": [{"code": "a", "display": "A"}]},
        ]
    },
}


def pack(path: Path, files: dict[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


@pytest.fixture
def package(tmp_path: Path) -> Path:
    manifest = {
        "name": "payer.example",
        "version": "1.0.0",
        "fhirVersions": ["4.0.1"],
        "canonical": "http://payer.example",
    }
    return pack(
        tmp_path / "payer.tgz",
        {
            "package/package.json": json.dumps(manifest).encode(),
            "package/a.json": json.dumps(EXTENSION).encode(),
            "package/v.json": json.dumps(LISTED).encode(),
            "package/._a.json": b"\x00\x05\x16\x07",
            "package/broken.json": b"{",
        },
    )


def test_prose_displays_and_licensed_codes_stay_out(package: Path) -> None:
    facts = compile_package(read_package(package))
    text = json.dumps(facts)
    assert "prose" not in text
    assert '"A"' not in text
    (first, second) = facts["valuesets"]["http://payer.example/ValueSet/v"]["include"]
    assert first == {"s": "http://snomed.info/sct", "w": 1}
    assert second == {"s": "http://payer.example/s", "c": ["a"]}
    kept = compile_package(read_package(package), keep_licensed=True)
    assert kept["valuesets"]["http://payer.example/ValueSet/v"]["include"][0]["c"] == ["1"]
    assert facts["package"]["unreadable"] == [facts["package"]["unreadable"][0]]


def test_a_package_of_ones_own_is_added_and_judges(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAYERPROOF_GUIDES", str(tmp_path / "own"))
    value: dict[str, Any] = {
        "resourceType": "Patient",
        "extension": [{"url": URL, "valueInteger": 1}],
    }
    assert Validator().judge(value).errors == []
    answer = CliRunner().invoke(guides, ["add", str(package)])
    assert answer.exit_code == 0, answer.output
    assert "payer.example#1.0.0" in answer.output
    (finding,) = [f for f in Validator().judge(value).errors if f.rule == "choice-type"]
    assert finding.location == "Patient.extension[0].valueInteger"
    value["extension"] = [{"url": URL, "valueString": "Addie-Ada"}]
    assert [f.rule for f in Validator().judge(value).errors] == ["max-length"]
    value["extension"][0]["valueString"] = "Addie"
    assert Validator().judge(value).errors == []
    wrong = {"resourceType": "Organization", "name": "x", "extension": value["extension"]}
    assert [f.rule for f in Validator().judge(wrong).errors] == ["extension-context"]


def test_what_is_no_package_is_said(tmp_path: Path) -> None:
    path = tmp_path / "x.tgz"
    path.write_bytes(b"no archive")
    with pytest.raises(PackageError, match=r"x\.tgz"):
        read_package(path)
    with pytest.raises(PackageError, match=r"package\.json"):
        read_package(pack(tmp_path / "y.tgz", {"package/a.json": b"{}"}))


def test_every_shipped_guide_loads_and_names_no_licensed_code() -> None:
    library = Library()
    assert len(library.guides) >= 20
    for guide in library.guides.values():
        assert len(guide.invariants) >= 0
        for value_set in guide.valuesets.values():
            for include in value_set["include"]:
                assert not ("c" in include and withheld(include.get("s", ""))), guide.label
        assert not [s for s in guide.codesystems if withheld(s)], guide.label


def test_our_primitive_types_are_those_of_the_specification() -> None:
    core = Library().guide(CORE, "4.0.1")
    model = TypeModel(core.structures, core.base_types)
    assert set(PATTERNS) <= set(core.base_types)
    assert model.supertypes("code") == ("code", "string", "Element")
    assert model.supertypes("Patient") == ("Patient", "DomainResource", "Resource")
