"""What one mistake changes of a payer: some decisions, or passages of a page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from payerproof.sandbox.oauth.store import GrantStore
from payerproof.sandbox.portal.pages import template_source

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Reshape, Tenant, TenantSpec

Kept = TypeVar("Kept")
Change = Callable[["TenantSpec"], "TenantSpec"]
Edit = Callable[[str], str]


def portal(**decisions: Any) -> Change:
    """Take decisions of the member portal otherwise."""
    return _policies("portal", decisions)


def oauth(**decisions: Any) -> Change:
    """Take decisions of the authorization server otherwise."""
    return _policies("oauth", decisions)


def fhir(**decisions: Any) -> Change:
    """Take decisions of the FHIR API otherwise."""
    return _policies("fhir", decisions)


def edge(**decisions: Any) -> Change:
    """Take decisions of the edge, which every answer passes through, otherwise."""
    return _policies("transport", decisions)


def _policies(group: str, decisions: dict[str, Any]) -> Change:
    def change(spec: TenantSpec) -> TenantSpec:
        changed: Any = replace(getattr(spec.policies, group), **decisions)
        return replace(spec, policies=replace(spec.policies, **{group: changed}))

    return change


def data(reshape: Reshape) -> Change:
    """Give the payer other data."""
    return lambda spec: replace(spec, reshape=(*spec.reshape, reshape))


def page(template: str, *edits: Edit) -> Change:
    """Edit a page's template (its name without ending), on top of earlier edits of it."""
    name = f"{template}.html.j2"

    def change(spec: TenantSpec) -> TenantSpec:
        source = spec.templates.get(name) or template_source(name)
        for edit in edits:
            source = edit(source)
        return replace(spec, templates=MappingProxyType({**spec.templates, name: source}))

    return change


def swap(old: str, new: str) -> Edit:
    """Replace a passage; raises `ValueError` where the template doesn't hold it (any more)."""

    def edit(source: str) -> str:
        if old not in source:
            raise ValueError(f"the template has no passage {old!r}")
        return source.replace(old, new)

    return edit


def cut(start: str, end: str, new: str = "") -> Edit:
    """Replace what stands from `start` up to, and without, `end`."""

    def edit(source: str) -> str:
        first = source.index(start)
        return source[:first] + new + source[source.index(end, first) :]

    return edit


def every(*changes: Change) -> Change:
    """Make several changes that one mistake consists of, in order."""

    def change(spec: TenantSpec) -> TenantSpec:
        for one in changes:
            spec = one(spec)
        return spec

    return change


class Memory(Generic[Kept]):
    """What a payer keeps where it should ask anew; gone when the payer is reset."""

    def __init__(self, make: Callable[[], Kept]) -> None:
        self._make = make
        self._kept: WeakKeyDictionary[GrantStore, Kept] = WeakKeyDictionary()

    def of(self, tenant: Tenant) -> Kept:
        """What one payer keeps."""
        return self._kept.setdefault(tenant.grants, self._make())
