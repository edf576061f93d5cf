"""Find the line of every key of a TOML text.

The standard library's parser keeps no positions, and "unknown key" without a line sends people
hunting. This scanner runs on text that `tomllib` has accepted already, so it need not validate: it
only follows the grammar of TOML 1.0 (https://toml.io/en/v1.0.0) far enough to tell where keys and
values begin.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache

Path = tuple[str | int, ...]


@lru_cache(maxsize=4)
def key_lines(text: str) -> Mapping[Path, int]:
    """Line (from 1) of each table, key and array element, by path such as ``("apps", 0, "id")``."""
    return _Scanner(text).scan()


def line_of(lines: Mapping[Path, int], path: Path) -> int | None:
    """Line of `path`, or of the nearest enclosing table that is written in the file."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return None


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.lines: dict[Path, int] = {}
        self.counts: dict[Path, int] = {}
        """How many elements each array of tables has so far."""

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while self._to_next(newlines=True):
            if self.text.startswith("[[", self.at):
                table = self._header(2, array=True)
            elif self.text[self.at] == "[":
                table = self._header(1, array=False)
            else:
                self._pair(table)
        return self.lines

    def _to_next(self, *, newlines: bool) -> bool:
        """Pass white space and comments; False at the end of the text."""
        blank = " \t\n" if newlines else " \t"
        while self.at < len(self.text):
            char = self.text[self.at]
            if char == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif char in blank:
                self.at += 1
            else:
                return True
        return False

    def _note(self, path: Path, start: int) -> None:
        self.lines.setdefault(path, self.text.count("\n", 0, start) + 1)

    def _header(self, width: int, *, array: bool) -> Path:
        start = self.at
        self.at += width
        names = self._dotted_key("]")
        self.at += width
        path = self._inside_arrays(names if not array else names[:-1], start)
        if array:
            path = (*path, names[-1])
            self._note(path, start)
            index = self.counts.get(path, 0)
            self.counts[path] = index + 1
            path = (*path, index)
        self._note(path, start)
        return path

    def _inside_arrays(self, names: list[str], start: int) -> Path:
        """A header's names refer to the last element of any array of tables on the way."""
        path: Path = ()
        for name in names:
            path = (*path, name)
            if path in self.counts:
                path = (*path, self.counts[path] - 1)
            self._note(path, start)  # a table that no header of its own names begins here
        return path

    def _dotted_key(self, stop: str) -> list[str]:
        names = []
        while True:
            self._to_next(newlines=False)
            names.append(self._key_part())
            self._to_next(newlines=False)
            if self.text[self.at] == stop:
                return names
            self.at += 1  # the dot

    def _key_part(self) -> str:
        start = self.at
        if self.text[start] in "\"'":
            self._string()
            written = self.text[start : self.at]
            return next(iter(tomllib.loads(f"{written} = 0")))
        while self.text[self.at] not in " \t.=]":
            self.at += 1
        return self.text[start : self.at]

    def _pair(self, table: Path) -> None:
        start = self.at
        path: Path = table
        for name in self._dotted_key("="):
            path = (*path, name)
            self._note(path, start)
        self.at += 1
        self._value(path)

    def _value(self, path: Path) -> None:
        self._to_next(newlines=False)
        char = self.text[self.at]
        if char in "\"'":
            self._string()
        elif char == "[":
            self._array(path)
        elif char == "{":
            self._inline_table(path)
        else:
            while self.at < len(self.text) and self.text[self.at] not in ",]}#\n":
                self.at += 1

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._to_next(newlines=True) and self.text[self.at] != "]":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._note((*path, index), self.at)
            self._value((*path, index))
            index += 1
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._to_next(newlines=True) and self.text[self.at] != "}":
            if self.text[self.at] == ",":
                self.at += 1
                continue
            self._pair(path)
        self.at += 1

    def _string(self) -> None:
        quote = self.text[self.at]
        end = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(end)
        while not self.text.startswith(end, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(end)
        if len(end) == 3:  # up to two quotes may stand right before the closing three
            while self.text.startswith(quote, self.at):
                self.at += 1
