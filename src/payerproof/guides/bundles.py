"""What Bundles must be beside their invariants (R4, Bundle): addresses and what they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payerproof.guides.datatypes import absolute
from payerproof.guides.references import target_type
from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Node

Way = tuple[str | int, ...]

_WITHOUT = frozenset(("transaction", "transaction-response", "batch", "batch-response"))
"""Types whose entries may have no fullUrl."""

_NEEDED = {
    "Composition": (
        "subject",
        "encounter",
        "author",
        "attester.party",
        "custodian",
        "event.detail",
        "section.author",
        "section.focus",
        "section.entry",
        "section.section.entry",
    ),
    "MessageHeader": ("focus",),
}
"""Type of the first entry -> references whose target the Bundle must hold (R4, 3.3.1 and 2.4)."""


def index(value: Any) -> dict[str, Any]:
    """fullUrl and Type/id -> resource, for every entry of a Bundle."""
    out: dict[str, Any] = {}
    for _, entry in _entries(value):
        resource = entry.get("resource")
        if not isinstance(resource, dict):
            continue
        if isinstance(entry.get("fullUrl"), str):
            out.setdefault(entry["fullUrl"], resource)
        kind, identifier = resource.get("resourceType"), resource.get("id")
        if isinstance(kind, str) and isinstance(identifier, str):
            out.setdefault(f"{kind}/{identifier}", resource)
    return out


def _entries(value: Any) -> Iterator[tuple[int, dict[str, Any]]]:
    listed = value.get("entry") if isinstance(value, dict) else None
    for at, entry in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(entry, dict):
            yield at, entry


def check(run: Run, place: Place, base: Node) -> None:
    """Judge the addresses of the entries, and the references that must stay inside."""
    kind = place.value.get("type")
    for at, entry in _entries(place.value):
        if "fullUrl" in entry:
            _check_address(run, place, base, at, entry)
        elif isinstance(kind, str) and kind not in _WITHOUT and "resource" in entry:
            message = "Give the entry the fullUrl of its resource; only transactions may lack it."
            _report(run, place, base, at, message, "an absolute address")
    _check_links(run, place, base)
    if kind == "searchset":
        _check_matches(run, place, base)
    if isinstance(kind, str) and kind in ("document", "message"):
        _check_inside(run, place, base)


def _check_address(run: Run, place: Place, base: Node, at: int, entry: dict[str, Any]) -> None:
    """A fullUrl is absolute; a RESTful one agrees with the resource (R4, Bundle.entry.fullUrl)."""
    url, inner = entry["fullUrl"], entry.get("resource")
    if not isinstance(url, str):
        return
    if not absolute(url):
        _report(run, place, base, at, "Make fullUrl absolute.", "an absolute address")
        return
    named = target_type(url) if "://" in url else None
    if named is None or not isinstance(inner, dict) or not run.schema.model.known(named):
        return
    kind, identifier = inner.get("resourceType"), inner.get("id")
    if not isinstance(identifier, str) or not url.endswith(f"/{kind}/{identifier}"):
        message = "Make fullUrl end with the type and id of the resource in the entry."
        _report(run, place, base, at, message, f"an address that ends with {kind}/ and the id")


def _report(run: Run, place: Place, base: Node, at: int, message: str, expected: str) -> None:
    entry = place.value["entry"][at]
    way = ("entry", at, "fullUrl") if "fullUrl" in entry else ("entry", at)
    path = f"{place.path}.entry[{at}].fullUrl"
    where = Place(path, (*place.pointer, *way), entry.get("fullUrl"), None, "uri", place)
    run.report("bundle-full-url", where, base, message, expected=expected)


def _check_links(run: Run, place: Place, base: Node) -> None:
    """self, next and their like stand once (R4, Bundle.link)."""
    listed = place.value.get("link")
    met: set[str] = set()
    for at, link in enumerate(listed if isinstance(listed, list) else ()):
        relation = link.get("relation") if isinstance(link, dict) else None
        if isinstance(relation, str) and relation in _ONCE and relation in met:
            way: Way = ("link", at, "relation")
            message = f"Send the link {relation} once."
            _tell(run, place, base, "bundle-link", way, message, "one link of each relation")
        met.add(str(relation))


_ONCE = frozenset(("self", "first", "previous", "prev", "next", "last"))


def _check_matches(run: Run, place: Place, base: Node) -> None:
    """A match of a search is of the type that was searched for, where self tells it."""
    links = place.value.get("link")
    urls = [
        link.get("url")
        for link in (links if isinstance(links, list) else ())
        if isinstance(link, dict) and link.get("relation") == "self"
    ]
    if len(urls) != 1 or not isinstance(urls[0], str):
        return
    searched = urls[0].partition("?")[0].rstrip("/").rpartition("/")[2]
    if "?" not in urls[0] or not run.schema.model.known(searched):
        return
    for at, entry in _entries(place.value):
        inner, search = entry.get("resource"), entry.get("search")
        kind = inner.get("resourceType") if isinstance(inner, dict) else None
        if isinstance(search, dict) and search.get("mode") == "match" and kind != searched:
            way: Way = ("entry", at, "search", "mode")
            message = f"Call only a {searched} a match: that is what was searched for."
            _tell(run, place, base, "bundle-match", way, message, searched)


def _check_inside(run: Run, place: Place, base: Node) -> None:
    """What the Composition or MessageHeader refers to is in the Bundle."""
    entries = list(_entries(place.value))
    first = entries[0][1] if entries else {}
    inner = first.get("resource")
    kind = inner.get("resourceType") if isinstance(inner, dict) else None
    if not isinstance(kind, str) or kind not in _NEEDED:
        return
    held = {e["fullUrl"] for _, e in entries if isinstance(e.get("fullUrl"), str)}
    root = _root(first.get("fullUrl"))
    for path in _NEEDED[kind]:
        for way, value in _at(inner, path.split("."), ()):
            reference = value.get("reference") if isinstance(value, dict) else None
            if not isinstance(reference, str) or reference.startswith("#"):
                continue
            if _resolved(reference, root) not in held:
                where: Way = ("entry", 0, "resource", *way)
                message = f"Put what {kind}.{path} refers to into the Bundle."
                _tell(
                    run, place, base, "bundle-reference", where, message, "an entry of the Bundle"
                )
    if kind == "Composition":
        _check_reached(run, place, base, entries)


def _root(url: Any) -> str:
    """The service that a RESTful fullUrl belongs to, with its last slash; else nothing."""
    if not isinstance(url, str) or "://" not in url or target_type(url) is None:
        return ""
    return url.rsplit("/", 2)[0] + "/"


def _resolved(reference: str, root: str) -> str:
    """A reference as the fullUrl it leads to (R4, Bundle: resolving references)."""
    bare = reference.partition("#")[0].partition("/_history/")[0]
    return bare if absolute(bare) else root + bare


def _check_reached(
    run: Run, place: Place, base: Node, entries: list[tuple[int, dict[str, Any]]]
) -> None:
    """Every entry of a document hangs together with the Composition (R4, 3.3.1)."""
    links: dict[str, set[str]] = {}
    for _, entry in entries:
        url = entry.get("fullUrl")
        if not isinstance(url, str):
            return
        links.setdefault(url, set())
    for _, entry in entries:
        for reference in _references(entry.get("resource")):
            target = _resolved(reference, _root(entry["fullUrl"]))
            if target in links:
                links[entry["fullUrl"]].add(target)
                links[target].add(entry["fullUrl"])
    reached, pending = set(), [entries[0][1]["fullUrl"]]
    while pending:
        url = pending.pop()
        if url not in reached:
            reached.add(url)
            pending += links[url]
    for at, entry in entries:
        if entry["fullUrl"] not in reached:
            message = "Leave out of a document what its Composition does not lead to."
            _tell(run, place, base, "bundle-unreached", ("entry", at), message, "a linked entry")


def _references(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            reference = item.get("reference")
            if isinstance(reference, str):
                yield reference
            pending += item.values()
        elif isinstance(item, list):
            pending += item


def _tell(
    run: Run, place: Place, base: Node, rule: str, way: Way, message: str, expected: str
) -> None:
    steps = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in way)
    where = Place(place.path + steps, (*place.pointer, *way), None, None, "Element", place)
    run.report(rule, where, base, message, expected=expected, found="something else")


def _at(
    value: Any, steps: list[str], way: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from _at(item, steps, (*way, at))
    elif not steps:
        yield way, value
    elif isinstance(value, dict) and steps[0] in value:
        yield from _at(value[steps[0]], steps[1:], (*way, steps[0]))
