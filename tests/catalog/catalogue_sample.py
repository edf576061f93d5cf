"""A small requirements file, and where the shipped ones lie."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

REQUIREMENT = """\
[[requirement]]
id = "area.one"
text = "The payer SHALL answer."
level = "SHALL"
severity = "high"
actors = ["fhir-server"]
applies_to = ["MA"]
met = "It answered."
unmet = "It did not answer."
remediation = "Answer."
why = "Members wait."
citations = [{ source = "RFC 6749", locator = "section 5.1" }]
"""
