"""Codes that stand alone: no text, no display, and no list in which anybody may look them up.

HL7's terminology, SNOMED CT and LOINC (free in the US), RxNorm, CVX, ICD-10, HCPCS and what else
CMS publishes can be looked up by every app. NDC can too, but its lists forget what has left the
market, so a drug without its name stays a number. CPT, CDT, NUBC's and X12's lists are licensed,
and a payer's own codes mean nothing to others (field quirk Q-DATA-04).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from payerproof.expect.claims import codings
from payerproof.expect.vocabularies import NDC

_FREE = (
    "terminology.hl7.org/",
    "hl7.org/fhir/",
    "snomed.info/",
    "loinc.org",
    "www.nlm.nih.gov/research/umls/rxnorm",
    "www.cms.gov/",
    "bluebutton.cms.gov/",
    "nucc.org/",
    "nahdo.org/",
    "ihe.net/",
    "unitsofmeasure.org",
    "urn:ietf:",
    "urn:iso:",
    "urn:oid:2.16.840.1.113883.6.285",
)
"""How addresses of code systems begin that anybody may look up."""


def wordless(resources: Iterable[Mapping[str, Any]]) -> tuple[Counter[str], Counter[str]]:
    """By code system that is not free: how many codes there are, and how many without words."""
    every, bare = Counter[str](), Counter[str]()
    for resource in resources:
        for concept in _concepts(resource):
            systems = [str(one.get("system") or "") for one in codings(concept) if one.get("code")]
            if systems and all(one and not _is_free(one) for one in systems):
                every[systems[0]] += 1
                bare[systems[0]] += not _has_words(concept)
    return every, +bare


def _concepts(value: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        if isinstance(value.get("coding"), list):
            yield value
        for key, inner in value.items():
            if key != "meta":
                yield from _concepts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _concepts(inner)


def _is_free(system: str) -> bool:
    plain = system.removeprefix("https://").removeprefix("http://")
    return system != NDC and plain.startswith(_FREE)


def _has_words(concept: Mapping[str, Any]) -> bool:
    codes = {str(one.get("code")) for one in codings(concept)}
    said = [concept.get("text"), *(one.get("display") for one in codings(concept))]
    return any(isinstance(one, str) and one.strip() and one.strip() not in codes for one in said)
