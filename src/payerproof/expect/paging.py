"""A search walked page by page as long as its next links lead where the token belongs."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from urllib.parse import urljoin

from payerproof.expect.hosts import lies_below
from payerproof.fhir.client import FhirClient, Params
from payerproof.fhir.reply import Reply

CLAIMS = "ExplanationOfBenefit"
PARTS = 4
"""Into how many pages a member's claims are cut, if the payer does as asked."""


@dataclass(frozen=True)
class Walk:
    """Pages in order, and how the walk ended."""

    pages: tuple[Reply, ...]
    base: str
    looped: bool = False
    """A next link led back to a page that had been seen."""
    endless: bool = False
    """There were more pages than the payer file lets a search have."""

    @property
    def first(self) -> Reply:
        """The answer to the search itself."""
        return self.pages[0]

    @property
    def cut_short(self) -> str:
        """Why not every page was seen; empty where the walk came to an end of the payer's."""
        if self.looped:
            return "a next link leads back to an earlier page"
        return f"there were more than {len(self.pages)} pages" if self.endless else ""

    @property
    def links(self) -> tuple[tuple[Reply, str], ...]:
        """Each page with its next link as an absolute address."""
        return tuple((page, link) for page in self.pages if (link := following(page)))

    @property
    def away(self) -> tuple[tuple[Reply, str], ...]:
        """Next links that leave the base; they are not followed."""
        return tuple((page, link) for page, link in self.links if not lies_below(link, self.base))

    @property
    def ids(self) -> Counter[str]:
        """How often each match came, by logical id."""
        return Counter(str(row.get("id")) for page in self.pages for row in page.matches)

    @property
    def exchanges(self) -> tuple[str, ...]:
        """The exchanges of the pages."""
        return tuple(page.exchange for page in self.pages)


def following(page: Reply) -> str:
    """The next link of a page as an absolute address, or an empty string."""
    link = page.link("next")
    return urljoin(page.answer.url, link) if link else ""


def walk(client: FhirClient, kind: str, params: Params) -> Walk:
    """Walk a search to its end, to a link that leads away or back, or to a refusal."""
    pages = [client.search(kind, params)]
    seen: set[str] = set()
    while len(pages) < client.max_pages:
        link = following(pages[-1])
        if not link or not pages[-1].ok or not lies_below(link, client.base):
            break
        if link in seen:
            return Walk(tuple(pages), client.base, looped=True)
        seen.add(link)
        pages.append(client.get(link))
    endless = len(pages) >= client.max_pages and bool(following(pages[-1]))
    return Walk(tuple(pages), client.base, endless=endless)


def claims_in_pages(client: FhirClient, patient: str, count: int) -> Walk:
    """A member's claims in about `PARTS` pages, with the Patient and Coverage they refer to.

    The one walk that all checks of paging judge: `count` is the number of claims in the record, and
    `client` one that sends each request once.
    """
    size = max(1, math.ceil(count / PARTS))
    query = [
        ("patient", patient),
        ("_count", str(size)),
        ("_include", f"{CLAIMS}:patient"),
        ("_include", f"{CLAIMS}:coverage"),
    ]
    return walk(client, CLAIMS, query)
