"""Single-fault mutants of published examples, made from StructureDefinitions as published.

Nothing of `payerproof.guides` is used here: what is expected must not come from what is tested.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .broken_rules import broken

PRIMITIVES = {
    "boolean",
    "integer",
    "string",
    "decimal",
    "uri",
    "url",
    "canonical",
    "base64Binary",
    "instant",
    "date",
    "dateTime",
    "time",
    "code",
    "oid",
    "id",
    "markdown",
    "unsignedInt",
    "positiveInt",
    "uuid",
    "xhtml",
}
DATES = {"date", "dateTime", "instant"}
PER_KIND = 4
"""Mutants of one kind for one profile."""


@dataclass(frozen=True)
class Mutant:
    """A resource with one fault, and where it must be found (JSON pointer of the element)."""

    profile: str
    kind: str
    element: str
    resource: Any
    pointer: tuple[str | int, ...]


def occurrences(resource: Any, steps: list[str]) -> Iterator[tuple[str | int, ...]]:
    """JSON pointers of every occurrence of a path (without the type)."""

    def walk(value: Any, at: int, way: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        if at == len(steps):
            yield way
            return
        if not isinstance(value, dict):
            return
        step = steps[at]
        keys = [step]
        if step.endswith("[x]"):
            bare = step[:-3]
            keys = [
                k for k in value if k.startswith(bare) and k[len(bare) : len(bare) + 1].isupper()
            ]
        for key in keys:
            child = value.get(key)
            if isinstance(child, list):
                for i, item in enumerate(child):
                    yield from walk(item, at + 1, (*way, key, i))
            elif child is not None:
                yield from walk(child, at + 1, (*way, key))

    yield from walk(resource, 0, ())


def get(resource: Any, pointer: tuple[str | int, ...]) -> Any:
    for step in pointer:
        resource = resource[step]
    return resource


def changed(resource: Any, pointer: tuple[str | int, ...], value: Any) -> Any:
    out = copy.deepcopy(resource)
    get(out, pointer[:-1])[pointer[-1]] = value
    return out


def removed(resource: Any, pointer: tuple[str | int, ...]) -> Any:
    """The resource without one element; an array that would be empty goes too."""
    out = copy.deepcopy(resource)
    holder = get(out, pointer[:-1])
    del holder[pointer[-1]]
    if isinstance(holder, list) and not holder:
        del get(out, pointer[:-2])[pointer[-2]]
    return out


def mutants(profile: dict[str, Any], resource: Any, known: dict[str, Any]) -> Iterator[Mutant]:
    """All mutants of one example under one profile."""
    elements = profile["snapshot"]["element"]
    for element in elements[1:]:
        steps = element["path"].split(".")[1:]
        if ":" in element["id"] or steps[0] in ("contained", "text", "meta", "implicitRules"):
            continue
        found = list(occurrences(resource, steps))[:2]
        for pointer in found:
            for kind, mutant, where in _of_element(element, resource, pointer, known):
                yield Mutant(profile["url"], kind, element["id"], mutant, where)
    yield from _slices(profile, resource)
    yield from _rules(profile, resource)
    yield from _whole(profile, resource)


def _rules(profile: dict[str, Any], resource: Any) -> Iterator[Mutant]:
    """One error-level invariant of the profile broken, where it stands on no slice but a choice."""
    for element in profile["snapshot"]["element"]:
        steps = element["path"].split(".")[1:]
        if ":" in element["id"] and not element.get("patternIdentifier"):
            continue
        system = element.get("patternIdentifier", {}).get("system")
        for rule in element.get("constraint", []):
            if rule["severity"] != "error" or "expression" not in rule:
                continue
            for pointer in list(occurrences(resource, steps))[:3]:
                value = get(resource, pointer)
                if not isinstance(value, dict) or (system and value.get("system") != system):
                    continue
                for worse, inside in broken(rule["expression"], value):
                    out = changed(resource, pointer, worse) if pointer else worse
                    where = (*pointer, *inside)
                    yield Mutant(
                        profile["url"],
                        "broken invariant",
                        f"{rule['key']} {element['id']}",
                        out,
                        where,
                    )


def _whole(profile: dict[str, Any], resource: Any) -> Iterator[Mutant]:
    url = profile["url"]
    yield Mutant(url, "unknown property", "", {**resource, "zzUnknown": 1}, ("zzUnknown",))
    yield Mutant(url, "empty object", "", {**resource, "extension": [{}]}, ("extension",))
    yield Mutant(url, "empty array", "", {**resource, "extension": []}, ("extension",))


def _of_element(
    element: dict[str, Any], resource: Any, pointer: tuple[str | int, ...], known: dict[str, Any]
) -> Iterator[tuple[str, Any, tuple[str | int, ...]]]:
    types = [t["code"] for t in element.get("type", [])]
    value = get(resource, pointer)
    holder = pointer[:-2] if isinstance(pointer[-1], int) else pointer[:-1]
    siblings = get(resource, pointer[:-1])
    if element.get("min", 0) >= 1 and not (isinstance(siblings, list) and len(siblings) > 1):
        yield "missing required element", removed(resource, pointer), holder
    yield from _shape(element, types, resource, pointer, value)
    if len(types) == 1 and types[0] in DATES and isinstance(value, str):
        yield "bad date", changed(resource, pointer, "2020-02-30"), pointer
    if len(types) == 1 and types[0] == "Reference":
        yield from _reference(element, resource, pointer, value)
    yield from _coded(element, resource, pointer, value, known)


def _shape(
    element: dict[str, Any],
    types: list[str],
    resource: Any,
    pointer: tuple[str | int, ...],
    value: Any,
) -> Iterator[tuple[str, Any, tuple[str | int, ...]]]:
    if isinstance(value, dict):
        yield "wrong type", changed(resource, pointer, "a text"), pointer
        worse = {**value, "zzUnknown": True}
        yield "unknown property", changed(resource, pointer, worse), (*pointer, "zzUnknown")
    elif isinstance(value, bool | int | float):
        yield "wrong type", changed(resource, pointer, "a text"), pointer
    else:
        yield "wrong type", changed(resource, pointer, {"zz": 1}), pointer
    if not isinstance(pointer[-1], int):
        yield "array instead of value", changed(resource, pointer, [value]), pointer
        yield "null", changed(resource, pointer, None), pointer
    if element["path"].endswith("[x]") and len(types) > 0 and "base64Binary" not in types:
        bare = element["path"].rsplit(".", 1)[1][:-3]
        out = removed(resource, pointer)
        get(out, pointer[:-1])[bare + "Base64Binary"] = "aGVsbG8="
        yield "illegal choice", out, (*pointer[:-1], bare + "Base64Binary")
    base = element.get("base", {}).get("max", element.get("max"))
    if element.get("max") == "1" and base == "*" and isinstance(pointer[-1], int):
        out = copy.deepcopy(resource)
        get(out, pointer[:-1]).append(copy.deepcopy(value))
        yield "one too many", out, pointer[:-1]


def _reference(
    element: dict[str, Any], resource: Any, pointer: tuple[str | int, ...], value: Any
) -> Iterator[tuple[str, Any, tuple[str | int, ...]]]:
    targets = element["type"][0].get("targetProfile", [])
    reference = value.get("reference") if isinstance(value, dict) else None
    if not targets or not isinstance(reference, str) or reference.startswith("#"):
        return
    if any(t.rsplit("/", 1)[1].partition("|")[0] == "Resource" for t in targets):
        return
    yield (
        "wrong reference target",
        changed(resource, pointer, {**value, "reference": "SubstancePolymer/1"}),
        pointer,
    )


def listed(url: str, known: dict[str, Any]) -> bool:
    """Whether the guide itself lists every code of a value set."""
    value_set = known.get(url.split("|", maxsplit=1)[0])
    includes = (value_set or {}).get("compose", {}).get("include", [])
    return (
        bool(includes)
        and all(
            i.get("concept")
            or (known.get(i.get("system", ""), {}).get("concept") and "filter" not in i)
            for i in includes
            if "valueSet" not in i or i.get("system")
        )
        and all("valueSet" not in i for i in includes)
    )


OPEN = ("mimetypes", "languages", "all-languages", "bcp13")
"""Value sets of R4 that no list can hold."""


def _of_r4(element: dict[str, Any], url: str) -> bool:
    """Whether a code is bound to one of R4's own value sets, all of which are lists but a few."""
    name = url.partition("|")[0].rpartition("/")[2]
    codes = [t["code"] for t in element.get("type", [])] == ["code"]
    return codes and url.startswith("http://hl7.org/fhir/ValueSet/") and name not in OPEN


