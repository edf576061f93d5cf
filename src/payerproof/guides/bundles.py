"""What Bundles must be beside their invariants (R4, Bundle): addresses and what they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from payerproof.guides.datatypes import absolute
from payerproof.guides.references import target_type
from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Node

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
    if kind in ("document", "message"):
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


def _check_inside(run: Run, place: Place, base: Node) -> None:
    """What the Composition or MessageHeader refers to is in the Bundle."""
    first = next((e for _, e in _entries(place.value)), {}).get("resource")
    kind = first.get("resourceType") if isinstance(first, dict) else None
    if kind not in _NEEDED:
        return
    held = index(place.value)
    for path in _NEEDED[kind]:
        for way, value in _at(first, path.split("."), ()):
            reference = value.get("reference") if isinstance(value, dict) else None
            if not isinstance(reference, str) or reference.startswith("#"):
                continue
            if not _holds(held, reference.partition("#")[0]):
                steps = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in way)
                run.report(
                    "bundle-reference",
                    Place(
                        f"{place.path}.entry[0].resource{steps}",
                        (*place.pointer, "entry", 0, "resource", *way),
                        value,
                        None,
                        "Reference",
                        place,
                    ),
                    base,
                    f"Put what {kind}.{path} refers to into the Bundle.",
                    expected="an entry with this address",
                    found="none",
                )


def _holds(held: dict[str, Any], reference: str) -> bool:
    """Whether a reference leads to an entry, by its address or, without one, by type and id."""
    bare = reference.partition("/_history/")[0]
    return bare in held or ("://" not in bare and any(k.endswith("/" + bare) for k in held))


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
