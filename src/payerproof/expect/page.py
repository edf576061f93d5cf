"""Expectations over pages of the payer."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from payerproof.browser.facts import PageFacts
from payerproof.expect.outcomes import settle
from payerproof.fhir.markers import Markers


@dataclass(frozen=True)
class ExpectPage:
    """Expectations over one page."""

    page: PageFacts

    def _settle(self, holds: bool, expected: str, observed: str) -> None:
        settle(holds, expected, observed, self.page.screenshot)

    def says(self, what: str, *patterns: str) -> None:
        """The page's text says it: one of these patterns is found, case and spacing aside."""
        text = " ".join(self.page.text.split())
        found = next((p for p in patterns if re.search(p, text, re.IGNORECASE)), None)
        self._settle(
            found is not None,
            f"the page says {what}",
            f"the page says {what}" if found else f"no sentence on the page says {what}",
        )

    def links_to(self, what: str, hrefs: Iterable[str]) -> None:
        """The page has a link to one of these addresses."""
        wanted = {href.rstrip("/") for href in hrefs}
        found = [link for link in self.page.links if link.href.rstrip("/") in wanted]
        self._settle(
            bool(found),
            f"a link to {what}",
            f"a link to {what}" if found else f"{len(self.page.links)} links, none to {what}",
        )

    def shows_nothing_about(self, *markers: Markers) -> None:
        """Neither the page's text nor its address tells anything of these people."""
        found = [
            trace
            for person in markers
            for trace in person.traces_in_text(
                f"{self.page.url}\n{self.page.title}\n{self.page.text}"
            )
        ]
        names = " or ".join(person.persona for person in markers)
        self._settle(
            not found,
            f"nothing about {names} on the page",
            ", ".join(f"{trace.kind} of {trace.member}" for trace in found)
            or f"nothing about {names} on the page",
        )
