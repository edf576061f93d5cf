"""The explaining pass: judge a value by a definition, field by field, with exact places."""

from __future__ import annotations

from typing import Any

from payerproof.guides import (
    datatypes,
    extensions,
    primitive,
    references,
    resources,
    rules,
    slices,
    values,
)
from payerproof.guides.findings import WARNING, Pointer
from payerproof.guides.occurrences import occurrences
from payerproof.guides.run import MAX_DEPTH, Beside, Place, Run
from payerproof.guides.schema import Field, Node


def check_value(run: Run, node: Node, place: Place) -> None:
    """Judge the value at a place by one definition of its element."""
    run.depth += 1
    try:
        if run.depth > MAX_DEPTH:
            run.report("depth", place, node, f"Nesting is deeper than {MAX_DEPTH} levels.")
        elif run.schema.is_primitive(place.type):
            _check_primitive(run, node, place)
        elif resources.is_inner(run, place):
            resources.check_inner(run, node, place)
        elif isinstance(place.value, dict):
            check_complex(run, node, place)
        else:
            _not_an_object(run, node, place)
    finally:
        run.depth -= 1


def _not_an_object(run: Run, node: Node, place: Place) -> None:
    run.report(
        "type",
        place,
        node,
        f"Send {place.type} as a JSON object.",
        expected=f"an object ({place.type})",
    )


def _check_primitive(run: Run, node: Node, place: Place) -> None:
    if place.value is not None:
        wrong = primitive.fault(place.type, place.value)
        if wrong is not None:
            rule, expected = wrong
            run.report(
                rule, place, node, f"Write the {place.type} as {expected}.", expected=expected
            )
            return
        _check_doubt(run, node, place)
        values.check_limits(run, node, place)
    sibling = place.sibling
    if sibling is not None:
        _check_sibling(run, place, sibling)
    if place.value is None and not _has_extension(sibling):
        run.report(
            "ele-1",
            place,
            node,
            "Give the element a value or an extension, or leave it out.",
            expected="hasValue() or (children().count() > id.count())",
        )
    values.check(run, node, place)
    rules.check(run, node, place)


def _check_doubt(run: Run, node: Node, place: Place) -> None:
    wanted = primitive.doubt(place.type, place.value)
    if wanted is not None:
        message = f"The text should hold {wanted}."
        run.report("text", place, node, message, expected=wanted, severity=WARNING)


def _has_extension(sibling: Any) -> bool:
    return isinstance(sibling, dict) and bool(sibling.get("extension"))


def _check_sibling(run: Run, place: Place, sibling: Any) -> None:
    """The object beside a primitive: only ``id`` and ``extension`` may stand there."""
    element = run.schema.base("Element")
    last = place.pointer[-1]
    where: Pointer = (*place.pointer[:-1], f"_{last}")
    if isinstance(last, int):
        where = (*place.pointer[:-2], f"_{place.pointer[-2]}", last)
    beside = Beside(place.path, where, sibling, None, "Element", place.parent)
    beside.primitive = place.type
    if element is None:
        return
    if not isinstance(sibling, dict):
        _not_an_object(run, element, beside)
    elif not sibling:
        run.report("empty-object", beside, element, "Leave out an element that has no content.")
    else:
        _check_fields(run, element, beside)


def check_complex(run: Run, node: Node, place: Place) -> None:
    """Judge an object: keys, fields, fixed values, bindings, references, invariants."""
    value: dict[str, Any] = place.value
    if not value:
        run.report("empty-object", place, node, "Leave out an element that has no content.")
        return
    _check_fields(run, node, place)
    values.check(run, node, place)
    if place.type == "Reference":
        references.check(run, node, place)
    elif place.type == "Extension":
        extensions.check(run, place)
    datatypes.check(run, node, place)
    rules.check(run, node, place)
    _check_type_profiles(run, node, place)


