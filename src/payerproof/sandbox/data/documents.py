"""Reports and documents of a chart (US Core 6.1.0)."""

from __future__ import annotations

from base64 import b64encode

from payerproof.sandbox.data.chart import Chart
from payerproof.sandbox.data.coding import LOINC, THO, US_CORE, concept
from payerproof.sandbox.data.maker import days_after, instant


def build_reports(chart: Chart) -> None:
    """Make a laboratory report with its results, and a radiology note with its text."""
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


def build_document(chart: Chart) -> None:
    """Make the summary of the last visit: a DocumentReference and the Binary it names."""
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
