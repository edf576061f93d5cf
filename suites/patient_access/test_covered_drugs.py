"""Medicaid and CHIP: covered outpatient drugs, and changes of the list within one business day.

42 CFR 431.60(b)(4) and 457.730(b)(4), told through the formulary API (Drug Formulary).
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from payerproof.expect.business_days import business_days_after
from payerproof.expect.claims import codes, codings
from payerproof.suite import (
    OpenApi,
    Operator,
    Reply,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
    remark,
)

DAY = 24 * 3600
"""Seconds."""
NAME = "Payerproofprobe"
ENTRY: Mapping[str, Any] = {
    "resourceType": "MedicationKnowledge",
    "id": "payerproof-probe",
    "meta": {
        "profile": [
            "http://hl7.org/fhir/us/davinci-drug-formulary/StructureDefinition/usdf-FormularyDrug"
        ]
    },
    "status": "active",
    "code": {
        "coding": [
            {
                "system": "http://www.nlm.nih.gov/research/umls/rxnorm",
                "code": "99999999",
                "display": f"{NAME} 1 MG Oral Tablet",
            }
        ]
    },
}
"""A drug that no list has of its own."""


@check("patient-access.covered-outpatient-drugs/list-published", needs=("formulary",))
def test_covered_drugs_are_listed(formulary: OpenApi) -> None:
    """Each list has drugs that are covered, and each drug a code or a name."""
    # given a formulary that answers
    formulary.must_answer()
    pages = (*formulary.pages("Basic"), *formulary.pages("MedicationKnowledge"))
    # when the drugs are looked up to which its entries refer
    items = [row for row in formulary.known("Basic") if "formulary-item" in codes(row.get("code"))]
    unnamed = [row for row in items if not any(map(_named, formulary.named(row, "subject")))]
    # and the lists of which no entry was seen yet are asked for one
    told = str(items)
    asked = [_entry_of(formulary, name) for name in _lists(formulary) if f"{name}'" not in told]
    empty = [reply for reply in asked if reply.ok and not reply.matches]
    # then there are some in each, and each is named
    expect.that(
        bool(items) and not unnamed and not empty,
        "covered drugs in each list, each with its code or name",
        f"{len(unnamed)} of {len(items)} entries name no drug, and {len(empty)} lists are empty"
        if items
        else "no entry of a drug",
        *(reply.exchange for reply in (*empty, *pages)),
    )


def _lists(formulary: OpenApi) -> list[str]:
    """References to the lists of drugs that are published (US Drug Formulary, Formulary.type)."""
    plans = formulary.known("InsurancePlan")
    return [f"InsurancePlan/{one['id']}" for one in plans if "DRUGPOL" in codes(one.get("type"))]


def _entry_of(formulary: OpenApi, name: str) -> Reply:
    return formulary.client.search(
        "Basic", [("code", "formulary-item"), ("formulary", name), ("_count", "1")]
    )


@check(
    "patient-access.covered-outpatient-drugs/published-change",
    needs=("formulary", "control:publish", "control:clock", "state_changes"),
    prod="no",
)
def test_a_change_of_the_list_appears(
    formulary: OpenApi, operator: Operator, target: Target
) -> None:
    """A drug that the payer puts on its list is found there within one business day."""
    # given a formulary that answers, and no drug of this name
    formulary.must_answer()
    looks = [_search(formulary)]
    inconclusive_unless(
        looks[0].is_bundle and not looks[0].matches and looks[0].header("date"),
        "the drug is there, or the answer has no Date",
        looks[0].exchange,
    )

    def there() -> bool:
        looks.append(_search(formulary))
        return bool(looks[-1].matches)

    # when the operator puts it on the list, and one business day has passed
    today = parsedate_to_datetime(looks[0].header("date")).date()
    until = business_days_after(today, target.policy.freshness_business_days, target.policy)
    probe = {"api": "formulary", "resources": [dict(ENTRY)]}
    gone = {"api": "formulary", "remove": ["MedicationKnowledge/payerproof-probe"]}
    waits, every = target.policy.revocation_wait_seconds, target.policy.revocation_poll_seconds
    with operator.changed("publish", probe, gone):
        delay = eventually(there, within=waits, every=every)
        with operator.later(((until - today).days + 1) * DAY):
            found = there()
    remark(
        f"The drug did not appear in the {waits:g} seconds that the run waited."
        if delay is None
        else f"The drug appeared after {delay:.1f} seconds."
    )
    # then it is found
    expect.that(
        found,
        "the drug, when the next business day was over",
        "it was found" if found else "it was not found",
        looks[-1].exchange,
    )


def _search(formulary: OpenApi) -> Reply:
    return formulary.fresh.search("MedicationKnowledge", [("drug-name", NAME)])


def _named(drug: Mapping[str, Any]) -> bool:
    concept = drug.get("code")
    text = concept.get("text") if isinstance(concept, Mapping) else ""
    return bool(text) or any(one.get("code") or one.get("display") for one in codings(concept))
