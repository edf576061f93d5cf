"""Types as the FHIRPath engine sees them, made from the facts of the base specification."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Elements = Mapping[str, tuple[tuple[str, str], ...]]

_SYSTEM = {"Element", "Resource"}


class TypeModel:
    """Elements, JSON keys and supertypes of every R4 type, built when first asked for.

    ``structures``: address -> compact facts (see `payerproof.guides.facts`); ``base_types``: type
    -> address.
    """

    def __init__(self, structures: Mapping[str, Any], base_types: Mapping[str, str]) -> None:
        self._facts = structures
        self._types = base_types
        self._elements: dict[str, dict[str, tuple[tuple[str, str], ...]]] = {}
        self._keys: dict[str, dict[str, tuple[str, str]]] = {}
        self._supertypes: dict[str, tuple[str, ...]] = {}
        self._read: set[str] = set()

    def _structure(self, type_name: str) -> Any:
        url = self._types.get(type_name)
        return None if url is None else self._facts[url]

    def known(self, type_name: str) -> bool:
        """Whether R4 has a type of this name."""
        return type_name in self._types

    def supertypes(self, type_name: str) -> tuple[str, ...]:
        """The type itself and all that it specialises, nearest first."""
        known = self._supertypes.get(type_name)
        if known is None:
            known = self._supertypes[type_name] = self._climb(type_name)
        return known

    def _climb(self, type_name: str) -> tuple[str, ...]:
        if "." in type_name:
            return (type_name, "BackboneElement", "Element")
        out = [type_name]
        while (structure := self._structure(out[-1])) and structure["base"]:
            out.append(structure["base"].rsplit("/", 1)[1])
        return tuple(out)

    def elements(self, type_name: str) -> Elements:
        """Element name -> its (JSON key, type) forms."""
        found = self._elements.get(type_name)
        if found is None:
            self._load(type_name.split(".", 1)[0])
            found = self._elements.setdefault(type_name, {})
        return found

    def keys(self, type_name: str) -> Mapping[str, tuple[str, str]]:
        """JSON key -> (element name, type)."""
        found = self._keys.get(type_name)
        if found is None:
            found = {
                key: (name, kind)
                for name, forms in self.elements(type_name).items()
                for key, kind in forms
            }
            self._keys[type_name] = found
        return found

    def _load(self, root: str) -> None:
        structure = self._structure(root)
        if structure is None or root in self._read:
            return
        self._read.add(root)
        for identifier, element in structure["elements"][1:]:
            parent, _, name = identifier.rpartition(".")
            self._elements.setdefault(parent, {})[name.removesuffix("[x]")] = _forms(
                identifier, name, element
            )


def _forms(identifier: str, name: str, element: Any) -> tuple[tuple[str, str], ...]:
    if "e" in element:
        return ((name, element["e"].removeprefix("#")),)
    types = element.get("t", [])
    if not name.endswith("[x]"):
        code = types[0]["c"] if types else "Element"
        if code in ("BackboneElement", "Element") and "." in identifier:
            code = identifier if _has_children(identifier, code) else code
        return ((name, code),)
    bare = name.removesuffix("[x]")
    return tuple((bare + t["c"][0].upper() + t["c"][1:], t["c"]) for t in types)


def _has_children(identifier: str, code: str) -> bool:
    """Backbone elements carry their children in the same definition; so do Timing.repeat etc."""
    return identifier.count(".") >= 1 and code in ("BackboneElement", "Element")
