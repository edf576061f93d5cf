"""What a long-standing member had done at the edge of the date floor (US Core 6.1.0).

A payer maintains what it was sent long ago; of Ada it holds one of each from 1 January 2016.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import date

from payerproof.sandbox.data.chart import Chart
from payerproof.sandbox.data.coding import (
    CVX,
    ICD10,
    LOINC,
    SNOMED,
    THO,
    US_CORE,
    Json,
    concept,
    quantity,
)
from payerproof.sandbox.data.encounters import build_encounter
from payerproof.sandbox.data.maker import instant
from payerproof.sandbox.data.medications import build_medication

_NOTE = "us-core-diagnosticreport-note"


def build_history(chart: Chart) -> None:
    """Make what was done on each of the chart's old days, and what was found and planned then."""
    for row in chart.facts.get("history", ()):
        day: date = row["date"]
        build_encounter(chart, day, chart.physician, "clinic")
        build_medication(chart, row["drug"], chart.physician, day, status="completed")
        _found(chart, day, row)
        _done(chart, day, row)
        _planned(chart, day)
        _written(chart, day)


def _visit(chart: Chart, day: date) -> Json:
    return chart.maker.ref("Encounter", f"{chart.user}/visit/{day}")


def _found(chart: Chart, day: date, row: Json) -> None:
    """Make the diagnosis, resolved within the month, and one value with its report."""
    facts = chart.maker.facts.problems[row["problem"]]
    code = concept(SNOMED, facts["snomed"], facts["text"])
    code["coding"].append({"system": ICD10, "code": facts["icd10"]})
    common: Json = {"subject": chart.subject, "encounter": _visit(chart, day)}
    condition = {
        "clinicalStatus": concept(THO + "condition-clinical", "resolved"),
        "verificationStatus": concept(THO + "condition-ver-status", "confirmed"),
        "category": [concept(THO + "condition-category", "encounter-diagnosis")],
        "code": code,
        **common,
        "onsetDateTime": day.isoformat(),
        "abatementDateTime": day.replace(day=28).isoformat(),
        "recordedDate": day.isoformat(),
    }
    profile = "us-core-condition-encounter-diagnosis"
    chart.add("Condition", f"history/{day}/condition", profile, day, condition)
    value = {
        "status": "final",
        "category": [concept(THO + "observation-category", "laboratory")],
        "code": concept(LOINC, "2345-7", "Glucose"),
        **common,
        "effectiveDateTime": day.isoformat(),
        "performer": [chart.maker.ref("Organization", "laboratory")],
        "valueQuantity": quantity(row["glucose"], "mg/dL"),
    }
    key = f"history/{day}/glucose"
    chart.add("Observation", key, "us-core-observation-lab", day, value)
    report = {
        "status": "final",
        "category": [concept(THO + "v2-0074", "LAB")],
        "code": concept(LOINC, "24323-8", "Blood chemistry"),
        **common,
        "effectiveDateTime": day.isoformat(),
        "issued": instant(day, 20),
        "performer": [chart.maker.ref("Organization", "laboratory")],
        "result": [chart.maker.ref("Observation", f"{chart.user}/{key}")],
    }
    name = f"history/{day}/report"
    chart.add("DiagnosticReport", name, "us-core-diagnosticreport-lab", day, report)


