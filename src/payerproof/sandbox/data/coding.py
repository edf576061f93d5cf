"""Small makers of FHIR data types, and the code systems and profiles that the data names."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

THO = "http://terminology.hl7.org/CodeSystem/"
CARIN = "http://hl7.org/fhir/us/carin-bb/CodeSystem/"
CARIN_PROFILE = "http://hl7.org/fhir/us/carin-bb/StructureDefinition/"
CARIN_VERSION = "2.1.0"
US_CORE = "http://hl7.org/fhir/us/core/CodeSystem/"
US_CORE_PROFILE = "http://hl7.org/fhir/us/core/StructureDefinition/"
US_CORE_VERSION = "6.1.0"
PDEX = "http://hl7.org/fhir/us/davinci-pdex/"
PDEX_VERSION = "2.1.0"
SNOMED = "http://snomed.info/sct"
LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
UCUM = "http://unitsofmeasure.org"
ICD10 = "http://hl7.org/fhir/sid/icd-10-cm"
ICD10_PCS = "http://www.cms.gov/Medicare/Coding/ICD10"
NDC = "http://hl7.org/fhir/sid/ndc"
CVX = "http://hl7.org/fhir/sid/cvx"
HCPCS = "https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets"
CDT = "http://www.ada.org/cdt"
NUBC = "https://www.nubc.org/CodeSystem/"
NUCC = "http://nucc.org/provider-taxonomy"
NPI = "http://hl7.org/fhir/sid/us-npi"
CARC = "https://x12.org/codes/claim-adjustment-reason-codes"
REVIEW_CODES = "https://codesystem.x12.org/005010/306"
POA = "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/HospitalAcqCond/Coding"
PLACE_OF_SERVICE = (
    "https://www.cms.gov/Medicare/Coding/place-of-service-codes/Place_of_Service_Code_Set"
)
MS_DRG = (
    "https://www.cms.gov/Medicare/Medicare-Fee-for-Service-Payment/AcuteInpatientPPS/"
    "MS-DRG-Classifications-and-Software"
)
ACT_CODE = THO + "v3-ActCode"
CONFIDENTIALITY = THO + "v3-Confidentiality"
IDENTIFIER_TYPE = THO + "v2-0203"

Json = dict[str, Any]


def coding(system: str, code: str) -> Json:
    """Make a Coding without display: the displays of licensed lists are not ours to ship."""
    return {"system": system, "code": code}


_WORDS = {
    (CDT, "D0120"): "Regular dental check-up",
    (CDT, "D1110"): "Teeth cleaning",
    (CDT, "D1120"): "Teeth cleaning for a child",
    (CDT, "D2391"): "Tooth-coloured filling of one side of a back tooth",
    (REVIEW_CODES, "A1"): "Approved",
    (REVIEW_CODES, "A3"): "Denied",
    (REVIEW_CODES, "A4"): "Waiting for a decision",
    (NUBC + "PatDischargeStatus", "01"): "Went home",
    (NUBC + "PointOfOrigin", "1"): "Came from home",
    (NUBC + "PriorityTypeOfAdmitOrVisit", "3"): "Planned ahead",
    (NUBC + "RevenueCodes", "0120"): "Bed in a shared room",
    (NUBC + "RevenueCodes", "0301"): "Chemistry laboratory",
    (NUBC + "RevenueCodes", "0324"): "Chest X-ray",
    (NUBC + "RevenueCodes", "0360"): "Operating room",
    (NUBC + "RevenueCodes", "0403"): "Mammography",
    (NUBC + "RevenueCodes", "0420"): "Physical therapy",
    (NUBC + "RevenueCodes", "0510"): "Clinic",
    (NUBC + "RevenueCodes", "0750"): "Gastroenterology",
    (NUBC + "TypeOfBill", "0111"): "Hospital stay, whole bill",
    (NUBC + "TypeOfBill", "0131"): "Hospital visit without a stay, whole bill",
    (CARC, "197"): "Not asked for beforehand",
    (CARC, "50"): "Not found to be medically necessary",
}
"""Our own words for codes of licensed lists, whose displays are not ours to ship."""


def concept(system: str, code: str, text: str = "") -> Json:
    """Make a CodeableConcept of one coding, with our own words as text where there are any."""
    made: Json = {"coding": [coding(system, code)]}
    if words := text or _WORDS.get((system, code), ""):
        made["text"] = words
    return made


def money(amount: Decimal) -> Json:
    """Make a Money in US dollars; whole cents, shortest JSON number."""
    return {"value": float(amount), "currency": "USD"}


def quantity(value: float, unit: str, code: str = "") -> Json:
    """Make a Quantity in UCUM units."""
    return {"value": value, "unit": unit, "system": UCUM, "code": code or unit}


def reference(kind: str, logical_id: str) -> Json:
    """Make a literal relative Reference without display."""
    return {"reference": f"{kind}/{logical_id}"}


def carin(profile: str) -> str:
    """Return the versioned canonical of a CARIN BB 2.1 profile (its invariants ask the version)."""
    return f"{CARIN_PROFILE}{profile}|{CARIN_VERSION}"


def pdex(profile: str) -> str:
    """Return the versioned canonical of a PDex 2.1 profile."""
    return f"{PDEX}StructureDefinition/{profile}|{PDEX_VERSION}"


def us_core(profile: str) -> str:
    """Return the versioned canonical of a US Core 6.1 profile."""
    return f"{US_CORE_PROFILE}{profile}|{US_CORE_VERSION}"
