"""The words of payerproof as frozen dataclasses and enums; standard library only.

One word per thing (see docs/words.md): a *requirement* is one normative sentence, a *check* is one
criterion of one requirement, an *exchange* is one HTTP request with its response, *evidence*
proves a *result*, and the *outcome* belongs to one check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Level(StrEnum):
    """How strongly a requirement binds (RFC 2119 words as HL7 uses them)."""

    SHALL = "SHALL"
    SHALL_NOT = "SHALL NOT"
    SHOULD = "SHOULD"
    SHOULD_NOT = "SHOULD NOT"
    MAY = "MAY"

    @property
    def binding(self) -> bool:
        """True for SHALL and SHALL NOT: unmet means failed."""
        return self in (Level.SHALL, Level.SHALL_NOT)


class Confidence(StrEnum):
    """How sure we are of a citation; only *confirmed* may make a check fail."""

    CONFIRMED = "confirmed"
    MIXED = "mixed"
    SECONDARY = "secondary"
    MEMORY = "memory"


class Severity(StrEnum):
    """What an unmet requirement can cost a member."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Outcome(StrEnum):
    """What came of one check. Only *passed* is green."""

    PASSED = "passed"
    FAILED = "failed"
    WARNING = "warning"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"
    NOT_TESTED = "not tested"
    ERROR = "error"


class Verdict(StrEnum):
    """What a run, or a requirement, amounts to, in words. Never a percentage."""

    NOT_MET = "not met"
    NOT_FULLY_VERIFIED = "not fully verified"
    MET_WITH_FINDINGS = "met with findings"
    MET = "met"
    NOTHING_FAILED_IN_SELECTION = "nothing failed in what was selected"


class Prod(StrEnum):
    """Whether a check may run against a production payer."""

    YES = "yes"
    """Harmless to production with test members."""
    GATED = "gated"
    """Only where the payer file's permissions say so."""
    NO = "no"
    """Never, whatever is allowed."""


@dataclass(frozen=True, slots=True)
class Citation:
    """Where a requirement's duty comes from."""

    source: str
    """The document: ``42 CFR 422.119``, ``SMART App Launch 2.2.0``, ``RFC 6749``."""
    locator: str = ""
    """The place in it: a paragraph, section or statement id."""
    url: str = ""
    confidence: Confidence = Confidence.CONFIRMED
    programmes: tuple[str, ...] = ()
    """Programmes this citation binds (``MA``, ``MEDICAID_FFS`` …); empty means all."""

    def __str__(self) -> str:
        return f"{self.source} {self.locator}".strip()


@dataclass(frozen=True, slots=True)
class Requirement:
    """One normative sentence with its level and citations."""

    id: str
    """Dotted kebab-case, permanent, never reused: ``revocation.access-token-dies``."""
    text: str
    level: Level
    citations: tuple[Citation, ...]
    severity: Severity
    actors: tuple[str, ...]
    """Who must meet it: ``payer``, ``authorization-server``, ``fhir-server``, ``portal`` …"""
    applies_to: tuple[str, ...]
    """Programmes: MA, MEDICAID_FFS, MEDICAID_MCO, CHIP, QHP_FFE or ANY_PAYER."""
    met: str
    """The sentence a report prints when it holds."""
    unmet: str
    """The sentence a report prints when it does not."""
    remediation: str
    """What the owner does to put it right."""
    effective: str = ""
    """ISO date from which the duty binds; before it unmet reads *not tested: ahead of date*."""
    lifecycle: str = "in-force"
    """in-force, from-2027, future-date, benchmark, voluntary, proposed or superseded."""
    confidence: Confidence = Confidence.CONFIRMED
    not_tested_because: str = ""
    """A reason from the catalogue's closed list, where no check serves it."""
    why: str = ""
    """One sentence: why it matters to members."""

    @property
    def area(self) -> str:
        """The part of the id before the dot, which is also the folder's name."""
        return self.id.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Check:
    """One criterion of one requirement, as a pytest function."""

    id: str
    """``requirement-id/criterion``."""
    title: str
    """The criterion in a sentence: the check function's docstring."""
    needs: tuple[str, ...] = ()
    """What must be there to try it, from the closed vocabulary of `payerproof.target.needs`."""
    prod: Prod = Prod.YES
    module: str = ""
    """Path below ``suites/``, for the report and the documentation."""
    area_title: str = ""
    """First line of the module's docstring."""

    @property
    def requirement(self) -> str:
        """Id of the requirement it serves."""
        return self.id.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request with its response, already redacted."""

    id: str
    """Unique in the run: ``<process>-<n>`` while running, ``x1``, ``x2`` … once joined."""
    started: str
    """ISO 8601 with milliseconds, UTC."""
    duration_ms: int
    method: str
    url: str
    request_headers: Mapping[str, str]
    request_body: str
    status: int | None
    """None where no response came; see `error`."""
    response_headers: Mapping[str, str]
    response_body: str
    response_bytes: int
    persona: str = ""
    app: str = ""
    check: str = ""
    """Id of the check that sent it; empty for set-up (logins, records)."""
    attempt: int = 1
    via: str = "http"
    """``http`` or ``browser``."""
    error: str = ""
    """Plain words where the request failed on the way."""
    digest: str = ""
    """Keyed digest of the unredacted body: equal bodies can be told, nothing can be guessed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What proves a result."""

    id: str
    kind: str
    """``exchange``, ``table``, ``text``, ``page`` or ``screenshot``."""
    caption: str
    exchanges: tuple[str, ...] = ()
    rows: tuple[Mapping[str, str], ...] = ()
    """For tables: one mapping per row, redacted."""
    text: str = ""
    image: str = ""
    """For screenshots of synthetic personas: base64 of a masked PNG."""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one check with one set of parameters."""

    check: str
    requirement: str
    outcome: Outcome
    params: Mapping[str, str] = field(default_factory=dict)
    expected: str = ""
    observed: str = ""
    message: str = ""
    """One sentence for the reader: why inconclusive, what is needed, what went wrong with us."""
    evidence: tuple[str, ...] = ()
    """Evidence ids and exchange ids, in the order in which they prove the point."""
    exchanges: tuple[str, ...] = ()
    """Every exchange of the check, in order."""
    personas: tuple[str, ...] = ()
    started: str = ""
    duration_ms: int = 0
    attempts: int = 1

    @property
    def key(self) -> str:
        """Stable across runs: check id and parameters, never a node id or a position."""
        if not self.params:
            return self.check
        inner = ",".join(f"{name}={self.params[name]}" for name in sorted(self.params))
        return f"{self.check}[{inner}]"


@dataclass(frozen=True, slots=True)
class Waiver:
    """An accepted failure: an overlay, never a change of outcome."""

    key: str
    reason: str
    approver: str
    expires: str
    """ISO date; an expired waiver no longer covers anything."""


@dataclass(frozen=True, slots=True)
class Baseline:
    """Accepted failures of an earlier run by stable key, each with its reason."""

    source_run: str
    entries: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Run:
    """A run file read back, whole."""

    header: Mapping[str, Any]
    requirements: Mapping[str, Requirement]
    checks: Mapping[str, Check]
    exchanges: Mapping[str, Exchange]
    evidence: Mapping[str, Evidence]
    results: Sequence[Result]
    footer: Mapping[str, Any] | None
    """None where the file is truncated."""
    sha256: str = ""
    """Digest of everything before the footer, as computed on reading."""

    @property
    def complete(self) -> bool:
        """True where the footer is there and its digest matches what was read."""
        return self.footer is not None and self.footer.get("sha256") == self.sha256
