"""Invariants: evaluated at each element that they are put on, errata applied."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from payerproof.guides.fhirpath import FhirPathError, compile_expression
from payerproof.guides.fhirpath.errors import NotJudged
from payerproof.guides.fhirpath.items import Context
from payerproof.guides.fhirpath.items import Node as PathNode
from payerproof.guides.fhirpath.temporal import compare, parse_date_time
from payerproof.guides.findings import ERROR, INFORMATION, WARNING
from payerproof.guides.narrative import EMPTY, narrative_fault
from payerproof.guides.references import contained, resolve
from payerproof.guides.run import Place, Run, member_of
from payerproof.guides.schema import Node, Rule
from payerproof.places import shipped

_MALFORMED = re.compile(r"\.(exists|empty|count)(?=\.)")


def check(run: Run, node: Node, place: Place) -> None:
    """Evaluate the invariants of a definition and of the type of the value."""
    for rule in node.rules:
        check_rule(run, node, place, rule)
    if place.type != "Element":
        for rule in run.schema.type_rules(place.type):
            if all(rule.expression != own.expression for own in node.rules):
                check_rule(run, node, place, rule)


def check_rule(run: Run, node: Node, place: Place, rule: Rule) -> None:
    """Evaluate one invariant and report it when it is not met."""
    if rule.expression == "htmlChecks()":
        _check_narrative(run, node, place, rule)
        return
    native = NATIVE.get(rule.expression) or (_dom_3 if rule.key == "dom-3" else None)
    if native is not None:
        met = native(place)
    elif rule.key == "ref-1":
        met = _ref_1(run, place)
    else:
        expression = REWRITTEN.get(rule.expression, rule.expression)
        try:
            met = compile_expression(expression).true(place.item(), _context(run, node, place))
        except NotJudged as why:
            run.not_judged(node, f"{rule.key}: {why}")
            return
        except FhirPathError as why:
            run.not_judged(node, f"{rule.key}: cannot be evaluated ({why})")
            return
    if not met:
        _report(run, node, place, rule)


def _check_narrative(run: Run, node: Node, place: Place, rule: Rule) -> None:
    """txt-1 is about the form of a narrative, txt-2 about its being empty."""
    fault = narrative_fault(place.value) if isinstance(place.value, str) else None
    if fault is not None and (fault == EMPTY) == (rule.key == "txt-2"):
        _report(run, node, place, rule, f"Correct the text's div: {fault}.")


def _report(run: Run, node: Node, place: Place, rule: Rule, message: str = "") -> None:
    erratum = run.errata.rule(rule.profile, rule.version, rule.key)
    severity = ERROR if rule.severity == "error" else WARNING
    if erratum is not None:
        severity = {"ignore": INFORMATION, "warning": WARNING}[erratum.severity]
    run.report(
        rule.key,
        place,
        node,
        message or rule_message(rule, place.type),
        expected=_brief(rule),
        found="not met",
        severity=severity,
        erratum=erratum.id if erratum is not None else "",
    )


def _brief(rule: Rule) -> str:
    return rule.expression if len(rule.expression) <= 400 else rule.expression[:397] + "..."


def rule_message(rule: Rule, type_name: str) -> str:
    """What to do when an invariant is not met."""
    for part, text in _hints().get(rule.key, ()):
        if part in rule.expression:
            return text
    if rule.key.endswith("-meta-profile-version"):
        return "Name the version of the guide in meta.profile: address|version."
    return f"Correct the {type_name.rpartition('.')[2]} so that {rule.key} holds: {_brief(rule)}"


@lru_cache(maxsize=1)
def _hints() -> dict[str, list[tuple[str, str]]]:
    """Key -> (part of the expression that is meant, what to do)."""
    path = shipped("profiles") / "guides" / "hints.toml"
    out: dict[str, list[tuple[str, str]]] = {}
    for row in tomllib.loads(path.read_text(encoding="utf-8"))["hints"]:
        out.setdefault(row["key"], []).append((row.get("has", ""), row["text"]))
    return out


def _context(run: Run, node: Node, place: Place) -> Context:
    structure = node.structure
    env = dataclasses.replace(
        run.env,
        context=place.item(),
        member_of=member_of(run.schema, run.errata, structure.prefer, run.mattered),
        resolve=lambda reference, around: resolve(run, reference, around),
        conforms_to=lambda item, url: _conforms(run, node, place, item, url),
    )
    env.now = run.env.now
    return env


def _conforms(run: Run, node: Node, place: Place, item: PathNode, url: str) -> bool:
    """The ``conformsTo`` of an invariant."""
    from payerproof.guides.walk import check_value

    root = run.schema.profile(url, node.structure)
    if root is None:
        raise NotJudged(f"the profile {url} is in none of the guides at hand")
    if root.structure.type not in run.schema.model.supertypes(item.type):
        return False
    trial = run.trial()
    trial.env = dataclasses.replace(run.env, resource=item)
    check_value(trial, root, dataclasses.replace(place, value=item.value, type=item.type))
    return not trial.failed


def _ele_1(place: Place) -> bool:
    if place.value is not None and not isinstance(place.value, dict):
        return True
    holder = place.value if isinstance(place.value, dict) else place.sibling
    return isinstance(holder, dict) and bool(holder.keys() - {"id", "resourceType"})


def _ext_1(place: Place) -> bool:
    if not isinstance(place.value, dict):
        return True
    valued = any(k.lstrip("_").startswith("value") for k in place.value)
    return valued != ("extension" in place.value)


def _local(value: Any, out: set[str]) -> None:
    """All texts below that begin like a local reference."""
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, dict):
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
        elif isinstance(item, str) and item[:1] == "#":
            out.add(item)


def _dom_3(place: Place) -> bool:
    """Every contained resource is referred to, or refers to its container."""
    resource = place.value
    contained = resource.get("contained") if isinstance(resource, dict) else None
    if not isinstance(contained, list):
        return True
    used: set[str] = set()
    _local(resource, used)
    for inner in contained:
        if not isinstance(inner, dict) or f"#{inner.get('id')}" in used:
            continue
        back: set[str] = set()
        _local(inner, back)
        if "#" not in back:
            return False
    return True


def _per_1(place: Place) -> bool:
    """Start not after end; met where the precision of the two leaves it open.

    R4's expression comes to nothing there, which would count as broken; R5 corrects it.
    """
    value = place.value if isinstance(place.value, dict) else {}
    ends = [value.get(key) for key in ("start", "end")]
    start, end = (parse_date_time(v) if isinstance(v, str) else None for v in ends)
    if start is None or end is None:
        return True
    order = compare(start, end)
    return order is None or order <= 0


def _vs_1(place: Place) -> bool:
    """A dateTime of vital signs is precise to the day; on a Period R4's expression says nothing."""
    return not isinstance(place.value, str) or len(place.value) >= 8


def _ref_1(run: Run, place: Place) -> bool:
    """A local reference names a contained resource; ``#`` alone, from inside, the container."""
    reference = place.value.get("reference") if isinstance(place.value, dict) else None
    if not isinstance(reference, str) or not reference.startswith("#"):
        return True
    return contained(run.env.root, reference) is not None


NATIVE: dict[str, Callable[[Place], bool]] = {
    "hasValue() or (children().count() > id.count())": _ele_1,
    "extension.exists() != value.exists()": _ext_1,
    "($this as dateTime).toString().length() >= 8": _vs_1,
    "start.hasValue().not() or end.hasValue().not() or (start <= end)": _per_1,
}
"""Expressions that stand on nearly every element, by hand; tests compare them with the engine."""

REWRITTEN = {
    "operator = 'exists' implies (answer is Boolean)": (
        "operator = 'exists' implies (answer is boolean)"
    ),
    "enableWhen.count() > 2 implies enableBehavior.exists()": (
        "enableWhen.count() > 1 implies enableBehavior.exists()"
    ),
}
"""Expressions of R4 that miss what their own text says, and the right ones: que-7's answers are
FHIR's boolean, never System's; que-12 speaks of more than one."""
