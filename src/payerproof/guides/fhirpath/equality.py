"""Equality, equivalence and order of items and collections (FHIRPath sections 6.1 and 6.2)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from payerproof.guides.fhirpath import quantity as q
from payerproof.guides.fhirpath import temporal as t
from payerproof.guides.fhirpath.errors import FhirPathError
from payerproof.guides.fhirpath.items import Collection, Item, Node, system

_SPACE = re.compile(r"\s+")


def equal_items(left: Item, right: Item) -> bool | None:
    """Equality of two items; None when it cannot be known."""
    left, right = system(left), system(right)
    if isinstance(left, Node) or isinstance(right, Node):
        return isinstance(left, Node) and isinstance(right, Node) and same_json(left, right)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    return _equal_values(left, right)


def _equal_values(left: Any, right: Any) -> bool | None:
    numbers = int | float | Decimal
    if isinstance(left, numbers) and isinstance(right, numbers):
        return bool(left == right)
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    if isinstance(left, t.Temporal) and isinstance(right, t.Temporal):
        if (left.kind == "time") != (right.kind == "time"):
            return False
        order = t.compare(left, right)
        return None if order is None else order == 0
    if isinstance(left, q.Quantity) or isinstance(right, q.Quantity):
        return _equal_quantities(left, right)
    return _mixed(left, right)


def _mixed(left: Any, right: Any) -> bool | None:
    """A text compared with a date is read as a date where it can be."""
    if isinstance(left, str) and isinstance(right, t.Temporal):
        left = _as_temporal(left, right.kind)
    elif isinstance(right, str) and isinstance(left, t.Temporal):
        right = _as_temporal(right, left.kind)
    if isinstance(left, t.Temporal) and isinstance(right, t.Temporal):
        order = t.compare(left, right)
        return None if order is None else order == 0
    return False


def _as_temporal(text: str, kind: str) -> t.Temporal | None:
    return t.parse_time(text) if kind == "time" else t.parse_date_time(text)


def _equal_quantities(left: Any, right: Any) -> bool | None:
    left, right = _as_quantity(left), _as_quantity(right)
    if left is None or right is None:
        return False
    order = q.compare(left, right)
    return None if order is None else order == 0


def _as_quantity(value: Any) -> q.Quantity | None:
    if isinstance(value, q.Quantity):
        return value
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return q.Quantity(Decimal(value))
    return None


def same_json(left: Node, right: Node) -> bool:
    """Deep equality of two elements, extensions of primitives included."""
    return bool(left.value == right.value) and left.sibling == right.sibling


def equal(left: Collection, right: Collection) -> bool | None:
    """Equality of collections, order included; None when empty or unknown."""
    if not left or not right:
        return None
    if len(left) != len(right):
        return False
    out: bool | None = True
    for one, other in zip(left, right, strict=True):
        same = equal_items(one, other)
        if same is False:
            return False
        if same is None:
            out = None
    return out


def equivalent_items(left: Item, right: Item) -> bool:
    """Equivalence of two items: case, spaces and decimal places are set aside."""
    left, right = system(left), system(right)
    if isinstance(left, Node) or isinstance(right, Node):
        if not (isinstance(left, Node) and isinstance(right, Node)):
            return False
        return _equivalent_json(left.value, right.value)
    return _equivalent_values(left, right)


def _equivalent_values(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, str) and isinstance(right, str):
        return fold(left) == fold(right)
    numbers = int | float | Decimal
    if isinstance(left, numbers) and isinstance(right, numbers):
        return _equivalent_numbers(left, right)
    if isinstance(left, t.Temporal) and isinstance(right, t.Temporal):
        return t.compare(left, right) == 0
    if isinstance(left, q.Quantity) and isinstance(right, q.Quantity):
        return q.equivalent(left, right)
    if isinstance(left, q.Quantity) or isinstance(right, q.Quantity):
        return bool(_equal_quantities(left, right))
    return False


def _equivalent_numbers(left: Any, right: Any) -> bool:
    one, other = Decimal(str(left)), Decimal(str(right))
    digits = min(_places(one), _places(other))
    unit = Decimal(1).scaleb(-digits)
    return one.quantize(unit) == other.quantize(unit)


def _places(value: Decimal) -> int:
    exponent = value.as_tuple().exponent
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def fold(text: str) -> str:
    """Text as equivalence sees it."""
    return _SPACE.sub(" ", text.strip()).casefold()


def _equivalent_json(left: Any, right: Any) -> bool:
    if isinstance(left, dict) and isinstance(right, dict):
        keys = (left.keys() | right.keys()) - {"id"}
        return all(k in left and k in right and _equivalent_json(left[k], right[k]) for k in keys)
    if isinstance(left, list) and isinstance(right, list):
        return _match_all(left, right, _equivalent_json)
    return _equivalent_values(left, right)


def equivalent(left: Collection, right: Collection) -> bool:
    """Equivalence of collections, whatever the order."""
    if len(left) != len(right):
        return False
    return _match_all(left, right, equivalent_items)


def _match_all(left: list[Any], right: list[Any], same: Any) -> bool:
    if len(left) != len(right):
        return False
    rest = list(right)
    for one in left:
        at = next((i for i, other in enumerate(rest) if same(one, other)), None)
        if at is None:
            return False
        rest.pop(at)
    return True


def order(left: Item, right: Item) -> int | None:
    """-1, 0 or 1; None when unknown; raises `FhirPathError` for things that have no order."""
    left, right = system(left), system(right)
    if isinstance(left, Node) and left.value is None:
        return None
    if isinstance(right, Node) and right.value is None:
        return None
    if isinstance(left, bool) or isinstance(right, bool):
        raise FhirPathError("true and false have no order")
    for kind in (str, t.Temporal, q.Quantity):
        if isinstance(left, kind) and isinstance(right, kind):
            return _order_same(left, right)
    numbers = int | float | Decimal
    if isinstance(left, numbers) and isinstance(right, numbers):
        return (left > right) - (left < right)
    return _order_mixed(left, right)


def _order_same(left: Any, right: Any) -> int | None:
    if isinstance(left, t.Temporal):
        return t.compare(left, right)
    if isinstance(left, q.Quantity):
        return q.compare(left, right)
    return int(left > right) - int(left < right)


def _order_mixed(left: Any, right: Any) -> int | None:
    if isinstance(left, q.Quantity) or isinstance(right, q.Quantity):
        one, other = _as_quantity(left), _as_quantity(right)
        if one is not None and other is not None:
            return q.compare(one, other)
    if isinstance(left, str) and isinstance(right, t.Temporal):
        left = _as_temporal(left, right.kind)
    elif isinstance(right, str) and isinstance(left, t.Temporal):
        right = _as_temporal(right, left.kind)
    if isinstance(left, t.Temporal) and isinstance(right, t.Temporal):
        return t.compare(left, right)
    raise FhirPathError("these two values have no order")


def contains(collection: Collection, item: Item) -> bool:
    """Whether an item equals one of a collection."""
    return any(equal_items(one, item) for one in collection)


def distinct(collection: Collection) -> Collection:
    """The collection without repetitions, order kept; linear where items are plain texts."""
    out: Collection = []
    texts: set[str] = set()
    for item in collection:
        value = system(item)
        if isinstance(value, str):
            if value not in texts:
                texts.add(value)
                out.append(item)
        elif not any(equal_items(one, item) for one in out):
            out.append(item)
    return out
