"""Extensions: found by address and judged by their definition, context included."""

from __future__ import annotations

from typing import Any

from payerproof.guides.findings import INFORMATION, WARNING
from payerproof.guides.run import Beside, Place, Run
from payerproof.guides.schema import Field, Node, Schema


def check(run: Run, place: Place) -> None:
    """Judge one extension by the definition that its address names."""
    url = place.value.get("url")
    if not isinstance(url, str) or not _absolute(url):
        _check_relative(run, place, url)
        return
    modifier = "modifierExtension" in place.pointer[-2:]
    root = run.schema.profile(url, _near(run, place))
    if root is None:
        _unknown(run, place, url, modifier)
        return
    if root.structure.type != "Extension":
        run.report(
            "extension-definition",
            place,
            root,
            "Use the address of an extension here; this one defines something else.",
            expected="an extension",
            found=run.word(url),
        )
        return
    _check_modifier(run, place, root, modifier)
    _check_context(run, place, root)
    _check_definition(run, place, root)


def _check_definition(run: Run, place: Place, root: Node) -> None:
    from payerproof.guides.walk import check_complex

    if _busy(place, root):
        return
    inner = Place(place.path, place.pointer, place.value, None, "Extension", place.parent)
    marker = _Marked(inner, root)
    check_complex(run, root, marker)


class _Marked(Place):
    """A place that is being judged by an extension's own definition; not judged so twice."""

    __slots__ = ("by",)

    def __init__(self, place: Place, by: Node) -> None:
        super().__init__(
            place.path, place.pointer, place.value, place.sibling, place.type, place.parent
        )
        self.by = by


def _busy(place: Place, root: Node) -> bool:
    return isinstance(place, _Marked) and place.by is root


def _near(run: Run, place: Place) -> Any:
    root = run.resource_place
    return getattr(root, "structure", None) if root is not None and place is not None else None


def _absolute(url: str) -> bool:
    return "://" in url or url.startswith("urn:")


def _check_relative(run: Run, place: Place, url: Any) -> None:
    """Parts of a complex extension have bare names; a top-level one must have an address."""
    parent = place.parent
    if isinstance(url, str) and parent is not None and parent.type == "Extension":
        _check_part(run, place, parent, url)
        return
    if isinstance(url, str):
        run.report(
            "extension-url",
            place,
            run.schema.base("Extension"),
            "Give the extension the absolute address of its definition.",
            expected="an absolute address",
            found="a relative one",
        )


def _check_part(run: Run, place: Place, parent: Place, url: str) -> None:
    """A part with a bare name is one that the definition of its extension names."""
    whole = parent.value.get("url") if isinstance(parent.value, dict) else None
    if not isinstance(whole, str) or not _absolute(whole):
        return
    root = run.schema.profile(whole, _near(run, place))
    if root is None or root.structure.type != "Extension":
        return
    named = run.schema.fields(root, "Extension").get("extension")
    parts = part_names(run.schema, named)
    if url not in parts:
        run.report(
            "extension-part",
            place,
            root,
            "Send only the parts that the extension defines.",
            expected=", ".join(sorted(parts)) or "no parts",
            found=run.word(url),
        )


def part_names(schema: Schema, field: Field | None) -> set[str]:
    """The bare names of the parts that a complex extension defines."""
    out: set[str] = set()
    for each in field.slices if field is not None else ():
        url = schema.fields(each, "Extension").get("url")
        facts = url.node.facts if url is not None else {}
        fixed = facts.get("f") or facts.get("q")
        if fixed is not None:
            out.add(str(fixed[1]))
    return out


def _unknown(run: Run, place: Place, url: str, modifier: bool) -> None:
    base = run.schema.base("Extension")
    if base is None:
        return
    if modifier:
        run.report(
            "modifier-extension-unknown",
            place,
            base,
            "A receiver may not process a resource with a modifier extension it does not know; "
            "add its guide or remove it.",
            expected="a known modifier extension",
            found=run.word(url),
            severity=WARNING,
        )
    else:
        run.report(
            "extension-unknown",
            place,
            base,
            f"The content of {run.word(url)} was not judged: its definition is in none of the "
            "guides here.",
            expected="a known extension",
            found=run.word(url),
            severity=INFORMATION,
        )
    run.not_judged(base, f"the extension {run.word(url)} is in none of the guides at hand")


def _check_modifier(run: Run, place: Place, root: Node, modifier: bool) -> None:
    is_modifier = bool(root.facts.get("z"))
    if is_modifier != modifier:
        right = "modifierExtension" if is_modifier else "extension"
        run.report(
            "extension-modifier",
            place,
            root,
            f"Send this extension under {right}.",
            expected=right,
            found="modifierExtension" if modifier else "extension",
        )


def _check_context(run: Run, place: Place, root: Node) -> None:
    contexts = root.structure.facts.get("context")
    holder = place.parent
    if not contexts or holder is None:
        return
    if any(_fits(run, kind, expression, holder) for kind, expression in contexts):
        return
    allowed = ", ".join(str(e) for _, e in contexts)
    run.report(
        "extension-context",
        place,
        root,
        f"Use this extension only on {allowed}.",
        expected=allowed,
        found=holder.path,
    )


def _fits(run: Run, kind: str, expression: str, holder: Place) -> bool:
    if kind == "extension":
        return (
            isinstance(holder.value, dict)
            and holder.value.get("url") == expression.partition("#")[0]
        )
    if kind != "element":
        return True
    names = _names(run, holder)
    return expression in names or (
        expression in ("Element", "Resource") and _any(expression, names)
    )


def _any(expression: str, names: set[str]) -> bool:
    return expression == "Element" or "Resource" in names


def _names(run: Run, holder: Place) -> set[str]:
    """All names by which a context may call the element: types, and paths from each ancestor."""
    names: set[str] = set()
    steps: list[str] = []
    at: Place | None = holder
    while at is not None:
        own = at.primitive if isinstance(at, Beside) else at.type
        for kind in run.schema.model.supertypes(own) if own else ():
            names.add(".".join([kind, *steps]))
            names.add(".".join([kind, *_choice(steps)]))
        if isinstance(at.value, dict) and isinstance(at.value.get("resourceType"), str):
            break
        steps = [_step(at), *steps]
        at = at.parent
    return names


def _step(place: Place) -> str:
    last = place.path.rpartition(".")[2]
    if last.startswith("ofType("):
        last = place.path.rsplit(".", 2)[1] + "[x]"
    return last.partition("[" if not last.endswith("[x]") else "\0")[0]


def _choice(steps: list[str]) -> list[str]:
    return [s.removesuffix("[x]") for s in steps]
