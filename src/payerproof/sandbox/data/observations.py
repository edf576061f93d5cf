"""Observations of a chart: laboratory, vital signs, social history and survey (US Core 6.1.0)."""

from __future__ import annotations

from datetime import date
from typing import Any

from payerproof.sandbox.data.chart import Chart
from payerproof.sandbox.data.coding import LOINC, SNOMED, THO, US_CORE, Json, concept, quantity
from payerproof.sandbox.data.maker import days_after, instant

_CATEGORY = THO + "observation-category"


def build_observations(chart: Chart) -> None:
    """Make all observations of the last visit, and one older laboratory value."""
    day = chart.visits[-1]
    _laboratory(chart, day)
    _vital_signs(chart, day)
    _social_history(chart, day)
    _survey(chart, day)


def _observe(
    chart: Chart, key: str, profile: str, category: str, code: Json, day: date, value: Json
) -> None:
    elements: dict[str, Any] = {
        "status": "final",
        "category": [concept(_CATEGORY, category)],
        "code": code,
        "subject": chart.subject,
        "encounter": chart.encounter(),
        "effectiveDateTime": day.isoformat(),
        **value,
    }
    chart.add("Observation", key, profile, day, elements)


def _laboratory(chart: Chart, day: date) -> None:
    specimen = {
        "accessionIdentifier": {
            "system": "https://laboratory.sandbox.example/accession",
            "value": f"ACC-{chart.member_number[3:]}-{day:%y%j}",
        },
        "type": concept(SNOMED, "119364003", "Serum"),
        "subject": chart.subject,
        "collection": {"collectedDateTime": instant(day, 14, 900)},
    }
    chart.add("Specimen", "specimen", "us-core-specimen", day, specimen)
    drawn = {"specimen": chart.maker.ref("Specimen", f"{chart.user}/specimen")}
    performer: Json = {"performer": [chart.maker.ref("Organization", "laboratory")]}
    rows = (
        ("hba1c", "4548-4", "Glycated haemoglobin", quantity(chart.facts["hba1c"], "%")),
        ("glucose", "2345-7", "Glucose", quantity(chart.facts["glucose"], "mg/dL")),
    )
    for key, code, text, value in rows:
        found: Json = {"valueQuantity": value, **drawn, **performer}
        name = concept(LOINC, code, text)
        profile = "us-core-observation-lab"
        _observe(chart, f"lab/{key}", profile, "laboratory", name, day, found)
    earlier = {"valueQuantity": quantity(chart.facts["glucose"] - 6, "mg/dL"), **performer}
    before = days_after(day, -400)
    glucose = concept(LOINC, "2345-7", "Glucose")
    profile = "us-core-observation-lab"
    _observe(chart, "lab/glucose-earlier", profile, "laboratory", glucose, before, earlier)


def _vital_signs(chart: Chart, day: date) -> None:
    facts = chart.facts
    systolic, diastolic = facts["pressure"]
    rows = (
        ("weight", "us-core-body-weight", "29463-7", "Weight", quantity(facts["weight"], "kg")),
        ("height", "us-core-body-height", "8302-2", "Height", quantity(facts["height"], "cm")),
        ("pulse", "us-core-heart-rate", "8867-4", "Heart rate", quantity(facts["pulse"], "/min")),
    )
    for key, profile, code, text, value in rows:
        name = concept(LOINC, code, text)
        found = {"valueQuantity": value}
        _observe(chart, f"vital/{key}", profile, "vital-signs", name, day, found)
    components = [
        {"code": concept(LOINC, code, text), "valueQuantity": quantity(value, "mm[Hg]")}
        for code, text, value in (
            ("8480-6", "Systolic blood pressure", systolic),
            ("8462-4", "Diastolic blood pressure", diastolic),
        )
    ]
    pressure = concept(LOINC, "85354-9", "Blood pressure")
    readings: Json = {"component": components}
    profile = "us-core-blood-pressure"
    _observe(chart, "vital/pressure", profile, "vital-signs", pressure, day, readings)


def _social_history(chart: Chart, day: date) -> None:
    facts = chart.facts["smoking"]
    found = {"valueCodeableConcept": concept(SNOMED, facts["snomed"], facts["text"])}
    name = concept(LOINC, "72166-2", "Smoking status")
    _observe(chart, "social/smoking", "us-core-smokingstatus", "social-history", name, day, found)


def _survey(chart: Chart, day: date) -> None:
    elements = {
        "status": "final",
        "category": [
            concept(_CATEGORY, "survey"),
            concept(US_CORE + "us-core-category", "sdoh"),
        ],
        "code": concept(LOINC, "88122-7", "Worried that food would run out"),
        "subject": chart.subject,
        "encounter": chart.encounter(),
        "effectiveDateTime": day.isoformat(),
        "performer": [chart.maker.ref("Practitioner", chart.physician)],
        "valueCodeableConcept": concept(LOINC, "LA28399-0", "Never true"),
    }
    profile = "us-core-observation-screening-assessment"
    chart.add("Observation", "survey/food", profile, day, elements)
