"""How a check is marked: its id, what it needs, and where it may run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from payerproof.model import Prod

F = TypeVar("F", bound=Callable[..., Any])

ATTRIBUTE = "payerproof_check"


@dataclass(frozen=True, slots=True)
class CheckMark:
    """What `check` leaves on a function."""

    id: str
    needs: tuple[str, ...]
    prod: Prod


def check(name: str, *, needs: tuple[str, ...] = (), prod: str = "yes") -> Callable[[F], F]:
    """Mark a function as the check `name`, one criterion of the requirement before the slash.

    `needs` are words of the closed vocabulary `payerproof.target.NEEDS`; unmet, the check reads
    *not tested: needs …*. `prod` is ``yes`` (harmless to production), ``gated`` (only with the
    payer file's word) or ``no`` (never on production).
    """
    mark = CheckMark(name, needs, Prod(prod))

    def remember(function: F) -> F:
        setattr(function, ATTRIBUTE, mark)
        return function

    return remember


def mark_of(function: object) -> CheckMark | None:
    """Return the mark of a function, or None where it has none."""
    mark = getattr(function, ATTRIBUTE, None)
    return mark if isinstance(mark, CheckMark) else None
