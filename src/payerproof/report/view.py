"""What a report shows, as frozen dataclasses: the view model that every template reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from payerproof.model import Check, Evidence, Exchange, Outcome, Requirement, Result, Verdict


@dataclass(frozen=True, slots=True)
class Quirk:
    """A field quirk that was met, with what a client must do about it."""

    id: str
    cope: str
    results: tuple[Result, ...]
    """What shows it."""

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the results that show it, the first few."""
        return tuple(result.key for result in self.results[:3])


@dataclass(frozen=True, slots=True)
class Row:
    """A labelled line of the cover or of "how the run was made"."""

    label: str
    text: str
    code: bool = False
    """True where the text is an address, an id or a digest."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A requirement with what came of it."""

    requirement: Requirement
    verdict: Verdict | None
    """None where it does not apply."""
    word: str
    """Verdict in one or two words, as a row shows it."""
    shape: str
    sentence: str
    """What is the case; where that is not known, what is required."""
    note: str
    """Why it is not known, or from when it binds."""
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Provision:
    """One place of a source with the requirements drawn from it, or the reason why none."""

    locator: str
    subject: str
    standings: tuple[Standing, ...]
    reason: str = ""
    tally: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """A regulation, guide or standard, or an area of ours."""

    anchor: str
    title: str
    subtitle: str
    provisions: tuple[Provision, ...]
    tally: str
    """``12 met · 2 not met · 3 not tested``."""
    tried: bool = True
    """False where nothing of it was tried: every row is not tested or not applicable."""
    law: bool = False
    """True for a regulation or statute: paper names each of its provisions, tried or not."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Results of one cause: one card."""

    anchor: str
    outcome: Outcome
    title: str
    standings: tuple[Standing, ...]
    check: Check | None
    """The check, where all results are of one."""
    results: tuple[Result, ...]
    evidence: tuple[Evidence, ...]
    steps: tuple[Exchange, ...]
    """Exchanges that prove the point, in order."""
    others: tuple[str, ...]
    """Ids of further exchanges of these checks."""
    curl: str
    """The request that shows it, for a terminal; empty where a browser or nothing sent it."""
    page: str
    """The page that shows it, where a browser sent the request."""
    commands: tuple[str, ...]
    settles: str
    """What would settle it, where it could not be told."""
    caveat: str
    """What the reader must know about its level or date."""
    accepted: str = ""
    """The waiver or baseline entry that covers it."""


@dataclass(frozen=True, slots=True)
class CheckPage:
    """A check with its passed results."""

    anchor: str
    check: Check
    requirement: Requirement | None
    results: tuple[Result, ...]
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """An area of the suites with its passed checks."""

    name: str
    title: str
    pages: tuple[CheckPage, ...]


@dataclass(frozen=True, slots=True)
class Untested:
    """Something that was not tested, with the reason."""

    anchor: str
    subject: str
    """Id of the check with its parameters, or of the requirement."""
    sentence: str
    level: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Overlay:
    """A waiver or a baseline entry: it changes no outcome, and stands beside it."""

    key: str
    kind: str
    """``waiver`` or ``baseline``."""
    reason: str
    approver: str
    until: str
    state: str
    """``in force``, ``expired``, ``no longer needed`` …"""


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason and all that it kept from being tested."""

    text: str
    items: tuple[Untested, ...]


@dataclass(frozen=True, slots=True)
class Pointer:
    """An entry of "fix first" or "could not be verified"."""

    anchor: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a report shows; made by `payerproof.report.build.build`."""

    payer: str
    host: str
    """Scheme and host that short forms of addresses leave out; may be empty."""
    title: str
    run: str
    cover: tuple[Row, ...]
    date: str
    as_of: str
    verdict: Verdict
    verdict_sentence: str
    warnings: tuple[str, ...]
    """What limits the report as a whole: incomplete file, selection."""
    counts: Mapping[Outcome, tuple[int, ...]]
    """Number of results by outcome, one number per level of `words.LEVELS`."""
    total: int
    fix_first: tuple[Pointer, ...]
    settle: tuple[Pointer, ...]
    sources: tuple[Source, ...]
    areas: tuple[Source, ...]
    findings: tuple[Finding, ...]
    quirks: tuple[Result, ...]
    """Unmet MAYs."""
    cope: tuple[Quirk, ...]
    """What a client must cope with here."""
    passed: tuple[Area, ...]
    untested: tuple[Reason, ...]
    not_applicable: tuple[Reason, ...]
    errors: tuple[Untested, ...]
    overlays: tuple[Overlay, ...]
    checks: Mapping[str, Check]
    anchors: Mapping[str, str]
    """Anchor of each result by its key."""
    exchanges: tuple[Exchange, ...]
    cited_by: Mapping[str, tuple[str, ...]]
    """Keys of the results that have to do with each exchange."""
    made: tuple[Row, ...]
    requests: tuple[tuple[str, int], ...]
    throttled: int
    notes: tuple[str, ...]
    sha256: str
    complete: bool
