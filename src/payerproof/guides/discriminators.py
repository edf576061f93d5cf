"""What a discriminator demands of a slice: the definitions at its path, and what they fix."""

from __future__ import annotations

from typing import Any

from payerproof.guides.fhirpath import ast as path_ast
from payerproof.guides.fhirpath import compile_expression
from payerproof.guides.run import Run
from payerproof.guides.schema import Node


class Undecidable(Exception):
    """A slice whose discriminator says nothing that could be compared."""


def criteria(run: Run, each: Node, path: str) -> list[tuple[str, tuple[str, Any]]]:
    """What a value discriminator demands: (path, ("f" fixed | "q" pattern | "b" value set, value)).

    Taken from the definition at the path; else from what is fixed below it; else from a value
    given above it that covers the path.
    """
    out: list[tuple[str, tuple[str, Any]]] = []
    for node in definitions(run, each, path):
        out += _fixed_here(node, path) or _fixed_below(run, node, path, 0)
    if not out:
        out = _fixed_above(each, path)
    if not out:
        for node in definitions(run, each, path):
            binding = node.facts.get("b")
            if binding and binding[0] == "required":
                out.append((path, ("b", binding[1])))
    return out


def _fixed_here(node: Node, path: str) -> list[tuple[str, tuple[str, Any]]]:
    for kind in ("f", "q"):
        if kind in node.facts:
            return [(path, (kind, node.facts[kind][1]))]
    return []


def _fixed_below(run: Run, node: Node, path: str, depth: int) -> list[tuple[str, tuple[str, Any]]]:
    if depth > 3 or not node.structure.children(node.id):
        return []
    out = []
    for use in node.types[:1]:
        for name, below in run.schema.fields(node, use["c"]).items():
            step = name if path == "$this" else f"{path}.{name}"
            for definition in (below.node, *below.slices):
                if definition.slice_name and definition.min == 0:
                    continue
                out += _fixed_here(definition, step) or _fixed_below(
                    run, definition, step, depth + 1
                )
    return out


def _fixed_above(each: Node, path: str) -> list[tuple[str, tuple[str, Any]]]:
    """A pattern on the slice itself that holds the value further down."""
    for kind in ("f", "q"):
        if kind in each.facts:
            value: Any = each.facts[kind][1]
            for step in path.split("."):
                value = value.get(step) if isinstance(value, dict) else None
            if value is not None:
                return [(path, ("q", value))]
    return []


def definitions(run: Run, each: Node, path: str) -> list[Node]:
    """The definitions of the elements that a discriminator path leads to."""
    return _follow(run, [each], compile_expression(path).tree)


def _follow(run: Run, start: list[Node], tree: path_ast.Ast) -> list[Node]:
    if isinstance(tree, path_ast.This):
        return start
    if isinstance(tree, path_ast.Member):
        return _children(run, _follow(run, start, tree.target), tree.name)
    if isinstance(tree, path_ast.Call):
        before = _follow(run, start, tree.target)
        if tree.name == "extension" and isinstance(tree.args[0], path_ast.Literal):
            return _extension(run, before, str(tree.args[0].value))
        if tree.name == "resolve":
            return _targets(run, before)
        return before
    return []


def _children(run: Run, nodes: list[Node], name: str) -> list[Node]:
    out: list[Node] = []
    for node in nodes:
        for use in node.types or [{"c": node.structure.type}]:
            for root in _roots(run, node, use):
                kind = _kind(root, use)
                found = run.schema.fields(root, kind).get(name)
                if found is not None:
                    out.append(found.node)
                    out += [s for s in found.slices if s.min > 0]
    return out


def _kind(node: Node, use: dict[str, Any]) -> str:
    kind = str(use["c"])
    return (
        ".".join(p.split(":")[0] for p in node.id.split(".")) if kind == "BackboneElement" else kind
    )


def _roots(run: Run, node: Node, use: dict[str, Any]) -> list[Node]:
    if node.structure.children(node.id) or "p" not in use:
        return [node]
    roots = [run.schema.profile(address, node.structure) for address in use["p"]]
    return [r for r in roots if r is not None] or [node]


def _extension(run: Run, nodes: list[Node], url: str) -> list[Node]:
    out = []
    for node in nodes:
        for use in node.types:
            found = run.schema.fields(node, use["c"]).get("extension")
            for each in found.slices if found is not None else ():
                profiles = [p for t in each.types for p in t.get("p", ())]
                if url in [p.partition("|")[0] for p in profiles]:
                    out.append(each)
    return out


def _targets(run: Run, nodes: list[Node]) -> list[Node]:
    out = []
    for node in nodes:
        for use in node.types:
            for address in use.get("r", ()):
                root = run.schema.profile(address, node.structure)
                if root is not None:
                    out.append(root)
    return out
