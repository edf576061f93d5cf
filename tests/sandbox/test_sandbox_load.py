"""Members out of packages in a running sandbox: they log in, and their records are served."""

from __future__ import annotations

import io
import json
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest
from member_browser import Browser

from payerproof.sandbox import Sandbox, SandboxError
from payerproof.sandbox.app import House
from payerproof.sandbox.data.load import read_package

SHARED = Path(os.environ.get("PAYERPROOF_SHARED") or Path(__file__).resolve().parents[3] / "shared")
OFFICIAL = ("ig/built/hl7.fhir.us.carin-bb-2.1.0.tgz", "ig-packages/hl7.fhir.us.core-6.1.0.tgz")


@pytest.fixture
def package(tmp_path: Path) -> Path:
    files: dict[str, Any] = {
        "package/package.json": {"name": "small.example", "version": "1"},
        "package/example/p.json": {
            "resourceType": "Patient", "id": "p", "name": [{"family": "Pack", "given": ["Pat"]}],
        },
        "package/example/o.json": {
            "resourceType": "Observation", "id": "o", "subject": {"reference": "Patient/p"},
        },
    }  # fmt: skip
    path = tmp_path / "small.tgz"
    with tarfile.open(path, "w:gz") as archive:
        for name, value in files.items():
            content = json.dumps(value).encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def test_loaded_members_have_accounts_on_every_face(package: Path) -> None:
    with Sandbox(load=[package]) as running:
        (account,) = running.accounts
        assert (account["user"], account["name"]) == ("example-1", "Pat Pack")
        for tenant in ("plain", "regional"):
            environment = running.environment(tenant)
            assert environment["PAYERPROOF_SANDBOX_PASSWORD_EXAMPLE_1"] == account["password"]
            assert environment["PAYERPROOF_SANDBOX_TOTP_EXAMPLE_1"] == account["totp"]
            # what the sandbox itself compares with, on this face
            found = running._control(f"/{tenant}/control/claims", {"resources": []})
            assert found == {"stored": []}


def test_the_password_is_the_same_whatever_the_ids_look_like(package: Path) -> None:
    house = House(packages=(read_package(package),))
    (first,), (second,) = house.loaded("plain"), house.loaded("regional")
    assert first.patient != second.patient
    assert (first.password, first.totp) == (second.password, second.totp)


def test_a_reset_keeps_them(package: Path) -> None:
    house = House(packages=(read_package(package),))
    tenant = house.tenant("plain")
    before = house.loaded()
    tenant.reset()
    assert house.loaded() == before
    assert tenant.world.record_types(before[0].patient) == ("Observation", "Patient")


def test_a_package_that_cannot_be_loaded_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"gone\.tgz: not a readable"):
        Sandbox(load=[tmp_path / "gone.tgz"])


@pytest.mark.parametrize("name", OFFICIAL)
def test_official_examples_are_the_record_of_members(name: str) -> None:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"not run: {path.name} not found (set PAYERPROOF_SHARED)")
    house = House(packages=(read_package(path),))
    people = house.loaded()
    assert people
    client = Browser(house, house.tenant("plain"))
    headers = {"Authorization": f"Bearer {house.control_token}"}
    for person in people:
        url = f"/plain/control/credentials?persona={person.user}"
        told = client.send("GET", url, headers=headers).json()
        assert told["password"] == person.password
    world = house.tenant("plain").world
    assert all("Patient" in world.record_types(person.patient) for person in people)
    assert max(len(world.record_types(person.patient)) for person in people) >= 3
