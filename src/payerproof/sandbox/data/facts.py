"""Read the facts of ``fixtures/`` (people, charts, claims, network) into frozen dataclasses."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

_HERE = Path(__file__).resolve()


@dataclass(frozen=True)
class Line:
    """One line of a claim, in US dollars. `code` may be ``revenue:service``.

    The plan pays `allowed` less deductible, copay and coinsurance.
    """

    code: str
    submitted: Decimal
    allowed: Decimal
    deductible: Decimal
    copay: Decimal
    coinsurance: Decimal

    @property
    def member_owes(self) -> Decimal:
        """What remains for the member."""
        return self.deductible + self.copay + self.coinsurance

    @property
    def paid(self) -> Decimal:
        """What the plan pays the provider."""
        return self.allowed - self.member_owes


@dataclass(frozen=True)
class ClaimFacts:
    """One claim in short business form; see ``fixtures/claims/ada.toml`` for the words."""

    member: str
    n: int
    kind: str
    serviced: date
    lines: tuple[Line, ...]
    through: date | None = None
    billed: date | None = None
    provider: str = ""
    practitioner: str = ""
    diagnoses: tuple[str, ...] = ()
    decision: str = "paid"
    reason: str = ""
    appealed: date | None = None
    replaced_by: int = 0
    reverses: int = 0
    replaces: int = 0
    drug: str = ""
    days_supply: int = 0
    quantity: int = 0
    refills: int = 0
    refill: int = 0
    ingredients: tuple[str, ...] = ()
    drg: str = ""
    procedure: str = ""
    tooth: str = ""
    surface: str = ""
    sensitivity: str = ""

    @property
    def key(self) -> str:
        """Stable natural key, unique in the world."""
        return f"{self.member}/claim/{self.n}"

    @property
    def last_day(self) -> date:
        """Last day of service."""
        return self.through or self.serviced


@dataclass(frozen=True)
class Facts:
    """Everything the fixtures say, by key where there is one."""

    people: tuple[Mapping[str, Any], ...]
    problems: Mapping[str, Mapping[str, str]]
    charts: Mapping[str, Mapping[str, Any]]
    claims: tuple[ClaimFacts, ...]
    network: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))


def fixtures_folder() -> Path:
    """Find ``fixtures/``: inside the wheel, or beside ``src/`` in a checkout.

    Raises `FileNotFoundError` naming the places tried.
    """
    tried = [_HERE.parents[2] / "fixtures", _HERE.parents[4] / "fixtures"]
    for place in tried:
        if (place / "people").is_dir():
            return place
    raise FileNotFoundError(f"fixtures is in neither {tried[0]} nor {tried[1]}")


def read_facts(folder: Path | None = None) -> Facts:
    """Read all facts from a fixtures folder (default: the one that ships)."""
    folder = folder or fixtures_folder()
    charts = _toml(folder / "people" / "charts.toml")
    claims: list[ClaimFacts] = []
    for path in sorted((folder / "claims").glob("*.toml")):
        tables = _toml(path)
        claims += [claim_facts(row) for row in tables.get("claims", ())]
        for series in tables.get("series", ()):
            claims += _repeated(series)
    return Facts(
        people=tuple(_toml(folder / "people" / "cast.toml")["people"]),
        problems=charts["problems"],
        charts=charts["charts"],
        claims=tuple(claims),
        network=_toml(folder / "payers" / "network.toml"),
    )


def claim_facts(row: Mapping[str, Any]) -> ClaimFacts:
    """Make `ClaimFacts` of one table of a claims file (or of an operator's injected claim).

    Raises `ValueError` on a line that is not [code, five amounts]; `TypeError` on an unknown key.
    """
    values = dict(row)
    lines = []
    for line in values.pop("lines"):
        if len(line) != 6:
            raise ValueError("a claim line is [code, submitted, allowed, deductible, copay, share]")
        code, *amounts = line
        lines.append(Line(str(code), *(Decimal(str(amount)) for amount in amounts)))
    values["ingredients"] = tuple(values.get("ingredients", ()))
    values["diagnoses"] = tuple(values.get("diagnoses", ()))
    return ClaimFacts(lines=tuple(lines), **values)


def _repeated(series: Mapping[str, Any]) -> list[ClaimFacts]:
    row = dict(series)
    count, every = row.pop("count"), row.pop("every_days")
    first, start = row["n"], row["serviced"]
    made = []
    for index in range(count):
        row |= {"n": first + index, "serviced": start + timedelta(days=every * index)}
        row["refill"] = index % (row.get("refills", 0) + 1)
        made.append(claim_facts(row))
    return made


def _toml(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return tomllib.load(file)
