"""Slicing: which occurrence belongs to which slice, and what follows from it."""

from __future__ import annotations

import dataclasses
from typing import Any

from payerproof.guides.discriminators import Undecidable, criteria, definitions
from payerproof.guides.fhirpath import FhirPathError, compile_expression
from payerproof.guides.fhirpath.items import Node as PathNode
from payerproof.guides.references import resolve
from payerproof.guides.run import Place, Run, codings, member_of
from payerproof.guides.schema import Field, Node
from payerproof.guides.values import matches, same, without_version


def check(run: Run, one: Field, found: list[Place], parent: Place) -> None:
    """Sort occurrences into slices; judge each by its slice, and the numbers."""
    from payerproof.guides.walk import check_count, check_value

    slicing = one.slicing
    top = [s for s in one.slices if "/" not in s.slice_name]
    members: dict[str, list[int]] = {s.slice_name: [] for s in one.slices}
    doubtful: dict[str, int] = dict.fromkeys(members, 0)
    loose: list[int] = []
    for at, place in enumerate(found):
        answers = [(s, belongs(run, slicing, one, s, place)) for s in top]
        mine = [s for s, answer in answers if answer]
        for s, answer in answers:
            doubtful[s.slice_name] += answer is None
        for each in mine:
            members[each.slice_name].append(at)
            _reslice(run, one, each, place, at, members)
        if not mine and all(answer is False for _, answer in answers):
            loose.append(at)
        if len(mine) > 1:
            names = ", ".join(s.slice_name for s in mine)
            run.report(
                "slice-ambiguous",
                place,
                one.node,
                f"Make the entry match one slice only; it matches {names}.",
                expected="one slice",
                found=names,
            )
    for each in one.slices:
        mine_at = members[each.slice_name]
        if not len(mine_at) < each.min <= len(mine_at) + doubtful[each.slice_name]:
            check_count(run, each, parent, one.name, len(mine_at), f"{one.name}:{each.slice_name}")
        for at in mine_at:
            check_value(run, each, found[at])
    _check_rules(run, one, found, loose, members)


def _reslice(
    run: Run, one: Field, above: Node, place: Place, at: int, members: dict[str, list[int]]
) -> None:
    for each in one.slices:
        if each.slice_name.rpartition("/")[0] != above.slice_name:
            continue
        slicing = above.facts.get("s", {})
        if belongs(run, slicing, one, each, place):
            members[each.slice_name].append(at)
            _reslice(run, one, each, place, at, members)


def _check_rules(
    run: Run, one: Field, found: list[Place], loose: list[int], members: dict[str, list[int]]
) -> None:
    rules = one.slicing.get("r", "open")
    last = max((a for mine in members.values() for a in mine), default=-1)
    for at in loose:
        if rules == "closed" or (rules == "openAtEnd" and at < last):
            names = ", ".join(s.slice_name for s in one.slices)
            run.report(
                "slice-closed",
                found[at],
                one.node,
                f"Make the entry match one of the slices {names}; others are not allowed here.",
                expected=names,
            )
    if one.slicing.get("o"):
        _check_order(run, one, found, members)


def _check_order(run: Run, one: Field, found: list[Place], members: dict[str, list[int]]) -> None:
    highest = -1
    for each in one.slices:
        for at in members[each.slice_name]:
            if at < highest:
                run.report(
                    "slice-order",
                    found[at],
                    one.node,
                    f"Put the entries of {one.name} into the order of the profile's slices.",
                    expected=", ".join(s.slice_name for s in one.slices),
                )
        highest = max([highest, *members[each.slice_name]])


def belongs(run: Run, slicing: dict[str, Any], one: Field, each: Node, place: Place) -> bool | None:
    """Whether an occurrence is in a slice (all discriminators agree); None when unknown."""
    discriminators = slicing.get("d") or _implied(one)
    try:
        return bool(discriminators) and all(
            _agrees(run, kind, path, each, place) for kind, path in discriminators
        )
    except Undecidable as why:
        run.not_judged(each, f"slice {each.slice_name}: {why}")
        return None


