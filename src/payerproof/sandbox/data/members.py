"""Members as Patient, Coverage and RelatedPerson (C4BB 2.1 on US Core 6.1), and the cast itself."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from payerproof.sandbox.data.coding import (
    CARIN,
    IDENTIFIER_TYPE,
    THO,
    Json,
    carin,
    coding,
    concept,
    us_core,
)
from payerproof.sandbox.data.maker import Maker, instant
from payerproof.sandbox.data.world import Person

MEMBER_NUMBERS = "https://payer.sandbox.example/member-number"
SUBSCRIBER_NUMBERS = "https://payer.sandbox.example/subscriber-number"
UNIQUE_MEMBERS = "https://payer.sandbox.example/unique-member"
_ENROLLED = date(2026, 1, 5)
_RACE_AND_ETHNICITY = "urn:oid:2.16.840.1.113883.6.238"
_EXTENSION = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"


def build_members(maker: Maker) -> dict[str, Person]:
    """Make the resources of every member and return the cast by user name."""
    people = {facts["user"]: _person(maker, facts) for facts in maker.facts.people}
    for facts in maker.facts.people:
        if facts.get("member_number"):
            _patient(maker, facts)
            _coverage(maker, facts)
            _contact(maker, facts)
        for member in facts.get("represents", ()):
            _representative(maker, facts, member)
    return people


def _person(maker: Maker, facts: Mapping[str, Any]) -> Person:
    user = facts["user"]
    represents = tuple(facts.get("represents", ()))
    return Person(
        user=user,
        role=facts["role"],
        given=facts["given"],
        family=facts["family"],
        birth_date=facts["birth_date"],
        gender=facts["gender"],
        email=facts.get("email", ""),
        password=facts.get("password", ""),
        totp=facts.get("totp", ""),
        patient=maker.id("Patient", user) if facts.get("member_number") else "",
        represents=represents,
        related_people={
            member: maker.id("RelatedPerson", f"{member}/by/{user}") for member in represents
        },
        member_number=facts.get("member_number", ""),
        subscriber_id=facts.get("subscriber_id", facts.get("member_number", "")),
        household=facts.get("household", ""),
        phone=facts.get("phone", ""),
        provider_access_opt_out=facts.get("provider_access_opt_out", False),
        coverage_end=facts.get("coverage_end"),
    )


def _home(facts: Mapping[str, Any]) -> Json:
    address = facts["address"]
    return {
        "use": "home",
        "type": "physical",
        "line": [address["line"]],
        "city": address["city"],
        "state": address["state"],
        "postalCode": address["postal_code"],
        "country": "US",
    }


def _telecom(facts: Mapping[str, Any]) -> list[Json]:
    made = [{"system": "phone", "value": facts["phone"], "use": "home"}]
    if facts.get("email"):
        made.append({"system": "email", "value": facts["email"], "use": "home"})
    return made


def _us_core_extensions(gender: str) -> list[Json]:
    unknown = {"system": THO + "v3-NullFlavor", "code": "UNK"}
    race = {
        "url": _EXTENSION + "race",
        "extension": [
            {"url": "ombCategory", "valueCoding": unknown},
            {"url": "text", "valueString": "Unknown"},
        ],
    }
    ethnicity = {
        "url": _EXTENSION + "ethnicity",
        "extension": [
            {
                "url": "ombCategory",
                "valueCoding": {"system": _RACE_AND_ETHNICITY, "code": "2186-5"},
            },
            {"url": "text", "valueString": "Not Hispanic or Latino"},
        ],
    }
    sex = {"url": _EXTENSION + "birthsex", "valueCode": "F" if gender == "female" else "M"}
    return [race, ethnicity, sex]


def _patient(maker: Maker, facts: Mapping[str, Any]) -> None:
    user = facts["user"]
    elements = {
        "extension": _us_core_extensions(facts["gender"]),
        "identifier": _patient_identifiers(facts),
        "active": True,
        "name": [{"use": "official", "family": facts["family"], "given": [facts["given"]]}],
        "telecom": _telecom(facts),
        "gender": facts["gender"],
        "birthDate": facts["birth_date"].isoformat(),
        "address": [_home(facts)],
        "communication": [{"language": concept("urn:ietf:bcp:47", "en"), "preferred": True}],
    }
    profiles = [carin("C4BB-Patient"), us_core("us-core-patient")]
    maker.add("Patient", user, profiles, instant(_ENROLLED, 6, len(user) * 11), elements)


def _patient_identifiers(facts: Mapping[str, Any]) -> list[Json]:
    made = [
        {
            "type": concept(IDENTIFIER_TYPE, "MB"),
            "system": MEMBER_NUMBERS,
            "value": facts["member_number"],
        },
        {
            "type": concept(CARIN + "C4BBIdentifierType", "um"),
            "system": UNIQUE_MEMBERS,
            "value": f"UM-{facts['claim_prefix']}",
        },
    ]
    if facts["role"] == "subscriber":
        made.append(_subscriber_number(facts))
    return made


def _subscriber_number(facts: Mapping[str, Any]) -> Json:
    return {
        "type": concept(IDENTIFIER_TYPE, "SN"),
        "system": SUBSCRIBER_NUMBERS,
        "value": facts["subscriber_id"],
    }


def _subscriber(maker: Maker, facts: Mapping[str, Any]) -> Json:
    if facts.get("relationship", "self") == "self":
        return maker.ref("Patient", facts["user"])
    return {"type": "Patient", "identifier": _subscriber_number(facts)}


def _coverage(maker: Maker, facts: Mapping[str, Any]) -> None:
    """Make the Coverage: who pays, under which plan, for which period.

    The subscriber of a dependant is named by subscriber number (a logical reference): a literal
    one would point into another member's record.
    """
    user = facts["user"]
    plan = next(row for row in maker.facts.network["plans"] if row["key"] == facts["plan"])
    relationship = facts.get("relationship", "self")
    ended = facts.get("coverage_end")
    period = {"start": facts["coverage_start"].isoformat()}
    if ended:
        period["end"] = ended.isoformat()
    elements = {
        "identifier": [
            {
                "type": concept(IDENTIFIER_TYPE, "MB"),
                "system": MEMBER_NUMBERS,
                "value": facts["member_number"],
                "assigner": maker.ref("Organization", "payer"),
            }
        ],
        "status": "cancelled" if ended else "active",
        "type": concept("https://nahdo.org/sopt", plan["sopt"], plan["name"]),
        "subscriber": _subscriber(maker, facts),
        "subscriberId": facts.get("subscriber_id", facts["member_number"]),
        "beneficiary": maker.ref("Patient", user),
        "relationship": concept(THO + "subscriber-relationship", relationship),
        "period": period,
        "payor": [maker.ref("Organization", "payer")],
        "class": [
            _class("group", plan["group"], plan["group_name"]),
            _class("plan", plan["key"], plan["name"]),
        ],
    }
    profiles = [carin("C4BB-Coverage"), us_core("us-core-coverage")]
    key = f"{user}/coverage"
    maker.add("Coverage", key, profiles, instant(_ENROLLED, 7, len(user) * 7), elements)


def _class(kind: str, value: str, name: str) -> Json:
    made = {"type": {"coding": [coding(THO + "coverage-class", kind)]}}
    return {**made, "value": value, "name": name}


def _contact(maker: Maker, facts: Mapping[str, Any]) -> None:
    contact = maker.facts.charts[facts["user"]].get("contact")
    if contact is None:
        return
    elements = {
        "active": True,
        "patient": maker.ref("Patient", facts["user"]),
        "relationship": [concept(THO + "v3-RoleCode", contact["relationship"])],
        "name": [{"family": contact["family"], "given": [contact["given"]]}],
        "telecom": [{"system": "phone", "value": contact["phone"], "use": "home"}],
        "address": [_home(facts)],
    }
    _related(maker, f"{facts['user']}/contact", elements)


def _representative(maker: Maker, facts: Mapping[str, Any], member: str) -> None:
    elements = {
        "active": True,
        "patient": maker.ref("Patient", member),
        "relationship": [concept(THO + "v3-RoleCode", facts["basis"])],
        "name": [{"family": facts["family"], "given": [facts["given"]]}],
    }
    _related(maker, f"{member}/by/{facts['user']}", elements)


def _related(maker: Maker, key: str, elements: Json) -> None:
    profiles = [carin("C4BB-RelatedPerson"), us_core("us-core-relatedperson")]
    maker.add("RelatedPerson", key, profiles, instant(_ENROLLED, 8, len(key) * 5), elements)
