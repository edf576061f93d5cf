"""A member's clinical record as US Core 6.1.0 resources, built from the chart in the fixtures."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from payerproof.sandbox.data.coding import (
    ACT_CODE,
    CVX,
    ICD10,
    LOINC,
    RXNORM,
    SNOMED,
    THO,
    US_CORE,
    Json,
    concept,
    quantity,
    us_core,
)
from payerproof.sandbox.data.maker import Maker, days_after, instant
from payerproof.sandbox.data.observations import build_observations

_ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
_CONDITION = THO + "condition-category"


@dataclass(frozen=True)
class Chart:
    """One member's chart while its resources are made: who, by whom, where and when."""

    maker: Maker
    user: str
    name: str
    facts: Mapping[str, Any]
    physician: str
    member_number: str

    @property
    def subject(self) -> Json:
        """Reference to the member."""
        return self.maker.ref("Patient", self.user)

    @property
    def visits(self) -> list[date]:
        """Days of the member's ordinary visits, first to last."""
        return list(self.facts["visits"])

    def encounter(self, visit: int = -1) -> Json:
        """Reference to an ordinary visit, counted from either end."""
        return self.maker.ref("Encounter", f"{self.user}/visit/{self.visits[visit]}")

    def add(
        self,
        kind: str,
        key: str,
        profile: str,
        day: date,
        elements: Mapping[str, Any],
        sensitivity: str = "",
    ) -> Json:
        """Add a resource of this chart; lastUpdated is two days after the event."""
        updated = instant(days_after(day, 2), 6, sum(map(ord, f"{self.user}{key}")))
        profiles = [us_core(profile)] if profile else []
        full_key = f"{self.user}/{key}"
        return self.maker.add(kind, full_key, profiles, updated, elements, sensitivity=sensitivity)


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
        _encounter(chart, day, chart.physician, "clinic")
    _conditions(chart)
    _allergy(chart)
    _plan_and_team(chart)
    _medication(chart, chart.facts["drug"], chart.physician)
    _immunization(chart)
    build_observations(chart)
    _report(chart)
    _document(chart)
    _request_and_procedure(chart)
    _device(chart)
    _sensitive(chart)
    _provenance(chart)


def _encounter(
    chart: Chart, day: date, practitioner: str, place: str, sensitivity: str = ""
) -> None:
    maker = chart.maker
    elements = {
        "identifier": [
            {
                "system": "https://payer.sandbox.example/visit-number",
                "value": f"V-{chart.member_number[3:]}-{day:%y%m%d}",
            }
        ],
        "status": "finished",
        "class": {"system": ACT_CODE, "code": "AMB"},
        "type": [concept(SNOMED, "308335008", "Visit")],
        "subject": chart.subject,
        "participant": [
            {
                "type": [concept(THO + "v3-ParticipationType", "PPRF")],
                "period": {"start": instant(day, 14), "end": instant(day, 14, 1500)},
                "individual": maker.ref("Practitioner", practitioner),
            }
        ],
        "period": {"start": instant(day, 14), "end": instant(day, 14, 1500)},
        "reasonCode": [concept(SNOMED, "185349003", "Check up")],
        "location": [{"location": maker.ref("Location", place)}],
        "serviceProvider": maker.ref("Organization", place),
    }
    chart.add("Encounter", f"visit/{day}", "us-core-encounter", day, elements, sensitivity)


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


def _dosage() -> Json:
    return {
        "text": "One tablet once a day",
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": quantity(1, "tablet", "{tbl}")}],
    }


