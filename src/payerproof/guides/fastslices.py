"""Slices in the fast pass: one look-up instead of one test for each slice, where that is exact."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from payerproof.guides.fastsupport import Slow
from payerproof.guides.schema import UNBOUNDED, Field, Node

if TYPE_CHECKING:
    from payerproof.guides.fast import Fast


@dataclass(slots=True)
class Sorting:
    """How the entries of one sliced field are sorted.

    ``way``: keys from the entry down to the CodeableConcept, Coding or text; ``form``: which of
    these it is; ``chosen``: global name of a table from code to slice number (-1: none).
    """

    name: str
    slices: list[Node]
    way: tuple[str, ...]
    form: str
    chosen: str
    closed: bool
    lines: list[str] = field(default_factory=list)
    single: bool = False

    @property
    def counts(self) -> bool:
        """Whether any number of entries could be wrong."""
        return any(s.min > 0 or s.max < UNBOUNDED for s in self.slices)

    def code(self, x: str, s: str) -> list[str]:
        """Statements that put the slice number of ``x`` into ``s``."""
        if self.form == "match":
            return self._matching(s)
        at = x + "".join(f".get({key!r}, Z)" for key in self.way)
        if self.form == "text" and not self.way:
            out = [f"{s} = {self.chosen}.get({x}, -1)"]
        elif self.form == "text":
            first = f"{x}" + "".join(f".get({key!r}, Z)" for key in self.way[:-1])
            out = [f"{s} = {self.chosen}.get({first}.get({self.way[-1]!r}), -1)"]
        elif self.form == "Coding":
            out = [f"c = {at}", f"{s} = {self.chosen}.get((c.get('system'), c.get('code')), -1)"]
        else:
            out = [
                *([f"if len({at}.get('coding', Z)) > 1: raise Slow"] if self.single else []),
                f"{s} = -1",
                f"for c in {at}.get('coding', Z):",
                f"    t = {self.chosen}.get((c.get('system'), c.get('code')), -1)",
                f"    if t >= 0 and t != {s}:",
                f"        if {s} >= 0: raise Slow",
                f"        {s} = t",
            ]
        if self.closed:
            out.append(f"if {s} < 0: raise Slow")
        return out

    def _matching(self, s: str) -> list[str]:
        """Patterns on the whole entry, one test for each slice."""
        out = [f"{s} = -1"]
        for at, test in enumerate(self.lines):
            out.append(f"if {test}:")
            out.append(f"    if {s} >= 0: raise Slow")
            out.append(f"    {s} = {at}")
        if self.closed:
            out.append(f"if {s} < 0: raise Slow")
        return out

    def checks(self, counts: str) -> list[str]:
        """Statements that compare the numbers with the slices' cardinalities."""
        out = []
        for at, each in enumerate(self.slices):
            if each.min:
                out.append(f"if {counts}[{at}] < {each.min}: raise Slow")
            if each.max < UNBOUNDED:
                out.append(f"if {counts}[{at}] > {each.max}: raise Slow")
        return out


def sorting(fast: Fast, one: Field, kind: str) -> Sorting:
    """The sorting of a field; raises `Slow` where a look-up would not be exact."""
    slicing = one.slicing
    if any("/" in s.slice_name for s in one.slices) or slicing.get("o"):
        raise Slow
    if slicing.get("r") == "openAtEnd":
        raise Slow
    discriminators = slicing.get("d") or (
        [["value", "url"]] if one.name in ("extension", "modifierExtension") else []
    )
    if len(discriminators) == 2:
        return _by_parts(fast, one, kind, discriminators)
    if len(discriminators) != 1 or discriminators[0][0] not in ("value", "pattern"):
        raise Slow
    path = discriminators[0][1]
    if path == "$this" and kind != "CodeableConcept" and not fast.schema.is_primitive(kind):
        return _matching(fast, one)
    way: tuple[str, ...] | None = None
    form = ""
    table: dict[Any, int] = {}
    for at, each in enumerate(one.slices):
        own_way, own_form, keys = _one(fast, each, path, kind)
        if way is not None and (own_way, own_form) != (way, form):
            raise Slow
        way, form = own_way, own_form
        for key in keys:
            if table.setdefault(key, at) != at:
                raise Slow
    name = str(len(fast.globals))
    fast.globals.setdefault("Z", _NOTHING)
    return Sorting(
        name, one.slices, way or (), form, fast.keep(table), slicing.get("r") == "closed"
    )


