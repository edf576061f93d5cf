"""Plain JSON for values that travel between our processes: facts, tuples, dates, bytes.

Only dataclasses and enums of this package are ever built from a message, by name and with their
own fields; nothing else is called.
"""

from __future__ import annotations

import base64
import dataclasses
import importlib
import json
import zlib
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

_TAG = "$"
_OURS = "payerproof."
_LONG = 4096
"""Bytes above which it pays to compress."""


def dumps(value: Any) -> bytes:
    """Encode; raises `TypeError`, naming the type, for what cannot travel."""
    return json.dumps(_packed(value), ensure_ascii=False).encode("utf-8", "surrogatepass")


def loads(message: bytes) -> Any:
    """Decode what `dumps` made; raises `ValueError` for anything else."""
    return _unpacked(json.loads(message.decode("utf-8", "surrogatepass")))


def _packed(value: Any) -> Any:
    if isinstance(value, Enum):
        return {_TAG: "enum", "of": _name(type(value)), "value": value.value}
    if value is None or isinstance(value, str | int | float):
        return value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        return {_TAG: "data", "of": _name(type(value)), "value": _items(parts)}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) and key != _TAG for key in value):
            return _items(value)
        return {_TAG: "map", "value": [[_packed(k), _packed(v)] for k, v in value.items()]}
    if isinstance(value, list):
        return [_packed(item) for item in value]
    return _tagged(value)


def _tagged(value: Any) -> dict[str, Any]:
    if isinstance(value, tuple):
        return {_TAG: "tuple", "value": [_packed(item) for item in value]}
    if isinstance(value, set | frozenset):
        return {_TAG: "set", "value": sorted((_packed(item) for item in value), key=repr)}
    if isinstance(value, bytes) and len(value) > _LONG:
        # a body that is kept for all workers; JSON packs to a tenth
        return {_TAG: "packed", "value": base64.b64encode(zlib.compress(value, 1)).decode("ascii")}
    if isinstance(value, bytes):
        return {_TAG: "bytes", "value": base64.b64encode(value).decode("ascii")}
    if isinstance(value, datetime):
        return {_TAG: "datetime", "value": value.isoformat()}
    if isinstance(value, date):
        return {_TAG: "date", "value": value.isoformat()}
    raise TypeError(f"a {type(value).__name__} cannot be sent to another process")


def _items(value: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _packed(item) for key, item in value.items()}


def _name(kind: type) -> str:
    if not kind.__module__.startswith(_OURS):
        raise TypeError(f"a {kind.__name__} cannot be sent to another process")
    return f"{kind.__module__}:{kind.__qualname__}"


def _unpacked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unpacked(item) for item in value]
    if not isinstance(value, dict):
        return value
    tag = value.get(_TAG)
    if tag is None:
        return {key: _unpacked(item) for key, item in value.items()}
    inner = value["value"]
    if tag == "data":
        kind = _find(value["of"])
        if not dataclasses.is_dataclass(kind):
            raise ValueError(f"{value['of']} is not a dataclass of ours")
        return kind(**{key: _unpacked(item) for key, item in inner.items()})
    if tag == "enum":
        kind = _find(value["of"])
        if not issubclass(kind, Enum):
            raise ValueError(f"{value['of']} is not an enum of ours")
        return kind(inner)
    if tag not in _SIMPLE:
        raise ValueError(f"a message holds the unknown tag {tag!r}")
    return _SIMPLE[tag](inner)


_SIMPLE: dict[str, Callable[[Any], Any]] = {
    "map": lambda pairs: {_unpacked(key): _unpacked(item) for key, item in pairs},
    "tuple": lambda items: tuple(_unpacked(item) for item in items),
    "set": lambda items: frozenset(_unpacked(item) for item in items),
    "bytes": base64.b64decode,
    "packed": lambda text: zlib.decompress(base64.b64decode(text)),
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
}


def _find(name: str) -> type:
    module, _, qualname = name.partition(":")
    if not module.startswith(_OURS):
        raise ValueError(f"{name} is not of this package")
    found: Any = importlib.import_module(module)
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, type):
        raise ValueError(f"{name} does not exist")
    return found
