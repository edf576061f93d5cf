"""A reply of a FHIR server, read tolerantly: raw JSON is the truth, nothing is a precondition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Generic, TypeVar, overload

from payerproof.fhir.compartment import elements_in, resources_among
from payerproof.polite import Answer, NotJson

_LONG = 100_000
"""Bytes of a body above which its parsed form is not kept with the reply."""


def _json(answer: Answer) -> Any:
    try:
        return answer.json()
    except NotJson:
        return None


@lru_cache(maxsize=3)
def _parsed(answer: Answer) -> Any:
    return _json(answer)


T = TypeVar("T")


class _kept(Generic[T]):  # noqa: N801 - used like functools.cached_property
    """What is read off a body, kept with the reply where the body is short."""

    def __init__(self, function: Callable[[Reply], T]) -> None:
        self._function = function
        self.__doc__ = function.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, reply: None, owner: type) -> _kept[T]: ...
    @overload
    def __get__(self, reply: Reply, owner: type) -> T: ...
    def __get__(self, reply: Reply | None, owner: type) -> T | _kept[T]:
        if reply is None:
            return self
        found = self._function(reply)
        if not reply._is_long:
            vars(reply)[self._name] = found
        return found


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

    @property
    def json(self) -> Any:
        """The parsed body, or None where it is not JSON."""
        return _parsed(self.answer) if self._is_long else self._short_json

    @property
    def _is_long(self) -> bool:
        """Whether what is read off the body is read anew each time.

        Replies are kept by the dozen, and parsed they take ten times their text.
        """
        return len(self.answer.content) > _LONG

    @cached_property
    def _short_json(self) -> Any:
        return _json(self.answer)

    @property
    def ok(self) -> bool:
        """True for a 2xx status."""
        return 200 <= self.status < 300

    @_kept
    def body(self) -> Mapping[str, Any]:
        """The JSON object of the body; empty where it is none."""
        found = self.json
        return found if isinstance(found, Mapping) else {}

    @property
    def resource_type(self) -> str:
        """``Bundle``, ``Patient`` … or an empty string."""
        value = self.body.get("resourceType")
        return value if isinstance(value, str) else ""

    @property
    def is_bundle(self) -> bool:
        """True where a Bundle came."""
        return self.resource_type == "Bundle"

    @_kept
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

    @_kept
    def matches(self) -> tuple[Mapping[str, Any], ...]:
        """Resources that matched the search; without a search mode, all but OperationOutcomes."""
        return tuple(
            resource
            for resource in self._entries_of_mode("match", None)
            if resource.get("resourceType") != "OperationOutcome"
        )

    @_kept
    def included(self) -> tuple[Mapping[str, Any], ...]:
        """Resources that came by `_include` or `_revinclude`."""
        return self._entries_of_mode("include")

    @_kept
    def elements(self) -> tuple[Mapping[str, Any], ...]:
        """Every object of the body, outer ones first; see `payerproof.fhir.compartment`."""
        return tuple(elements_in(self.json))

    @_kept
    def all_resources(self) -> tuple[Mapping[str, Any], ...]:
        """Every resource anywhere in the body, Bundles and OperationOutcomes included."""
        return tuple(resources_among(self.elements))

    @_kept
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
