"""Members out of the examples of a FHIR package."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from fhir_payer import FACE_NAMES, Payer, world_of

from payerproof.sandbox.data.load import (
    PackageError,
    loaded_accounts,
    read_package,
    with_packages,
)
from payerproof.sandbox.faces import FACES
from payerproof.sandbox.fhir.parameters import PARAMETERS

_CHECKOUT = Path(__file__).resolve().parents[2]


def shared() -> Path:
    return Path(os.environ.get("PAYERPROOF_SHARED") or _CHECKOUT.parent / "shared")


def package(tmp_path: Path, files: dict[str, Any], name: str = "made.tgz") -> Path:
    path = tmp_path / name
    with tarfile.open(path, "w:gz") as archive:
        for where, value in files.items():
            content = value if isinstance(value, bytes) else json.dumps(value).encode()
            info = tarfile.TarInfo(where)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def example(kind: str, logical_id: str, **elements: Any) -> dict[str, Any]:
    return {"resourceType": kind, "id": logical_id, **elements}


SMALL = {
    "package/package.json": {"name": "small.example", "version": "1.2.3"},
    "package/example/Patient-p.json": example(
        "Patient", "p", name=[{"family": "Pack", "given": ["Pat"]}], birthDate="1961"
    ),
    "package/example/Observation-o.json": example(
        "Observation",
        "o",
        subject={"reference": "Patient/p"},
        performer=[{"reference": "Practitioner/d/_history/3"}, {"reference": "Practitioner/gone"}],
        derivedFrom=[{"reference": "Observation/gone", "display": "Elsewhere"}],
    ),
    "package/example/Practitioner-d.json": example("Practitioner", "d"),
    "package/example/Device-owner.json": example("Device", "alone"),
    "package/example/Library-l.json": example("Library", "l"),
    "package/example/DocumentReference-x.json": example(
        "DocumentReference",
        "x",
        subject={"reference": "Patient/p"},
        content=[{"attachment": {"contentType": "application/pdf", "url": "/Binary/gone"}}],
    ),
    "package/StructureDefinition-s.json": example("StructureDefinition", "s"),
}


@pytest.mark.parametrize("face", FACE_NAMES)
def test_a_small_package(tmp_path: Path, face: str) -> None:
    path = package(tmp_path, SMALL)
    assert read_package(path).left_out == {"Library": 1}
    world = with_packages(world_of(face), [path], FACES[face].logical_id)
    (person,) = loaded_accounts(world)
    assert (person.user, person.name, person.birth_date.isoformat()) == (
        "example-1",
        "Pat Pack",
        "1961-01-01",
    )
    assert person.password
    assert world.record_types(person.patient) == ("DocumentReference", "Observation", "Patient")
    (observation,) = world.record(person.patient, "Observation")
    first, second = observation["performer"]
    assert world.at(first["reference"])["resourceType"] == "Practitioner"  # type: ignore[index]
    assert second == {"display": "Not part of the package"}
    assert observation["derivedFrom"] == [{"display": "Elsewhere"}]
    (document,) = world.record(person.patient, "DocumentReference")
    assert set(document["content"][0]["attachment"]) == {"contentType", "data"}
    assert len(world.resources("Device")) == len(world_of(face).resources("Device"))


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"package/package.json": {"name": "x"}}, "no examples"),
        ({"package/example/a.json": b"{"}, "not JSON"),
        ({"package/example/a.json": b"[1]"}, "not a JSON object"),
    ],
)
def test_a_package_that_cannot_be_loaded(tmp_path: Path, files: dict[str, Any], words: str) -> None:
    with pytest.raises(PackageError, match=words):
        read_package(package(tmp_path, files))


def test_a_file_that_is_no_package(tmp_path: Path) -> None:
    path = tmp_path / "x.tgz"
    path.write_bytes(b"not a tar file")
    with pytest.raises(PackageError, match="not a readable"):
        read_package(path)
    with pytest.raises(PackageError, match="not a readable"):
        read_package(tmp_path / "missing.tgz")


OFFICIAL = ("ig/built/hl7.fhir.us.carin-bb-2.1.0.tgz", "ig-packages/hl7.fhir.us.core-6.1.0.tgz")


@pytest.mark.parametrize("face", FACE_NAMES)
def test_official_packages_are_served(face: str) -> None:
    paths = [shared() / name for name in OFFICIAL]
    absent = [path.name for path in paths if not path.is_file()]
    if absent:
        pytest.skip(f"not run: {', '.join(absent)} not found (set PAYERPROOF_SHARED)")
    world = with_packages(world_of(face), paths, FACES[face].logical_id)
    people = loaded_accounts(world)
    assert [one.user for one in people] == [f"example-{n}" for n in range(1, len(people) + 1)]
    assert len({one.password for one in people}) == len(people)
    claims = [len(world.record(one.patient, "ExplanationOfBenefit")) for one in people]
    assert sum(claims) == 20
    observations = [len(world.record(one.patient, "Observation")) for one in people]
    assert max(observations) > 100
    for kind in world.types:
        for one in world.resources(kind):
            for reference in world.references(one):
                assert world.at(reference) is not None
    payer = Payer(face, world=world)
    for person in people:
        for kind in PARAMETERS:
            for page in payer.walk(f"/{kind}?_count=50", token=person.user):
                assert page.status == 200
                assert {world.patient_of(one) for one in page.resources} <= {person.patient, None}
