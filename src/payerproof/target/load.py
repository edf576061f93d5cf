"""Read a payer file: TOML, variables, models, consistency; every problem found is told at once."""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from payerproof.places import shipped
from payerproof.target.consistency import contradictions
from payerproof.target.errors import PayerFileError, Problem, did_you_mean, key_path
from payerproof.target.explain import sentence
from payerproof.target.locate import Path as KeyPath
from payerproof.target.locate import key_lines, line_of
from payerproof.target.models import Target

_VARIABLE = re.compile(r"\$(\$?)\{([A-Za-z_][A-Za-z0-9_]*)\}")


def shipped_payers() -> dict[str, Path]:
    """Payer files that ship, by name."""
    return {path.stem: path for path in sorted((shipped("profiles") / "payers").glob("*.toml"))}


def payer_file(payer: Path | str) -> Path:
    """The file meant by a path, or by the name of a payer file that ships.

    Raises `PayerFileError` where there is neither.
    """
    path = Path(payer)
    if path.is_file():
        return path
    known = shipped_payers()
    if str(payer) in known:
        return known[str(payer)]
    names = ", ".join(f"'{name}'" for name in known)
    hint = did_you_mean(str(payer), list(known))
    raise PayerFileError(
        str(payer),
        [Problem("", None, f"no such file, and no shipped payer has this name ({names}).{hint}")],
    )


def load_target(payer: Path | str) -> Target:
    """Read and validate a payer file, given by path or by the name of one that ships.

    Raises `PayerFileError` with file, line, key and what would be right, for all problems at once.
    """
    path = payer_file(payer)
    content, text = _read(path)
    raw = _parse(path, text)
    lines = key_lines(text)
    unset: dict[str, list[KeyPath]] = {}
    expanded = _expand(raw, (), unset)
    folder = str(path.resolve().parent)
    values = {"path": str(path), "digest": hashlib.sha256(content).hexdigest()}
    problems = [
        Problem(key, line_of(lines, (key,)), f"unknown key '{key}'; leave it out.")
        for key in values
        if key in raw
    ]
    try:
        target = Target.model_validate({**expanded, **values}, context={"folder": folder})
    except ValidationError as error:
        keys = {key_path(one) for paths in unset.values() for one in paths}
        problems += [one for one in _explained(error, lines) if one.key not in keys]
        raise PayerFileError(str(path), _not_set(unset, lines) + problems) from None
    problems += _not_set(unset, lines) or contradictions(target, lines)
    if problems:
        raise PayerFileError(str(path), problems)
    return target


def _read(path: Path) -> tuple[bytes, str]:
    try:
        content = path.read_bytes()
        return content, content.decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise PayerFileError(str(path), [Problem("", None, f"can't be read: {reason}")]) from None
    except UnicodeDecodeError:
        problem = Problem("", None, "is not UTF-8 text; save it as UTF-8")
        raise PayerFileError(str(path), [problem]) from None


def _parse(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)", message)
        line = int(place[1]) if place and place[1] else text.count("\n") + 1
        what = message[: place.start()] if place else message
        where = f" at column {place[2]}" if place and place[2] else ""
        problem = Problem("", line, f"is not valid TOML{where}: {what}")
        raise PayerFileError(str(path), [problem]) from None


def _expand(value: Any, path: KeyPath, unset: dict[str, list[KeyPath]]) -> Any:
    """Replace ``${NAME}`` in every string (``$${NAME}`` stays as it is), lists become tuples.

    Names that are not set are collected with the keys that need them.
    """
    if isinstance(value, dict):
        return {key: _expand(one, (*path, key), unset) for key, one in value.items()}
    if isinstance(value, list):
        return tuple(_expand(one, (*path, at), unset) for at, one in enumerate(value))
    if not isinstance(value, str):
        return value

    def replacement(found: re.Match[str]) -> str:
        if found[1]:
            return found[0][1:]
        if found[2] not in os.environ:
            unset.setdefault(found[2], []).append(path)
        return os.environ.get(found[2], found[0])

    return _VARIABLE.sub(replacement, value)


def _not_set(unset: Mapping[str, list[KeyPath]], lines: Mapping[KeyPath, int]) -> list[Problem]:
    """One problem per variable, at the first key that needs it."""
    problems = []
    for name, paths in unset.items():
        others = ", ".join(str(line_of(lines, path)) for path in paths[1:])
        also = f" (lines {others} need it too)" if others else ""
        text = f"environment variable {name} is not set{also}; set it (export {name}=…)"
        problems.append(Problem(key_path(paths[0]), line_of(lines, paths[0]), f"{text}."))
    return problems


def _explained(error: ValidationError, lines: Mapping[KeyPath, int]) -> list[Problem]:
    details: list[ErrorDetails] = error.errors(include_url=False)
    found = []
    for one in details:
        path = one["loc"]
        written = path[:-1] if one["type"] == "missing" else path
        found.append(Problem(key_path(path), line_of(lines, written), sentence(one)))
    return found
