"""What is wrong in a catalogue file, and where."""

from __future__ import annotations

from pathlib import Path


class CatalogError(Exception):
    """A catalogue file breaks its format; names the file, the line and what would be right.

    `line` counts from 1; 0 means the file as a whole.
    """

    def __init__(self, file: Path, line: int, problem: str) -> None:
        self.file = file
        self.line = line
        self.problem = problem
        where = f"{file}:{line}" if line else str(file)
        super().__init__(f"{where}: {problem}")
