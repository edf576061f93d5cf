"""What an expression works on: raw JSON with its FHIR type, and System values.

A collection is a Python list. Its items are `Node` (an element or resource), or System values:
bool, int, Decimal, str, `Temporal`, `Quantity`. Nothing is copied from the JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from payerproof.guides.fhirpath.errors import NotJudged
from payerproof.guides.fhirpath.quantity import Quantity
from payerproof.guides.fhirpath.temporal import (
    Temporal,
    parse_date,
    parse_date_time,
    parse_time,
)

Item = Any
Collection = list[Item]
Elements = Mapping[str, tuple[tuple[str, str], ...]]


class Model(Protocol):
    """What the engine has to know about types."""

    def elements(self, type_name: str) -> Elements:
        """Element name -> its (JSON key, type) forms; empty for an unknown type."""

    def keys(self, type_name: str) -> Mapping[str, tuple[str, str]]:
        """JSON key -> (element name, type)."""

    def supertypes(self, type_name: str) -> tuple[str, ...]:
        """The type itself and all that it specialises, nearest first."""

    def known(self, type_name: str) -> bool:
        """Whether there is such a type."""


@dataclass(slots=True)
class Node:
    """An element: JSON value (None when only extensions stand there), type, ``_`` sibling."""

    value: Any
    type: str
    sibling: Any = None

    def __repr__(self) -> str:
        return f"<{self.type}>"


PRIMITIVES = {
    "boolean": "Boolean",
    "integer": "Integer",
    "positiveInt": "Integer",
    "unsignedInt": "Integer",
    "integer64": "Integer",
    "decimal": "Decimal",
    "date": "Date",
    "dateTime": "DateTime",
    "instant": "DateTime",
    "time": "Time",
    "string": "String",
    "code": "String",
    "id": "String",
    "markdown": "String",
    "uri": "String",
    "url": "String",
    "canonical": "String",
    "oid": "String",
    "uuid": "String",
    "base64Binary": "String",
    "xhtml": "String",
}
"""FHIR primitive -> System type."""

QUANTITIES = frozenset(
    ("Quantity", "Age", "Count", "Distance", "Duration", "SimpleQuantity", "MoneyQuantity")
)
UCUM = "http://unitsofmeasure.org"


@dataclass(slots=True)
class Context:
    """What surrounds an evaluation: resource, root, hooks. Hooks raise `NotJudged` when unsure."""

    model: Model
    resource: Any = None
    root: Any = None
    context: Any = None
    resolve: Callable[[str, Context], Node | None] | None = None
    member_of: Callable[[Item, str], bool] | None = None
    conforms_to: Callable[[Node, str], bool] | None = None
    now: str = ""
    variables: dict[str, Collection] = field(default_factory=dict)


@dataclass(slots=True)
class Scope:
    """Where an expression stands: ``$this``, ``$index``, ``$total`` and defined variables."""

    env: Context
    this: Collection
    index: int = 0
    total: Collection = field(default_factory=list)
    variables: dict[str, Collection] = field(default_factory=dict)


class _Unresolved:
    """Stands for the content of a resource of which only the type is known."""


UNRESOLVED = _Unresolved()


def _no_content(body: Any) -> None:
    if body is UNRESOLVED:
        raise NotJudged("the content of a referenced resource is not at hand")


def system(item: Item) -> Item:
    """The System value of a primitive or Quantity; any other node as it is."""
    if not isinstance(item, Node):
        return item
    value = item.value
    kind = item.type
    if value is None:
        return item
    if kind in QUANTITIES:
        return _quantity(item)
    name = PRIMITIVES.get(kind)
    if name is None:
        return item
    if name in ("String", "Boolean"):
        return value
    converted = _CONVERT[name](kind, value)
    return value if converted is None else converted


def _decimal(_kind: str, value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        return Decimal(repr(value) if isinstance(value, float) else value)
    except InvalidOperation:
        return None


def _temporal(kind: str, value: Any) -> Any:
    if not isinstance(value, str):
        return None
    if kind == "date":
        return parse_date(value)
    if kind == "time":
        return parse_time(value)
    return parse_date_time(value)


def _integer(_kind: str, value: Any) -> Any:
    return value


_CONVERT: dict[str, Callable[[str, Any], Any]] = {
    "Integer": _integer,
    "Decimal": _decimal,
    "Date": _temporal,
    "DateTime": _temporal,
    "Time": _temporal,
}


def _quantity(item: Node) -> Item:
    body = item.value
    if not isinstance(body, dict) or "value" not in body:
        return item
    amount = _decimal("", body["value"])
    if amount is None or body.get("comparator") is not None:
        return item
    unit = body.get("code") if body.get("system") == UCUM else None
    return Quantity(amount, unit or body.get("unit") or body.get("code") or "1")


class Long(int):
    """A 64-bit integer, written ``1L``; it counts and compares like any other."""


def system_type(item: Item) -> str:
    """The System type of a System value, without its namespace."""
    if isinstance(item, bool):
        return "Boolean"
    if isinstance(item, int):
        return "Long" if isinstance(item, Long) else "Integer"
    if isinstance(item, Decimal):
        return "Decimal"
    if isinstance(item, str):
        return "String"
    if isinstance(item, Temporal):
        return {"date": "Date", "dateTime": "DateTime", "time": "Time"}[item.kind]
    return "Quantity"


def children(node: Node, model: Model) -> Collection:
    """All child elements, in the order of the JSON."""
    out: Collection = []
    if node.type in PRIMITIVES:
        body: Any = node.sibling
        type_name = "Element"
    else:
        body = node.value
        type_name = node.type
    if not isinstance(body, dict):
        _no_content(body)
        return out
    keys = model.keys(type_name)
    for key, value in body.items():
        if key[:1] == "_":
            if key[1:] not in body:
                _append(out, None, value, keys.get(key[1:], ("", ""))[1])
        elif key != "resourceType" or type_name in ("", "Element"):
            known = keys.get(key)
            if known is not None:
                _append(out, value, body.get("_" + key), known[1])
    return out


def member(node: Node, name: str, model: Model) -> Collection:
    """The child elements of one name, choice types included."""
    out: Collection = []
    if node.type in PRIMITIVES:
        body: Any = node.sibling
        forms = model.elements("Element").get(name)
    else:
        body = node.value
        forms = model.elements(node.type).get(name)
    if forms is None or not isinstance(body, dict):
        _no_content(body)
        return out
    for key, type_name in forms:
        value = body.get(key)
        sibling = body.get("_" + key)
        if value is not None or sibling is not None:
            _append(out, value, sibling, type_name)
    return out


def _append(out: Collection, value: Any, sibling: Any, type_name: str) -> None:
    if isinstance(value, list):
        beside = sibling if isinstance(sibling, list) else []
        for at, one in enumerate(value):
            extra = beside[at] if at < len(beside) else None
            if one is not None or extra is not None:
                out.append(typed(one, type_name, extra))
    elif isinstance(sibling, list):
        out.extend(Node(None, type_name, extra) for extra in sibling if extra is not None)
    else:
        out.append(typed(value, type_name, sibling))


def typed(value: Any, type_name: str, sibling: Any = None) -> Node:
    """A node; a resource takes its type from its own ``resourceType``."""
    if type_name in ("Resource", "DomainResource") and isinstance(value, dict):
        own = value.get("resourceType")
        if isinstance(own, str):
            type_name = own
    return Node(value, type_name, sibling)
