"""What Plan-Net must support and few entries have: told of the first entry of each profile.

Plan-Net 1.1.0 and 1.2.0, must-support elements. The rest of the directory shows that they may be
left out where nothing is known.
"""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable
from typing import Any

from payerproof.sandbox.data.coding import NUCC, THO, Json, concept, reference
from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.public.tables import PLAN_NET

_DEFINED = PLAN_NET + "StructureDefinition/"
_FHIR = "http://hl7.org/fhir/StructureDefinition/"
_CODES = PLAN_NET + "CodeSystem/"
_WEEK = ("mon", "tue", "wed", "thu", "fri")
_OPEN = {
    "daysOfWeek": list(_WEEK),
    "availableStartTime": "08:00:00",
    "availableEndTime": "17:00:00",
}
_NEVER_CLOSED = {"daysOfWeek": ["sat"], "allDay": True}
_CLOSED = {"description": "Public holiday", "during": {"start": "2026-12-25", "end": "2026-12-25"}}
_YEARS = {"start": "2020-01-01", "end": "2030-12-31"}


def told_fully(made: list[Resource]) -> list[Resource]:
    """The directory with the first entry of each profile told in full."""
    done: set[str] = set()
    found = []
    for resource in made:
        profile = resource["meta"]["profile"][0].rpartition("plannet-")[2]
        if profile in done:
            found.append(resource)
            continue
        done.add(profile)
        found.append(_merged(resource, _MORE[profile](_Links(made))))
    return found


class _Links:
    """References to the first entry of a type."""

    def __init__(self, made: list[Resource]) -> None:
        self._made = made

    def to(self, kind: str) -> Json:
        first = next(one for one in self._made if one["resourceType"] == kind)
        return reference(kind, first["id"])


def _merged(resource: Resource, more: Json) -> Resource:
    made = copy.deepcopy(resource)
    for name, value in more.items():
        if name == "extension":
            made["extension"] = [*made.get("extension", ()), *value]
        elif name in ("telecom", "address", "name", "plan", "communication", "identifier"):
            rows = made.get(name) or [{}]
            rows = rows if isinstance(rows, list) else [rows]
            rows = [{**rows[0], **value}, *rows[1:]]
            made[name] = rows if isinstance(made.get(name, []), list) else rows[0]
        else:
            made[name] = value
    return made


def _extension(name: str, **value: Any) -> Json:
    return {"url": _DEFINED + name, **value}


def _parts(name: str, *parts: tuple[str, str, Any]) -> Json:
    return _extension(name, extension=[{"url": one, form: value} for one, form, value in parts])


def _phone(links: _Links) -> Json:
    hours = [("daysOfWeek", "valueCode", day) for day in _WEEK]
    hours += [("availableStartTime", "valueTime", "08:00:00")]
    hours += [("availableEndTime", "valueTime", "17:00:00")]
    return {
        "system": "phone",
        "value": "+1-555-0100",
        "rank": 1,
        "extension": [
            _parts("contactpoint-availabletime", *hours),
            _extension("via-intermediary", valueReference=links.to("Organization")),
        ],
    }


def _contact() -> list[Json]:
    purpose = concept(THO + "contactentity-type", "PATINF")
    phone = {"system": "phone", "value": "+1-555-0101", "use": "work"}
    return [{"purpose": purpose, "name": {"text": "Directory desk"}, "telecom": [phone]}]


def _place() -> Json:
    parts = (("latitude", 40.1), ("longitude", -75.1))
    rows = [{"url": name, "valueDecimal": value} for name, value in parts]
    return {"url": _FHIR + "geolocation", "extension": rows}


def _region() -> Json:
    shape = {"type": "Point", "coordinates": [-75.1, 40.1]}
    packed = base64.b64encode(json.dumps(shape).encode()).decode()
    attached = {"contentType": "application/geo+json", "data": packed}
    return {"url": _FHIR + "location-boundary-geojson", "valueAttachment": attached}


def _address(line: str) -> Json:
    return {
        "text": f"{line}, Testville",
        "line": [line],
        "city": "Testville",
        "state": "PA",
        "postalCode": "19000",
        "country": "US",
    }


def _number() -> Json:
    return {
        "type": concept(THO + "v2-0203", "PRN"),
        "system": "https://payer.sandbox.example/directory",
        "value": "D-0001",
    }


def _taking() -> Json:
    status = concept(_CODES + "AcceptingPatientsCS", "newpt")
    return _parts("newpatients", ("acceptingPatients", "valueCodeableConcept", status))


