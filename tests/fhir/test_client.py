"""The FHIR client: whose token goes where, and when paging ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from payerproof.fhir.client import EndlessPaging, FhirClient
from payerproof.polite import Answer, Headers

BASE = "https://payer.example/fhir"


class Http:
    """Answers by address and remembers which bearer went where."""

    def __init__(self, pages: dict[str, Any]) -> None:
        self.pages = pages
        self.sent: list[tuple[str, str]] = []

    def send(self, method: str, url: str, **how: Any) -> Answer:
        import json

        self.sent.append((url, how["bearer"]))
        content = json.dumps(self.pages.get(url, {})).encode()
        return Answer(200, Headers(()), content, url, f"gw0-{len(self.sent)}", 1)


def bundle(following: str) -> dict[str, Any]:
    return {"resourceType": "Bundle", "link": [{"relation": "next", "url": following}]}


def client(pages: dict[str, Any]) -> tuple[FhirClient, Http]:
    http = Http(pages)
    return FhirClient(http, BASE, "secret", max_pages=5), http  # type: ignore[arg-type]  # a stand-in


def test_the_token_is_not_sent_where_a_link_leads_elsewhere() -> None:
    elsewhere = "https://evil.example/fhir/Patient?page=2"
    made, http = client({f"{BASE}/Patient": bundle(elsewhere)})
    list(made.pages(made.search("Patient")))
    assert http.sent == [(f"{BASE}/Patient", "secret"), (elsewhere, "")]


def test_a_relative_next_link_is_resolved() -> None:
    made, http = client({f"{BASE}/Patient": bundle("Patient?page=2")})
    list(made.pages(made.search("Patient")))
    assert http.sent[1] == (f"{BASE}/Patient?page=2", "secret")


def test_a_link_that_comes_round_again_ends_the_walk() -> None:
    made, _ = client({f"{BASE}/A": bundle(f"{BASE}/B"), f"{BASE}/B": bundle(f"{BASE}/B")})
    with pytest.raises(EndlessPaging, match="earlier page"):
        list(made.pages(made.get("A")))


def test_too_many_pages_end_the_walk() -> None:
    chain = {f"{BASE}/{n}": bundle(f"{BASE}/{n + 1}") for n in range(9)}
    made, _ = client(chain)
    with pytest.raises(EndlessPaging, match="more than 5"):
        list(made.pages(made.get("0")))


def test_a_path_goes_out_as_it_is() -> None:
    made, http = client({})
    made.get("Patient/%2e%2e/x//y")
    assert http.sent[0][0] == f"{BASE}/Patient/%2e%2e/x//y"


def test_members_are_named_with_their_type_where_the_payer_needs_it() -> None:
    """Q-REST-11: some servers find patient=Patient/123 and not patient=123."""
    made, http = client({})
    replace(made, typed=True).search("Coverage", beneficiary="7", type="a", patient="Patient/8")
    assert http.sent[0][0] == f"{BASE}/Coverage?beneficiary=Patient/7&type=a&patient=Patient/8"
