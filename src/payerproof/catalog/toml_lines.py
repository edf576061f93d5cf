"""TOML with line numbers, as far as our own flat file formats need them.

`tomllib` forgets where a value stood. Our files are arrays of tables with one key to a line, so
the nth table header and the keys below it can be found by scanning the text again.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from payerproof.catalog.errors import CatalogError

_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]?\]")
_KEY = re.compile(r'\s*(?:"([^"]+)"|([A-Za-z0-9_-]+))\s*=')


@dataclass(frozen=True)
class TomlFile:
    """A parsed file that can still say on which line something stands."""

    path: Path
    data: Mapping[str, Any]
    lines: tuple[str, ...]

    @classmethod
    def read(cls, path: Path) -> TomlFile:
        """Read `path`; raises CatalogError where it is missing, not UTF-8 or not TOML."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            raise CatalogError(path, 0, f"cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise CatalogError(path, 0, "is not UTF-8 text") from None
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = re.search(r"line (\d+)", str(error))
            line = int(found.group(1)) if found else len(text.splitlines())
            raise CatalogError(path, line, f"is not valid TOML: {error}") from None
        return cls(path, data, tuple(text.splitlines()))

    @cached_property
    def _places(self) -> Mapping[tuple[str, int, str], int]:
        """Lines by table name, index from 0 and key ("" for the header); the first one counts."""
        places: dict[tuple[str, int, str], int] = {("", 0, ""): 0}
        seen: Counter[str] = Counter()
        table = ("", 0)
        for number, line in enumerate(self.lines, 1):
            header = _HEADER.fullmatch(line.split("#")[0].rstrip())
            if header:
                table = (header.group(1), seen[header.group(1)])
                seen[header.group(1)] += 1
                places[(*table, "")] = number
            elif found := _KEY.match(line):
                places.setdefault((*table, found.group(1) or found.group(2)), number)
        return places

    def header_line(self, name: str, index: int) -> int:
        """Line of the `index`th (from 0) table called `name`; 0 where there is none."""
        return self._places.get((name, index, ""), 0)

    def key_line(self, name: str, index: int, key: str) -> int:
        """Line of `key` in the `index`th table called `name`, else the table's own line.

        With an empty `name` the key is looked for above the first table.
        """
        return self._places.get((name, index, key), self.header_line(name, index))

    def error(self, name: str, index: int, key: str, problem: str) -> CatalogError:
        """The error to raise about `key` of the `index`th table called `name`."""
        return CatalogError(self.path, self.key_line(name, index, key), problem)
