"""Who wrote each resource and who passed it on (US Core Provenance 6.1.0)."""

from __future__ import annotations

from datetime import date

from payerproof.sandbox.data.chart import Chart
from payerproof.sandbox.data.coding import PDEX, THO, US_CORE, Json, concept, us_core
from payerproof.sandbox.data.maker import Maker


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


def build_provenance(chart: Chart) -> None:
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
        if resource["resourceType"] == "Device":
            elements |= _from_a_claim(chart)
        chart.add(
            "Provenance",
            key,
            "us-core-provenance",
            day,
            elements,
            "part2" if labelled else "",
            also="pdex-provenance",
        )


def _from_a_claim(chart: Chart) -> Json:
    """A doctor's claim, out of which the payer made the resource (PDex Provenance)."""
    author = {
        "type": concept(THO + "provenance-participant-type", "author"),
        "who": chart.maker.ref("Practitioner", chart.physician),
        "onBehalfOf": chart.maker.ref("Organization", "clinic"),
    }
    passed_on = {
        "type": concept(US_CORE + "us-core-provenance-participant-type", "transmitter"),
        "who": chart.maker.ref("Organization", "payer"),
    }
    source = {
        "url": PDEX + "StructureDefinition/ProvenanceSourceFrom",
        "valueCodeableConcept": concept(PDEX + "CodeSystem/ProvenancePayerDataSource", "x12837"),
    }
    entity = {"extension": [source], "role": "source", "what": {"display": "The claim as sent"}}
    return {"agent": [author, passed_on], "entity": [entity]}
