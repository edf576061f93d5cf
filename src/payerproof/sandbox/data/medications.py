"""What a member was prescribed, handed and vaccinated with (US Core 6.1.0)."""

from __future__ import annotations

from datetime import date

from payerproof.sandbox.data.chart import Chart
from payerproof.sandbox.data.coding import (
    ACT_CODE,
    CVX,
    NDC,
    RXNORM,
    THO,
    Json,
    coding,
    concept,
    quantity,
)
from payerproof.sandbox.data.maker import days_after, instant


def build_medication(
    chart: Chart,
    drug: str,
    prescriber: str,
    day: date | None = None,
    sensitivity: str = "",
    status: str = "active",
) -> None:
    """Make the prescription of a drug and its first fill; nothing where there is no drug."""
    if not drug:
        return
    maker, day = chart.maker, day or chart.visits[-1]
    facts = next(row for row in maker.facts.network["drugs"] if row["key"] == drug)
    encounter = maker.ref("Encounter", f"{chart.user}/visit/{day}")
    request = {
        "status": status,
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
        "medicationCodeableConcept": {
            "coding": [coding(RXNORM, facts["rxnorm"]), coding(NDC, facts["ndc"])],
            "text": facts["text"],
        },
        "subject": chart.subject,
        "context": encounter,
        "performer": [{"actor": maker.ref("Organization", "pharmacy")}],
        "authorizingPrescription": [maker.ref("MedicationRequest", f"{chart.user}/{key}")],
        "type": concept(ACT_CODE, "FFC"),
        "quantity": quantity(30, "tablet", "{tbl}"),
        "whenHandedOver": instant(days_after(day, 1), 16),
        "dosageInstruction": [_dosage()],
        "substitution": {"wasSubstituted": False},
    }
    dispense_key = f"dispense/{drug}"
    profile = "us-core-medicationdispense"
    handed = days_after(day, 1)
    also = "pdex-medicationdispense"
    chart.add("MedicationDispense", dispense_key, profile, handed, dispense, sensitivity, also)


def build_immunization(chart: Chart) -> None:
    """Make the vaccination of the chart."""
    facts = chart.facts["vaccine"]
    elements = {
        "status": "completed",
        "vaccineCode": concept(CVX, facts["cvx"], "Vaccine"),
        "patient": chart.subject,
        "occurrenceDateTime": facts["date"].isoformat(),
        "primarySource": True,
    }
    chart.add("Immunization", "vaccine", "us-core-immunization", facts["date"], elements)


def _dosage() -> Json:
    return {
        "text": "One tablet once a day",
        "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        "doseAndRate": [{"doseQuantity": quantity(1, "tablet", "{tbl}")}],
    }
