"""What the specification says in prose about single data types, and HL7's validator holds to.

None of it stands in an invariant: addresses that must be absolute, sizes that must agree, units
that must be UCUM's. Each check answers (rule, what to do, what is expected), or None.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from payerproof.guides.fhirpath.ucum_names import is_unit
from payerproof.guides.findings import ERROR, WARNING
from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Node

UCUM = "http://unitsofmeasure.org"
URI_AS_VALUE = "urn:ietf:rfc:3986"
_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")

Fault = tuple[str, str, str]


def absolute(address: str) -> bool:
    """Whether an address begins with a scheme."""
    return _ABSOLUTE.fullmatch(address) is not None


def identifier(value: dict[str, Any]) -> Fault | None:
    """R4, Identifier: the system is absolute; under RFC 3986 the value is an address itself."""
    system, text = value.get("system"), value.get("value")
    if not isinstance(system, str):
        return None
    if not absolute(system):
        message = "Give Identifier.system as an absolute address, such as urn:oid: or https://."
        return "uri-absolute", message, "an absolute address"
    if system == URI_AS_VALUE and isinstance(text, str) and not absolute(text):
        message = f"Under the system {URI_AS_VALUE} send an absolute address as the value."
        return "identifier-uri", message, "an absolute address"
    return None


def coding(value: dict[str, Any]) -> Fault | None:
    """R4, Coding: the system is the absolute address of a code system, not of a value set."""
    system = value.get("system")
    if not isinstance(system, str):
        return None
    if not absolute(system):
        message = "Give Coding.system as the absolute address of the code system."
        return "uri-absolute", message, "an absolute address"
    if system.startswith("http://hl7.org/fhir/ValueSet/"):
        message = "Name the code system in Coding.system; this is the address of a value set."
        return "code-system", message, "a code system"
    return None


def quantity(value: dict[str, Any]) -> Fault | None:
    """A code of the system UCUM follows its grammar and names its units."""
    system, code = value.get("system"), value.get("code")
    if isinstance(system, str) and not absolute(system):
        message = "Give Quantity.system as the absolute address of the code system."
        return "uri-absolute", message, "an absolute address"
    if system != UCUM or not isinstance(code, str) or is_unit(code):
        return None
    message = "Use a unit of UCUM, which tells upper from lower case, or leave the code out."
    return "ucum", message, "a unit of UCUM"


def attachment(value: dict[str, Any]) -> Fault | None:
    """R4, Attachment.size: bytes before base64."""
    data, size = value.get("data"), value.get("size")
    if not isinstance(data, str) or not isinstance(size, int) or isinstance(size, bool):
        return None
    try:
        length = len(base64.b64decode("".join(data.split()), validate=True))
    except ValueError:
        return None
    if length == size:
        return None
    return "attachment-size", "Give the size of the data in bytes, before base64.", f"{length}"


CHECKS: dict[str, Callable[[dict[str, Any]], Fault | None]] = {
    "Identifier": identifier,
    "Coding": coding,
    "Attachment": attachment,
    **dict.fromkeys(("Quantity", "Age", "Count", "Distance", "Duration"), quantity),
}


def check(run: Run, node: Node, place: Place) -> None:
    """Judge a value by what the specification says about its type."""
    judge = CHECKS.get(place.type)
    found = judge(place.value) if judge is not None else None
    if found is None:
        return
    rule, message, expected = found
    run.report(rule, place, node, message, expected=expected, severity=_severity(place))


def _severity(place: Place) -> str:
    """A Coding in a CodeableConcept may be a local one beside the right one, hence a warning."""
    inside = place.parent is not None and place.parent.type == "CodeableConcept"
    return WARNING if inside else ERROR


_good: set[str] = set()


def system_good(system: str) -> bool:
    """For the fast pass: an absolute system that asks nothing of the value."""
    if system in _good:
        return True
    fine = absolute(system) and system != URI_AS_VALUE and "/fhir/ValueSet/" not in system
    if fine and len(_good) < 10_000:
        _good.add(system)
    return fine


_units: set[str] = set()


def unit_good(system: str, code: str) -> bool:
    """For the fast pass: the code of a Quantity needs no second look."""
    if system == UCUM and code in _units:
        return True
    fine = quantity({"system": system, "code": code}) is None
    if fine and system == UCUM and len(_units) < 10_000:
        _units.add(code)
    return fine