def _by_parts(fast: Fast, one: Field, kind: str, discriminators: list[list[str]]) -> Sorting:
    """``coding.code`` and ``coding.system`` apart: a pair, where there is but one coding."""
    from payerproof.guides.discriminators import criteria

    if kind != "CodeableConcept" or {tuple(d) for d in discriminators} != {
        ("value", "coding.code"),
        ("value", "coding.system"),
    }:
        raise Slow
    table: dict[Any, int] = {}
    for at, each in enumerate(one.slices):
        found = {}
        for _, path in discriminators:
            tests = criteria(fast.judge_run(), each, path)
            if len(tests) != 1 or tests[0][0] != path or not isinstance(tests[0][1][1], str):
                raise Slow
            if tests[0][1][0] == "b":
                raise Slow
            found[path] = tests[0][1][1]
        pair = found["coding.system"], found["coding.code"]
        if table.setdefault(pair, at) != at:
            raise Slow
    name = str(len(fast.globals))
    fast.globals.setdefault("Z", _NOTHING)
    closed = one.slicing.get("r") == "closed"
    chosen = fast.keep(table)
    return Sorting(name, one.slices, (), "CodeableConcept", chosen, closed, single=True)


def _matching(fast: Fast, one: Field) -> Sorting:
    """Slices told apart by patterns on the whole entry."""
    from payerproof.guides.discriminators import Undecidable, criteria
    from payerproof.guides.values import matches, without_version

    tests = []
    held = fast.keep(matches)
    for each in one.slices:
        try:
            found = criteria(fast.judge_run(), each, "$this")
        except Undecidable as why:
            raise Slow from why
        if len(found) != 1 or found[0][0] != "$this" or found[0][1][0] != "q":
            raise Slow
        wanted = found[0][1][1]
        if fast.errata.pattern_version(each.structure.url, each.structure.version):
            wanted = without_version(wanted)
        if isinstance(wanted, dict) and isinstance(wanted.get("system"), str):
            tests.append(
                f"(x.get('system') == {wanted['system']!r} and {held}({fast.keep(wanted)}, x))"
            )
        else:
            tests.append(f"({held}({fast.keep(wanted)}, x))")
    name = str(len(fast.globals))
    closed = one.slicing.get("r") == "closed"
    return Sorting(name, one.slices, (), "match", "", closed, tests)


class _Nothing(dict[str, Any]):
    """An empty object that is also an empty list of codings."""


_NOTHING = _Nothing()


def _one(fast: Fast, each: Node, path: str, kind: str) -> tuple[tuple[str, ...], str, list[Any]]:
    """Way, form and codes of one slice."""
    from payerproof.guides.discriminators import Undecidable, criteria

    try:
        tests = criteria(fast.judge_run(), each, path)
    except Undecidable as why:
        raise Slow from why
    if len(tests) != 1:
        raise Slow
    at, (how, wanted) = tests[0]
    steps = () if at == "$this" else tuple(at.split("."))
    steps = tuple(s for s in steps if s != "$this")
    _plain_steps(fast, steps, kind)
    if how == "b":
        return steps, "CodeableConcept", _members(fast, each, wanted, steps, kind)
    if isinstance(wanted, str):
        return steps, "text", [wanted]
    return _pattern(each, steps, wanted, fast, kind)


def _plain_steps(fast: Fast, steps: tuple[str, ...], kind: str) -> None:
    """Every step must be a single, plainly named element."""
    for step in steps:
        forms = fast.schema.model.elements(kind).get(step)
        if forms is None or len(forms) != 1 or fast.schema.is_array(kind, forms[0][0]):
            raise Slow
        kind = forms[0][1]


def _end(fast: Fast, steps: tuple[str, ...], kind: str) -> str:
    for step in steps:
        kind = fast.schema.model.elements(kind)[step][0][1]
    return kind


def _members(
    fast: Fast, each: Node, address: str, steps: tuple[str, ...], kind: str
) -> list[tuple[str, str]]:
    if _end(fast, steps, kind) != "CodeableConcept":
        raise Slow
    expansion = fast.expansion(address, each)
    if expansion.open or expansion.unknown or expansion.folded:
        raise Slow
    return sorted(expansion.pairs())


def _pattern(
    each: Node, steps: tuple[str, ...], wanted: Any, fast: Fast, kind: str
) -> tuple[tuple[str, ...], str, list[Any]]:
    end = _end(fast, steps, kind)
    coding = wanted
    if end == "CodeableConcept":
        listed = wanted.get("coding") if isinstance(wanted, dict) else None
        if not isinstance(listed, list) or len(listed) != 1 or len(wanted) != 1:
            raise Slow
        coding = listed[0]
    elif end != "Coding":
        raise Slow
    extra = set(coding) - {"system", "code"}
    if extra == {"version"} and fast.errata.pattern_version(
        each.structure.url, each.structure.version
    ):
        extra = set()
    if extra or len(coding) < 2:
        raise Slow
    return steps, end, [(coding["system"], coding["code"])]
