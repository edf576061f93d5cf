"""Many like cases as one function, parametrised from data."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import pytest

F = TypeVar("F", bound=Callable[..., Any])


def each(name: str, values: Iterable[str]) -> Callable[[F], F]:
    """Run a check once per value; the value is part of the result's stable key."""
    listed = list(values)

    def mark(function: F) -> F:
        marked: F = pytest.mark.parametrize(name, listed, ids=listed)(function)
        return marked

    return mark
