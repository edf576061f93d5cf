"""The payer, the providers and the drugs as C4BB Organization and Practitioner, and US Core."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.sandbox.data.coding import (
    CARIN,
    IDENTIFIER_TYPE,
    NPI,
    NUCC,
    RXNORM,
    Json,
    carin,
    concept,
    us_core,
)
from payerproof.sandbox.data.maker import Maker

_LOADED = "2026-10-01T05:00:00Z"


def build_network(maker: Maker) -> None:
    """Make the payer, every provider organisation, practitioner, role, location and drug."""
    network = maker.facts.network
    _payer(maker, network["payer"])
    for facts in network["organizations"]:
        _organization(maker, facts)
    for facts in network["practitioners"]:
        _practitioner(maker, facts)
        _role(maker, facts)
    for facts in network["locations"]:
        _location(maker, facts)
    for facts in network["drugs"]:
        code = concept(RXNORM, facts["rxnorm"], facts["text"])
        maker.add(
            "Medication", facts["key"], [us_core("us-core-medication")], _LOADED, {"code": code}
        )


def postal(facts: Mapping[str, Any]) -> Json:
    """Make an Address of the short form used in the fixtures."""
    return {
        "use": "work",
        "type": "physical",
        "line": [facts["line"]],
        "city": facts["city"],
        "state": facts["state"],
        "postalCode": facts["postal_code"],
        "country": "US",
    }


def npi(value: str) -> Json:
    """Make an NPI identifier as C4BB Organization and Practitioner slice it."""
    return {"type": concept(IDENTIFIER_TYPE, "NPI"), "system": NPI, "value": value}


def _phone(number: str) -> list[Json]:
    return [{"system": "phone", "value": number, "use": "work"}]


def _payer(maker: Maker, facts: Mapping[str, Any]) -> None:
    identifiers = [
        {
            "type": concept(CARIN + "C4BBIdentifierType", "payerid"),
            "system": "https://payer.sandbox.example/payer-id",
            "value": facts["payer_id"],
        },
        {
            "type": concept(CARIN + "C4BBIdentifierType", "naiccode"),
            "system": "urn:oid:2.16.840.1.113883.6.300",
            "value": facts["naic"],
        },
    ]
    _add_organization(maker, facts, identifiers, "pay")


def _organization(maker: Maker, facts: Mapping[str, Any]) -> None:
    identifiers = [npi(facts["npi"])]
    if "clia" in facts:
        identifiers.append({"system": "urn:oid:2.16.840.1.113883.4.7", "value": facts["clia"]})
    _add_organization(maker, facts, identifiers, "prov")


def _add_organization(
    maker: Maker, facts: Mapping[str, Any], identifiers: list[Json], kind: str
) -> None:
    elements = {
        "identifier": identifiers,
        "active": True,
        "type": [concept("http://terminology.hl7.org/CodeSystem/organization-type", kind)],
        "name": facts["name"],
        "telecom": _phone(facts["phone"]),
        "address": [postal(facts["address"])],
    }
    profiles = [carin("C4BB-Organization"), us_core("us-core-organization")]
    maker.add("Organization", facts["key"], profiles, _LOADED, elements)


def _practitioner(maker: Maker, facts: Mapping[str, Any]) -> None:
    organization = next(
        row for row in maker.facts.network["organizations"] if row["key"] == facts["organization"]
    )
    elements = {
        "identifier": [npi(facts["npi"])],
        "active": True,
        "name": [{"use": "official", "family": facts["family"], "given": [facts["given"]]}],
        "telecom": _phone(facts["phone"]),
        "address": [postal(organization["address"])],
    }
    profiles = [carin("C4BB-Practitioner"), us_core("us-core-practitioner")]
    maker.add("Practitioner", facts["key"], profiles, _LOADED, elements)


def _role(maker: Maker, facts: Mapping[str, Any]) -> None:
    elements = {
        "active": True,
        "practitioner": maker.ref("Practitioner", facts["key"]),
        "organization": maker.ref("Organization", facts["organization"]),
        "code": [concept(NUCC, facts["taxonomy"], facts["specialty"])],
        "specialty": [concept(NUCC, facts["taxonomy"], facts["specialty"])],
        "location": [
            maker.ref("Location", place["key"])
            for place in maker.facts.network["locations"]
            if place["organization"] == facts["organization"]
        ],
        "telecom": _phone(facts["phone"]),
    }
    if not elements["location"]:
        del elements["location"]
    maker.add(
        "PractitionerRole", facts["key"], [us_core("us-core-practitionerrole")], _LOADED, elements
    )


def _location(maker: Maker, facts: Mapping[str, Any]) -> None:
    elements = {
        "status": "active",
        "name": facts["name"],
        "telecom": _phone(facts["phone"]),
        "address": postal(facts["address"]),
        "managingOrganization": maker.ref("Organization", facts["organization"]),
    }
    maker.add("Location", facts["key"], [us_core("us-core-location")], _LOADED, elements)
