"""Which versions of the guides the payer is held to: what the payer file says, else declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from payerproof.guides.duties import Duties, duties, versions
from payerproof.target import Target

PACKAGES: Mapping[str, str] = {
    "us-core": "us/core",
    "carin-bb": "us/carin-bb",
    "plan-net": "us/davinci-pdex-plan-net",
    "drug-formulary": "us/davinci-drug-formulary",
}
"""Short name -> the step of its addresses by which a guide is known."""

FALLBACK: Mapping[str, str] = {
    "us-core": "6.1.0",
    "carin-bb": "2.0.0",
    "plan-net": "1.1.0",
    "drug-formulary": "2.0.1",
}
"""The version that regulation or CMS names, where a payer declares none (45 CFR 170.215(b)(1)(ii);
CMS-0057-F, table of recommended guides)."""


@dataclass(frozen=True)
class Declared:
    """The demands that bind this payer."""

    target: Target = field(repr=False)
    capability: Mapping[str, Any] = field(repr=False)

    @cached_property
    def us_core(self) -> tuple[Duties, ...]:
        """US Core at each declared version that is at hand, newest first."""
        return self._of("us-core")

    @cached_property
    def carin_bb(self) -> tuple[Duties, ...]:
        """CARIN Blue Button at each declared version that is at hand, newest first."""
        return self._of("carin-bb")

    @cached_property
    def plan_net(self) -> tuple[Duties, ...]:
        """Plan-Net at each declared version that is at hand, newest first."""
        return self._of("plan-net")

    @cached_property
    def drug_formulary(self) -> tuple[Duties, ...]:
        """Drug Formulary at each declared version that is at hand, newest first."""
        return self._of("drug-formulary")

    def _of(self, guide: str) -> tuple[Duties, ...]:
        named = self.target.guides.get(guide.replace("-", "_"), "")
        found = set(re.split(r"[,\s]+", named)) - {""} or set(self._named(guide))
        near = {_at_hand(guide, version) for version in found or {FALLBACK[guide]}}
        return tuple(duties(guide, version) for version in sorted(near, reverse=True))

    def _named(self, guide: str) -> Iterator[str]:
        for key in ("implementationGuide", "instantiates"):
            for address in self.capability.get(key) or []:
                url, _, version = str(address).partition("|")
                if f"/{PACKAGES[guide]}/" in url and re.fullmatch(r"\d+\.\d+\.\d+", version):
                    yield version


def _at_hand(guide: str, version: str) -> str:
    """The version itself, or the newest older one whose facts are at hand, or the oldest."""
    known = versions(guide)
    older = [one for one in known if _numbers(one) <= _numbers(version)]
    return older[-1] if older else known[0]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