WITHHELD = ("snomed", "loinc.org", "ama-assn", "nucc", "nubc", "x12", "NCPDP", "ada.org")


def _coded(
    element: dict[str, Any],
    resource: Any,
    pointer: tuple[str | int, ...],
    value: Any,
    known: dict[str, Any],
) -> Iterator[tuple[str, Any, tuple[str | int, ...]]]:
    for key, fixed in element.items():
        if key.startswith(("fixed", "pattern")) and isinstance(fixed, str):
            yield "wrong fixed value", changed(resource, pointer, fixed + "x"), pointer
        if key.startswith("pattern") and isinstance(fixed, dict) and isinstance(value, dict):
            yield "wrong pattern value", changed(resource, pointer, _other(value)), pointer
    binding = element.get("binding", {})
    url = binding.get("valueSet", "")
    if binding.get("strength") != "required":
        return
    includes = known.get(url.split("|")[0], {}).get("compose", {}).get("include", [])
    if any(word in i.get("system", "") for i in includes for word in WITHHELD):
        return
    if isinstance(value, str) and (listed(url, known) or _of_r4(element, url)):
        yield "wrong required code", changed(resource, pointer, "zz-none"), pointer
    elif isinstance(value, dict) and value.get("coding") and listed(url, known):
        yield "wrong required code", changed(resource, pointer, _other(value)), pointer