def _licence(links: _Links) -> Json:
    return _parts(
        "qualification",
        ("identifier", "valueIdentifier", {"system": "https://board.example", "value": "L-1"}),
        ("code", "valueCodeableConcept", concept(NUCC, "207Q00000X")),
        ("issuer", "valueReference", links.to("Organization")),
        ("status", "valueCode", "active"),
        ("period", "valuePeriod", _YEARS),
    )


def _endpoint(_links: _Links) -> Json:
    use = concept(THO + "v3-ActReason", "HOPERAT")
    return {
        "extension": [_parts("endpoint-usecase", ("type", "valueCodeableConcept", use))],
        "contact": [{"system": "email", "value": "directory@payer.sandbox.example"}],
        "payloadMimeType": ["application/fhir+json"],
    }


def _service(links: _Links) -> Json:
    physical = concept(_CODES + "DeliveryMethodCS", "physical")
    return {
        "extension": [
            _taking(),
            _parts("delivery-method", ("type", "valueCodeableConcept", physical)),
        ],
        "identifier": _number(),
        "comment": "Walk in, or call first.",
        "telecom": _phone(links),
        "appointmentRequired": False,
        "availableTime": [_OPEN, _NEVER_CLOSED],
        "notAvailable": [_CLOSED],
        "availabilityExceptions": "Closed on public holidays",
    }


def _plan(links: _Links) -> Json:
    return {
        "identifier": {"type": _number()["type"], "assigner": links.to("Organization")},
        "alias": ["The plan"],
        "period": _YEARS,
        "contact": _contact(),
        "endpoint": [links.to("Endpoint")],
        "plan": {"coverageArea": [links.to("Location")]},
    }


def _location(links: _Links) -> Json:
    return {
        "extension": [
            _taking(),
            _region(),
            _extension(
                "accessibility",
                valueCodeableConcept=concept(_CODES + "AccessibilityCS", "adacomp"),
            ),
        ],
        "identifier": _number(),
        "alias": ["The house"],
        "description": "Ground floor, step-free",
        "telecom": _phone(links),
        "position": {"longitude": -75.1, "latitude": 40.1},
        "hoursOfOperation": [
            {"daysOfWeek": list(_WEEK), "openingTime": "08:00:00", "closingTime": "17:00:00"},
            _NEVER_CLOSED,
        ],
        "availabilityExceptions": "Closed on public holidays",
    }


def _network(links: _Links) -> Json:
    number = {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1999000999"}
    return {
        "identifier": {"type": concept(THO + "v2-0203", "NPI"), **number},
        "address": _address("1 Network Way"),
        "contact": _contact(),
        "endpoint": [links.to("Endpoint")],
    }


def _organization(links: _Links) -> Json:
    return {
        "extension": [
            _licence(links),
            _extension("org-description", valueString="Who insures you"),
            {"url": _FHIR + "organization-period", "valuePeriod": _YEARS},
        ],
        "telecom": _phone(links),
        "address": {"extension": [_place()], "text": "1 Payer Plaza, Testville"},
        "contact": _contact(),
    }


def _affiliation(_links: _Links) -> Json:
    return {
        "identifier": _number(),
        "period": _YEARS,
        "telecom": {"system": "phone", "value": "+1-555-0102", "rank": 1},
    }


def _practitioner(links: _Links) -> Json:
    fluent = concept(_CODES + "LanguageProficiencyCS", "50")
    return {
        "name": {"text": "The first of the directory"},
        "address": {**_address("1 Practice Lane"), "extension": [_place()]},
        "communication": {
            "extension": [_extension("communication-proficiency", valueCodeableConcept=fluent)]
        },
        "qualification": [
            {
                "code": concept(NUCC, "207Q00000X"),
                "issuer": links.to("Organization"),
                "period": _YEARS,
                "identifier": [{"system": "https://board.example", "value": "L-2"}],
                "extension": [
                    _parts("practitioner-qualification", ("status", "valueCode", "active"))
                ],
            }
        ],
    }


def _role(links: _Links) -> Json:
    return {
        "extension": [_licence(links)],
        "identifier": _number(),
        "period": _YEARS,
        "telecom": _phone(links),
        "availableTime": [_OPEN, _NEVER_CLOSED],
        "notAvailable": [_CLOSED],
    }


_MORE: dict[str, Callable[[_Links], Json]] = {
    "Endpoint": _endpoint,
    "HealthcareService": _service,
    "InsurancePlan": _plan,
    "Location": _location,
    "Network": _network,
    "Organization": _organization,
    "OrganizationAffiliation": _affiliation,
    "Practitioner": _practitioner,
    "PractitionerRole": _role,
}
