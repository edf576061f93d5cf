"""Small random damage to a resource, for tests that ask whether two answers agree."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

VALUES: tuple[Any, ...] = (
    None,
    1,
    -1,
    1.5,
    True,
    "",
    " ",
    "x",
    "2020-02-30",
    [],
    {},
    ["a"],
    {"a": 1},
    "#x",
    "Patient/1",
)
KEYS = ("id", "extension", "code", "system", "value", "valueString", "period", "_id")


def ways(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to every value inside."""
    if way:
        yield way
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from ways(inner, (*way, key))
    elif isinstance(value, list):
        for at, inner in enumerate(value):
            yield from ways(inner, (*way, at))


def spoiled(resource: Any, chance: random.Random) -> Any:
    """A copy with one thing removed, replaced, doubled, renamed or wrapped."""
    out = copy.deepcopy(resource)
    way = chance.choice(list(ways(out)))
    holder = out
    for step in way[:-1]:
        holder = holder[step]
    last, action = way[-1], chance.randrange(6)
    if action == 0:
        del holder[last]
    elif action == 1:
        holder[last] = copy.deepcopy(chance.choice(VALUES))
    elif action == 2 and isinstance(holder[last], list) and holder[last]:
        holder[last].append(copy.deepcopy(holder[last][0]))
    elif action == 3 and isinstance(holder[last], str):
        holder[last] = holder[last][:-1]
    elif action == 4 and isinstance(holder, dict):
        holder[chance.choice(KEYS)] = copy.deepcopy(holder[last])
    else:
        holder[last] = [holder[last]]
    return out
