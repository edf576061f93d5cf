"""What a Questionnaire must be beside its invariants (R4, Questionnaire.item.enableWhen)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Node

Way = tuple[str | int, ...]


def rows(value: Any, key: str, way: Way = ()) -> Iterator[tuple[Way, dict[str, Any]]]:
    """The objects of an array with their ways; nothing where there is no array."""
    listed = value.get(key) if isinstance(value, dict) else None
    for at, row in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(row, dict):
            yield (*way, key, at), row


def _items(value: Any, way: Way) -> Iterator[tuple[Way, dict[str, Any]]]:
    """Every item with its place."""
    pending: list[tuple[Way, Any]] = [(way, value)]
    while pending:
        at, holder = pending.pop()
        for here, item in rows(holder, "item", at):
            yield here, item
            pending.append((here, item))


def check(run: Run, place: Place, base: Node) -> None:
    """Each enableWhen asks for an item that the Questionnaire has."""
    known = {item.get("linkId") for _, item in _items(place.value, ()) if _text(item, "linkId")}
    for way, item in _items(place.value, ()):
        for here, when in rows(item, "enableWhen", way):
            if _text(when, "question") and when["question"] not in known:
                _report(run, place, base, (*here, "question"))


def _text(value: dict[str, Any], key: str) -> bool:
    return isinstance(value.get(key), str)


def _report(run: Run, place: Place, base: Node, way: Way) -> None:
    steps = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in way)
    where = Place(place.path + steps, (*place.pointer, *way), "", None, "string", place)
    run.report(
        "questionnaire-link",
        where,
        base,
        "Name the linkId of an item of this Questionnaire.",
        expected="a linkId of this Questionnaire",
        found="a linkId that no item has",
    )
