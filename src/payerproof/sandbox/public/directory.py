"""The provider directory as Plan-Net 1.2.0 resources, from the network of the fixtures.

A clinic under contract is in it, one that has left is not. Dates of updates are in the resources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from payerproof.sandbox.data.build import shipped_facts
from payerproof.sandbox.data.coding import NUCC, Json, concept, reference
from payerproof.sandbox.data.network import npi, postal
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.faces import Face
from payerproof.sandbox.public.directory_more import told_fully
from payerproof.sandbox.public.tables import AREA, NETWORK, PLAN_NET

UPDATED = "2026-11-10T05:00:00Z"
_CODES = PLAN_NET + "CodeSystem/"
_NEW_PATIENTS = PLAN_NET + "StructureDefinition/newpatients"
_SERVICES = {
    "general": "hosp",
    "clinic": "outpat",
    "pharmacy": "pharm",
    "laboratory": "lab",
    "dental": "dent",
    "recovery": "behav",
    "youth": "outpat",
}
_ROLES = {
    "general": "hospital",
    "clinic": "outpatient",
    "pharmacy": "pharmacy",
    "laboratory": "laboratory",
    "dental": "other",
    "recovery": "behavioral",
    "youth": "outpatient",
}
_KINDS_OF_SERVICE = "http://terminology.hl7.org/CodeSystem/service-type"
_PLACES = {"pharmacy": "OUTPHARM", "general": "HOSP"}
Ids = Callable[[str, str], str]


@lru_cache(maxsize=16)
def build_directory(face: Face) -> World:
    """Make the whole directory in the ids of a face."""
    network, ids = shipped_facts().network, face.logical_id
    made: list[Resource] = [_payer(ids, network["payer"])]
    made += [_endpoint(ids), *_networks(ids, network["plans"])]
    for row in network["organizations"]:
        made += [_organization(ids, row), _location(ids, row), _service(ids, row)]
        made.append(_affiliation(ids, row))
    for row in network["practitioners"]:
        made += [_practitioner(ids, row), _role(ids, row)]
    made += [_plan(ids, row) for row in network["plans"]]
    return World({}, told_fully(made))


def _resource(ids: Ids, kind: str, key: str, elements: Json, profile: str = "") -> Resource:
    profile = profile or kind
    return {
        "resourceType": kind,
        "id": ids(kind, f"directory/{key}"),
        "meta": {
            "versionId": "1",
            "lastUpdated": UPDATED,
            "profile": [f"{PLAN_NET}StructureDefinition/plannet-{profile}"],
        },
        **elements,
    }


def _ref(ids: Ids, kind: str, key: str) -> Json:
    return reference(kind, ids(kind, f"directory/{key}"))


def _phone(number: str) -> list[Json]:
    return [{"system": "phone", "value": number, "use": "work"}]


def _payer(ids: Ids, row: Mapping[str, Any]) -> Resource:
    elements = {
        "active": True,
        "type": [concept(_CODES + "OrgTypeCS", "payer")],
        "name": row["name"],
        "telecom": _phone(row["phone"]),
        "address": [postal(row["address"])],
        "endpoint": [_ref(ids, "Endpoint", "directory")],
    }
    return _resource(ids, "Organization", "payer", elements)


def _endpoint(ids: Ids) -> Resource:
    elements = {
        "status": "active",
        "connectionType": {"system": _CODES + "EndpointConnectionTypeCS", "code": "rest-non-fhir"},
        "name": "Members' portal",
        "managingOrganization": _ref(ids, "Organization", "payer"),
        "payloadType": [concept(_CODES + "EndpointPayloadTypeCS", "NA")],
        "address": "https://payer.sandbox.example/",
    }
    return _resource(ids, "Endpoint", "directory", elements)


def _networks(ids: Ids, plans: list[Mapping[str, Any]]) -> list[Resource]:
    made = []
    for plan in plans:
        elements = {
            "active": True,
            "type": [concept(_CODES + "OrgTypeCS", "ntwk")],
            "name": f"{plan['name']} network",
            "partOf": _ref(ids, "Organization", "payer"),
            "extension": [{"url": AREA, "valueReference": _ref(ids, "Location", "clinic")}],
        }
        key = f"network/{plan['key']}"
        made.append(_resource(ids, "Organization", key, elements, "Network"))
    return made


def _all_networks(ids: Ids) -> list[Json]:
    plans = shipped_facts().network["plans"]
    return [_ref(ids, "Organization", f"network/{plan['key']}") for plan in plans]


def _organization(ids: Ids, row: Mapping[str, Any]) -> Resource:
    elements = {
        "identifier": [npi(row["npi"])],
        "active": True,
        "type": [concept(_CODES + "OrgTypeCS", "fac")],
        "name": row["name"],
        "telecom": _phone(row["phone"]),
        "address": [postal(row["address"])],
        "partOf": _ref(ids, "Organization", "payer"),
    }
    return _resource(ids, "Organization", row["key"], elements)


def _location(ids: Ids, row: Mapping[str, Any]) -> Resource:
    kinds = "http://terminology.hl7.org/CodeSystem/v3-RoleCode"
    elements: Json = {
        "status": "active",
        "name": row["name"],
        "type": [concept(kinds, _PLACES.get(row["key"], "OF"))],
        "telecom": _phone(row["phone"]),
        "address": postal(row["address"]),
        "managingOrganization": _ref(ids, "Organization", row["key"]),
        "endpoint": [_ref(ids, "Endpoint", "directory")],
    }
    if row["key"] == "laboratory":
        elements["partOf"] = _ref(ids, "Location", "general")
    return _resource(ids, "Location", row["key"], elements)


def _service(ids: Ids, row: Mapping[str, Any]) -> Resource:
    category = concept(_CODES + "HealthcareServiceCategoryCS", _SERVICES[row["key"]])
    elements: Json = {
        "active": True,
        "providedBy": _ref(ids, "Organization", row["key"]),
        "category": [category],
        "name": f"Services of {row['name']}",
        "location": [_ref(ids, "Location", row["key"])],
        "telecom": _phone(row["phone"]),
        "coverageArea": [_ref(ids, "Location", row["key"])],
        "endpoint": [_ref(ids, "Endpoint", "directory")],
        "type": [concept(_KINDS_OF_SERVICE, "124")],
    }
    if specialties := _specialties(row["key"]):
        elements["specialty"] = specialties
    return _resource(ids, "HealthcareService", row["key"], elements)


def _specialties(organization: str) -> list[Json]:
    return [
        concept(NUCC, one["taxonomy"], one["specialty"])
        for one in shipped_facts().network["practitioners"]
        if one["organization"] == organization
    ]


def _affiliation(ids: Ids, row: Mapping[str, Any]) -> Resource:
    elements: Json = {
        "active": True,
        "organization": _ref(ids, "Organization", "payer"),
        "participatingOrganization": _ref(ids, "Organization", row["key"]),
        "network": _all_networks(ids),
        "code": [concept(_CODES + "OrganizationAffiliationRoleCS", _ROLES[row["key"]])],
        "location": [_ref(ids, "Location", row["key"])],
        "healthcareService": [_ref(ids, "HealthcareService", row["key"])],
        "endpoint": [_ref(ids, "Endpoint", "directory")],
    }
    if specialties := _specialties(row["key"]):
        elements["specialty"] = specialties
    return _resource(ids, "OrganizationAffiliation", row["key"], elements)


def _practitioner(ids: Ids, row: Mapping[str, Any]) -> Resource:
    languages = [concept("urn:ietf:bcp:47", code) for code in ("en", "es")]
    elements = {
        "identifier": [npi(row["npi"])],
        "active": True,
        "name": [{"use": "official", "family": row["family"], "given": [row["given"]]}],
        "telecom": _phone(row["phone"]),
        "communication": languages,
    }
    return _resource(ids, "Practitioner", row["key"], elements)


def _role(ids: Ids, row: Mapping[str, Any]) -> Resource:
    accepting = concept(_CODES + "AcceptingPatientsCS", "newpt")
    plan = "family-silver" if row["key"] == "lindqvist" else "ma-pd"
    network = _ref(ids, "Organization", f"network/{plan}")
    extensions: list[Json] = [{"url": NETWORK, "valueReference": network}]
    taking = {"url": "acceptingPatients", "valueCodeableConcept": accepting}
    extensions.append({"url": _NEW_PATIENTS, "extension": [taking]})
    elements = {
        "extension": extensions,
        "active": True,
        "practitioner": _ref(ids, "Practitioner", row["key"]),
        "organization": _ref(ids, "Organization", row["organization"]),
        "code": [concept(_CODES + "ProviderRoleCS", "ph")],
        "specialty": [concept(NUCC, row["taxonomy"], row["specialty"])],
        "location": [_ref(ids, "Location", one) for one in _places(row)],
        "healthcareService": [_ref(ids, "HealthcareService", row["organization"])],
        "telecom": _phone(row["phone"]),
        "endpoint": [_ref(ids, "Endpoint", "directory")],
    }
    return _resource(ids, "PractitionerRole", row["key"], elements)


def _places(row: Mapping[str, Any]) -> list[str]:
    """Where somebody practises; one sees patients at the youth clinic too."""
    own = str(row["organization"])
    return [own, "youth"] if row["key"] == "lindqvist" and own != "youth" else [own]


def _plan(ids: Ids, row: Mapping[str, Any]) -> Resource:
    products = {"111": "mediadvhmo", "511": "qhp", "211": "medi"}
    metal = "silver" if row["sopt"] == "511" else "lowdeductible"
    elements = {
        "identifier": [{"system": "https://payer.sandbox.example/plan", "value": row["group"]}],
        "status": "active",
        "type": [concept(_CODES + "InsuranceProductTypeCS", products[row["sopt"]])],
        "name": row["name"],
        "ownedBy": _ref(ids, "Organization", "payer"),
        "administeredBy": _ref(ids, "Organization", "payer"),
        "coverageArea": [_ref(ids, "Location", "clinic")],
        "network": [_ref(ids, "Organization", f"network/{row['key']}")],
        "plan": [{"type": concept(_CODES + "InsurancePlanTypeCS", metal)}],
    }
    return _resource(ids, "InsurancePlan", row["key"], elements)
