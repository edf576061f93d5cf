"""Turn a validation error into a sentence that says what would be right.

Values are shown only where they were meant to be one of a few words; anything else may be a secret.
"""

from __future__ import annotations

import types
from collections.abc import Sequence
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from payerproof.target.errors import did_you_mean
from payerproof.target.models import PayerFile

_EXPECTED = {
    "string_type": "a string in quotes",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false, without quotes",
    "date_type": "a date without quotes, such as 2016-01-01",
    "date_from_datetime_inexact": "a date without a time, such as 2016-01-01",
    "tuple_type": "a list in brackets",
    "dict_type": "a table of names and values",
    "model_type": "a table",
    "path_type": "a path in quotes",
}
_BOUNDS = {
    "greater_than": ("gt", "more than"),
    "greater_than_equal": ("ge", "at least"),
    "less_than": ("lt", "less than"),
    "less_than_equal": ("le", "at most"),
}
_PATTERNS = {
    "https?": "an address with https:// or http:// is expected, without blanks or '#'",
    "[A-Z]{2}": 'the two capital letters of a State are expected, such as "PA"',
    r"\d{10}": "the ten digits of a National Provider Identifier are expected",
    "[a-z0-9]": "an id is made of lower-case letters, digits, '-' and '_'",
}


def sentence(error: ErrorDetails) -> str:
    """One sentence for one of pydantic's errors, made for the payer file."""
    kind, context = error["type"], error.get("ctx", {})
    path = error["loc"]
    if kind == "missing":
        return "is missing." + _described(path)
    if kind == "extra_forbidden":
        return _unknown(path)
    if kind == "literal_error":
        return _not_one_of(error["input"], str(context["expected"]))
    if kind in _BOUNDS:
        bound, words = _BOUNDS[kind]
        return f"must be {words} {context[bound]:g}."
    if kind == "string_pattern_mismatch":
        return next(text for part, text in _PATTERNS.items() if part in context["pattern"]) + "."
    if kind in ("string_too_short", "too_short"):
        return "must not be empty."
    if kind == "value_error":
        return f"{context['error']}."
    if kind in _EXPECTED:
        return f"{_EXPECTED[kind]} is expected, not {_named(error['input'])}.{_dotted_id(error)}"
    return error["msg"] + "."


def _not_one_of(value: Any, expected: str) -> str:
    words = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    shown = ", ".join(f'"{word}"' for word in words if word)
    if isinstance(value, str) and len(value) <= 40:
        return f'must be one of {shown}, not "{value}".{did_you_mean(value, words)}'
    return f"must be one of {shown}."


def _named(value: Any) -> str:
    """What kind of value was found, never the value."""
    kinds: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "true or false"),
        (str, "a string"),
        ((int, float), "a number"),
        ((list, tuple), "a list"),
        (dict, "a table"),
    ]
    return next((text for kind, text in kinds if isinstance(value, kind)), type(value).__name__)


def _dotted_id(error: ErrorDetails) -> str:
    if error["loc"] and error["loc"][0] == "exclude" and isinstance(error["input"], dict):
        return " Put the check's id in quotes, since it has dots in it."
    return ""


def _unknown(path: Sequence[int | str]) -> str:
    table = _model_at(path[:-1])
    key = str(path[-1])
    if table is None:
        return f"unknown key '{key}'."
    known = [name for name in table.model_fields if name not in ("path", "digest")]
    hint = did_you_mean(key, known)
    return f"unknown key '{key}'.{hint or ' Known here: ' + ', '.join(known) + '.'}"


def _described(path: Sequence[int | str]) -> str:
    table = _model_at(path[:-1])
    field = table.model_fields.get(str(path[-1])) if table else None
    return f" {field.description}" if field and field.description else ""


def _model_at(path: Sequence[int | str]) -> type[BaseModel] | None:
    """The model of the table at `path`, following tuples, dicts and options."""
    here: Any = PayerFile
    for part in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(part))
            here = field.annotation if field else None
        else:
            # tuple[Model, ...] or dict[str, Model]
            inner = [one for one in get_args(here) if one not in (Ellipsis, str)]
            here = inner[0] if inner else None
        if get_origin(here) in (Union, types.UnionType):
            here = next(one for one in get_args(here) if one is not type(None))
    return here if isinstance(here, type) and issubclass(here, BaseModel) else None
