"""Does a resource satisfy a search? True, False, or None where servers may lawfully differ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from payerproof.fhir.searching.days import date_fits
from payerproof.fhir.searching.values import values_of
from payerproof.guides.duties import Parameter

Fit = bool | None
"""Satisfied, not satisfied, or unknown."""

_SPLIT = re.compile(r"(?<!\\),")


@dataclass(frozen=True)
class Criterion:
    """A parameter with the value that is asked for; several values are joined by commas."""

    parameter: Parameter
    value: str

    @property
    def pair(self) -> tuple[str, str]:
        """Name and value as they stand in a query."""
        return self.parameter.name, self.value


def fits(resource: Mapping[str, Any], criteria: Iterable[Criterion]) -> Fit:
    """Whether a resource satisfies every criterion, each by one of its values."""
    return all_of(
        satisfies(values_of(resource, criterion.parameter), criterion) for criterion in criteria
    )


def all_of(answers: Iterable[Fit]) -> Fit:
    """Satisfied where all are; one that is not decides, then one that is unknown."""
    seen = set(answers)
    if False in seen:
        return False
    return None if None in seen else True


def satisfies(found: Iterable[Any], criterion: Criterion) -> Fit:
    """Whether one of the values that a parameter sees satisfies a criterion."""
    test = _TESTS.get(criterion.parameter.type)
    if test is None:
        return None
    answers = [
        test(asked, value, criterion.parameter)
        for asked in _SPLIT.split(criterion.value)
        for value in found
    ]
    if True in answers:
        return True
    return None if None in answers else False


def tokens_of(value: Any) -> Iterator[tuple[str | None, str]]:
    """(system, code) of a token element; a plain code's system is not written, hence None."""
    if isinstance(value, bool):
        yield None, str(value).lower()
    elif isinstance(value, str):
        yield None, value
    elif isinstance(value, Mapping):
        if isinstance(value.get("coding"), list):
            for coding in value["coding"]:
                if isinstance(coding, Mapping) and coding.get("code"):
                    yield str(coding.get("system") or ""), str(coding["code"])
        elif value.get("code"):
            yield str(value.get("system") or ""), str(value["code"])
        elif value.get("value"):
            yield str(value.get("system") or ""), str(value["value"])


def _token(asked: str, value: Any, parameter: Parameter) -> Fit:  # noqa: ARG001 - like the others
    system, bar, code = asked.rpartition("|")
    unsure = False
    for own_system, own_code in tokens_of(value):
        if code and own_code != code:
            unsure = unsure or own_code.casefold() == code.casefold()
        elif not bar or own_system is None or own_system == system:
            return True
    return None if unsure else False


def _reference(asked: str, value: Any, parameter: Parameter) -> Fit:  # noqa: ARG001
    written = value.get("reference") if isinstance(value, Mapping) else value
    if not isinstance(written, str):
        return None
    plain = written.partition("/_history/")[0]
    return plain == asked or plain.endswith("/" + asked)


def _date(asked: str, value: Any, parameter: Parameter) -> Fit:  # noqa: ARG001
    return date_fits(asked, value)


def texts_of(value: Any) -> Iterator[str]:
    """The words that a string parameter may look at: of a name, an address, or the text itself."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name in _SPOKEN:
            yield from texts_of(value.get(name))
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


_SPOKEN = (
    *("text", "family", "given", "prefix", "suffix"),
    *("line", "city", "district", "state", "postalCode", "country"),
)


def _string(asked: str, value: Any, parameter: Parameter) -> Fit:  # noqa: ARG001
    wanted = _plain(asked)
    texts = [_plain(text) for text in texts_of(value)]
    if any(text.startswith(wanted) for text in texts):
        return True
    return None if any(wanted in text for text in texts) else False


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter)).strip()


_TESTS = {"token": _token, "reference": _reference, "date": _date, "string": _string}
