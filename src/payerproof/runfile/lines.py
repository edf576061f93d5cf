"""One line of a run file: model objects to JSON and back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from payerproof.model import (
    Check,
    Citation,
    Confidence,
    Evidence,
    Exchange,
    Level,
    Outcome,
    Prod,
    Requirement,
    Result,
    Severity,
)

SCHEMA_VERSION = 1
"""Version of the line format; a reader refuses files of a higher one."""

_Item = Requirement | Citation | Check | Exchange | Evidence | Result
_NAMES = {
    kind: tuple(field.name for field in fields(kind))
    for kind in (Requirement, Citation, Check, Exchange, Evidence, Result)
}
"""Worked out once: a run file has thousands of lines."""

_TUPLES = {
    "citations", "actors", "applies_to", "needs", "exchanges", "evidence", "personas",
    "programmes", "rows",
}  # fmt: skip


def to_line(kind: str, content: Mapping[str, Any]) -> bytes:
    """One JSON line with ``kind`` first and a line feed at the end; key order is kept.

    Lone surrogates, which JSON can escape and UTF-8 cannot encode, stay escaped.
    """
    text = json.dumps({"kind": kind, **content}, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def to_content(item: Requirement | Check | Exchange | Evidence | Result) -> dict[str, Any]:
    """The fields of a model object by name, ready for `to_line`.

    `Evidence.kind` is written as ``evidence_kind``, since ``kind`` says what the line is.
    """
    content = _content(item)
    if isinstance(item, Requirement):
        content["citations"] = [_content(one) for one in item.citations]
    if isinstance(item, Evidence):
        return {"id": item.id, "evidence_kind": content.pop("kind"), **content}
    return content


def _content(item: _Item) -> dict[str, Any]:
    return {name: getattr(item, name) for name in _NAMES[type(item)]}


def parse_line(line: bytes) -> dict[str, Any]:
    """The object of a line. Raises `ValueError` where it is not a JSON object with a kind."""
    content = json.loads(line)
    if not isinstance(content, dict) or not isinstance(content.get("kind"), str):
        raise ValueError("not a JSON object with a kind")
    return content


def requirement_from(content: Mapping[str, Any]) -> Requirement:
    """Read a ``requirement`` line. Raises `KeyError`, `TypeError` or `ValueError`."""
    known = _known(Requirement, content)
    known["level"] = Level(known["level"])
    known["severity"] = Severity(known["severity"])
    known["confidence"] = Confidence(known.get("confidence", Confidence.CONFIRMED))
    known["citations"] = tuple(_citation(one) for one in known["citations"])
    return Requirement(**known)


def _citation(content: Mapping[str, Any]) -> Citation:
    known = _known(Citation, content)
    known["confidence"] = Confidence(known.get("confidence", Confidence.CONFIRMED))
    return Citation(**known)


def check_from(content: Mapping[str, Any]) -> Check:
    """Read a ``check`` line. Raises `TypeError` or `ValueError`."""
    known = _known(Check, content)
    known["prod"] = Prod(known.get("prod", Prod.YES))
    return Check(**known)


def exchange_from(content: Mapping[str, Any]) -> Exchange:
    """Read an ``exchange`` line. Raises `TypeError`."""
    return Exchange(**_known(Exchange, content))


def evidence_from(content: Mapping[str, Any]) -> Evidence:
    """Read an ``evidence`` line. Raises `KeyError` or `TypeError`."""
    known = _known(Evidence, content)
    known["kind"] = content["evidence_kind"]
    return Evidence(**known)


def result_from(content: Mapping[str, Any]) -> Result:
    """Read a ``result`` line. Raises `KeyError`, `TypeError` or `ValueError`."""
    known = _known(Result, content)
    known["outcome"] = Outcome(known["outcome"])
    return Result(**known)


def _known(kind: type[_Item], content: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that *kind* has, lists as tuples; others, of a later version, are left out."""
    names = _NAMES[kind]
    return {
        name: tuple(value) if name in _TUPLES and isinstance(value, list) else value
        for name, value in content.items()
        if name in names
    }