def _medication(
    chart: Chart, drug: str, prescriber: str, day: date | None = None, sensitivity: str = ""
) -> None:
    if not drug:
        return
    maker, day = chart.maker, day or chart.visits[-1]
    facts = next(row for row in maker.facts.network["drugs"] if row["key"] == drug)
    encounter = maker.ref("Encounter", f"{chart.user}/visit/{day}")
    request = {
        "status": "active",
        "intent": "order",
        "category": [concept(THO + "medicationrequest-category", "community")],
        "reportedBoolean": False,
        "medicationReference": maker.ref("Medication", drug),
        "subject": chart.subject,
        "encounter": encounter,
        "authoredOn": day.isoformat(),
        "requester": maker.ref("Practitioner", prescriber),
        "dosageInstruction": [_dosage()],
        "dispenseRequest": {
            "numberOfRepeatsAllowed": 3,
            "quantity": quantity(30, "tablet", "{tbl}"),
        },
    }
    key = f"rx/{drug}"
    chart.add("MedicationRequest", key, "us-core-medicationrequest", day, request, sensitivity)
    dispense = {
        "status": "completed",
        "medicationCodeableConcept": concept(RXNORM, facts["rxnorm"], facts["text"]),
        "subject": chart.subject,
        "performer": [{"actor": maker.ref("Organization", "pharmacy")}],
        "authorizingPrescription": [maker.ref("MedicationRequest", f"{chart.user}/{key}")],
        "type": concept(ACT_CODE, "FFC"),
        "quantity": quantity(30, "tablet", "{tbl}"),
        "whenHandedOver": instant(days_after(day, 1), 16),
        "dosageInstruction": [_dosage()],
    }
    dispense_key = f"dispense/{drug}"
    profile = "us-core-medicationdispense"
    chart.add(
        "MedicationDispense", dispense_key, profile, days_after(day, 1), dispense, sensitivity
    )


def _immunization(chart: Chart) -> None:
    facts = chart.facts["vaccine"]
    elements = {
        "status": "completed",
        "vaccineCode": concept(CVX, facts["cvx"], "Vaccine"),
        "patient": chart.subject,
        "occurrenceDateTime": facts["date"].isoformat(),
        "primarySource": True,
    }
    chart.add("Immunization", "vaccine", "us-core-immunization", facts["date"], elements)


def _report(chart: Chart) -> None:
    day = chart.visits[-1]
    results = [
        chart.maker.ref("Observation", f"{chart.user}/lab/{name}") for name in ("hba1c", "glucose")
    ]
    lab = {
        "status": "final",
        "category": [concept(THO + "v2-0074", "LAB")],
        "code": concept(LOINC, "24323-8", "Blood chemistry"),
        "subject": chart.subject,
        "encounter": chart.encounter(),
        "effectiveDateTime": day.isoformat(),
        "issued": instant(days_after(day, 1), 9),
        "performer": [chart.maker.ref("Organization", "laboratory")],
        "result": results,
    }
    chart.add("DiagnosticReport", "report/lab", "us-core-diagnosticreport-lab", day, lab)
    text = f"Chest X-ray of {chart.name} on {day}: no abnormality. Synthetic."
    note = {
        "status": "final",
        "category": [concept(LOINC, "LP29684-5", "Radiology")],
        "code": concept(LOINC, "36643-5", "Chest X-ray"),
        "subject": chart.subject,
        "encounter": chart.encounter(),
        "effectiveDateTime": day.isoformat(),
        "issued": instant(days_after(day, 1), 10),
        "performer": [chart.maker.ref("Practitioner", chart.physician)],
        "presentedForm": [{"contentType": "text/plain", "data": b64encode(text.encode()).decode()}],
    }
    chart.add("DiagnosticReport", "report/note", "us-core-diagnosticreport-note", day, note)


