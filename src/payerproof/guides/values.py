"""Fixed and pattern values, bindings, lengths and limits of one element."""

from __future__ import annotations

from typing import Any

from payerproof.guides.findings import ERROR, INFORMATION, WARNING
from payerproof.guides.run import ANY, Place, Run, codings
from payerproof.guides.schema import Node

ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
PATTERN_VERSION = "The published pattern also asks for Coding.version; a known error of the guide."
_BOUND = frozenset(("code", "Coding", "CodeableConcept", "Quantity", "string", "uri"))


def check(run: Run, node: Node, place: Place) -> None:
    """Fixed value, pattern and binding."""
    facts = node.facts
    if "f" in facts and not same(facts["f"][1], place.value) and not _typed_away(facts["f"], place):
        run.report(
            "fixed-value",
            place,
            node,
            f"Send exactly the fixed value {brief(facts['f'][1])}.",
            expected=brief(facts["f"][1]),
        )
    if "q" in facts and not _typed_away(facts["q"], place):
        _check_pattern(run, node, place, facts["q"][1])
    if "b" in facts and place.type in _BOUND:
        _check_binding(run, node, place)
    if place.type == "Coding" and isinstance(place.value, dict):
        _check_defined(run, node, place)


def _check_defined(run: Run, node: Node, place: Place) -> None:
    """A code must be one that its system defines (R4, Coding.code), where the list is at hand."""
    system, code = place.value.get("system"), place.value.get("code")
    if not isinstance(system, str) or not isinstance(code, str):
        return
    codes = run.schema.terminology.defined(system)
    if codes is not None and code not in codes:
        run.report(
            "code-unknown",
            place,
            node,
            f"Use a code that the system {system} defines.",
            expected=f"a code of {system}",
            found=run.code(None, code),
        )


def _typed_away(entry: list[Any], place: Place) -> bool:
    """A fixed or pattern value of a choice speaks about one type only."""
    kind = entry[0][0].lower() + entry[0][1:]
    return place.type not in (entry[0], kind)


def _check_pattern(run: Run, node: Node, place: Place, pattern: Any) -> None:
    if matches(pattern, place.value):
        return
    erratum = run.errata.pattern_version(node.structure.url, node.structure.version)
    if erratum is not None and matches(without_version(pattern), place.value):
        run.mattered.add(erratum.id)
        run.report(
            "pattern-value",
            place,
            node,
            PATTERN_VERSION,
            expected=brief(pattern),
            severity=WARNING,
            erratum=erratum.id,
        )
        return
    run.report(
        "pattern-value",
        place,
        node,
        f"Include the values {brief(pattern)}.",
        expected=brief(pattern),
        found=_codes(run, place.value) or run.describe(place.value),
    )


def without_version(pattern: Any) -> Any:
    """A pattern without ``version`` beside a ``code``."""
    if isinstance(pattern, dict):
        return {
            k: without_version(v)
            for k, v in pattern.items()
            if not (k == "version" and "code" in pattern)
        }
    if isinstance(pattern, list):
        return [without_version(v) for v in pattern]
    return pattern


def same(expected: Any, value: Any) -> bool:
    """Exact equality, numbers by value and kind."""
    if isinstance(expected, bool) or isinstance(value, bool):
        return expected is value
    return bool(expected == value)


def matches(pattern: Any, value: Any) -> bool:
    """Whether a value holds at least what a pattern holds; each array entry somewhere."""
    if isinstance(pattern, dict):
        if not isinstance(value, dict):
            return False
        return all(k in value and matches(v, value[k]) for k, v in pattern.items())
    if isinstance(pattern, list):
        if not isinstance(value, list):
            return False
        return all(any(matches(p, v) for v in value) for p in pattern)
    return same(pattern, value)


