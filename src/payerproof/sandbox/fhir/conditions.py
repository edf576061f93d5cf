"""From the parameters of a request to a search as understood; and what is refused on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NoReturn
from urllib.parse import parse_qsl

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.fhir.call import Asked, Call, Criterion, Include, Refused
from payerproof.sandbox.fhir.matching import MODIFIERS, check_value, split, unescape
from payerproof.sandbox.fhir.parameters import INCLUDES, PARAMETERS, REVINCLUDES

Pairs = Sequence[tuple[str, str]]
Test = Callable[[Resource], bool]

_CONTROL = (
    "_count",
    "_format",
    "_pretty",
    "_elements",
    "_summary",
    "_total",
    "_sort",
    "_include",
    "_revinclude",
)
_FREE = ("_filter", "_query", "_content", "_text", "_list")
_FORM = "application/x-www-form-urlencoded"
_MAX_VALUES = 200
_TYPE = re.compile(r"[A-Z][A-Za-z]+")


def merge_sources(query: Pairs, body: Pairs) -> Pairs:
    """Combine URL and body of a POST search: all of both count."""
    return [*query, *body]


def search_body(call: Call, body: bytes) -> Pairs:
    """Read the body of POST _search: a form and nothing else; raises `Refused` (415, 400)."""
    media = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if body and media != _FORM:
        raise Refused(415, "not-supported", f"POST _search takes {_FORM}.")
    try:
        return parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict")
    except ValueError:
        raise Refused(400, "value", "The form is not percent-encoded UTF-8.") from None


def occurrences(name: str, values: Sequence[str]) -> Sequence[str]:  # noqa: ARG001 - alike for all
    """Which repetitions of a parameter count: all of them; they must all hold (R4 3.1.1.3)."""
    return values


def keep_unknown(name: str, handling: str) -> bool:
    """Decide on an unknown parameter: refused if strict, else dropped (False: not in self link)."""
    if handling == "strict":
        known = "".join(letter for letter in name[:40] if letter.isalnum() or letter in "-_.:")
        raise Refused(400, "not-supported", f"The parameter {known} is not supported here.")
    return False


def refuse_chain(call: Call, name: str, value: str) -> NoReturn:  # noqa: ARG001 - same for all
    """Refuse chained and reverse chained parameters: they ask about resources not returned."""
    raise Refused(400, "not-supported", "Chained search is not supported here.")


def refuse_filter(call: Call, name: str, value: str) -> NoReturn:  # noqa: ARG001 - same for all
    """Refuse ``_filter``, ``_query``, ``_content``, ``_text`` and ``_list``."""
    raise Refused(400, "not-supported", f"The parameter {name} is not supported here.")


def id_listed(logical_id: str, listed: Sequence[str]) -> bool:
    """Whether an id is one of the listed: exactly."""
    return logical_id in listed


def understand(
    call: Call, resource_type: str, pairs: Pairs, *, posted: bool = False
) -> tuple[Asked, tuple[Test, ...]]:
    """Understand a search; return it with the tests of chained parameters, if those are served.

    Raises `Refused` (400) on a bad value, an unsupported modifier, and on anything unknown if the
    client asked for strict handling.
    """
    kept: list[tuple[str, str]] = []
    criteria: list[Criterion] = []
    tests: list[Test] = []
    controls: dict[str, list[str]] = {}
    for name, value in _counted(call, pairs):
        bare = name.partition(":")[0]
        if bare in _CONTROL:
            if _control(call, resource_type, name, value, controls):
                kept.append((name, value))
        elif bare in _FREE:
            tests.append(call.policies.free_filter(call, bare, value))
        elif bare == "_has" or "." in name:
            tests.append(call.policies.chained(call, name, value))
        elif bare in PARAMETERS[resource_type]:
            if value:
                criteria.append(_criterion(resource_type, name, value))
                kept.append((name, value))
        elif call.policies.unknown_parameter(name, call.handling):
            kept.append((name, value))
    asked = _asked(resource_type, kept, criteria, controls, posted)
    return replace(asked, sent=tuple(pairs)), tuple(tests)


def _counted(call: Call, pairs: Pairs) -> Pairs:
    if len(pairs) > _MAX_VALUES:
        raise Refused(400, "too-costly", "The search has too many parameters.")
    by_name: dict[str, list[str]] = {}
    for name, value in pairs:
        by_name.setdefault(name, []).append(value)
    return [
        (name, value)
        for name, values in by_name.items()
        for value in call.policies.occurrences(name, values)
    ]


def _criterion(resource_type: str, name: str, value: str) -> Criterion:
    bare, _, modifier = name.partition(":")
    parameter = PARAMETERS[resource_type][bare]
    typed = parameter.kind == "reference" and (
        modifier in parameter.targets or ("*" in parameter.targets and _TYPE.fullmatch(modifier))
    )
    if modifier and modifier not in MODIFIERS[parameter.kind] and not typed:
        raise Refused(400, "not-supported", f"A modifier of {bare} is not supported here.")
    values = split(value, ",")
    if len(values) > _MAX_VALUES:
        raise Refused(400, "too-costly", f"The parameter {bare} has too many values.")
    if parameter.kind != "token":
        values = [unescape(one) for one in values]
    if typed:
        values = [one if "/" in one else f"{modifier}/{one}" for one in values]
        modifier = ""
    criterion = Criterion(parameter, modifier, tuple(values))
    check_value(criterion)
    return criterion


def _control(
    call: Call, resource_type: str, name: str, value: str, controls: dict[str, list[str]]
) -> bool:
    """Take in one control parameter; tell whether it counts."""
    bare = name.partition(":")[0]
    if bare in ("_include", "_revinclude"):
        if not _includable(resource_type, bare, value):
            return call.policies.unknown_parameter(bare, call.handling)
        controls.setdefault(name, []).append(value)
        return True
    if bare == "_sort" and not all(
        key.lstrip("-") in PARAMETERS[resource_type] for key in value.split(",")
    ):
        return call.policies.unknown_parameter(bare, call.handling)
    controls.setdefault(bare, []).append(value)
    return True


def _includable(resource_type: str, bare: str, value: str) -> bool:
    if value == "*":
        return bare == "_include"
    source, _, rest = value.partition(":")
    name = rest.partition(":")[0]
    if bare == "_include":
        return name == "*" or name in INCLUDES.get(source, ())
    pairs = {pair for pairs in REVINCLUDES.values() for pair in pairs}
    return (source, name) in pairs and resource_type in PARAMETERS


def _asked(
    resource_type: str,
    kept: list[tuple[str, str]],
    criteria: list[Criterion],
    controls: dict[str, list[str]],
    posted: bool,
) -> Asked:
    first = {name: values[0] for name, values in controls.items()}
    return Asked(
        resource_type,
        pairs=tuple(kept),
        criteria=tuple(criteria),
        includes=_includes(controls, "_include", resource_type),
        revincludes=_includes(controls, "_revinclude", resource_type),
        count=_count(first.get("_count")),
        elements=tuple(one for one in first.get("_elements", "").split(",") if one),
        summary=_one_of(first, "_summary", ("true", "false", "text", "data", "count")),
        total=_one_of(first, "_total", ("none", "estimate", "accurate")),
        sort=tuple(one for one in first.get("_sort", "").split(",") if one),
        posted=posted,
    )


def _includes(controls: dict[str, list[str]], name: str, resource_type: str) -> tuple[Include, ...]:
    made = []
    for written, values in controls.items():
        bare, _, modifier = written.partition(":")
        if bare != name:
            continue
        for value in values:
            source, _, rest = value.partition(":")
            parameter, _, target = rest.partition(":")
            if source == "*":
                source, parameter = resource_type, "*"
            made.append(Include(source, parameter, target, modifier in ("iterate", "recurse")))
    return tuple(made)


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise Refused(400, "value", "_count takes a whole number.")
    return int(text)


def _one_of(first: dict[str, str], name: str, allowed: Sequence[str]) -> str:
    value = first.get(name, "")
    if value and value not in allowed:
        raise Refused(400, "value", f"{name} takes one of {', '.join(allowed)}.")
    return value
