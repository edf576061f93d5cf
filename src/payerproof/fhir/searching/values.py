"""What a search parameter sees in a resource: its FHIRPath expression evaluated on raw JSON."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from payerproof.guides.duties import Parameter
from payerproof.guides.fhirpath import (
    Context,
    Expression,
    FhirPathError,
    Model,
    Node,
    compile_expression,
)


@lru_cache(maxsize=1)
def _model() -> Model:
    from payerproof.guides.library import Library
    from payerproof.guides.model import TypeModel

    core = Library().core
    return TypeModel(core.structures, core.base_types)


def _by_address(reference: str, env: Context) -> Node | None:  # noqa: ARG001 - the engine's form
    """Tell a reference's type by its address; what it holds is not needed."""
    steps = reference.partition("/_history/")[0].split("/")
    kind = steps[-2] if len(steps) > 1 else ""
    return Node({"resourceType": kind}, kind) if kind else None


@lru_cache(maxsize=1024)
def _compiled(text: str) -> Expression | None:
    try:
        return compile_expression(text)
    except FhirPathError:
        return None


def values_of(resource: Mapping[str, Any], parameter: Parameter) -> tuple[Any, ...]:
    """The elements that a parameter looks at, as JSON values; none where it cannot be told."""
    expression = _compiled(_for_type(parameter.expression, str(resource.get("resourceType"))))
    if expression is None:
        return ()
    node = Node(resource, str(resource.get("resourceType") or ""))
    env = Context(_model(), node, node, node, _by_address)
    try:
        found = expression.evaluate(node, env)
    except FhirPathError:
        return ()
    values = (one.value if isinstance(one, Node) else one for one in found)
    return tuple(value for value in values if value is not None)


@lru_cache(maxsize=1024)
def _for_type(expression: str, kind: str) -> str:
    """Those alternatives of an expression over many types that are about one."""
    parts = [part.strip() for part in _alternatives(expression)]
    own = [part for part in parts if part.lstrip("(").startswith((kind + ".", "Resource."))]
    return " | ".join(own) or expression


def _alternatives(expression: str) -> list[str]:
    """Split at ``|`` outside of parentheses and quotes."""
    parts, depth, quoted, start = [], 0, False, 0
    for at, letter in enumerate(expression):
        if letter == "'":
            quoted = not quoted
        elif not quoted and letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "|" and not quoted and depth == 0:
            parts.append(expression[start:at])
            start = at + 1
    return [*parts, expression[start:]]