def brief(value: Any) -> str:
    """A definition's value in short: codes as system|code."""
    if isinstance(value, dict):
        if "code" in value:
            return f"{value.get('system', '')}|{value['code']}"
        if isinstance(value.get("coding"), list):
            return ", ".join(brief(c) for c in value["coding"])
        return "; ".join(f"{k}: {brief(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(brief(v) for v in value)
    return str(value)


def _codes(run: Run, value: Any) -> str:
    pairs = [(s, c) for s, c in codings(value) if isinstance(c, str)]
    return "; ".join(run.code(None if s == ANY else s, c) for s, c in pairs)[:300]


def check_limits(run: Run, node: Node, place: Place) -> None:
    """Length of a text and limits of a number or date."""
    facts, value = node.facts, place.value
    if "l" in facts and isinstance(value, str) and len(value) > facts["l"]:
        run.report(
            "max-length",
            place,
            node,
            f"Shorten the text to {facts['l']} characters.",
            expected=f"at most {facts['l']} characters",
            found=f"{len(value)} characters",
        )
    for key, word, sign in (("lo", "at least", 1), ("hi", "at most", -1)):
        if key in facts and _beyond(value, facts[key][1], sign):
            limit = facts[key][1]
            run.report(
                "value-limit", place, node, f"Send {word} {limit}.", expected=f"{word} {limit}"
            )


def _beyond(value: Any, limit: Any, sign: int) -> bool:
    if isinstance(value, str) != isinstance(limit, str) or isinstance(value, bool):
        return False
    return bool(value < limit) if sign > 0 else bool(value > limit)


def _check_binding(run: Run, node: Node, place: Place) -> None:
    strength, address, *rest = node.facts["b"]
    if strength in ("required", "extensible"):
        _check_membership(run, node, place, address, strength)
    for most in rest:
        if most and strength != "required":
            _check_membership(run, node, place, most, "max")


def _check_membership(run: Run, node: Node, place: Place, address: str, strength: str) -> None:
    """Strength "required" and "max" make errors, "extensible" a warning."""
    pairs = [p for p in codings(place.item()) if isinstance(p[1], str)]
    required = strength != "extensible"
    if not pairs:
        if strength == "required" and not _absent(place) and _has_content(place):
            _report_binding(run, node, place, address, "no code", strength)
        return
    address = run.errata.value_set(address)
    expansion = run.schema.terminology.expansion(address, node.structure.prefer)
    answers = [
        expansion.has_code(code) if system == ANY else expansion.has(system, code)
        for system, code in pairs
    ]
    if True in answers:
        return
    if None in answers:
        run.not_judged(node, why_open(address, expansion.unknown, expansion.open))
    elif required or not _text_only(place):
        _report_binding(run, node, place, address, _codes(run, place.value), strength)


def why_open(address: str, unknown: str, systems: set[str]) -> str:
    """Why membership in a value set cannot be known."""
    if unknown:
        return unknown
    listed = ", ".join(sorted(systems))
    return f"codes of the value set {address} are not at hand (systems: {listed})"


def _text_only(place: Place) -> bool:
    return place.type == "CodeableConcept" and not place.value.get("coding")


def _has_content(place: Place) -> bool:
    if place.type == "Quantity":
        return "code" in place.value or "unit" in place.value
    return place.value is not None


def _absent(place: Place) -> bool:
    holder = place.sibling if place.value is None else place.value
    listed = holder.get("extension") if isinstance(holder, dict) else None
    if not isinstance(listed, list):
        return False
    return any(isinstance(e, dict) and e.get("url") == ABSENT for e in listed)


def _report_binding(
    run: Run, node: Node, place: Place, address: str, found: str, strength: str
) -> None:
    message = {
        "required": f"Use a code of the value set {address}.",
        "max": f"Use codes of the value set {address} only.",
        "extensible": f"Use a code of the value set {address} if one fits.",
    }[strength]
    structure = node.structure
    erratum = run.errata.binding(structure.url, structure.version, node.id)
    severity = WARNING if strength == "extensible" else ERROR
    run.report(
        f"binding-{strength}",
        place,
        node,
        message,
        expected=address,
        found=found,
        severity=INFORMATION if erratum is not None else severity,
        erratum=erratum.id if erratum is not None else "",
    )
