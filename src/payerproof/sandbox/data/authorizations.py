"""Prior authorizations as PDex has them: one list for the member, for clinics and for payers.

PDex 2.1.0 and 2.2.0, Prior Authorization profile: an ExplanationOfBenefit whose use is
preauthorization. What was decided, and when, stands at each line (42 CFR 422.119(b)(1)(iv)(A)).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from payerproof.sandbox.data.authorization_papers import build_form, build_note
from payerproof.sandbox.data.coding import (
    CARC,
    HCPCS,
    ICD10,
    PDEX,
    REVIEW_CODES,
    THO,
    Json,
    concept,
)
from payerproof.sandbox.data.facts import fixtures_folder
from payerproof.sandbox.data.maker import Maker, instant

PRIOR_AUTHORIZATION = PDEX + "StructureDefinition/pdex-priorauthorization"
NUMBERS = "https://payer.sandbox.example/authorization-number"
WHEN_DECIDED = PDEX + "StructureDefinition/base-ext-when-adjudicated"
REVIEW_ACTION = PDEX + "StructureDefinition/extension-reviewAction"
REVIEW_ACTION_CODE = PDEX + "StructureDefinition/extension-reviewActionCode"
KINDS = PDEX + "CodeSystem/PDexAdjudicationDiscriminator"
_NOT_SHOWN = "What came with the request does not show that the knee was examined."
_REVIEW = {"approved": "A1", "denied": "A3", "pended": "A4"}


@dataclass(frozen=True)
class RequestedLine:
    """One service asked for; `decision` is approved, denied or pended, `why` words of our own."""

    code: str
    units: int
    decision: str
    submitted: float = 0.0
    reason: str = ""
    why: str = ""


@dataclass(frozen=True)
class AuthorizationFacts:
    """One request in short business form; see ``fixtures/payers/authorizations.toml``."""

    member: str
    number: str
    received: date
    provider: str
    practitioner: str
    diagnosis: str
    lines: tuple[RequestedLine, ...]
    decided: date | None = None
    until: date | None = None
    circumstance: str = ""
    note: str = ""
    form: str = ""
    sensitivity: str = ""

    @property
    def key(self) -> str:
        """Stable natural key, unique in the world."""
        return f"{self.member}/authorization/{self.number}"

    def decided_as(self, decision: str, decided: date | None) -> AuthorizationFacts:
        """The same request in another state: every line approved, denied or pended."""
        denied = decision == "denied"
        reason, why = ("150", _NOT_SHOWN) if denied else ("", "")
        lines = tuple(
            replace(line, decision=decision, reason=reason, why=why) for line in self.lines
        )
        approved = decision == "approved" and decided is not None
        until = decided + timedelta(days=180) if approved and decided else None
        return replace(self, lines=lines, decided=decided, until=until, circumstance="")


@lru_cache(maxsize=1)
def authorization_tables() -> Mapping[str, Any]:
    """Read the fixture, once per process."""
    path = fixtures_folder() / "payers" / "authorizations.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=1)
def authorization_facts() -> Mapping[str, AuthorizationFacts]:
    """The shipped requests by their number."""
    made = {}
    for row in authorization_tables()["authorizations"]:
        values = {name: value for name, value in row.items() if name not in ("n", "lines")}
        number = f"PA-{row['member'].upper()}-{row['n']:04d}"
        lines = tuple(RequestedLine(**line) for line in row["lines"])
        made[number] = AuthorizationFacts(number=number, lines=lines, **values)
    return made


def build_authorizations(maker: Maker) -> None:
    """Make every shipped request, with the papers that came with it."""
    for facts in authorization_facts().values():
        build_authorization(maker, facts)


def build_authorization(maker: Maker, facts: AuthorizationFacts, updated: str = "") -> Json:
    """Make one ExplanationOfBenefit, and the papers that came with the request.

    `updated` is the instant of the last change; that of the decision where it isn't given.
    """
    day = facts.decided or facts.received
    elements = {
        **_header(maker, facts),
        **_approval(facts),
        "supportingInfo": _papers(maker, facts),
        "item": [_item(facts, n, line) for n, line in enumerate(facts.lines, start=1)],
    }
    return maker.add(
        "ExplanationOfBenefit",
        facts.key,
        [PRIOR_AUTHORIZATION],
        updated or instant(day, 16, sum(map(ord, facts.number))),
        elements,
        sensitivity=facts.sensitivity,
    )


def _header(maker: Maker, facts: AuthorizationFacts) -> Json:
    pended = any(line.decision == "pended" for line in facts.lines)
    coverage = maker.ref("Coverage", f"{facts.member}/coverage")
    diagnosis = concept(ICD10, maker.facts.problems[facts.diagnosis]["icd10"])
    return {
        "identifier": [{"system": NUMBERS, "value": facts.number}],
        "status": "active",
        "type": concept(THO + "claim-type", "professional"),
        "use": "preauthorization",
        "patient": maker.ref("Patient", facts.member),
        "created": facts.received.isoformat(),
        "insurer": maker.ref("Organization", "payer"),
        "provider": maker.ref("Organization", facts.provider),
        "outcome": "queued" if pended else "complete",
        "careTeam": [{"sequence": 1, "provider": maker.ref("Practitioner", facts.practitioner)}],
        "diagnosis": [{"sequence": 1, "diagnosisCodeableConcept": diagnosis}],
        "insurance": [{"focal": True, "coverage": coverage}],
    }


def _approval(facts: AuthorizationFacts) -> Json:
    """The number and the period of an approval, or the circumstance that ends it."""
    if facts.decided is None or all(line.decision != "approved" for line in facts.lines):
        return {}
    period = {"start": facts.decided.isoformat()}
    if facts.until:
        period["end"] = facts.until.isoformat()
    made: Json = {"preAuthRef": [facts.number], "preAuthRefPeriod": [period]}
    if facts.circumstance:
        made["processNote"] = [{"number": 1, "type": "display", "text": facts.circumstance}]
    return made


def _item(facts: AuthorizationFacts, sequence: int, line: RequestedLine) -> Json:
    return {
        "sequence": sequence,
        "careTeamSequence": [1],
        "diagnosisSequence": [1],
        "productOrService": concept(HCPCS, line.code),
        "quantity": {"value": line.units},
        "adjudication": _adjudications(facts, line),
    }


def _adjudications(facts: AuthorizationFacts, line: RequestedLine) -> list[Json]:
    """What was asked, and what was decided: the review action and its day on the decision."""
    submitted: Json = {
        "category": concept(THO + "adjudication", "submitted"),
        "amount": {"value": line.submitted, "currency": "USD"},
    }
    decision: Json = {"extension": [_review(line)]}
    if facts.decided:
        day = {"url": WHEN_DECIDED, "valueDateTime": facts.decided.isoformat()}
        decision["extension"].append(day)
    if line.decision == "pended":
        return [{**decision, **submitted}]
    if line.decision == "approved":
        decision |= {"category": concept(KINDS, "allowedunits"), "value": line.units}
    else:
        reason = concept(CARC, line.reason, line.why)
        decision |= {"category": concept(KINDS, "denialreason"), "reason": reason}
    return [submitted, decision] if line.submitted else [decision]


def _review(line: RequestedLine) -> Json:
    code = concept(REVIEW_CODES, _REVIEW[line.decision])
    return {
        "url": REVIEW_ACTION,
        "extension": [{"url": REVIEW_ACTION_CODE, "valueCodeableConcept": code}],
    }


def _papers(maker: Maker, facts: AuthorizationFacts) -> list[Json]:
    """Make the papers, and refer to them."""
    papers = []
    if facts.note:
        papers.append(build_note(maker, facts))
    if facts.form:
        form = authorization_tables()["forms"][facts.form]
        papers.append(build_form(maker, facts, facts.form, form))
    category = concept(THO + "claiminformationcategory", "attachment")
    return [
        {"sequence": sequence, "category": category, "valueReference": paper}
        for sequence, paper in enumerate(papers, start=1)
    ]
