"""What definitions themselves must be beside their invariants: addresses, code systems, profiles.

R4, sections CodeSystem, ValueSet, SearchParameter, StructureDefinition: what a payer's own
conformance resources get wrong, as far as it can be told from the resource alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from payerproof.guides.datatypes import absolute
from payerproof.guides.fhirpath import FhirPathError, compile_expression
from payerproof.guides.library import Structure
from payerproof.guides.questionnaires import Way, rows
from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Node

Report = Callable[[str, Way, str], None]
"""Rule, way inside the resource, what to do."""


def check(run: Run, place: Place, base: Node) -> None:
    """Judge a resource by what its type asks for in prose."""

    def report(rule: str, way: Way, message: str) -> None:
        steps = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in way)
        where = Place(place.path + steps, (*place.pointer, *way), None, None, "Element", place)
        run.report(rule, where, base, message, expected=message, found="something else")

    value = place.value
    judge = _CHECKS.get(value.get("resourceType"))
    if judge is None:
        return
    url = value.get("url")
    if isinstance(url, str) and not absolute(url):
        report("uri-absolute", ("url",), "Give the definition an absolute address.")
    judge(run, value, report)


def _concepts(value: Any, way: Way = ()) -> Iterator[tuple[Way, dict[str, Any]]]:
    for here, row in rows(value, "concept", way):
        yield here, row
        yield from _concepts(row, here)


def _code_system(_run: Run, value: dict[str, Any], report: Report) -> None:
    content, count = value.get("content"), value.get("count")
    concepts = list(_concepts(value))
    if content == "complete" and isinstance(count, int) and count != len(concepts):
        report("code-system", ("count",), f"Give the number of concepts, {len(concepts)}.")
    if content == "not-present" and concepts:
        report("code-system", ("content",), "Say complete or fragment: there are concepts.")
    if content == "supplement" and "supplements" not in value:
        report("code-system", ("content",), "Name the code system in supplements.")
    kinds: dict[str, Any] = {}
    for way, row in rows(value, "property"):
        code = row.get("code")
        if not isinstance(code, str):
            continue
        if code in kinds:
            report("code-system", (*way, "code"), "Define each property once.")
        kinds[code] = row.get("type")
    for here, concept in concepts:
        for way, row in rows(concept, "property", here):
            _property(row, way, kinds, report)


_STANDARD = frozenset(("status", "inactive", "effectiveDate", "deprecated", "deprecationDate"))
"""Properties that every code system has (R4, concept-properties)."""


def _property(row: dict[str, Any], way: Way, kinds: dict[Any, Any], report: Report) -> None:
    code = row.get("code")
    if not isinstance(code, str) or code in _STANDARD | {"notSelectable", "parent", "child"}:
        return
    if code not in kinds:
        report("code-system", (*way, "code"), "Define the property in CodeSystem.property.")
        return
    key = next((k for k in row if k.startswith("value")), "value")
    wanted = kinds[code]
    if isinstance(wanted, str) and key.removeprefix("value").lower() != wanted.lower():
        report("code-system", way, f"Send the property's value as {wanted}.")


def _value_set(_run: Run, value: dict[str, Any], report: Report) -> None:
    for key in ("include", "exclude"):
        for way, row in rows(value.get("compose"), key, ("compose",)):
            system = row.get("system")
            if isinstance(system, str) and not absolute(system):
                report("uri-absolute", (*way, "system"), "Give the system an absolute address.")


def _search_parameter(_run: Run, value: dict[str, Any], report: Report) -> None:
    if value.get("type") == "composite" and len(list(rows(value, "component"))) < 2:
        report("search-parameter", ("component",), "Define two components or more.")
    expression = value.get("expression")
    if isinstance(expression, str):
        try:
            compile_expression(expression)
        except FhirPathError as why:
            report("search-parameter", ("expression",), f"Write the expression in FHIRPath: {why}.")


def _structure(run: Run, value: dict[str, Any], report: Report) -> None:
    if value.get("derivation") != "constraint" or not isinstance(value.get("type"), str):
        return
    address = value.get("baseDefinition")
    base = run.schema.library.structure(address, {}) if isinstance(address, str) else None
    if base is not None and base.type != value["type"]:
        report("structure-type", ("type",), f"Constrain the type of the base, {base.type}.")
        return
    for way, row in rows(value.get("differential"), "element", ("differential",)):
        path = row.get("path")
        if isinstance(path, str) and base is not None and not _exists(run, base.type, path):
            report("structure-path", (*way, "path"), "Name an element that the base has.")
        elif isinstance(path, str) and base is not None and "." in path:
            _narrowed(run, base, path, row, way, report)
        fixed = row.get("fixedUri")
        if path == "Extension.url" and row.get("id") == path and fixed != value.get("url"):
            report("structure-url", (*way, "fixedUri"), "Fix the address of the extension itself.")


def _narrowed(
    run: Run, base: Structure, path: str, row: dict[str, Any], way: Way, report: Report
) -> None:
    """Types of an element are among those of the base, or derive from them."""
    at = base.at(path)
    allowed = {t["c"] for t in base.elements[at][1].get("t", ())} if at is not None else set()
    for here, use in rows(row, "type", way):
        code = use.get("code")
        if not isinstance(code, str) or not allowed or not run.schema.model.known(code):
            continue
        if not allowed & set(run.schema.model.supertypes(code)):
            report("structure-path", (*here, "code"), f"Name one of {', '.join(sorted(allowed))}.")


def _exists(run: Run, root: str, path: str) -> bool:
    """Whether a path leads to an element, as far as types can be followed."""
    head, *steps = path.split(".")
    if head != root:
        return False
    kinds = {root}
    model = run.schema.model
    for step in steps:
        found: set[str] = set()
        for kind in kinds:
            forms = model.elements(kind).get(step.removesuffix("[x]"), ())
            found |= {k for _, k in forms} or {k for n, k in _keys(run, kind) if n == step}
        if not found:
            return not kinds - {"Resource", "Element"} and len(steps) > 1
        kinds = found
    return True


def _keys(run: Run, kind: str) -> Iterator[tuple[str, str]]:
    """JSON keys of choices, by which older profiles name them."""
    for key, (_, form) in run.schema.model.keys(kind).items():
        yield key, form


_CHECKS: dict[Any, Callable[[Run, dict[str, Any], Report], None]] = {
    "CodeSystem": _code_system,
    "ValueSet": _value_set,
    "SearchParameter": _search_parameter,
    "StructureDefinition": _structure,
    **dict.fromkeys(
        (
            "CapabilityStatement",
            "ConceptMap",
            "ImplementationGuide",
            "Measure",
            "OperationDefinition",
            "PlanDefinition",
            "Questionnaire",
        ),
        lambda *_: None,
    ),
}

KINDS = frozenset((*_CHECKS, "QuestionnaireResponse"))
"""Types that are judged by more than definitions; the fast pass leaves them alone."""
