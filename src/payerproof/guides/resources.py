"""Resources: which definitions judge them, contained ones, and entries of Bundles."""

from __future__ import annotations

import dataclasses
from typing import Any

from payerproof.guides import answers, artefacts, bundles, implied, questionnaires
from payerproof.guides.fhirpath.items import Node as PathNode
from payerproof.guides.findings import WARNING
from payerproof.guides.library import BASE
from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Node


def check_resource(run: Run, place: Place, extra: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Judge a resource by its type, by the profiles it claims and by ``extra``; answers them.

    The profiles are given as address and version, in the order in which they were applied.
    """
    from payerproof.guides.walk import check_value

    kind = resource_type(run, place)
    if kind is None:
        return ()
    place = dataclasses.replace(place, type=kind)
    base = run.schema.base(kind)
    assert base is not None
    before = run.env, run.resource_place
    item = PathNode(place.value, kind)
    inside = bool(place.pointer) and "contained" in place.pointer[-2:]
    run.env = dataclasses.replace(
        run.env, resource=item, root=run.env.root if inside else item, context=item
    )
    roots = _claimed(run, place, kind, base)
    for address in (*extra, *implied.profiles(place.value)):
        found = run.schema.profile(address)
        if found is not None and found not in roots:
            roots.append(found)
    applied = []
    for root in roots or [base]:
        run.resource_place = Holder(place, root)
        check_value(run, root, place)
        applied.append(f"{root.structure.url}|{root.structure.version}")
    if not inside:
        _check_ids(run, place, base)
    if kind == "Bundle":
        bundles.check(run, place, base)
    elif kind == "Questionnaire":
        questionnaires.check(run, place, base)
    elif kind == "QuestionnaireResponse":
        answers.check(run, place, base)
    artefacts.check(run, place, base)
    run.env, run.resource_place = before
    return tuple(applied)


def _check_ids(run: Run, place: Place, base: Node) -> None:
    """Ids of elements, and of contained resources, are unique in a resource (R4, Element.id)."""
    contained = place.value.get("contained")
    met: set[str] = set()
    for at, inner in enumerate(contained if isinstance(contained, list) else ()):
        identifier = inner.get("id") if isinstance(inner, dict) else None
        if isinstance(identifier, str):
            _once(run, place, base, identifier, met, ("contained", at, "id"))
    met = set()
    pending: list[tuple[tuple[str | int, ...], Any]] = [
        ((key,), value) for key, value in place.value.items() if key not in ("contained", "id")
    ]
    while pending:
        way, value = pending.pop()
        if isinstance(value, list):
            pending += [((*way, at), item) for at, item in enumerate(value)]
        elif isinstance(value, dict) and "resourceType" not in value:
            identifier = value.get("id")
            if isinstance(identifier, str):
                _once(run, place, base, identifier, met, (*way, "id"))
            pending += [((*way, key), item) for key, item in value.items()]


def _once(
    run: Run, place: Place, base: Node, identifier: str, met: set[str], way: tuple[str | int, ...]
) -> None:
    if identifier in met:
        steps = "".join(f"[{s}]" if isinstance(s, int) else f".{s}" for s in way)
        where = Place(place.path + steps, (*place.pointer, *way), identifier, None, "string", place)
        run.report(
            "duplicate-id",
            where,
            base,
            "Give each element and each contained resource an id of its own.",
            expected="an id that stands once in the resource",
            found="an id that stands twice",
        )
    met.add(identifier)


class Holder(Place):
    """The place of a resource together with the structure that judges it."""

    __slots__ = ("structure",)

    def __init__(self, place: Place, root: Node) -> None:
        super().__init__(
            place.path, place.pointer, place.value, place.sibling, place.type, place.parent
        )
        self.structure = root.structure


def resource_type(run: Run, place: Place) -> str | None:
    """The type of a resource; None, with a finding, when it is no resource of R4."""
    base = run.schema.base("Resource")
    if not isinstance(place.value, dict):
        run.report("type", place, base, "Send the resource as a JSON object.", expected="an object")
        return None
    kind = place.value.get("resourceType")
    if not isinstance(kind, str):
        run.report(
            "resource-type",
            place,
            base,
            "Name the type of the resource in resourceType.",
            expected="resourceType",
            found="none",
        )
        return None
    found = run.schema.base(kind)
    if (
        found is None
        or found.structure.facts["kind"] != "resource"
        or found.structure.facts["abstract"]
    ):
        run.report(
            "resource-type",
            place,
            base,
            f"Send a resource type of FHIR R4 (4.0.1); {run.word(kind)} is none.",
            expected="a resource type of R4",
            found=run.word(kind),
        )
        return None
    return kind


def _claimed(run: Run, place: Place, kind: str, base: Node) -> list[Node]:
    """The profiles that meta.profile names and that are at hand."""
    meta = place.value.get("meta")
    listed = meta.get("profile") if isinstance(meta, dict) else None
    roots: list[Node] = []
    for at, address in enumerate(listed if isinstance(listed, list) else ()):
        if not isinstance(address, str) or address.partition("|")[0] == BASE + kind:
            continue
        where = Place(
            f"{place.path}.meta.profile[{at}]",
            (*place.pointer, "meta", "profile", at),
            address,
            None,
            "canonical",
            place,
        )
        root = run.schema.profile(address)
        if root is None:
            _unknown(run, where, base, address)
        elif root.structure.type != kind:
            run.report(
                "profile-type",
                where,
                root,
                f"The profile is for {root.structure.type}; claim one for {kind}.",
                expected=f"a profile of {kind}",
                found=f"a profile of {root.structure.type}",
            )
        elif root not in roots:
            roots.append(root)
    return roots


def _unknown(run: Run, where: Place, base: Node, address: str) -> None:
    versions = run.schema.library.versions(address.partition("|")[0])
    hint = f" (at hand: {', '.join(versions)})" if versions else ""
    run.report(
        "profile-unknown",
        where,
        base,
        f"The profile was not judged: it is in none of the guides here{hint}.",
        expected="a profile of a guide at hand",
        found=run.word(address),
        severity=WARNING,
    )
    run.not_judged(base, f"the profile {run.word(address)} is in none of the guides at hand")


def is_resource(run: Run, type_name: str) -> bool:
    """Whether values of a type are resources."""
    return "Resource" in run.schema.model.supertypes(type_name)


def is_inner(run: Run, place: Place) -> bool:
    """Whether a place holds a resource other than the one that is being judged."""
    if not is_resource(run, place.type):
        return False
    current = run.env.resource
    return place.value is not getattr(current, "value", None)


def check_inner(run: Run, node: Node, place: Place) -> None:
    """A resource inside another: contained, Bundle entry, Parameters parameter."""
    profiles = [p for use in node.types for p in use.get("p", ())]
    before = run.bundle
    check_resource(run, place, tuple(profiles) if len(profiles) == 1 else ())
    run.bundle = before
    if not isinstance(place.value, dict):
        return
    _check_allowed(run, node, place)
    if "contained" in place.pointer[-2:] and not place.value.get("id"):
        run.report(
            "contained-id",
            place,
            node,
            "Give the contained resource an id, so that it can be referred to.",
            expected="an id",
            found="none",
        )


def _check_allowed(run: Run, node: Node, place: Place) -> None:
    kind = place.value.get("resourceType")
    allowed = {use["c"] for use in node.types}
    if isinstance(kind, str) and allowed and not allowed & set(run.schema.model.supertypes(kind)):
        run.report(
            "resource-type",
            place,
            node,
            f"Send {' or '.join(sorted(allowed))} here.",
            expected=" or ".join(sorted(allowed)),
            found=run.word(kind),
        )
