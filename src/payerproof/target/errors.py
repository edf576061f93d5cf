"""What is wrong with a payer file: file, line, key, and what would be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with one place of a payer file. Never holds a secret's value."""

    key: str
    """Key path as one would write it: ``personas[1].password``; empty for the file as a whole."""
    line: int | None
    """Line of the key, counted from 1; of the enclosing table where the key is missing."""
    sentence: str
    """What was found and what would be right."""

    def at(self, file: str) -> str:
        """One line: ``payer.toml:12: endpoints.patient_access: …``."""
        place = f"{file}:{self.line}" if self.line else file
        return f"{place}: {self.key}: {self.sentence}" if self.key else f"{place}: {self.sentence}"


class PayerFileError(Exception):
    """A payer file that can't be used; holds every problem found, in order of lines."""

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems, key=lambda one: (one.line or 0, one.key)))
        super().__init__("\n".join(one.at(file) for one in self.problems))


class SecretError(Exception):
    """A secret reference that can't be resolved now. Names the reference, never the value."""


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`` Did you mean 'x'?`` for the nearest of `known`, or an empty string."""
    near = get_close_matches(word.lower(), [one.lower() for one in known], n=1, cutoff=0.6)
    if not near:
        return ""
    return f" Did you mean '{next(one for one in known if one.lower() == near[0])}'?"


def key_path(path: Sequence[str | int]) -> str:
    """Write ``("apps", 0, "client_id")`` as ``apps[0].client_id``, quoting keys that need it."""
    written = ""
    for part in path:
        if isinstance(part, int):
            written += f"[{part}]"
            continue
        bare = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
        written += ("." if written else "") + (part if bare else f'"{part}"')
    return written
