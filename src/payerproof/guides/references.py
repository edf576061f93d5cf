"""References: allowed target types, local references, and following them where we can."""

from __future__ import annotations

import re
from typing import Any

from payerproof.guides.fhirpath.errors import NotJudged
from payerproof.guides.fhirpath.items import UNRESOLVED, Context
from payerproof.guides.fhirpath.items import Node as PathNode
from payerproof.guides.findings import ERROR, WARNING
from payerproof.guides.library import BASE
from payerproof.guides.run import Place, Run
from payerproof.guides.schema import Node

_RESTFUL = re.compile(
    r"(?:(?:https?|ftp)://[^\s?#]+/)?([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})"
    r"(?:/_history/[A-Za-z0-9\-.]{1,64})?(?:#.*)?"
)


def target_type(reference: str) -> str | None:
    """The resource type that a RESTful reference names; None when it names none."""
    match = _RESTFUL.fullmatch(reference)
    return match[1] if match else None


def check(run: Run, node: Node, place: Place) -> None:
    """Judge the target of a Reference by the types and profiles allowed for it."""
    value = place.value
    reference = value.get("reference")
    use = node.use("Reference")
    kind = _kind_of(run, place, node, reference)
    declared = value.get("type")
    if isinstance(declared, str) and kind and declared != kind:
        run.report(
            "reference-type",
            place,
            node,
            "Make Reference.type agree with the resource that is referred to.",
            expected=kind,
            found=run.word(declared),
        )
    kind = kind or (declared if isinstance(declared, str) and "/" not in declared else None)
    if use is None or "r" not in use or kind is None:
        return
    allowed = _allowed(run, node, use["r"])
    if allowed is None:
        return
    if not allowed & set(run.schema.model.supertypes(kind)):
        run.report(
            "reference-target",
            place,
            node,
            f"Refer to {' or '.join(sorted(allowed))} here.",
            expected=" or ".join(sorted(allowed)),
            found=kind,
            severity=ERROR if isinstance(reference, str) else WARNING,
        )
    elif isinstance(reference, str) and reference.startswith("#"):
        _check_contained(run, node, place, use["r"], reference)


def _allowed(run: Run, node: Node, addresses: list[str]) -> set[str] | None:
    out = set()
    for address in addresses:
        bare = address.partition("|")[0]
        if bare.startswith(BASE) and run.schema.model.known(bare[len(BASE) :]):
            out.add(bare[len(BASE) :])
            continue
        structure = run.schema.library.structure(address, node.structure.prefer)
        if structure is None:
            run.not_judged(node, f"the target profile {address} is in none of the guides at hand")
            return None
        out.add(structure.type)
    return out


def _kind_of(run: Run, place: Place, node: Node, reference: Any) -> str | None:
    if not isinstance(reference, str):
        return None
    if reference.startswith("#"):
        found = contained(run.env.root, reference)
        if found is None:
            run.report(
                "reference-local",
                place,
                node,
                "Put the resource that is referred to into contained, or correct the reference.",
                expected="a contained resource with this id",
                found="none",
            )
            return None
        kind = found.get("resourceType")
        return kind if isinstance(kind, str) else None
    inside = run.bundle.get(reference)
    if isinstance(inside, dict) and isinstance(inside.get("resourceType"), str):
        return str(inside["resourceType"])
    kind = target_type(reference)
    if kind is not None and not run.schema.model.known(kind):
        run.report(
            "reference-target",
            place,
            node,
            f"Refer to a resource type of R4; {run.word(kind)} is none.",
            expected="a resource type of R4",
            found=run.word(kind),
            severity=WARNING if "://" in reference else "error",
        )
        return None
    return kind


def contained(root: Any, reference: str) -> Any:
    """The contained resource of a local reference; ``#`` alone means the container."""
    value = root.value if isinstance(root, PathNode) else root
    if reference == "#":
        return value
    listed = value.get("contained") if isinstance(value, dict) else None
    if not isinstance(listed, list):
        return None
    wanted = reference[1:]
    return next((r for r in listed if isinstance(r, dict) and r.get("id") == wanted), None)


def _check_contained(
    run: Run, node: Node, place: Place, addresses: list[str], reference: str
) -> None:
    """A contained target must conform to one of the target profiles."""
    from payerproof.guides.walk import check_value

    if any(a.partition("|")[0] in (BASE + "Resource", BASE + "DomainResource") for a in addresses):
        return
    target = contained(run.env.root, reference)
    kind = target["resourceType"]
    faults: list[str] = []
    for address in addresses:
        root = run.schema.profile(address, node.structure)
        if root is None:
            return
        if root.structure.type not in run.schema.model.supertypes(kind):
            continue
        trial = run.trial()
        inner = Place(kind, (), target, None, kind)
        if run.depth < 20:
            trial.env = _inside(run.env, target, kind)
            check_value(trial, root, inner)
        if not trial.failed:
            return
        wrong = [f for f in trial.findings.values() if f.severity == ERROR]
        faults += [f"{f.location}: {f.message}" for f in wrong][:2]
    if faults:
        run.report(
            "reference-profile",
            place,
            node,
            f"Make the contained {kind} conform to a profile allowed here; first: {faults[0]}",
            expected=" or ".join(addresses),
            found=f"a contained {kind} that conforms to none",
        )


def _inside(env: Context, target: Any, kind: str) -> Context:
    import dataclasses

    return dataclasses.replace(env, resource=PathNode(target, kind))


def resolve(run: Run, reference: str, env: Context) -> PathNode | None:
    """Follow a reference for FHIRPath; raises `NotJudged` when nothing at all is known about it."""
    if reference.startswith("#"):
        found = contained(env.root, reference)
    else:
        found = run.bundle.get(reference)
        if found is None and run.resolver is not None:
            found = run.resolver(reference)
    if isinstance(found, dict):
        return PathNode(found, str(found.get("resourceType", "")))
    if reference.startswith("#"):
        return None
    kind = target_type(reference)
    if kind is None:
        raise NotJudged("a reference could not be followed")
    return PathNode(UNRESOLVED, kind)
