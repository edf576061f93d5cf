"""A reply of a FHIR server, read tolerantly: raw JSON is the truth, nothing is a precondition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from payerproof.fhir.compartment import elements_in, resources_among
from payerproof.polite import Answer, NotJson


@dataclass(frozen=True)
class Reply:
    """One answer to one FHIR request. Its repr shows no content."""

    answer: Answer = field(repr=False)
    asked: str = field(repr=False)
    """The URL and form that were sent: values in it do not count as told by the payer."""

    def __repr__(self) -> str:
        return f"<Reply {self.status} ({self.exchange})>"

    @property
    def status(self) -> int:
        """HTTP status."""
        return self.answer.status

    @property
    def exchange(self) -> str:
        """The exchange that brought it."""
        return self.answer.exchange

    @property
    def text(self) -> str:
        """The body as text."""
        return self.answer.text

    def header(self, name: str) -> str:
        """First value of a response header, or an empty string."""
        return self.answer.headers.get(name) or ""

    @cached_property
    def json(self) -> Any:
        """The parsed body, or None where it is not JSON."""
        try:
            return self.answer.json()
        except NotJson:
            return None

    @property
    def ok(self) -> bool:
        """True for a 2xx status."""
        return 200 <= self.status < 300

    @cached_property
    def body(self) -> Mapping[str, Any]:
        """The JSON object of the body; empty where it is none."""
        return self.json if isinstance(self.json, Mapping) else {}

    @property
    def resource_type(self) -> str:
        """``Bundle``, ``Patient`` … or an empty string."""
        value = self.body.get("resourceType")
        return value if isinstance(value, str) else ""

    @property
    def is_bundle(self) -> bool:
        """True where a Bundle came."""
        return self.resource_type == "Bundle"

    @cached_property
    def entries(self) -> tuple[Mapping[str, Any], ...]:
        """The entries of the Bundle that came, or none."""
        entries = self.body.get("entry") if self.is_bundle else None
        return (
            tuple(e for e in entries if isinstance(e, Mapping)) if isinstance(entries, list) else ()
        )

    def _entries_of_mode(self, *modes: str | None) -> tuple[Mapping[str, Any], ...]:
        return tuple(
            entry["resource"]
            for entry in self.entries
            if isinstance(entry.get("resource"), Mapping)
            and (entry.get("search") or {}).get("mode") in modes
        )

    @cached_property
    def matches(self) -> tuple[Mapping[str, Any], ...]:
        """Resources that matched the search; without a search mode, all but OperationOutcomes."""
        return tuple(
            resource
            for resource in self._entries_of_mode("match", None)
            if resource.get("resourceType") != "OperationOutcome"
        )

    @cached_property
    def included(self) -> tuple[Mapping[str, Any], ...]:
        """Resources that came by `_include` or `_revinclude`."""
        return self._entries_of_mode("include")

    @cached_property
    def elements(self) -> tuple[Mapping[str, Any], ...]:
        """Every object of the body, outer ones first; see `payerproof.fhir.compartment`."""
        return tuple(elements_in(self.json))

    @cached_property
    def all_resources(self) -> tuple[Mapping[str, Any], ...]:
        """Every resource anywhere in the body, Bundles and OperationOutcomes included."""
        return tuple(resources_among(self.elements))

    @cached_property
    def resources(self) -> tuple[Mapping[str, Any], ...]:
        """Every resource anywhere in the body but Bundles and OperationOutcomes."""
        return tuple(
            resource
            for resource in self.all_resources
            if resource.get("resourceType") not in ("Bundle", "OperationOutcome", "Parameters")
        )

    @property
    def total(self) -> int | None:
        """Bundle.total, where the server tells it."""
        value = self.body.get("total")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def link(self, relation: str) -> str:
        """URL of a Bundle link, or an empty string."""
        for link in self.body.get("link") or []:
            if isinstance(link, Mapping) and link.get("relation") == relation:
                return str(link.get("url") or "")
        return ""

    @property
    def issues(self) -> Iterator[Mapping[str, Any]]:
        """Issues of every OperationOutcome in the body."""
        for resource in self.all_resources:
            if resource.get("resourceType") == "OperationOutcome":
                yield from (i for i in resource.get("issue") or [] if isinstance(i, Mapping))
