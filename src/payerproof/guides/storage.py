"""Facts on disk: one folder for each guide, each structure unpacked when it is asked for."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

Json = dict[str, Any]


SCHEMA = 2
"""Version of the layout of the facts; a reader refuses any other."""

PARTS = {
    "structures.json.gz": ("structures", "invariants", "index"),
    "terminology.json.gz": ("valuesets", "codesystems"),
    "search.json.gz": ("search", "servers"),
}
"""File name -> the keys of the facts it holds."""


def write_facts(facts: Json, folder: Path) -> None:
    """Write the facts of one guide into its folder; the same facts give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    head = dict(facts["package"])
    head["profiles"] = {
        url: [s["type"], s["version"]]
        for url, s in facts["structures"].items()
        if s["derivation"] == "constraint" and s["type"] != "Extension"
    }
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SORT_KEYS
    (folder / "package.json").write_bytes(orjson.dumps(head, option=option))
    index = {url: [s["type"], s["kind"], s["derivation"]] for url, s in facts["structures"].items()}
    for name, keys in PARTS.items():
        content = orjson.dumps({k: _packed({**facts, "index": index}, k) for k in keys})
        buffer = io.BytesIO()
        with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as stream:
            stream.write(content)
        (folder / name).write_bytes(buffer.getvalue())


_ONE_BY_ONE = ("structures", "valuesets", "codesystems")


def _packed(facts: Json, key: str) -> Any:
    """Tables whose entries are read one by one hold each as JSON text of its own."""
    if key not in _ONE_BY_ONE:
        return facts[key]
    return {url: orjson.dumps(entry).decode() for url, entry in facts[key].items()}


class Entries(Mapping[str, Any]):
    """A table of facts by address; an entry is parsed when it is first asked for."""

    def __init__(self, packed: dict[str, str]) -> None:
        self._packed = packed
        self._parsed: dict[str, Any] = {}

    def __getitem__(self, url: str) -> Any:
        found = self._parsed.get(url)
        if found is None:
            found = self._parsed[url] = orjson.loads(self._packed[url])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)

    def __contains__(self, url: object) -> bool:
        return url in self._packed


def read_part(folder: Path, name: str) -> dict[str, Any]:
    """One of the files of `PARTS`, unpacked."""
    content: dict[str, Any] = orjson.loads(zlib.decompress((folder / name).read_bytes(), 31))
    return {k: Entries(v) if k in _ONE_BY_ONE else v for k, v in content.items()}
