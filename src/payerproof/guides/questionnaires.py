"""What a Questionnaire must be beside its invariants (R4, Questionnaire.item.enableWhen)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Node

Way = tuple[str | int, ...]


def _items(value: Any, way: Way) -> Iterator[tuple[Way, dict[str, Any]]]:
    """Every item with its place, outermost first."""
    pending: list[tuple[Way, Any]] = [(way, value)]
    while pending:
        at, holder = pending.pop()
        listed = holder.get("item") if isinstance(holder, dict) else None
        for number, item in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(item, dict):
                here = (*at, "item", number)
                yield here, item
                pending.append((here, item))


def check(run: Run, place: Place, base: Node) -> None:
    """Each enableWhen asks for an item that the Questionnaire has."""
    known = {item.get("linkId") for _, item in _items(place.value, ()) if _text(item, "linkId")}
    for way, item in _items(place.value, ()):
        listed = item.get("enableWhen")
        for at, when in enumerate(listed if isinstance(listed, list) else ()):
            if isinstance(when, dict) and _text(when, "question") and when["question"] not in known:
                _report(run, place, base, (*way, "enableWhen", at, "question"))


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
