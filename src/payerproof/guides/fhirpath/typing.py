"""Types: which type an item has, whether it is one of another, and reflection by ``type()``."""

from __future__ import annotations

from dataclasses import dataclass

from payerproof.guides.fhirpath.items import (
    PRIMITIVES,
    Collection,
    Item,
    Model,
    Node,
    system_type,
)

SYSTEM_TYPES = frozenset(
    (
        "Any",
        "Boolean",
        "Integer",
        "Long",
        "Decimal",
        "String",
        "Date",
        "DateTime",
        "Time",
        "Quantity",
    )
)


@dataclass(frozen=True, slots=True)
class TypeInfo:
    """The result of ``type()``."""

    namespace: str
    name: str


def type_info(item: Item) -> TypeInfo:
    """Namespace and name of an item's type."""
    if isinstance(item, Node):
        return TypeInfo("FHIR", item.type)
    return TypeInfo("System", system_type(item))


def reflection(item: Item, name: str) -> Collection:
    """Members of a System value: only type information has any."""
    if isinstance(item, TypeInfo) and name in ("name", "namespace"):
        return [getattr(item, name)]
    return []


def split(name: str) -> tuple[str, str]:
    """(namespace or "", type name)."""
    for namespace in ("System", "FHIR"):
        if name.startswith(namespace + "."):
            return namespace, name[len(namespace) + 1 :]
    return "", name


def is_type_name(name: str, model: Model) -> bool:
    """Whether a type of this name exists."""
    namespace, bare = split(name)
    if namespace == "System":
        return True  # System is open: nothing here is of a type that it does not name
    if namespace == "FHIR":
        return model.known(bare)
    return bare in SYSTEM_TYPES or model.known(bare) or bare in PRIMITIVES


def is_of(item: Item, name: str, model: Model) -> bool:
    """Whether an item is of a type or of one derived from it."""
    namespace, bare = split(name)
    if not isinstance(item, Node):
        if isinstance(item, TypeInfo):
            return False
        return namespace != "FHIR" and bare in (system_type(item), "Any")
    if namespace == "System":
        return False
    return bare in model.supertypes(item.type)