def _implied(one: Field) -> list[list[str]]:
    """Choices are sliced by type and extensions by address, even if nothing says so."""
    if len(one.forms) > 1 or one.node.id.endswith("[x]"):
        return [["type", "$this"]]
    if one.name in ("extension", "modifierExtension"):
        return [["value", "url"]]
    return []


def _agrees(run: Run, kind: str, path: str, each: Node, place: Place) -> bool:
    if kind == "type":
        return _type_agrees(run, path, each, place)
    if kind == "profile":
        return _profile_agrees(run, path, each, place)
    if kind == "exists":
        return _exists_agrees(run, path, each, place)
    return _value_agrees(run, path, each, place)


def _at_path(run: Run, path: str, each: Node, place: Place) -> list[PathNode]:
    if path == "$this":
        return [place.item()]
    env = dataclasses.replace(
        run.env,
        context=place.item(),
        member_of=member_of(run.schema, run.errata, each.structure.prefer),
        resolve=lambda reference, around: resolve(run, reference, around),
    )
    try:
        found = compile_expression(path).evaluate(place.item(), env)
    except FhirPathError as why:
        raise Undecidable(f"{path} could not be followed ({why})") from why
    return [item for item in found if isinstance(item, PathNode)]


def _type_agrees(run: Run, path: str, each: Node, place: Place) -> bool:
    wanted = {t["c"] for node in definitions(run, each, path) for t in node.types}
    if not wanted:
        raise Undecidable("no type is given")
    model = run.schema.model
    return any(
        wanted & set(model.supertypes(item.type)) for item in _at_path(run, path, each, place)
    )


def _profile_agrees(run: Run, path: str, each: Node, place: Place) -> bool:
    from payerproof.guides.walk import check_value

    addresses = [
        address
        for node in definitions(run, each, path)
        for use in node.types
        for address in (*use.get("p", ()), *(use.get("r", ()) if "resolve" in path else ()))
    ]
    if not addresses:
        raise Undecidable("no profile is given")
    for item in _at_path(run, path, each, place):
        for address in addresses:
            root = run.schema.profile(address, each.structure)
            if root is None:
                raise Undecidable(f"the profile {address} is not at hand")
            trial = run.trial()
            if root.structure.type in run.schema.model.supertypes(item.type):
                check_value(
                    trial, root, dataclasses.replace(place, value=item.value, type=item.type)
                )
                if not trial.failed:
                    return True
    return False


def _exists_agrees(run: Run, path: str, each: Node, place: Place) -> bool:
    wanted = definitions(run, each, path)
    if not wanted:
        raise Undecidable(f"{path} is not defined")
    there = bool(_at_path(run, path, each, place))
    if wanted[0].max == 0:
        return not there
    if wanted[0].min > 0:
        return there
    raise Undecidable(f"{path} is neither demanded nor excluded")


def _value_agrees(run: Run, path: str, each: Node, place: Place) -> bool:
    tests = criteria(run, each, path)
    if not tests:
        raise Undecidable(f"nothing is fixed at {path}")
    return all(
        any(_meets(run, each, test, item) for item in _at_path(run, below, each, place))
        for below, test in tests
    )


def _meets(run: Run, each: Node, test: tuple[str, Any], item: PathNode) -> bool:
    kind, wanted = test
    if kind == "f":
        return same(wanted, item.value)
    if kind == "q":
        if run.errata.pattern_version(each.structure.url, each.structure.version) is not None:
            wanted = without_version(wanted)
        return matches(wanted, item.value)
    expansion = run.schema.terminology.expansion(
        run.errata.value_set(wanted), each.structure.prefer
    )
    if expansion.unknown:
        raise Undecidable(expansion.unknown)
    answers = [
        expansion.has(system, code) if system != "\0" else expansion.has_code(code)
        for system, code in codings(item)
    ]
    if True in answers:
        return True
    if None in answers:
        raise Undecidable(f"codes of {wanted} are not at hand")
    return False