def _document(chart: Chart) -> None:
    day = chart.visits[-1]
    text = (
        f"Visit summary (synthetic). Member {chart.name}, number {chart.member_number}, "
        f"seen on {day}."
    )
    binary = {"contentType": "text/plain", "data": b64encode(text.encode()).decode()}
    chart.add("Binary", "document", "", day, binary)
    elements = {
        "identifier": [
            {
                "system": "https://payer.sandbox.example/document-number",
                "value": f"DOC-{chart.member_number[3:]}-{day:%y%m%d}",
            }
        ],
        "status": "current",
        "type": concept(LOINC, "34133-9", "Visit summary"),
        "category": [concept(US_CORE + "us-core-documentreference-category", "clinical-note")],
        "subject": chart.subject,
        "date": instant(days_after(day, 1), 11),
        "author": [chart.maker.ref("Practitioner", chart.physician)],
        "custodian": chart.maker.ref("Organization", "clinic"),
        "content": [
            {
                "attachment": {
                    "contentType": "text/plain",
                    "url": f"Binary/{chart.maker.id('Binary', f'{chart.user}/document')}",
                    "title": "Visit summary",
                },
                "format": {
                    "system": "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
                    "code": "urn:ihe:iti:xds:2017:mimeTypeSufficient",
                },
            }
        ],
        "context": {
            "encounter": [chart.encounter()],
            "period": {"start": instant(day, 14), "end": instant(day, 14, 1500)},
        },
    }
    chart.add("DocumentReference", "document", "us-core-documentreference", day, elements)


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
        "udiCarrier": [{"deviceIdentifier": facts["identifier"], "carrierHRF": human}],
        "status": "active",
        "manufactureDate": days_after(day, -300).isoformat(),
        "expirationDate": "2030-01-01",
        "lotNumber": f"LOT-{chart.user.upper()}",
        "serialNumber": facts["serial"],
        "type": concept(SNOMED, facts["snomed"], facts["text"]),
        "patient": chart.subject,
    }
    chart.add("Device", "device", "us-core-implantable-device", day, elements)


def _sensitive(chart: Chart) -> None:
    """Make the specially protected part of a chart, every resource of it labelled as such."""
    for day in chart.facts.get("sensitive_visits", ()):
        _encounter(chart, day, "haddad", "recovery", "part2")
        _condition(
            chart,
            "condition/encounter/sensitive",
            chart.facts["sensitive_problem"],
            concept(_CONDITION, "encounter-diagnosis"),
            day,
            encounter=chart.maker.ref("Encounter", f"{chart.user}/visit/{day}"),
            sensitivity="part2",
        )
        _medication(chart, chart.facts["sensitive_drug"], "haddad", day, "part2")


def build_enrolment_trace(maker: Maker) -> None:
    """Make the payer's own Provenance of the enrolment file, which names every member at once.

    It belongs to nobody's record, so no member's token opens it.
    """
    loaded = "2026-01-05T05:00:00Z"
    members = [row["user"] for row in maker.facts.people if row.get("member_number")]
    elements = {
        "target": [maker.ref("Patient", user) for user in members],
        "recorded": loaded,
        "agent": [
            {
                "type": concept(US_CORE + "us-core-provenance-participant-type", "transmitter"),
                "who": maker.ref("Organization", "payer"),
            }
        ],
    }
    maker.add("Provenance", "enrolment-file", [us_core("us-core-provenance")], loaded, elements)


def _provenance(chart: Chart) -> None:
    """Make one Provenance per clinical resource: who wrote it and who passed it on."""
    own = f"Patient/{chart.maker.id('Patient', chart.user)}"
    for resource in list(chart.maker.made):
        about = resource.get("subject") or resource.get("patient") or resource.get("beneficiary")
        itself = f"{resource['resourceType']}/{resource['id']}"
        if itself != own and (about or {}).get("reference") != own:
            continue
        if resource["resourceType"] in ("ExplanationOfBenefit", "RelatedPerson"):
            continue
        labelled = "security" in resource["meta"]
        elements = {
            "target": [{"reference": itself}],
            "recorded": resource["meta"]["lastUpdated"],
            "agent": [
                {
                    "type": concept(THO + "provenance-participant-type", "author"),
                    "who": chart.maker.ref("Organization", "recovery" if labelled else "clinic"),
                },
                {
                    "type": concept(US_CORE + "us-core-provenance-participant-type", "transmitter"),
                    "who": chart.maker.ref("Organization", "payer"),
                },
            ],
        }
        day = date.fromisoformat(resource["meta"]["lastUpdated"][:10])
        key = f"provenance/{itself}"
        chart.add(
            "Provenance", key, "us-core-provenance", day, elements, "part2" if labelled else ""
        )
