"""How a defect is written: one decision of the FHIR API taken otherwise, or other data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from payerproof.sandbox.data.world import Edit, World
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth, portal, transport

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import TenantSpec

__all__ = [
    "Change",
    "data",
    "decision",
    "edited",
    "fhir",
    "oauth",
    "portal",
    "remembering",
    "seed",
    "transport",
    "with_fhir",
]

Decision = TypeVar("Decision", bound=Callable[..., Any])
WorldChange = TypeVar("WorldChange", bound=Callable[[World], World])
Make = TypeVar("Make", bound=Callable[[], Mapping[str, Any]])


def seed(
    name: str,
    area: str,
    cites: str,
    title: str,
    apply: Callable[[TenantSpec], TenantSpec],
    *,
    twin: str = "",
    lawful: bool = False,
) -> None:
    """Register a defect, or a benign twin if `lawful`; `cites` is a list parted by spaces."""
    found = tuple(cites.split())
    register(Defect(name, area, found, title, apply, twin=twin, lawful=lawful))


def with_fhir(spec: TenantSpec, decisions: Mapping[str, Any]) -> TenantSpec:
    """Replace decisions of the FHIR API by name."""
    fhir = replace(spec.policies.fhir, **decisions)
    return replace(spec, policies=replace(spec.policies, fhir=fhir))


def fhir(**decisions: Any) -> Callable[[TenantSpec], TenantSpec]:
    """Make the change that takes these decisions of the FHIR API otherwise."""
    return lambda spec: with_fhir(spec, decisions)


def decision(
    field: str, name: str, area: str, cites: str, title: str, **more: Any
) -> Callable[[Decision], Decision]:
    """Seed the decorated function as the decision `field` of the FHIR API."""

    def take(function: Decision) -> Decision:
        seed(name, area, cites, title, fhir(**{field: function}), **more)
        return function

    return take


def remembering(
    name: str, area: str, cites: str, title: str, **more: Any
) -> Callable[[Make], Make]:
    """Seed decisions that keep something between requests; they are made anew for each tenant."""

    def take(make: Make) -> Make:
        seed(name, area, cites, title, lambda spec: with_fhir(spec, make()), **more)
        return make

    return take


def data(
    name: str, area: str, cites: str, title: str, **more: Any
) -> Callable[[WorldChange], WorldChange]:
    """Seed the decorated function as a change of the data."""

    def take(change: WorldChange) -> WorldChange:
        def apply(spec: TenantSpec) -> TenantSpec:
            return replace(spec, reshape=(*spec.reshape, change))

        seed(name, area, cites, title, apply, **more)
        return change

    return take


def edited(world: World, kind: str, change: Edit) -> World:
    """Pass every resource of a type through `change`; of ExplanationOfBenefit the claims."""
    return world.edit_claims(change) if kind == "ExplanationOfBenefit" else world.edit(kind, change)