def _done(chart: Chart, day: date, row: Json) -> None:
    """Make a vaccination, and a procedure with the order for it."""
    vaccine = {
        "status": "completed",
        "vaccineCode": concept(CVX, row["cvx"], "Vaccine"),
        "patient": chart.subject,
        "occurrenceDateTime": day.isoformat(),
        "primarySource": True,
    }
    chart.add("Immunization", f"history/{day}/vaccine", "us-core-immunization", day, vaccine)
    code = concept(SNOMED, row["procedure"]["snomed"], row["procedure"]["text"])
    physician = chart.maker.ref("Practitioner", chart.physician)
    order = {
        "status": "completed",
        "intent": "order",
        "category": [concept(SNOMED, "103693007", "Diagnostic procedure")],
        "code": code,
        "subject": chart.subject,
        "encounter": _visit(chart, day),
        "occurrenceDateTime": day.isoformat(),
        "authoredOn": day.isoformat(),
        "requester": physician,
    }
    key = f"history/{day}/order"
    chart.add("ServiceRequest", key, "us-core-servicerequest", day, order)
    procedure = {
        "basedOn": [chart.maker.ref("ServiceRequest", f"{chart.user}/{key}")],
        "status": "completed",
        "code": code,
        "subject": chart.subject,
        "encounter": _visit(chart, day),
        "performedDateTime": day.isoformat(),
        "performer": [{"actor": physician}],
    }
    chart.add("Procedure", f"history/{day}/procedure", "us-core-procedure", day, procedure)


def _planned(chart: Chart, day: date) -> None:
    """Make a goal that was reached and the plan it stood in, which ended with it."""
    ended = day.replace(month=7).isoformat()
    goal = {
        "lifecycleStatus": "completed",
        "description": {"text": "Walk ten minutes every day"},
        "subject": chart.subject,
        "startDate": day.isoformat(),
        "target": [{"dueDate": ended}],
    }
    chart.add("Goal", f"history/{day}/goal", "us-core-goal", day, goal)
    words = "<p>Plan: walk more, come again in six months.</p>"
    div = f'<div xmlns="http://www.w3.org/1999/xhtml">{words}</div>'
    plan = {
        "text": {"status": "additional", "div": div},
        "status": "completed",
        "intent": "plan",
        "category": [concept(US_CORE + "careplan-category", "assess-plan")],
        "subject": chart.subject,
        "period": {"start": day.isoformat(), "end": ended},
        "goal": [chart.maker.ref("Goal", f"{chart.user}/history/{day}/goal")],
    }
    chart.add("CarePlan", f"history/{day}/plan", "us-core-careplan", day, plan)


def _written(chart: Chart, day: date) -> None:
    """Make the radiologist's note and the summary of the visit."""
    words = f"Chest X-ray of {chart.name} on {day}: no abnormality. Synthetic."
    note = {
        "status": "final",
        "category": [concept(LOINC, "LP29684-5", "Radiology")],
        "code": concept(LOINC, "36643-5", "Chest X-ray"),
        "subject": chart.subject,
        "encounter": _visit(chart, day),
        "effectiveDateTime": day.isoformat(),
        "issued": instant(day, 21),
        "performer": [chart.maker.ref("Practitioner", chart.physician)],
        "presentedForm": [
            {"contentType": "text/plain", "data": b64encode(words.encode()).decode()}
        ],
    }
    chart.add("DiagnosticReport", f"history/{day}/note", _NOTE, day, note)
    text = f"Visit summary (synthetic). Member {chart.name}, seen on {day}."
    key = f"history/{day}/document"
    data = b64encode(text.encode()).decode()
    chart.add("Binary", key, "", day, {"contentType": "text/plain", "data": data})
    address = f"Binary/{chart.maker.id('Binary', f'{chart.user}/{key}')}"
    attachment = {"contentType": "text/plain", "url": address, "title": "Visit summary"}
    formats = "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode"
    written = {"system": formats, "code": "urn:ihe:iti:xds:2017:mimeTypeSufficient"}
    document = {
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
        "date": instant(day, 17),
        "author": [chart.maker.ref("Practitioner", chart.physician)],
        "custodian": chart.maker.ref("Organization", "clinic"),
        "content": [{"attachment": attachment, "format": written}],
        "context": {
            "encounter": [_visit(chart, day)],
            "period": {"start": instant(day, 14), "end": instant(day, 14, 1500)},
        },
    }
    chart.add("DocumentReference", key, "us-core-documentreference", day, document)
