"""Load the example resources of a FHIR package as the record of further members.

A package (``.tgz`` of npm form) carries examples under ``package/example``. Each Patient among them
becomes a member with a portal account; what is about that Patient becomes the record; providers,
places and drugs join the network. Ids are made anew in the shape of the face, references follow,
and references to what the package does not hold lose their address but keep their words.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from payerproof.sandbox.data.world import SHARED_TYPES, Person, Resource, World

LogicalIds = Callable[[str, str], str]
_FOLDERS = ("package/example/", "package/examples/")
_MEMBER_TYPES = frozenset(
    {
        "AllergyIntolerance",
        "Binary",
        "CarePlan",
        "CareTeam",
        "Condition",
        "Coverage",
        "Device",
        "DiagnosticReport",
        "DocumentReference",
        "Encounter",
        "ExplanationOfBenefit",
        "Goal",
        "Immunization",
        "MedicationDispense",
        "MedicationRequest",
        "Observation",
        "Patient",
        "Procedure",
        "Provenance",
        "QuestionnaireResponse",
        "RelatedPerson",
        "ServiceRequest",
        "Specimen",
    }
)
_MAX_FILE = 4 * 1024 * 1024
_UPDATED = "2026-11-01T00:00:00Z"
_ABSENT = "Not part of the package"


class PackageError(ValueError):
    """A package that cannot be loaded; the text names the file and what is wrong."""


@dataclass(frozen=True)
class Package:
    """What was read of a package: its examples, and how many of each type are not served."""

    name: str
    version: str
    examples: tuple[Resource, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    canonical: str = ""


def read_package(path: Path) -> Package:
    """Read the examples of a package; raises `PackageError`."""
    examples: list[Resource] = []
    left_out: Counter[str] = Counter()
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if member.name == "package/package.json":
                    manifest = _json(archive, member, path)
                if member.isfile() and _is_example(member.name):
                    resource = _json(archive, member, path)
                    kind = str(resource.get("resourceType", "no resource"))
                    if kind in _MEMBER_TYPES | SHARED_TYPES and resource.get("id"):
                        examples.append(resource)
                    else:
                        left_out[kind] += 1
    except (OSError, tarfile.TarError, EOFError) as error:
        raise PackageError(f"{path}: not a readable .tgz package ({error})") from error
    if not examples:
        raise PackageError(f"{path}: no examples under package/example")
    name = str(manifest.get("name") or path.name)
    canonical = str(manifest.get("canonical", ""))
    version = str(manifest.get("version", ""))
    return Package(name, version, tuple(examples), dict(left_out), canonical)


def with_packages(world: World, paths: Iterable[Path | str], logical_id: LogicalIds) -> World:
    """Add the members of packages to a world; raises `PackageError`."""
    for path in paths:
        world = with_package(world, read_package(Path(path)), logical_id)
    return world


def with_package(world: World, package: Package, logical_id: LogicalIds) -> World:
    """Add the members of one package; those without owner and not of the network stay out."""
    prefix = f"{package.name}#{package.version}"
    ids = {
        f"{one['resourceType']}/{one['id']}": logical_id(
            one["resourceType"], f"{prefix}/{one['id']}"
        )
        for one in package.examples
    }
    moved = [_moved(one, ids) for one in package.examples]
    alone = World({}, moved)
    kept = [one for one in moved if one["resourceType"] in SHARED_TYPES or alone.patient_of(one)]
    taken = sum(user.startswith("example-") for user in world.people)
    patients = (one for one in kept if one["resourceType"] == "Patient")
    people = [
        _person(one, f"example-{number}", prefix)
        for number, one in enumerate(patients, start=taken + 1)
    ]
    return world.with_resources(*kept).with_people(*people)


def declaring(statement: Resource, packages: Iterable[Package]) -> Resource:
    """A CapabilityStatement that also names the packages and the profiles that their data name."""
    made: Resource = copy.deepcopy(statement)
    listed = {one["type"]: one.get("supportedProfile", []) for one in made["rest"][0]["resource"]}
    for package in packages:
        if package.canonical:
            guide = f"{package.canonical}/ImplementationGuide/{package.name}|{package.version}"
            made["implementationGuide"] = [*made["implementationGuide"], guide]
        for example in package.examples:
            known = listed.get(example["resourceType"], [])
            named = (one.partition("|")[0] for one in example.get("meta", {}).get("profile", ()))
            known += [one for one in dict.fromkeys(named) if one not in known]
    return made


def loaded_accounts(world: World) -> tuple[Person, ...]:
    """People that came with packages, for a command line to print their names and passwords."""
    return tuple(one for one in world.people.values() if one.user.startswith("example-"))


def _is_example(name: str) -> bool:
    return name.endswith(".json") and name.startswith(_FOLDERS) and "/." not in name


def _json(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> dict[str, Any]:
    if member.size > _MAX_FILE:
        raise PackageError(f"{path}: {member.name} is larger than {_MAX_FILE} bytes")
    file = archive.extractfile(member)
    try:
        found = json.loads(file.read() if file else b"null")
    except ValueError as error:
        raise PackageError(f"{path}: {member.name} is not JSON ({error})") from error
    if not isinstance(found, dict):
        raise PackageError(f"{path}: {member.name} is not a JSON object")
    return found


def _moved(resource: Resource, ids: Mapping[str, str]) -> Resource:
    moved: Resource = _rewritten(copy.deepcopy(resource), ids)
    moved["id"] = ids[f"{resource['resourceType']}/{resource['id']}"]
    moved["meta"] = {"lastUpdated": _UPDATED, **moved.get("meta", {}), "versionId": "1"}
    return moved


def _rewritten(value: Any, ids: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_rewritten(inner, ids) for inner in value]
    if not isinstance(value, dict):
        return value
    made = {key: _rewritten(inner, ids) for key, inner in value.items()}
    if isinstance(made.get("reference"), str):
        return _reference(made, ids)
    if isinstance(made.get("url"), str) and "Binary/" in made["url"] and "contentType" in made:
        return _attachment(made, ids)
    return made


def _reference(value: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    written = value["reference"]
    if written.startswith("#"):
        return value
    key = "/".join(written.partition("/_history/")[0].split("/")[-2:])
    if key in ids:
        return {**value, "reference": f"{key.partition('/')[0]}/{ids[key]}"}
    rest = {name: inner for name, inner in value.items() if name != "reference"}
    return rest if "display" in rest or "identifier" in rest else {**rest, "display": _ABSENT}


def _attachment(value: dict[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    key = "/".join(value["url"].split("/")[-2:])
    if key in ids:
        return {**value, "url": f"Binary/{ids[key]}"}
    rest = {name: inner for name, inner in value.items() if name != "url"}
    data = base64.b64encode(_ABSENT.encode()).decode()
    return {**rest, "contentType": "text/plain", "data": rest.get("data", data)}


def _person(patient: Resource, user: str, prefix: str) -> Person:
    names = patient.get("name") or [{}]
    secret = hashlib.sha256(f"{prefix}/{user}".encode()).digest()
    phones = [one["value"] for one in patient.get("telecom", ()) if one.get("system") == "phone"]
    return Person(
        user=user,
        role="member",
        given=" ".join(names[0].get("given", ())) or user,
        family=names[0].get("family", ""),
        birth_date=_birth_date(str(patient.get("birthDate", ""))),
        gender=str(patient.get("gender", "unknown")),
        email="",
        password=f"{user.capitalize()}-{secret[:6].hex()}!",
        totp=base64.b32encode(secret[:20]).decode(),
        patient=str(patient["id"]),
        member_number=_member_number(patient),
        phone=phones[0] if phones else "",
    )


def _member_number(patient: Resource) -> str:
    for identifier in patient.get("identifier", ()):
        codings = identifier.get("type", {}).get("coding", ())
        if any(coding.get("code") == "MB" for coding in codings):
            return str(identifier.get("value", ""))
    return ""


def _birth_date(text: str) -> date:
    parts = [int(part) for part in text.split("-")] if text else []
    year, month, day = [*parts, 1, 1][:3] if parts else (1970, 1, 1)
    return date(year, month, day)
