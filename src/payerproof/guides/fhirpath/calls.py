"""What makers of functions share: the shape of a registry row, and the two simplest makers.

A maker is given the compiled target and arguments and answers the compiled call.
"""

from __future__ import annotations

from collections.abc import Callable

from payerproof.guides.fhirpath.items import Collection, Item, Scope

Fn = Callable[[Scope], Collection]
Maker = Callable[..., Fn]
Row = tuple[int, int, Maker, bool]
"""Fewest and most arguments, maker, and whether the argument is the name of a type."""


def at_item(scope: Scope, item: Item, index: int) -> Scope:
    """The scope inside a criterion."""
    return Scope(scope.env, [item], index, scope.total, {**scope.variables})


def simple(action: Callable[[Collection], Collection]) -> Maker:
    """A function of the items alone."""
    return lambda target: lambda scope: action(target(scope))


def with_collection(action: Callable[[Collection, Collection], Collection]) -> Maker:
    """A function of the items and of one other collection."""
    return lambda target, other: lambda scope: action(target(scope), other(scope))
