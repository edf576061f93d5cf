"""From a published package to compact facts: cardinality, types, values, slices, bindings, rules.

Prose (definitions, comments, human texts of invariants), displays and licensed code lists are
left out. The facts of a guide are four gzip files and a small index, written byte for byte the
same from the same package, so that they can be committed and reviewed by digest.

Compact keys of an element: ``n`` min, ``x`` max, ``t`` types (``c`` code, ``p`` profiles, ``r``
target profiles, ``a`` aggregation), ``f`` fixed and ``q`` pattern as [type, value], ``s`` slicing
({``d`` [[type, path]], ``r`` rules, ``o`` ordered}), ``b`` binding [strength, value set, max],
``i`` invariants (indexes into the file's table), ``m`` must support, ``z`` modifier, ``k`` slice
name, ``e`` content reference, ``l`` maxLength, ``lo``/``hi`` min and max value as [type, value].
"""

from __future__ import annotations

from payerproof.guides.licences import withheld
from payerproof.guides.package import Json, Package
from payerproof.guides.servers import compile_parameter, compile_servers
from payerproof.guides.storage import SCHEMA

FHIR_TYPE = "http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type"
MAX_VALUE_SET = "http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet"
SYSTEM_TYPES = "http://hl7.org/fhirpath/System."


def compile_package(package: Package, *, keep_licensed: bool = False) -> Json:
    """All facts of a package: ``package``, ``structures``, ``invariants``, terminology, search."""
    table = _Invariants()
    structures = {}
    missing = []
    for definition in sorted(package.of_type("StructureDefinition"), key=lambda s: str(s["url"])):
        if "snapshot" not in definition:
            missing.append(definition["url"])
            continue
        structures[definition["url"]] = _structure(definition, package.version, table)
    return {
        "package": {
            "schema": SCHEMA,
            "name": package.name,
            "version": package.version,
            "canonical": package.canonical,
            "fhir": list(package.fhir_versions),
            "depends": dict(sorted(package.dependencies.items())),
            "without_snapshot": sorted(missing),
            "unreadable": sorted(package.unreadable),
        },
        "structures": structures,
        "invariants": table.rows,
        "valuesets": {
            v["url"]: _value_set(v, keep_licensed)
            for v in sorted(package.of_type("ValueSet"), key=lambda v: str(v.get("url")))
            if v.get("url")
        },
        "codesystems": {
            c["url"]: _code_system(c)
            for c in sorted(package.of_type("CodeSystem"), key=lambda c: str(c.get("url")))
            if c.get("url") and (keep_licensed or not withheld(str(c["url"])))
        },
        "search": [
            compile_parameter(p)
            for p in sorted(package.of_type("SearchParameter"), key=lambda p: str(p.get("url")))
        ],
        "servers": compile_servers(package.of_type("CapabilityStatement")),
    }


class _Invariants:
    """A table of distinct (key, severity, expression, source) rows."""

    def __init__(self) -> None:
        self.rows: list[list[str]] = []
        self._known: dict[tuple[str, ...], int] = {}

    def index(self, constraint: Json) -> int:
        row = (
            str(constraint["key"]),
            str(constraint.get("severity", "error")),
            str(constraint.get("expression", "")),
            str(constraint.get("source", "")),
        )
        known = self._known.get(row)
        if known is None:
            known = self._known[row] = len(self.rows)
            self.rows.append(list(row))
        return known


def _structure(definition: Json, version: str, table: _Invariants) -> Json:
    elements = definition["snapshot"]["element"]
    out: Json = {
        "version": definition.get("version") or version,
        "name": definition.get("name", ""),
        "type": definition["type"],
        "kind": definition["kind"],
        "base": definition.get("baseDefinition", ""),
        "derivation": definition.get("derivation", ""),
        "abstract": bool(definition.get("abstract")),
        "elements": [[e["id"], _element(e, table, definition["kind"])] for e in elements],
    }
    contexts = [[c.get("type"), c.get("expression")] for c in definition.get("context", [])]
    if contexts:
        out["context"] = contexts
    return out


_SIMPLE = (
    ("n", "min"),
    ("k", "sliceName"),
    ("e", "contentReference"),
    ("l", "maxLength"),
)


