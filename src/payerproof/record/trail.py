"""Which check an exchange belongs to, also where a helper thread sends it."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Trail:
    """What was recorded while a check ran, in order. Lists of ids; they grow as it runs."""

    check: str
    persona: str = ""
    app: str = ""
    exchanges: list[str] = field(default_factory=list)
    evidence: list[str] = field(default_factory=list)


Trails = tuple[tuple[object, Trail], ...]
"""Open trails with the recorder each belongs to, the outermost first."""

OPEN: contextvars.ContextVar[Trails] = contextvars.ContextVar("open trails", default=())


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """`function`, to be run in other threads, so that it records into the check of this one.

    New threads begin with an empty context; hand them ``carry(work)`` instead of ``work``.
    """
    here = contextvars.copy_context()

    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        return here.copy().run(function, *args, **kwargs)

    return carried