def _check_fields(run: Run, node: Node, place: Place) -> None:
    _check_keys(run, node, place)
    for one in run.schema.fields(node, place.type).values():
        _check_field(run, one, node, place)


def _check_keys(run: Run, node: Node, place: Place) -> None:
    keys = run.schema.keys(node, place.type)
    for key in place.value:
        if key in keys or (key == "resourceType" and resources.is_resource(run, place.type)):
            continue
        bare = key[1:] if key[:1] == "_" else ""
        if bare in keys and run.schema.is_primitive(keys[bare][1]):
            continue
        _unknown_key(run, node, place, key)


def _unknown_key(run: Run, node: Node, place: Place, key: str) -> None:
    at = Place(f"{place.path}.{key}", (*place.pointer, key), place.value[key], None, "", place)
    known = run.schema.model.keys(place.type).get(key.removeprefix("_"))
    if known is not None and (key[0] != "_" or run.schema.is_primitive(known[1])):
        run.report(
            "choice-type",
            at,
            node,
            f"The profile does not allow the type {known[1]} for {known[0]}[x].",
            expected=_choices(run, node, place, known[0]),
            found=known[1],
        )
        return
    run.report(
        "unknown-property",
        at,
        node,
        f"Remove {run.word(key)}: {place.type} has no such property.",
        expected=f"a property of {place.type}",
        found=run.word(key),
    )


def _choices(run: Run, node: Node, place: Place, name: str) -> str:
    found = run.schema.fields(node, place.type).get(name)
    return " or ".join(found.forms.values()) if found is not None else "another type"


def _check_field(run: Run, one: Field, node: Node, parent: Place) -> None:
    found: list[Place] = []
    used = []
    for key, kind in one.forms.items():
        if key in parent.value or "_" + key in parent.value:
            used.append(key)
            found += occurrences(run, one, parent, key, kind)
    if len(used) > 1:
        run.report(
            "choice-several",
            parent,
            node,
            f"Send only one of {', '.join(used)}.",
            expected=f"one type for {one.name}[x]",
            found=", ".join(used),
        )
    check_count(run, one.node, parent, one.name, len(found))
    for place in found:
        check_value(run, one.node, place)
    if one.slices:
        slices.check(run, one, found, parent)


def check_count(run: Run, node: Node, parent: Place, name: str, count: int, what: str = "") -> None:
    """Cardinality of a field or of a slice of it."""
    label = what or name
    rule = "slice-cardinality" if what else "cardinality"
    if count < node.min:
        at = Place(f"{parent.path}.{name}", parent.pointer, None, None, "", parent)
        run.report(
            rule,
            at,
            node,
            f"Add {label}: at least {node.min} required, {count} present.",
            expected=f"at least {node.min}",
            found=str(count),
        )
    elif count > node.max:
        at = Place(f"{parent.path}.{name}", (*parent.pointer, name), None, None, "", parent)
        message = (
            f"Remove {label}: this profile does not allow it."
            if node.max == 0
            else f"Send at most {node.max} of {label}; {count} are present."
        )
        limit = "none" if node.max == 0 else f"at most {node.max}"
        run.report(rule, at, node, message, expected=limit, found=str(count))


def _check_type_profiles(run: Run, node: Node, place: Place) -> None:
    """A type narrowed to profiles: the value must conform to at least one of them."""
    use = node.use(place.type)
    if use is None or "p" not in use or place.type == "Extension":
        return
    known = []
    for address in use["p"]:
        root = run.schema.profile(address, node.structure)
        if root is None:
            run.not_judged(node, f"the profile {address} is in none of the guides at hand")
            return
        known.append(root)
    if len(known) == 1:
        if known[0] is not node:
            check_value(run, known[0], place)
        return
    for root in known:
        trial = run.trial()
        check_value(trial, root, place)
        if not trial.failed:
            return
    run.report(
        "type-profile",
        place,
        node,
        f"Make the {place.type} conform to one of the profiles named for it.",
        expected=" or ".join(use["p"]),
    )
