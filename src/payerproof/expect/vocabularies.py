"""Code systems that the content and vocabulary standards name, by what they code.

Sources: 45 CFR 162.1002 (ICD-10-CM, ICD-10-PCS, CPT, HCPCS, CDT, NDC; ICD-9-CM before 1 October
2015), US Core 3.1.1 to 7.0.0 (SNOMED CT, LOINC, RxNorm, CVX) and the bindings of CARIN Blue Button
1.1.0 to 2.2.0 (their addresses of HCPCS and HIPPS differ between versions). Addresses are compared
without regard to http or https.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.claims import codings

SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
NDC = "http://hl7.org/fhir/sid/ndc"
_ICD_10_CM = "http://hl7.org/fhir/sid/icd-10-cm"
_ICD_9_CM = ("http://hl7.org/fhir/sid/icd-9-cm", "http://terminology.hl7.org/CodeSystem/icd9")
_ICD_10_PCS = ("http://www.cms.gov/Medicare/Coding/ICD10", "http://hl7.org/fhir/sid/icd-10-pcs")
_CPT = "http://www.ama-assn.org/go/cpt"
_HCPCS = (
    "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets",
    "https://bluebutton.cms.gov/resources/codesystem/hcpcs",
    "urn:oid:2.16.840.1.113883.6.285",
    "http://terminology.hl7.org/CodeSystem/HCPCS-all-codes",
)
_CDT = ("http://www.ada.org/cdt", "http://terminology.hl7.org/CodeSystem/CD2")
_HIPPS = (
    "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/"
    "ProspMedicareFeeSvcPmtGen/HIPPSCodes"
)
_COMPOUND = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBCompoundLiteral"
_RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
_CVX = "http://hl7.org/fhir/sid/cvx"

ABSENT = frozenset(
    {
        "http://terminology.hl7.org/CodeSystem/data-absent-reason",
        "http://terminology.hl7.org/CodeSystem/v3-NullFlavor",
    }
)
"""Systems whose codes say why there is no value."""

STANDARD: Mapping[str, frozenset[str]] = {
    "diagnosis": frozenset({_ICD_10_CM, *_ICD_9_CM, SNOMED}),
    "procedure": frozenset({_CPT, *_HCPCS, *_ICD_10_PCS, *_ICD_9_CM, *_CDT, _HIPPS, SNOMED}),
    "drug": frozenset({NDC, _RXNORM, _CVX, *_HCPCS, _CPT, _COMPOUND}),
    "laboratory": frozenset({LOINC}),
}
"""What is coded → the systems that will do; the first coding that fits is enough."""


def uses_standard(concept: object, what: str) -> bool:
    """True where one coding is in a standard system, or says why there is none."""
    allowed = {_plain(system) for system in STANDARD[what] | ABSENT}
    return any(_plain(str(coding.get("system") or "")) in allowed for coding in codings(concept))


def without_system(concept: object) -> tuple[Mapping[str, Any], ...]:
    """Codings that give a code and no system."""
    return tuple(c for c in codings(concept) if c.get("code") and not c.get("system"))


def _plain(system: str) -> str:
    return system.removeprefix("https://").removeprefix("http://").rstrip("/")
