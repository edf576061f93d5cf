"""Which of the collected checks are tried, and why the others are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from payerproof.catalog import Catalog
from payerproof.model import Check, Outcome, Prod, Result
from payerproof.plugin.discover import CheckDefinitionError, check_of, line_of
from payerproof.plugin.session import RunSession
from payerproof.plugin.settings import Settings
from payerproof.plugin.stash import CHECK
from payerproof.target import Target, needs
from payerproof.verdict import applies


@dataclass(frozen=True, slots=True)
class Collected:
    """Items that stay out of the run."""

    left_out: list[pytest.Item]
    results: list[Result]
    """Why those that were asked for are not tried."""


def collected(
    items: Iterable[pytest.Item], suites: Path, catalog: Catalog, session: RunSession
) -> Collected:
    """Mark each item with its check; drop and record those that cannot be tried.

    Raises `pytest.UsageError` naming file and line for an id that no requirement answers to.
    """
    left_out = []
    results = []
    first = session.recorder.process in ("main", "gw0")
    unmet = needs(session.target)
    judged = set(session.settings.judged)
    for item in items:
        check = _check(item, suites, catalog)
        item.stash[CHECK] = check
        params = params_of(item)
        key = Result(check.id, check.requirement, Outcome.NOT_TESTED, params).key
        folder = check.module.partition("/")[0]
        if key in judged or not session.settings.selection.takes(check.id, folder):
            left_out.append(item)
            continue
        outcome, why = _obstacle(check, catalog, session.target, session.settings, unmet)
        if why:
            left_out.append(item)
            results.append(Result(check.id, check.requirement, outcome, params, message=why))
    if first:
        for result in results:
            session.recorder.result(result)
    return Collected(left_out, results)


def params_of(item: pytest.Item) -> Mapping[str, str]:
    """Parameters of a parametrised check, as text."""
    callspec = getattr(item, "callspec", None)
    return {} if callspec is None else {name: str(value) for name, value in callspec.params.items()}


def _check(item: pytest.Item, suites: Path, catalog: Catalog) -> Check:
    function = getattr(item, "function", None)
    line = line_of(function)
    try:
        check = check_of(function, item.path, suites, line)
    except CheckDefinitionError as wrong:
        raise pytest.UsageError(str(wrong)) from None
    if check.requirement not in catalog.requirements:
        raise pytest.UsageError(
            f"{item.path}:{line}: no requirement has the id {check.requirement}; "
            f"define it in suites/<area>/requirements.toml"
        )
    return check


def _obstacle(
    check: Check, catalog: Catalog, target: Target, settings: Settings, unmet: Mapping[str, str]
) -> tuple[Outcome, str]:
    requirement = catalog.requirements[check.requirement]
    if not applies(requirement, target.programmes):
        lines = ", ".join(requirement.applies_to)
        return Outcome.NOT_APPLICABLE, f"It binds {lines}; this payer file names none of them."
    if reason := target.exclude.get(check.id):
        return Outcome.NOT_TESTED, f"Left out by the payer file: {reason}"
    if target.environment == "production":
        allowed = {"*", check.id} & set(target.permissions.gated)
        if check.prod is Prod.NO:
            return Outcome.NOT_TESTED, "It never runs against production."
        if check.prod is Prod.GATED and not allowed:
            return Outcome.NOT_TESTED, "On production it needs the word of permissions.gated."
    if settings.login == "hook" and {"browser", "portal"} & set(check.needs):
        return Outcome.NOT_TESTED, "It needs a browser; this run authorized apps by a hook."
    missing = [unmet[word] for word in check.needs if unmet.get(word)]
    return Outcome.NOT_TESTED, f"It {missing[0]}." if missing else ""
