"""Whether catalogue, mapping, ledger and checks say the same."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from payerproof.catalog.ledger import Ledger
from payerproof.catalog.load import Catalog


def consistency_problems(catalog: Catalog, ledger: Ledger, checks: Collection[str]) -> list[str]:
    """Sentences about what does not fit together; empty where all does.

    `checks` holds the ids of every check there is. A requirement has a check or a reason and never
    both; every check serves a known requirement; every mapped check exists; ids are in the ledger.
    """
    return [
        *_requirements(catalog, checks),
        *_mapping(catalog, checks),
        *ledger.requirement_problems(catalog.requirements),
        *ledger.check_problems(checks),
    ]


def _requirements(catalog: Catalog, checks: Collection[str]) -> Iterator[str]:
    served = {check.partition("/")[0] for check in checks}
    for check in sorted(checks):
        if check.partition("/")[0] not in catalog.requirements:
            yield f"check {check} serves no known requirement"
    for identifier, requirement in catalog.requirements.items():
        reason = requirement.not_tested_because
        if identifier in served and reason:
            yield f"{identifier} has a check and the reason {reason}: remove the reason"
        if identifier not in served and not reason:
            yield f"{identifier} has neither a check nor not_tested_because"


def _mapping(catalog: Catalog, checks: Collection[str]) -> Iterator[str]:
    for entry in catalog.sources.values():
        for check in entry.checks:
            if check not in checks:
                yield f"sources.toml:{entry.line}: {entry.id} names {check}, which is no check"
