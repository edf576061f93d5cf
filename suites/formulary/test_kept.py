"""Formulary: the payer keeps no record of who looked for which drug (Drug Formulary, Access)."""

from __future__ import annotations

from payerproof.expect.accounting import accounted
from payerproof.suite import (
    Api,
    OpenApi,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)


@check("formulary.open-when-public/nothing-kept", needs=("formulary", "control:disclosures"))
def test_who_looks_for_a_drug_is_not_kept(api: Api, formulary: OpenApi, target: Target) -> None:
    """The payer keeps no record of which drugs were looked up."""
    # given a formulary, and the accounting as it is
    formulary.must_answer()
    drugs = formulary.known("MedicationKnowledge")
    not_applicable_unless(drugs, "The formulary shows no drug.")
    before = len(accounted(api, target))
    # when somebody looks for one drug
    ident = str(drugs[0].get("id"))
    reply = formulary.fresh.search("MedicationKnowledge", _id=ident)
    inconclusive_unless(reply.matches, "the drug is not found", reply.exchange)
    after = accounted(api, target)[before:]
    kept = [one for one in after if one.get("about") in ("MedicationKnowledge", "Basic")]
    # then the accounting does not tell it
    expect.that(
        not kept and not any(ident in str(one) for one in after),
        "nothing about the drug in the accounting",
        f"{len(kept)} entries" if kept else "none",
        reply.exchange,
    )
