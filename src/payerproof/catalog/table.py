"""One table of a catalogue file, read key by key with its types checked."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from payerproof.catalog.errors import CatalogError
from payerproof.catalog.toml_lines import TomlFile

REQUIREMENT_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*")
"""Dotted kebab-case: ``smart.well-known``."""

CHECK_ID = re.compile(REQUIREMENT_ID.pattern + r"/[a-z0-9]+(-[a-z0-9]+)*")
"""A requirement id and a criterion: ``smart.well-known/open-json``."""

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True)
class Table:
    """The `index`th table called `name` of a file."""

    file: TomlFile
    name: str
    index: int
    values: Mapping[str, Any]
    within: str = ""
    """The key that holds this table, where it is an inline one."""

    def error(self, key: str, problem: str) -> CatalogError:
        """The error to raise about `key` here."""
        return self.file.error(self.name, self.index, self.within or key, problem)

    def only(self, allowed: frozenset[str]) -> None:
        """Raise CatalogError for the first key that is not in `allowed`."""
        for key in self.values:
            if key not in allowed:
                known = ", ".join(sorted(allowed))
                raise self.error(key, f"unknown key {key!r}; known are {known}")

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty string; `default` where the key is absent and a default is given."""
        if key not in self.values and default is not None:
            return default
        value = self.values.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self.error(key, f"{key} must be a non-empty string")
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A non-empty list of strings; `default` where the key is absent and a default is given."""
        if key not in self.values and default is not None:
            return default
        value = self.values.get(key)
        if not isinstance(value, list) or not value or not all(_filled(item) for item in value):
            raise self.error(key, f"{key} must be a non-empty list of strings")
        if len(set(value)) != len(value):
            raise self.error(key, f"{key} names something twice")
        return tuple(value)

    def choice(self, key: str, kind: type[E], default: E | None = None) -> E:
        """One value of a closed list; `default` where the key is absent."""
        if key not in self.values and default is not None:
            return default
        value = self.values.get(key)
        try:
            return kind(str(value))
        except ValueError:
            known = ", ".join(repr(str(item)) for item in kind)
            raise self.error(key, f"{key} is {value!r}; it must be one of {known}") from None

    def date(self, key: str) -> str:
        """An ISO date as a string, empty where the key is absent."""
        if key not in self.values:
            return ""
        value = self.text(key)
        try:
            datetime.date.fromisoformat(value)
        except ValueError:
            raise self.error(key, f"{key} must be a date like 2027-01-01") from None
        return value


def tables(file: TomlFile, name: str) -> list[Table]:
    """Every table of the array `name`; raises CatalogError where it is not an array of tables."""
    found = file.data.get(name, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise CatalogError(file.path, 0, f"{name} must be written as [[{name}]] tables")
    return [Table(file, name, index, item) for index, item in enumerate(found)]


def _filled(item: object) -> bool:
    return isinstance(item, str) and bool(item.strip())