def _other(value: dict[str, Any]) -> dict[str, Any]:
    """A CodeableConcept, Coding or Identifier with codes that nobody defines."""
    out = copy.deepcopy(value)
    for coding in out.get("coding", [out]):
        coding["code" if "code" in coding else "system"] = "zz-none"
    return out


def _slices(profile: dict[str, Any], resource: Any) -> Iterator[Mutant]:
    """Take every entry of a required slice away, or double one that may stand once."""
    elements = profile["snapshot"]["element"]
    for element in elements:
        name, path = element.get("sliceName"), element["path"]
        if not name or element["id"].count(":") != 1 or path.count(".") != 1 or path.endswith("]"):
            continue
        tests = [
            (e["path"].split(".")[2:], e[k])
            for e in elements
            if e["id"].startswith(element["id"] + ".")
            for k in e
            if k.startswith(("pattern", "fixed")) and e["id"].count(":") == 1 and e.get("min")
        ]
        field = path.split(".")[1]
        entries = resource.get(field)
        if not tests or not isinstance(entries, list):
            continue
        mine = [i for i, entry in enumerate(entries) if all(_holds(entry, *t) for t in tests)]
        if mine and element.get("min", 0) >= 1 and len(entries) > len(mine):
            rest = [e for i, e in enumerate(entries) if i not in mine]
            yield Mutant(
                profile["url"], "broken slice", element["id"], {**resource, field: rest}, ()
            )
        if len(mine) == 1 and element.get("max") == "1":
            more = [*entries, copy.deepcopy(entries[mine[0]])]
            yield Mutant(
                profile["url"],
                "one too many in slice",
                element["id"],
                {**resource, field: more},
                (field,),
            )


def _holds(entry: Any, steps: list[str], wanted: Any) -> bool:
    for step in steps:
        entry = entry.get(step) if isinstance(entry, dict) else None
    return _within(wanted, entry)


def _within(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(value, dict) and all(_within(v, value.get(k)) for k, v in wanted.items())
    if isinstance(wanted, list):
        return isinstance(value, list) and all(any(_within(w, v) for v in value) for w in wanted)
    return bool(wanted == value)
