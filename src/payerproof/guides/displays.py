"""The words that code systems define for their codes, for the systems that CARIN's claims use.

CARIN Blue Button 2.0.0 and later (General Guidance): a display that is populated is one of those
that the code system defines. Every version at hand counts, and every designation. Only systems of
HL7 and of its guides are kept: the words of licensed lists are not ours to ship.
"""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson

from payerproof.guides.package import Json, Package
from payerproof.places import shipped

FILE = "displays.json.gz"
CARIN = "hl7.fhir.us.carin-bb"
_OURS = ("http://terminology.hl7.org/", "http://hl7.org/fhir/")
_LICENSED = "/CodeSystem/ADA"
"""Tooth numbers and surfaces, whose words are the American Dental Association's."""

Displays = Mapping[str, Mapping[str, frozenset[str]]]
"""System -> code -> its words, as `plain` makes them."""


def plain(text: str) -> str:
    """A display without what does not count: case, and how wide blanks are."""
    return " ".join(text.split()).casefold()


@lru_cache(maxsize=1)
def displays() -> Displays:
    """The words that ship."""
    packed = gzip.decompress((shipped("profiles") / "guides" / FILE).read_bytes())
    found: dict[str, dict[str, list[str]]] = orjson.loads(packed)
    return {
        system: {code: frozenset(map(plain, words)) for code, words in codes.items()}
        for system, codes in found.items()
    }


def write_displays(packages: Iterable[Package], folder: Path) -> None:
    """Write the words of the systems that value sets of CARIN name; the same bytes each time."""
    every = list(packages)
    wanted = {
        str(row.get("system"))
        for package in every
        if package.name == CARIN
        for value_set in package.of_type("ValueSet")
        for row in value_set.get("compose", {}).get("include", ())
    }
    found: dict[str, dict[str, set[str]]] = {}
    for package in every:
        for system in package.of_type("CodeSystem"):
            url = str(system.get("url"))
            if url in wanted and url.startswith(_OURS) and _LICENSED not in url:
                for code, word in _words(system.get("concept", ())):
                    found.setdefault(url, {}).setdefault(code, set()).add(word)
    listed = {url: {c: sorted(w) for c, w in codes.items()} for url, codes in found.items()}
    buffer = io.BytesIO()
    with gzip.GzipFile(fileobj=buffer, mode="wb", mtime=0, compresslevel=9) as stream:
        stream.write(orjson.dumps(listed, option=orjson.OPT_SORT_KEYS))
    (folder / FILE).write_bytes(buffer.getvalue())


def _words(concepts: Iterable[Json]) -> Iterator[tuple[str, str]]:
    for concept in concepts:
        said: list[Any] = [concept.get("display")]
        said += [one.get("value") for one in concept.get("designation", ())]
        yield from ((str(concept.get("code")), one) for one in said if isinstance(one, str))
        yield from _words(concept.get("concept", ()))
