"""A walk through pages ends at the last one, at a link that leads away, or where it goes round."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from payerproof.expect.paging import Walk, walk
from payerproof.fhir.client import FhirClient
from payerproof.polite import Answer, Headers, Http

BASE = "https://payer.example/fhir"
SEARCH = f"{BASE}/ExplanationOfBenefit"


@dataclass
class _Pages:
    """Answers a search page by page; `links` are the next links, by page."""

    links: list[str]
    asked: list[str] = field(default_factory=list)

    def send(self, _method: str, url: str, **_how: Any) -> Answer:
        self.asked.append(url)
        number = int(parse_qs(urlsplit(url).query).get("page", ["0"])[0])
        row = {"resourceType": "ExplanationOfBenefit", "id": f"c{number}"}
        body = {
            "resourceType": "Bundle",
            "entry": [{"resource": row, "search": {"mode": "match"}}],
            "link": [{"relation": "next", "url": link} for link in self.links[number:][:1] if link],
        }
        return Answer(200, Headers(()), json.dumps(body).encode(), url, f"x{number}", 1)


def _walked(*links: str) -> tuple[Walk, _Pages]:
    pages = _Pages(list(links))
    client = FhirClient(cast(Http, pages), BASE)
    return walk(client, "ExplanationOfBenefit", [("patient", "p")]), pages


def test_to_the_last_page() -> None:
    found, _ = _walked(f"{SEARCH}?page=1", f"{SEARCH}?page=2", "")
    assert list(found.ids) == ["c0", "c1", "c2"]
    assert not found.looped
    assert not found.away


def test_a_relative_link_is_resolved() -> None:
    found, _ = _walked("ExplanationOfBenefit?page=1", "")
    assert len(found.pages) == 2


def test_a_link_that_leads_away_is_not_followed() -> None:
    found, pages = _walked("https://inside.payer.example:8443/fhir/ExplanationOfBenefit?page=1")
    assert len(pages.asked) == 1
    assert len(found.away) == 1


def test_a_link_that_goes_round() -> None:
    found, pages = _walked(f"{SEARCH}?page=1", f"{SEARCH}?page=1")
    assert found.looped
    assert len(pages.asked) == 2
