"""Searches of a clinic that try to bring along what it must not get."""

from __future__ import annotations

from payerproof.fhir.reply import Reply
from payerproof.plugin.organisations import Organisation
from payerproof.plugin.practice.entry import Entry
from payerproof.target import Clinic

CLAIMS = "ExplanationOfBenefit"
PAYMENTS = ("ClaimResponse", "PaymentReconciliation", "Invoice", "Account")


def beside(clinic: Organisation[Clinic], entry: Entry) -> dict[str, Reply]:
    """Ask for claims by elements, includes and ids, and for resources of payment."""
    entry.must_lead_in()
    client = clinic.client
    plain = client.search(CLAIMS, [("_count", "5")])
    found = {"plain": plain}
    claim = next((str(row.get("id")) for row in plain.matches), "")
    found["elements"] = client.search(
        CLAIMS, [("_count", "5"), ("_elements", "total,payment,item")]
    )
    found["includes"] = client.search(
        CLAIMS, [("_count", "5"), ("_include", f"{CLAIMS}:coverage"), ("_include", "*")]
    )
    found["reverse includes"] = client.search(
        "Patient", [("_count", "2"), ("_revinclude", f"{CLAIMS}:patient")]
    )
    if claim:
        found["read"] = client.read(CLAIMS, claim)
        found["history"] = client.get(f"{CLAIMS}/{claim}/_history")
    if entry.members:
        found["everything"] = client.get(f"Patient/{entry.members[0]}/$everything")
    for kind in PAYMENTS:
        found[kind] = client.search(kind, [("_count", "2")])
    return found
