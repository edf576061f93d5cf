"""Property-based checks: a large space is sampled, within a budget, the same way every time."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

_SHRINKING = 10
"""How many further tries a counterexample may cost while it is made smaller."""


def explore(judge: Callable[[T], None], values: SearchStrategy[T], *, examples: int) -> None:
    """Judge up to `examples` values; the first that does not hold is made smaller and raised again.

    Derandomised: the same examples every run. Every try costs the payer requests, so making a
    counterexample smaller ends after a few more.
    """
    tries = 0
    found: list[Exception] = []

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @given(values)
    def property_holds(value: T) -> None:
        nonlocal tries
        tries += 1
        if tries > examples + _SHRINKING:
            return
        try:
            judge(value)
        except Exception as unmet:
            found.append(unmet)
            raise

    try:
        property_holds()
    except Exception:
        # Hypothesis wraps what it cannot repeat; the last counterexample itself is the evidence
        if found:
            raise found[-1] from None
        raise
