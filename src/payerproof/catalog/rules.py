"""Reading ``profiles/rules/*.toml``: one regulation edition each, provision by provision."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from payerproof.catalog.errors import CatalogError
from payerproof.catalog.reasons import NoRequirementReason
from payerproof.catalog.requirements import Programme
from payerproof.catalog.table import Table, tables
from payerproof.catalog.toml_lines import TomlFile
from payerproof.model import Confidence

_RULE_KEYS = frozenset({"rule", "title", "programmes", "edition", "confidence", "provision"})
_PROVISION_KEYS = frozenset(
    {"paragraph", "subject", "requirements", "reason", "effective", "confidence"}
)


@dataclass(frozen=True, slots=True)
class Provision:
    """One paragraph of a rule: the requirements drawn from it, or the reason why none."""

    paragraph: str
    subject: str
    requirements: tuple[str, ...] = ()
    reason: NoRequirementReason | None = None
    effective: str = ""
    """ISO date from which it binds, empty where it binds already."""
    confidence: Confidence = Confidence.CONFIRMED
    """How sure we are that the paragraph reads so in the current text."""


@dataclass(frozen=True, slots=True)
class RuleEdition:
    """A regulation section as one edition of its text has it."""

    name: str
    """The file's stem: ``42-cfr-422.119``."""
    rule: str
    """As cited: ``42 CFR 422.119``."""
    title: str
    programmes: tuple[str, ...]
    edition: str
    """Which text was read, in a sentence."""
    confidence: Confidence
    provisions: tuple[Provision, ...]


def read_rules(folder: Path, requirements: Collection[str]) -> tuple[RuleEdition, ...]:
    """Every edition in `folder`, by file name; raises CatalogError at the first mistake."""
    return tuple(_edition(path, requirements) for path in sorted(folder.glob("*.toml")))


def _edition(path: Path, requirements: Collection[str]) -> RuleEdition:
    file = TomlFile.read(path)
    head = Table(file, "", 0, file.data)
    head.only(_RULE_KEYS)
    programmes = head.texts("programmes")
    unknown = [name for name in programmes if name not in {str(item) for item in Programme}]
    if unknown:
        raise head.error("programmes", f"unknown programme {unknown[0]!r}")
    provisions = tuple(_provision(table, requirements) for table in tables(file, "provision"))
    if not provisions:
        raise CatalogError(path, 1, "a rule needs at least one [[provision]]")
    return RuleEdition(
        name=path.stem,
        rule=head.text("rule"),
        title=head.text("title"),
        programmes=programmes,
        edition=head.text("edition"),
        confidence=head.choice("confidence", Confidence),
        provisions=provisions,
    )


def _provision(table: Table, requirements: Collection[str]) -> Provision:
    table.only(_PROVISION_KEYS)
    if ("requirements" in table.values) == ("reason" in table.values):
        raise table.error("paragraph", "a provision has either requirements or a reason why none")
    named = table.texts("requirements", ())
    for identifier in named:
        if identifier not in requirements:
            raise table.error("requirements", f"unknown requirement {identifier}")
    reason = None
    if "reason" in table.values:
        reason = table.choice("reason", NoRequirementReason)
    return Provision(
        paragraph=table.text("paragraph"),
        subject=table.text("subject"),
        requirements=named,
        reason=reason,
        effective=table.date("effective"),
        confidence=table.choice("confidence", Confidence, Confidence.CONFIRMED),
    )
