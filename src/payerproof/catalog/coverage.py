"""Which of our checks ask what Inferno's tests ask of a server: ``suites/coverage.toml``.

Each test of a kit maps to check ids or to one reason of a closed list; so does each requirement,
in its own file. ``docs/coverage.md`` is generated from both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from payerproof.catalog.errors import CatalogError
from payerproof.catalog.load import Catalog
from payerproof.catalog.reasons import NotTestedReason
from payerproof.catalog.toml_lines import TomlFile
from payerproof.model import Check


class CoverageReason(StrEnum):
    """Why no check asks what a test of a kit asks."""

    ABOUT_A_CLIENT = "about-a-client"
    OWN_INPUT = "own-input"
    EHR_LAUNCH = "ehr-launch"
    EHR_DUTY = "ehr-duty"
    OTHER_VERSION = "other-version"
    NEEDS_ATTESTATION = "needs-attestation"
    SUITE_TO_COME = "suite-to-come"
    CHECK_TO_COME = "check-to-come"

    @property
    def sentence(self) -> str:
        """The reason as a sentence for a reader."""
        return _SENTENCES[self]


_SENTENCES = {
    CoverageReason.ABOUT_A_CLIENT: "It tests an app, not a server.",
    CoverageReason.OWN_INPUT: "It judges what the tester typed in.",
    CoverageReason.EHR_LAUNCH: (
        "It starts an app from inside an electronic health record; payers' apps start alone."
    ),
    CoverageReason.EHR_DUTY: (
        "It asks for documents or forms that certified health records must write; a payer serves "
        "those that it holds."
    ),
    CoverageReason.OTHER_VERSION: (
        "It belongs to a version of the guide whose facts do not ship, such as US Core 8.0.0."
    ),
    CoverageReason.NEEDS_ATTESTATION: NotTestedReason.NEEDS_ATTESTATION.sentence,
    CoverageReason.SUITE_TO_COME: NotTestedReason.SUITE_TO_COME.sentence,
    CoverageReason.CHECK_TO_COME: NotTestedReason.CHECK_TO_COME.sentence,
}


@dataclass(frozen=True, slots=True)
class Covered:
    """One test of a kit, with the checks that ask the same or the reason why none does."""

    kit: str
    test: str
    checks: tuple[str, ...] = ()
    reason: CoverageReason | None = None


def read_coverage(path: Path, checks: Mapping[str, Check]) -> tuple[Covered, ...]:
    """Every row; raises CatalogError with file and line for an unknown check or reason."""
    file = TomlFile.read(path)
    kits = file.data.get("inferno")
    if set(file.data) != {"inferno"} or not isinstance(kits, dict):
        raise CatalogError(path, 1, "must hold tables [inferno.KIT] and nothing else")
    return tuple(
        _row(path, kit, test, value, checks)
        for kit, rows in kits.items()
        for test, value in rows.items()
    )


def _row(path: Path, kit: str, test: str, value: object, checks: Mapping[str, Check]) -> Covered:
    lines = path.read_text(encoding="utf-8").splitlines()
    line = next((n for n, text in enumerate(lines, 1) if text.startswith(f'"{test}" = ')), 1)
    if isinstance(value, str):
        try:
            return Covered(kit, test, reason=CoverageReason(value))
        except ValueError:
            known = ", ".join(CoverageReason)
            raise CatalogError(path, line, f"unknown reason {value!r}; known: {known}") from None
    if not isinstance(value, list) or not value or len(set(value)) != len(value):
        raise CatalogError(path, line, f"{test} needs a list of distinct check ids or a reason")
    unknown = [str(one) for one in value if one not in checks]
    if unknown:
        raise CatalogError(path, line, f"{test} names unknown checks: {', '.join(unknown)}")
    return Covered(kit, test, checks=tuple(value))


def coverage_markdown(
    covered: tuple[Covered, ...], catalog: Catalog, checks: Mapping[str, Check]
) -> str:
    """docs/coverage.md; the same input gives the same text, byte for byte."""
    parts = ["# What is covered", "", "Generated from `suites/coverage.toml`, the requirement"]
    parts += ["files and the checks by `scripts/catalogue`; do not edit.", ""]
    parts += [*_sums(covered), *_kits(covered), *_requirements(catalog, checks)]
    return "\n".join(parts).rstrip() + "\n"


def _sums(covered: tuple[Covered, ...]) -> Iterator[str]:
    yield "| kit | tests | with checks | " + " | ".join(CoverageReason) + " |"
    yield "|---" * (3 + len(CoverageReason)) + "|"
    for kit in dict.fromkeys(row.kit for row in covered):
        rows = [row for row in covered if row.kit == kit]
        counts = Counter(row.reason for row in rows)
        cells = [str(counts[reason] or "") for reason in CoverageReason]
        yield f"| {kit} | {len(rows)} | {counts[None]} | " + " | ".join(cells) + " |"
    yield ""
    for reason in CoverageReason:
        yield f"- `{reason}`: {reason.sentence}"
    yield ""
    yield "A test made from one pattern for many profiles and versions is one row, by the id of"
    yield "its first. A row says that both ask the same, not that both are equally strict."
    yield ""


def _kits(covered: tuple[Covered, ...]) -> Iterator[str]:
    for kit in dict.fromkeys(row.kit for row in covered):
        yield f"## {kit}"
        yield ""
        yield "| test | our checks, or why none |"
        yield "|---|---|"
        for row in covered:
            if row.kit == kit:
                told = ", ".join(f"`{check}`" for check in row.checks) or str(row.reason)
                yield f"| `{row.test}` | {told} |"
        yield ""


def _requirements(catalog: Catalog, checks: Mapping[str, Check]) -> Iterator[str]:
    served: dict[str, list[str]] = {}
    for check in sorted(checks.values(), key=lambda item: item.id):
        served.setdefault(check.requirement, []).append(check.id.partition("/")[2])
    tested = sum(1 for identifier in catalog.requirements if identifier in served)
    yield "## Requirements"
    yield ""
    yield f"{tested} of {len(catalog.requirements)} requirements are served by checks."
    yield ""
    yield "| requirement | criteria of our checks, or why none |"
    yield "|---|---|"
    for requirement in catalog.requirements.values():
        told = ", ".join(served.get(requirement.id, ())) or requirement.not_tested_because
        yield f"| `{requirement.id}` | {told or 'no check yet'} |"
