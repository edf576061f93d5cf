"""Values to search by, taken from an element: real ones, written as FHIR R4 search wants them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from payerproof.expect.vocabularies import ABSENT
from payerproof.fhir.searching.days import Span, span_of
from payerproof.fhir.searching.matching import texts_of, tokens_of
from payerproof.guides.duties import Parameter

PATIENT = ("patient", "subject", "beneficiary")
"""Parameters that name the member."""

_FILLERS = frozenset({"unknown", "unk", "asku", "ni", "na", "n/a", "none", "null", "masked"})
_WORD = re.compile(r"[^\W\d_][\w'-]{2,}")
_SHORT = re.compile(r"[^\W_]{2,10}")
_DAY = timedelta(days=1)


def candidates(
    parameter: Parameter, found: Iterable[Any], patient: str, prefix: str, *, bare: bool
) -> Iterator[str]:
    """Values of a parameter under which an element must be found, the best first.

    `prefix` as in `queries.chosen`; `bare` leaves the systems of tokens out and begins
    with the last: each of several codes must be found.
    """
    if patient and parameter.name in PATIENT and parameter.type == "reference":
        yield patient
        return
    values = list(found)
    if parameter.type == "token":
        ordered = reversed(values) if bare else values
        yield from dict.fromkeys(t for value in ordered for t in _tokens(value, bare=bare))
    elif parameter.type == "reference":
        yield from dict.fromkeys(t for value in values for t in _references(value))
    elif parameter.type == "date":
        yield from dict.fromkeys(t for value in values for t in _dates(value, prefix))
    elif parameter.type == "string":
        yield from dict.fromkeys(t for value in values for t in _strings(value))


def escaped(text: str) -> str:
    r"""A value in which commas, bars, dollars and backslashes stand for themselves (R4 search)."""
    return re.sub(r"([\\,|$])", r"\\\1", text)


def _tokens(value: Any, *, bare: bool) -> Iterator[str]:
    """``system|code``; if `bare` the code alone, that of the last coding first."""
    found = [
        (system or "", code)
        for system, code in tokens_of(value)
        if code.casefold() not in _FILLERS and (system or "") not in ABSENT
    ]
    for system, code in reversed(found) if bare else found:
        yield escaped(code) if bare or not system else f"{escaped(system)}|{escaped(code)}"


def _references(value: Any) -> Iterator[str]:
    written = value.get("reference") if isinstance(value, Mapping) else value
    if isinstance(written, str) and not written.startswith("#"):
        steps = written.partition("/_history/")[0].split("/")
        yield steps[-1] if isinstance(value, Mapping) and len(steps) > 1 else written


def _dates(value: Any, prefix: str) -> Iterator[str]:
    span = span_of(value)
    if span is None or (span.first is None and span.last is None):
        return
    if not prefix:
        yield from _plain_dates(value, span)
        return
    comparator, to_the_second = prefix.partition("+")[0], prefix.endswith("+time")
    for day in _asked_days(comparator, span, to_the_second=to_the_second):
        yield f"{comparator}{day.isoformat()}" + ("T12:00:00Z" if to_the_second else "")


def _plain_dates(value: Any, span: Span) -> Iterator[str]:
    """The date itself where it is one day; where it is longer, everything from its beginning on."""
    if span.instant is not None and isinstance(value, str):
        yield value
    elif span.first is not None and span.first == span.last:
        yield span.first.isoformat()
    elif span.first is not None:
        yield f"ge{span.first.isoformat()}"


def _asked_days(comparator: str, span: Span, *, to_the_second: bool) -> Iterator[date]:
    """Days that leave no doubt: first the element's own, then one on whose far side it lies."""
    apart = 2 * _DAY if to_the_second else _DAY
    if comparator in ("gt", "sa", "ge") and span.first is not None:
        if not to_the_second:
            yield span.first
        yield span.first - apart
    elif comparator in ("lt", "eb", "le") and span.last is not None:
        if not to_the_second:
            yield span.last
        yield span.last + apart
    elif span.first is not None and span.first == span.last:
        yield span.first + (30 * _DAY if comparator == "ne" else 0 * _DAY)


def _strings(value: Any) -> Iterator[str]:
    """Words with which a text begins: a search by string looks at beginnings.

    What is no word, such as a postal code or the two letters of a State, is taken whole.
    """
    for text in texts_of(value):
        first = _WORD.match(text)
        found = first[0] if first else text if _SHORT.fullmatch(text) else ""
        if found and found.casefold() not in _FILLERS:
            yield found


NOBODYS: Mapping[str, str] = {
    "string": "Payerproofnobody",
    "date": "1801-02-03",
    "token": "entered-in-error",
    "reference": "payerproof-nobody",
}
"""Values that no resource of a payer is expected to have, by type of parameter."""
