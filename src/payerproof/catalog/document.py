"""docs/catalogue.md, generated from the catalogue and the checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import groupby

from payerproof.catalog.load import Catalog
from payerproof.catalog.reasons import NotTestedReason
from payerproof.model import Check, Requirement


def catalogue_markdown(catalog: Catalog, checks: Mapping[str, Check]) -> str:
    """The whole catalogue as Markdown; the same input gives the same text, byte for byte."""
    served = _by_requirement(checks)
    parts = [*_head(catalog, checks, served)]
    ordered = sorted(catalog.requirements.values(), key=lambda item: item.area)
    for area, requirements in groupby(ordered, key=lambda item: item.area):
        parts += [f"## {area}", ""]
        for requirement in requirements:
            parts += [*_requirement(requirement, served.get(requirement.id, []))]
    parts += [*_rules(catalog), *_reasons(catalog)]
    return "\n".join(parts).rstrip() + "\n"


def _by_requirement(checks: Mapping[str, Check]) -> dict[str, list[Check]]:
    served: dict[str, list[Check]] = {}
    for check in sorted(checks.values(), key=lambda item: item.id):
        served.setdefault(check.requirement, []).append(check)
    return served


def _head(
    catalog: Catalog, checks: Mapping[str, Check], served: Mapping[str, list[Check]]
) -> Iterator[str]:
    levels = Counter(str(item.level) for item in catalog.requirements.values())
    counted = ", ".join(f"{count} {level}" for level, count in sorted(levels.items()))
    tested = sum(1 for identifier in catalog.requirements if identifier in served)
    yield "# Catalogue of requirements and checks"
    yield ""
    yield "Generated from `suites/` and `profiles/rules/`; do not edit."
    yield ""
    yield f"{len(catalog.requirements)} requirements ({counted}); {tested} of them are served by"
    yield f"{len(checks)} checks. A requirement without a check says why."
    yield ""


def _requirement(requirement: Requirement, checks: list[Check]) -> Iterator[str]:
    yield f"### `{requirement.id}`"
    yield ""
    yield requirement.text
    yield ""
    facts = [f"**{requirement.level}**", f"severity {requirement.severity}"]
    if requirement.lifecycle != "in-force":
        facts.append(requirement.lifecycle)
    if requirement.effective:
        facts.append(f"effective {requirement.effective}")
    facts += [f"confidence {requirement.confidence}", f"for {', '.join(requirement.applies_to)}"]
    yield f"{'; '.join(facts)}. Put right by: {', '.join(requirement.actors)}."
    yield ""
    yield f"Why: {requirement.why}"
    yield ""
    yield "Sources: " + "; ".join(_cited(requirement)) + "."
    yield ""
    for check in checks:
        yield _check(check)
    if not checks:
        yield f"- {_untested(requirement)}"
    yield ""


def _cited(requirement: Requirement) -> Iterator[str]:
    for citation in requirement.citations:
        doubt = "" if citation.confidence == "confirmed" else f" ({citation.confidence})"
        joint = "" if citation.locator.startswith("(") else " "
        yield f"{citation.source}{joint}{citation.locator}".rstrip() + doubt


def _check(check: Check) -> str:
    needs = f"; needs {', '.join(check.needs)}" if check.needs else ""
    prod = "" if check.prod == "yes" else f"; production: {check.prod}"
    return f"- `{check.id}`: {check.title}{needs}{prod}"


def _untested(requirement: Requirement) -> str:
    if requirement.not_tested_because:
        return f"No check: {NotTestedReason(requirement.not_tested_because).sentence}"
    return "No check yet."


def _rules(catalog: Catalog) -> Iterator[str]:
    if not catalog.rules:
        return
    yield "## Rules, provision by provision"
    yield ""
    for edition in catalog.rules:
        yield f"### {edition.rule}: {edition.title}"
        yield ""
        yield f"{edition.edition} For {', '.join(edition.programmes)}."
        yield ""
        for provision in edition.provisions:
            named = ", ".join(f"`{name}`" for name in provision.requirements)
            why = provision.reason.sentence if provision.reason else ""
            yield f"- {provision.paragraph} {provision.subject}: {named or why}"
        yield ""


def _reasons(catalog: Catalog) -> Iterator[str]:
    counts = Counter(entry.reason for entry in catalog.sources.values() if entry.reason)
    if not catalog.sources:
        return
    served = sum(1 for entry in catalog.sources.values() if entry.checks)
    yield "## Source entries"
    yield ""
    yield f"Of {len(catalog.sources)} negative tests, field quirks and acceptance criteria,"
    yield f"{served} are served by checks. The others, by reason:"
    yield ""
    for reason in NotTestedReason:
        if counts[reason]:
            yield f"- `{reason}` ({counts[reason]}): {reason.sentence}"
    yield ""
