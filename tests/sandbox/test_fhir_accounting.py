"""The accounting of disclosures names who saw what, and holds no token and no content."""

from __future__ import annotations

import json

from fhir_payer import Payer


def test_reads_searches_pages_and_refusals_are_accounted_for() -> None:
    payer = Payer()
    ada, eli = payer.patient("ada"), payer.patient("eli")
    payer.ask(f"/Patient/{ada}")
    first = payer.ask("/ExplanationOfBenefit?_count=2")
    second = payer.ask(first.link("next"))
    payer.ask(f"/Patient/{eli}")
    payer.ask("/Patient", method="POST")
    payer.ask("/Patient", token="")
    payer.ask("/metadata", token="")
    entries = payer.tenant.disclosures
    assert [one["status"] for one in entries] == [200, 200, 200, 404, 405]
    assert {(one["user"], one["client_id"], one["patient"]) for one in entries} == {
        ("ada", "app", ada)
    }
    assert entries[0]["disclosed"] == [f"Patient/{ada}"]
    assert entries[1]["disclosed"] == [f"ExplanationOfBenefit/{one}" for one in first.ids]
    assert entries[2]["disclosed"] == [f"ExplanationOfBenefit/{one}" for one in second.ids]
    assert entries[3]["disclosed"] == []
    text = json.dumps(entries)
    for secret in ("Bearer", "Lovelace", eli, "26L7K"):
        assert secret not in text
