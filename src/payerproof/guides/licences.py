"""Code systems whose lists are not ours to ship, and the rule that keeps them out of the facts.

A value set that lists codes of one of these keeps the system's address and the number of codes
that were listed; membership is then *not judged*, and the result says so. A user who holds the
licence compiles a package with ``payerproof guides add --keep-licensed-codes`` for own use.
"""

from __future__ import annotations

WITHHELD: dict[str, str] = {
    "http://www.ama-assn.org/go/cpt": "CPT (American Medical Association)",
    "http://www.ada.org/cdt": "CDT (American Dental Association)",
    "http://snomed.info/sct": "SNOMED CT",
    "http://loinc.org": "LOINC",
    "http://nucc.org/provider-taxonomy": "NUCC provider taxonomy",
    "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode": "IHE format codes",
}
"""System address -> whose it is."""

WITHHELD_PREFIXES: dict[str, str] = {
    "https://www.nubc.org/": "NUBC (American Hospital Association)",
    "http://www.nubc.org/": "NUBC (American Hospital Association)",
    "http://terminology.hl7.org/CodeSystem/NCPDP": "NCPDP",
    "http://terminology.hl7.org/CodeSystem/x12-": "X12",
    "https://x12.org/": "X12",
    "http://x12.org/": "X12",
    "https://codesystem.x12.org/": "X12",
    "urn:oid:2.16.840.1.113883.6.301": "NUBC (American Hospital Association)",
}
"""Beginning of a system address -> whose it is."""


def withheld(system: str) -> str | None:
    """Whose code list this is when it may not be shipped, else None."""
    owner = WITHHELD.get(system)
    if owner is not None:
        return owner
    for prefix, name in WITHHELD_PREFIXES.items():
        if system.startswith(prefix):
            return name
    return None
