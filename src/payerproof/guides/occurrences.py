"""The occurrences of a field in JSON: single or array, beside their ``_`` siblings."""

from __future__ import annotations

from typing import Any

from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Field

_MISSING = object()


def occurrences(run: Run, one: Field, parent: Place, key: str, kind: str) -> list[Place]:
    """Every occurrence of a field under one JSON key; wrong JSON shapes are reported here."""
    value = parent.value.get(key, _MISSING)
    sibling = parent.value.get("_" + key, _MISSING)
    if not run.schema.is_primitive(kind):
        sibling = _MISSING
    shown = key if len(one.forms) == 1 else one.name
    whole = parent.child(shown, key, None, None if value is _MISSING else value, None, kind)
    if one.array:
        return _array(run, one, whole, parent, key, kind, value, sibling)
    for part in (value, sibling):
        if isinstance(part, list):
            run.report(
                "array-unexpected",
                whole,
                one.node,
                f"Send {key} as a single value, not as an array.",
                expected="a single value",
                found="an array",
            )
            return []
        if part is None:
            _null(run, one, whole)
            return []
    return [
        parent.child(
            one.name,
            key,
            None,
            None if value is _MISSING else value,
            None if sibling is _MISSING else sibling,
            kind,
        )
    ]


def _null(run: Run, one: Field, whole: Place) -> None:
    run.report(
        "null",
        whole,
        one.node,
        "Leave out the property: JSON null is not allowed here.",
        expected="no null",
        found="null",
    )


def _array(
    run: Run,
    one: Field,
    whole: Place,
    parent: Place,
    key: str,
    kind: str,
    value: Any,
    sibling: Any,
) -> list[Place]:
    for part in (value, sibling):
        if part is _MISSING:
            continue
        if not isinstance(part, list):
            run.report(
                "array-expected",
                whole,
                one.node,
                f"Send {key} as an array.",
                expected="an array",
                found=run.describe(part),
            )
            return []
        if not part:
            run.report(
                "empty-array",
                whole,
                one.node,
                f"Leave out {key}: an array may not be empty.",
                expected="no empty array",
                found="an empty array",
            )
            return []
    return _items(run, one, parent, key, kind, value, sibling)


def _items(
    run: Run, one: Field, parent: Place, key: str, kind: str, value: Any, sibling: Any
) -> list[Place]:
    items = [] if value is _MISSING else value
    beside = [] if sibling is _MISSING else sibling
    out = []
    for at in range(max(len(items), len(beside))):
        item = items[at] if at < len(items) else None
        extra = beside[at] if at < len(beside) else None
        place = parent.child(one.name, key, at, item, extra, kind)
        if item is None and extra is None:
            _null(run, one, place)
        else:
            out.append(place)
    if items and beside and len(items) != len(beside):
        whole = Place(
            f"{parent.path}.{key}", (*parent.pointer, "_" + key), beside, None, "", parent
        )
        run.report(
            "array-lengths",
            whole,
            one.node,
            f"Give {key} and _{key} the same number of entries, with nulls where one has none.",
            expected=str(len(items)),
            found=str(len(beside)),
        )
    return out
