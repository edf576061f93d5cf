"""Visits of a member as US Core Encounters."""

from __future__ import annotations

from datetime import date

from payerproof.sandbox.data.chart import Chart
from payerproof.sandbox.data.coding import ACT_CODE, SNOMED, THO, concept
from payerproof.sandbox.data.maker import instant


def build_encounter(
    chart: Chart, day: date, practitioner: str, place: str, sensitivity: str = ""
) -> None:
    """Make the visit of one day to one practitioner at one place of the network."""
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
