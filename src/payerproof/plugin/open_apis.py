"""The payer's open APIs, directory and formulary: asked by nobody in particular.

What they publish is fetched once in a run, without token, key or cookie, and judged by many checks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from payerproof.expect.outcomes import inconclusive_unless
from payerproof.fhir.client import EndlessPaging, FhirClient
from payerproof.fhir.reply import Reply
from payerproof.fhir.surroundings import local
from payerproof.guides.duties import Duties
from payerproof.plugin.declared import Declared
from payerproof.plugin.grants import Memo
from payerproof.polite import Http
from payerproof.target import Target

SAMPLE = 200
"""How many resources of one type are looked at; a payer's network may be large."""


@dataclass(frozen=True)
class OpenApi:
    """One open API of the payer, with what it published when it was first asked."""

    name: str
    """``directory`` or ``formulary``."""
    base: str
    """FHIR base URL without a trailing slash."""
    target: Target = field(repr=False)
    client: FhirClient = field(repr=False)
    """Sends each request once in a run, and nothing with it that tells who asks."""
    fresh: FhirClient = field(repr=False)
    """The same without memory, for what changes."""
    _pages: dict[str, tuple[Reply, ...]] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        return f"the {self.name}"

    @property
    def id(self) -> str:
        """How sentences call it."""
        return str(self)

    @property
    def patient_id(self) -> str:
        """Nobody's: an open API knows no member."""
        return ""

    @cached_property
    def statement(self) -> Reply:
        """The answer to a request for its CapabilityStatement."""
        return self.client.get("metadata")

    @cached_property
    def held(self) -> tuple[Duties, ...]:
        """The demands of its guide at each version that it declares, newest first."""
        declared = Declared(self.target, self.statement.body)
        return declared.plan_net if self.name == "directory" else declared.drug_formulary

    @property
    def kinds(self) -> tuple[str, ...]:
        """The types that its guide demands."""
        return tuple(self.held[0].types)

    def pages(self, kind: str) -> tuple[Reply, ...]:
        """The first pages of a type, up to `SAMPLE` resources."""
        if kind not in self._pages:
            self._pages[kind] = tuple(self._some(kind))
        return self._pages[kind]

    def _some(self, kind: str) -> Iterator[Reply]:
        count = 0
        try:
            for page in self.client.pages(self.client.search(kind, [("_count", "100")])):
                yield page
                count += len(page.matches)
                if count >= SAMPLE or not page.ok:
                    return
        except EndlessPaging:
            return

    def known(self, resource_type: str) -> tuple[Mapping[str, Any], ...]:
        """Resources of a type that a search without criteria showed."""
        rows = {
            str(row.get("id")): row
            for page in self.pages(resource_type)
            for row in page.matches
            if row.get("resourceType") == resource_type
        }
        return tuple(rows.values())

    @cached_property
    def answers(self) -> tuple[Reply, ...]:
        """Everything that was answered before anything was looked for."""
        return (self.statement, *(page for kind in self.kinds for page in self.pages(kind)))

    @cached_property
    def rows(self) -> Mapping[str, Mapping[str, Any]]:
        """``Type/id`` -> each resource that was found."""
        return {f"{kind}/{row.get('id')}": row for kind in self.kinds for row in self.known(kind)}

    def named(self, resource: Mapping[str, Any], *path: str) -> tuple[Mapping[str, Any], ...]:
        """The resources to which an element refers, as far as they were found."""
        value: Any = resource
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        listed = value if isinstance(value, list) else [value]
        keys = (local(str(one.get("reference") or ""), self.base) for one in listed if one)
        return tuple(self.rows[key] for key in keys if key in self.rows)

    def must_answer(self) -> None:
        """End the check as inconclusive where nothing was published that could be judged."""
        inconclusive_unless(
            self.rows,
            f"{self} shows nothing to somebody without a token",
            *(page.exchange for page in self.answers[:4]),
        )


def open_api(http: Http, memo: Memo, target: Target, name: str) -> OpenApi:
    """The open API of this name; the payer file must have its address.

    The headers of the payer file stay away: whoever looks up a doctor has none of them.
    """
    address = getattr(target.endpoints, name)
    assert address, f"needs {name}: say so in @check(…, needs=('{name}',))"
    base = str(address).rstrip("/")
    fresh = FhirClient(http, base, max_pages=target.limits.max_pages)
    client = FhirClient(http, base, max_pages=target.limits.max_pages, memory=memo)
    return OpenApi(name, base, target, client, fresh)
