"""Reading ``suites/<area>/requirements.toml``."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

from payerproof.catalog.addresses import address_of
from payerproof.catalog.errors import CatalogError
from payerproof.catalog.reasons import NotTestedReason
from payerproof.catalog.table import REQUIREMENT_ID, Table, tables
from payerproof.catalog.toml_lines import TomlFile
from payerproof.model import Citation, Confidence, Level, Requirement, Severity

LONGEST_SENTENCE = 400
"""Characters; a sentence a reader must take in at one go."""


class Lifecycle(StrEnum):
    """Where a duty stands in time."""

    IN_FORCE = "in-force"
    FROM_2027 = "from-2027"
    FUTURE_DATE = "future-date"
    BENCHMARK = "benchmark"
    VOLUNTARY = "voluntary"
    PROPOSED = "proposed"
    SUPERSEDED = "superseded"


class Programme(StrEnum):
    """Whom a duty reaches."""

    MA = "MA"
    MEDICAID_FFS = "MEDICAID_FFS"
    MEDICAID_MCO = "MEDICAID_MCO"
    CHIP = "CHIP"
    QHP_FFE = "QHP_FFE"
    ANY_PAYER = "ANY_PAYER"
    APP = "APP"


class Actor(StrEnum):
    """Who has to put an unmet requirement right."""

    PAYER = "payer"
    AUTHORIZATION_SERVER = "authorization-server"
    FHIR_SERVER = "fhir-server"
    DATA_FEED = "data-feed"
    PORTAL = "portal"
    DOCUMENTATION = "documentation"
    OPERATIONS = "operations"
    APP = "app"


_KEYS = frozenset(
    {
        "id",
        "text",
        "level",
        "citations",
        "severity",
        "actors",
        "applies_to",
        "met",
        "unmet",
        "remediation",
        "effective",
        "lifecycle",
        "confidence",
        "not_tested_because",
        "why",
    }
)
_CITATION_KEYS = frozenset({"source", "locator", "url", "confidence", "programmes"})
_SENTENCES = ("text", "met", "unmet", "remediation", "why")


def read_requirements(path: Path) -> list[Requirement]:
    """Every requirement of one file, in its order; raises CatalogError at the first mistake."""
    file = TomlFile.read(path)
    if set(file.data) != {"requirement"}:
        raise CatalogError(path, 1, "must hold [[requirement]] tables and nothing else")
    area = path.parent.name.replace("_", "-")
    return [_requirement(table, area) for table in tables(file, "requirement")]


def requirement_line(path: Path, identifier: str) -> int:
    """Line on which `identifier` is last given in `path`, 0 where it is not."""
    file = TomlFile.read(path)
    for table in reversed(tables(file, "requirement")):
        if table.values.get("id") == identifier:
            return file.key_line("requirement", table.index, "id")
    return 0


def _requirement(table: Table, area: str) -> Requirement:
    table.only(_KEYS)
    identifier = table.text("id")
    if not REQUIREMENT_ID.fullmatch(identifier):
        raise table.error("id", f"id {identifier!r} must be dotted kebab-case, like area.name")
    if identifier.partition(".")[0] != area:
        raise table.error("id", f"{identifier} stands in the folder of {area}.*")
    level = table.choice("level", Level)
    sentences = {key: _sentence(table, key) for key in _SENTENCES}
    _check_level_word(table, level, sentences["text"])
    return Requirement(
        id=identifier,
        level=level,
        citations=_citations(table),
        severity=table.choice("severity", Severity),
        actors=_closed(table, "actors", Actor),
        applies_to=_closed(table, "applies_to", Programme),
        effective=table.date("effective"),
        lifecycle=str(table.choice("lifecycle", Lifecycle, Lifecycle.IN_FORCE)),
        confidence=table.choice("confidence", Confidence, Confidence.CONFIRMED),
        not_tested_because=_reason(table),
        text=sentences["text"],
        met=sentences["met"],
        unmet=sentences["unmet"],
        remediation=sentences["remediation"],
        why=sentences["why"],
    )


def _sentence(table: Table, key: str) -> str:
    value = table.text(key)
    if len(value) > LONGEST_SENTENCE:
        raise table.error(key, f"{key} has {len(value)} characters; {LONGEST_SENTENCE} at most")
    if value != value.strip() or not value.endswith("."):
        raise table.error(key, f"{key} must be a sentence that ends with a full stop")
    return value


def _check_level_word(table: Table, level: Level, text: str) -> None:
    negative = level if level.endswith("NOT") else f"{level} NOT"
    if f" {level} " not in text or (level != negative and f" {negative} " in text):
        raise table.error("text", f"text must say {level}, its level, and no other")


def _closed(table: Table, key: str, kind: type[Actor] | type[Programme]) -> tuple[str, ...]:
    values = table.texts(key)
    known = {str(item) for item in kind}
    for value in values:
        if value not in known:
            listed = ", ".join(sorted(known))
            raise table.error(key, f"{key} names {value!r}; it must be one of {listed}")
    return values


def _reason(table: Table) -> str:
    if "not_tested_because" not in table.values:
        return ""
    return str(table.choice("not_tested_because", NotTestedReason))


def _citations(table: Table) -> tuple[Citation, ...]:
    found = table.values.get("citations")
    if not isinstance(found, list) or not found:
        raise table.error("citations", "a requirement needs at least one citation")
    return tuple(_citation(table, values) for values in found)


def _citation(table: Table, values: object) -> Citation:
    if not isinstance(values, dict):
        raise table.error("citations", "a citation must be a table with source and locator")
    inner = Table(table.file, table.name, table.index, values, within="citations")
    inner.only(_CITATION_KEYS)
    programmes = values.get("programmes")
    source = inner.text("source")
    return Citation(
        source=source,
        locator=inner.text("locator", ""),
        url=inner.text("url", address_of(source)),
        confidence=inner.choice("confidence", Confidence, Confidence.CONFIRMED),
        programmes=() if programmes is None else _closed(inner, "programmes", Programme),
    )
