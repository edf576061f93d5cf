"""A member's clinical record as US Core 6.1.0 resources, built from the chart in the fixtures."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date
from typing import Any

from payerproof.sandbox.data.chart import Chart
from payerproof.sandbox.data.coding import (
    ICD10,
    SNOMED,
    THO,
    US_CORE,
    Json,
    concept,
)
from payerproof.sandbox.data.documents import build_document, build_reports
from payerproof.sandbox.data.encounters import build_encounter
from payerproof.sandbox.data.history import build_history
from payerproof.sandbox.data.maker import Maker, days_after
from payerproof.sandbox.data.medications import build_immunization, build_medication
from payerproof.sandbox.data.observations import build_observations
from payerproof.sandbox.data.provenance import build_provenance

_ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
_CONDITION = THO + "condition-category"


def build_chart(maker: Maker, person: Mapping[str, Any]) -> None:
    """Make every clinical resource of one member."""
    chart = Chart(
        maker,
        person["user"],
        f"{person['given']} {person['family']}",
        maker.facts.charts[person["user"]],
        person["physician"],
        person["member_number"],
    )
    for day in chart.visits:
        build_encounter(chart, day, chart.physician, "clinic")
    _conditions(chart)
    _allergy(chart)
    _plan_and_team(chart)
    build_medication(chart, chart.facts["drug"], chart.physician)
    build_immunization(chart)
    build_observations(chart)
    build_reports(chart)
    build_document(chart)
    _request_and_procedure(chart)
    _device(chart)
    _sensitive(chart)
    build_history(chart)
    build_provenance(chart)


def _condition(
    chart: Chart,
    key: str,
    problem: str,
    category: Json,
    day: date,
    *,
    encounter: Json,
    sensitivity: str = "",
    resolved: date | None = None,
) -> None:
    facts = chart.maker.facts.problems[problem]
    diagnosis = "encounter" in key
    profile = "encounter-diagnosis" if diagnosis else "problems-health-concerns"
    code = concept(SNOMED, facts["snomed"], facts["text"])
    code["coding"].append({"system": ICD10, "code": facts["icd10"]})
    elements = {
        "extension": [{"url": _ASSERTED, "valueDateTime": day.isoformat()}],
        "clinicalStatus": concept(THO + "condition-clinical", "resolved" if resolved else "active"),
        "verificationStatus": concept(THO + "condition-ver-status", "confirmed"),
        "category": [category],
        "code": code,
        "subject": chart.subject,
        "encounter": encounter,
        "onsetDateTime": day.isoformat(),
        "abatementDateTime": resolved.isoformat() if resolved else None,
        "recordedDate": day.isoformat(),
    }
    chart.add("Condition", key, f"us-core-condition-{profile}", day, elements, sensitivity)


def _conditions(chart: Chart) -> None:
    first, last = chart.visits[0], chart.visits[-1]
    _condition(
        chart,
        "condition/problem",
        chart.facts["problem"],
        concept(_CONDITION, "problem-list-item"),
        first,
        encounter=chart.encounter(0),
    )
    _condition(
        chart,
        "condition/encounter",
        chart.facts["acute"],
        concept(_CONDITION, "encounter-diagnosis"),
        last,
        encounter=chart.encounter(),
        resolved=days_after(last, 21),
    )
    concern = concept(US_CORE + "condition-category", "health-concern")
    _condition(
        chart,
        "condition/concern",
        chart.facts["concern"],
        concern,
        last,
        encounter=chart.encounter(),
    )


def _allergy(chart: Chart) -> None:
    facts = chart.facts["allergy"]
    elements = {
        "clinicalStatus": concept(THO + "allergyintolerance-clinical", "active"),
        "verificationStatus": concept(THO + "allergyintolerance-verification", "confirmed"),
        "criticality": "low",
        "code": concept(SNOMED, facts["snomed"], facts["text"]),
        "patient": chart.subject,
        "reaction": [{"manifestation": [concept(SNOMED, "271807003", "Skin rash")]}],
    }
    chart.add(
        "AllergyIntolerance", "allergy", "us-core-allergyintolerance", chart.visits[0], elements
    )


def _narrative(text: str) -> Json:
    div = f'<div xmlns="http://www.w3.org/1999/xhtml"><p>{text}</p></div>'
    return {"status": "additional", "div": div}


def _plan_and_team(chart: Chart) -> None:
    day = chart.visits[-1]
    goal = {
        "lifecycleStatus": "active",
        "description": {"text": "Walk thirty minutes on five days of the week"},
        "subject": chart.subject,
        "startDate": day.isoformat(),
        "target": [{"dueDate": days_after(day, 180).isoformat()}],
    }
    chart.add("Goal", "goal", "us-core-goal", day, goal)
    problem = chart.maker.facts.problems[chart.facts["problem"]]["text"]
    plan = {
        "text": _narrative(f"Plan for: {problem}. Review in six months."),
        "status": "active",
        "intent": "plan",
        "category": [concept(US_CORE + "careplan-category", "assess-plan")],
        "subject": chart.subject,
        "period": {"start": day.isoformat()},
        "goal": [chart.maker.ref("Goal", f"{chart.user}/goal")],
    }
    chart.add("CarePlan", "plan", "us-core-careplan", day, plan)
    team = {
        "status": "active",
        "name": "Primary care team",
        "subject": chart.subject,
        "participant": [
            {
                "role": [concept(SNOMED, "446050000", "Primary care provider")],
                "member": chart.maker.ref("Practitioner", chart.physician),
            },
            {"role": [concept(SNOMED, "116154003", "Member")], "member": chart.subject},
        ],
    }
    team |= _caregiver(chart, team["participant"])
    chart.add("CareTeam", "team", "us-core-careteam", day, team)


def _caregiver(chart: Chart, participants: Any) -> Json:
    """Make the contact a caregiver of the team, contained: known to the team, not to the plan."""
    contact = chart.facts.get("contact")
    if contact is None:
        return {}
    relationship = concept(THO + "v3-RoleCode", contact["relationship"])
    contained = {
        "resourceType": "RelatedPerson",
        "id": "caregiver",
        "active": True,
        "patient": chart.subject,
        "relationship": [relationship],
        "name": [{"family": contact["family"], "given": [contact["given"]]}],
        "telecom": [{"system": "phone", "value": contact["phone"], "use": "home"}],
    }
    caregiver = {
        "role": [concept(SNOMED, "133932002", "Caregiver")],
        "member": {"reference": "#caregiver"},
    }
    return {"contained": [contained], "participant": [*participants, caregiver]}


def _request_and_procedure(chart: Chart) -> None:
    facts = chart.facts.get("procedure")
    if facts is None:
        return
    code = concept(SNOMED, facts["snomed"], facts["text"])
    practitioner = chart.maker.ref("Practitioner", "weiss")
    request = {
        "status": "completed",
        "intent": "order",
        "category": [concept(SNOMED, "387713003", "Surgical procedure")],
        "code": code,
        "subject": chart.subject,
        "occurrenceDateTime": facts["date"].isoformat(),
        "authoredOn": days_after(facts["date"], -20).isoformat(),
        "requester": chart.maker.ref("Practitioner", chart.physician),
        "performer": [practitioner],
    }
    chart.add("ServiceRequest", "request", "us-core-servicerequest", facts["date"], request)
    procedure = {
        "basedOn": [chart.maker.ref("ServiceRequest", f"{chart.user}/request")],
        "status": "completed",
        "code": code,
        "subject": chart.subject,
        "performedDateTime": facts["date"].isoformat(),
        "performer": [{"actor": practitioner}],
    }
    chart.add("Procedure", "procedure", "us-core-procedure", facts["date"], procedure)


def _device(chart: Chart) -> None:
    facts = chart.facts.get("device")
    if facts is None:
        return
    day: date = chart.facts["procedure"]["date"]
    human = f"(01){facts['identifier']}(17)300101(21){facts['serial']}"
    elements = {
        "udiCarrier": [
            {
                "deviceIdentifier": facts["identifier"],
                "carrierAIDC": base64.b64encode(human.encode()).decode(),
                "carrierHRF": human,
            }
        ],
        "distinctIdentifier": f"{facts['identifier']}-{facts['serial']}",
        "url": "https://devices.sandbox.example/catalogue",
        "status": "active",
        "manufactureDate": days_after(day, -300).isoformat(),
        "expirationDate": "2030-01-01",
        "lotNumber": f"LOT-{chart.user.upper()}",
        "serialNumber": facts["serial"],
        "type": concept(SNOMED, facts["snomed"], facts["text"]),
        "patient": chart.subject,
    }
    profile = "us-core-implantable-device"
    chart.add("Device", "device", profile, day, elements, also="pdex-device")


def _sensitive(chart: Chart) -> None:
    """Make the specially protected part of a chart, every resource of it labelled as such."""
    for day in chart.facts.get("sensitive_visits", ()):
        build_encounter(chart, day, "haddad", "recovery", "part2")
        _condition(
            chart,
            "condition/encounter/sensitive",
            chart.facts["sensitive_problem"],
            concept(_CONDITION, "encounter-diagnosis"),
            day,
            encounter=chart.maker.ref("Encounter", f"{chart.user}/visit/{day}"),
            sensitivity="part2",
        )
        build_medication(chart, chart.facts["sensitive_drug"], "haddad", day, "part2")