def _element(element: Json, table: _Invariants, kind: str) -> Json:
    out: Json = {short: element[long] for short, long in _SIMPLE if long in element}
    if element.get("max") not in (None, "*"):
        out["x"] = int(element["max"])
    if element.get("type"):
        identifies = kind == "resource" and element["path"].split(".")[1:] == ["id"]
        out["t"] = [_type(t, identifies) for t in element["type"]]
    out.update({flag: 1 for flag, key in _FLAGS.items() if element.get(key)})
    out.update(_values(element))
    if "slicing" in element:
        out["s"] = _slicing(element["slicing"])
    if "valueSet" in element.get("binding", {}):
        out["b"] = _binding(element["binding"])
    if element.get("constraint"):
        out["i"] = sorted({table.index(c) for c in element["constraint"] if c.get("expression")})
    return out


def _values(element: Json) -> Json:
    """Fixed, pattern, minimum and maximum values, each as [type, value]."""
    return {
        short: [key[len(prefix) :], value]
        for key, value in element.items()
        for prefix, short in _VALUED.items()
        if key.startswith(prefix) and len(key) > len(prefix)
    }


_FLAGS = {"m": "mustSupport", "z": "isModifier"}
_VALUED = {"fixed": "f", "pattern": "q", "minValue": "lo", "maxValue": "hi"}


def _type(entry: Json, resource_id: bool) -> Json:
    code = entry.get("code", "")
    for extension in entry.get("extension", []):
        if extension.get("url") == FHIR_TYPE:
            code = extension.get("valueUrl") or extension.get("valueUri") or code
    if code.startswith(SYSTEM_TYPES):
        code = code.removeprefix(SYSTEM_TYPES).lower()
    if resource_id:
        code = "id"  # R4 4.0.1 calls it a string; its narrative and schema, an id
    out: Json = {"c": code}
    for short, long in (("p", "profile"), ("r", "targetProfile"), ("a", "aggregation")):
        if entry.get(long):
            out[short] = entry[long]
    return out


def _slicing(slicing: Json) -> Json:
    out: Json = {
        "d": [[d["type"], d["path"]] for d in slicing.get("discriminator", [])],
        "r": slicing.get("rules", "open"),
    }
    if slicing.get("ordered"):
        out["o"] = 1
    return out


def _binding(binding: Json) -> list[str]:
    row = [binding.get("strength", "example"), binding["valueSet"]]
    for extension in binding.get("extension", []):
        if extension.get("url") == MAX_VALUE_SET:
            row.append(extension.get("valueCanonical") or extension.get("valueUri") or "")
    return row


def _value_set(value_set: Json, keep_licensed: bool) -> Json:
    compose = value_set.get("compose", {})
    out: Json = {"include": [_include(i, keep_licensed) for i in compose.get("include", [])]}
    if compose.get("exclude"):
        out["exclude"] = [_include(i, keep_licensed) for i in compose["exclude"]]
    if value_set.get("version"):
        out["version"] = value_set["version"]
    return out


def _include(include: Json, keep_licensed: bool) -> Json:
    out: Json = {}
    system = str(include.get("system") or "").partition("|")[0]  # US Core 7 writes a version here
    if system:
        out["s"] = system
    if include.get("valueSet"):
        out["v"] = include["valueSet"]
    if include.get("filter"):
        out["f"] = [[f["property"], f["op"], f["value"]] for f in include["filter"]]
    if include.get("concept"):
        if system and not keep_licensed and withheld(system):
            out["w"] = len(include["concept"])
        else:
            out["c"] = [c["code"] for c in include["concept"]]
    return out


def _code_system(system: Json) -> Json:
    codes: list[str] = []
    parents: dict[str, list[str]] = {}
    _concepts(system.get("concept", []), None, codes, parents)
    out: Json = {"content": system.get("content", "complete"), "codes": codes}
    if parents:
        out["parents"] = parents
    if system.get("caseSensitive") is False:
        out["any_case"] = True
    if system.get("supplements"):
        out["supplements"] = system["supplements"]
    return out


def _concepts(
    concepts: list[Json], parent: str | None, codes: list[str], parents: dict[str, list[str]]
) -> None:
    for concept in concepts:
        code = concept["code"]
        codes.append(code)
        above = [parent] if parent is not None else []
        for entry in concept.get("property", []):
            if entry.get("code") in ("subsumedBy", "parent") and "valueCode" in entry:
                above.append(entry["valueCode"])
        if above:
            parents[code] = sorted(set(above))
        _concepts(concept.get("concept", []), code, codes, parents)
