"""Where each requirement stands: by regulation and by area, the same rows under other headings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from payerproof.model import Level, Outcome, Requirement, Result, Verdict
from payerproof.report import words
from payerproof.report.anchors import slug
from payerproof.report.view import Provision, Source, Standing
from payerproof.runfile import RecordedRun
from payerproof.verdict import Assessment, ahead_of_date, applies

_WORDS: Mapping[Verdict | None, tuple[str, str]] = {
    Verdict.NOT_MET: ("✕", "Not met"),
    Verdict.NOT_FULLY_VERIFIED: ("?", "Not fully verified"),
    Verdict.MET_WITH_FINDINGS: ("△", "Warning"),
    Verdict.MET: ("✓", "Met"),
    None: ("\u2013", "Does not apply"),
}
_TALLY = (
    "Not met",
    "Warning",
    "Not fully verified",
    "Not tested",
    "Ahead of date",
    "Met",
    "Does not apply",
)
UNTRIED = frozenset({"Not tested", "Ahead of date", "Does not apply"})
"""Words of rows that nobody tried; on paper they are counted, not listed."""

_OPEN = (Outcome.INCONCLUSIVE, Outcome.ERROR, Outcome.NOT_TESTED)
_LAW = ("CFR", "U.S.C.", "USC")


def standings(run: RecordedRun, assessment: Assessment, as_of: date) -> dict[str, Standing]:
    """Every requirement of the run with what came of it, by id in id order."""
    results: dict[str, list[Result]] = {}
    for result in run.results:
        results.setdefault(result.requirement, []).append(result)
    return {
        name: _standing(run, requirement, assessment, tuple(results.get(name, ())), as_of)
        for name, requirement in sorted(run.requirements.items())
    }


def _standing(
    run: RecordedRun,
    requirement: Requirement,
    assessment: Assessment,
    results: tuple[Result, ...],
    as_of: date,
) -> Standing:
    verdict = assessment.requirements.get(requirement.id)
    shape, word = _WORDS[verdict]
    tried = any(r.outcome is not Outcome.NOT_TESTED for r in results)
    ahead = ahead_of_date(requirement, as_of)
    if verdict is Verdict.NOT_FULLY_VERIFIED and not tried:
        shape, word = "○", "Ahead of date" if ahead else "Not tested"
    sentence = requirement.text
    note = _explanation(run, requirement, results)
    if verdict is Verdict.MET and not (requirement.level is Level.MAY and note):
        sentence = requirement.met or requirement.text
    elif verdict in (Verdict.NOT_MET, Verdict.MET_WITH_FINDINGS):
        sentence = requirement.unmet or requirement.text
    elif verdict is None and not results:
        note = _why_not_applicable(run, requirement)
    if ahead and words.date_in_words(requirement.effective or "?") not in note:
        note = " ".join(filter(None, (note, _date_note(requirement))))
    return Standing(requirement, verdict, word, shape, sentence, note, results)


def _explanation(run: RecordedRun, requirement: Requirement, results: Sequence[Result]) -> str:
    """Why a requirement is not settled, from its results or from the catalogue's reason."""
    silent = all(r.outcome is Outcome.NOT_APPLICABLE for r in results)
    for outcome in (*_OPEN, Outcome.NOT_APPLICABLE) if silent else _OPEN:
        said = list(dict.fromkeys(r.message for r in results if r.outcome is outcome and r.message))
        if said:
            more = f" (and {words.count(len(said) - 1, 'other reason')})" if said[1:] else ""
            return words.sentence(said[0]) + more
    if results:
        notes = [r.message for r in results if r.message and requirement.level is Level.MAY]
        return words.sentence(notes[0]) if notes else ""
    return why_no_result(run, requirement)


def why_no_result(run: RecordedRun, requirement: Requirement) -> str:
    """The reason why no check gave a result for *requirement*."""
    if requirement.not_tested_because:
        return words.sentence(words.reason(requirement.not_tested_because))
    if run.header.get("selection"):
        return "Outside the selection of this run."
    if not run.complete:
        return "The run ended before it, or its result was lost."
    if not any(check.requirement == requirement.id for check in run.checks.values()):
        return "No check of this version serves it."
    return "Its checks gave no result in this run."


def _why_not_applicable(run: RecordedRun, requirement: Requirement) -> str:
    programmes = run.header.get("target", {}).get("programmes", ())
    if not applies(requirement, programmes):
        named = ", ".join(words.PROGRAMMES.get(one, one) for one in requirement.applies_to)
        return f"It binds {named}, not this payer's programmes."
    return words.sentence(
        words.reason(requirement.not_tested_because) or "it binds somebody other than the payer"
    )


def _date_note(requirement: Requirement) -> str:
    if requirement.lifecycle == "proposed":
        return "It is proposed and binds nobody yet."
    if requirement.effective:
        return f"It binds from {words.date_in_words(requirement.effective)}."
    return "The date from which it binds is still ahead."


def tally(rows: Iterable[Standing]) -> str:
    """``2 not met · 12 met``: numbers of rows by word, what is wrong first."""
    seen = Counter(row.word for row in rows)
    said = {"Warning": "with a warning", "Does not apply": "not applicable"}
    return " · ".join(
        f"{seen[word]} {said.get(word, word.lower())}" for word in _TALLY if seen[word]
    )


def by_area(run: RecordedRun, rows: Mapping[str, Standing]) -> tuple[Source, ...]:
    """Every requirement exactly once, under the area that its id begins with."""
    titles = {
        check.requirement.partition(".")[0]: check.area_title
        for check in run.checks.values()
        if check.area_title
    }
    areas: dict[str, list[Standing]] = {}
    for row in rows.values():
        areas.setdefault(row.requirement.area, []).append(row)
    return tuple(
        Source(
            anchor=f"area-{slug(name)}",
            title=name.replace("-", " ").capitalize(),
            subtitle=_after_colon(titles.get(name, "")),
            provisions=(Provision("", "", tuple(sorted(members, key=_by_trouble))),),
            tally=tally(members),
        )
        for name, members in sorted(areas.items())
    )


def _after_colon(title: str) -> str:
    """What an area's docstring says after its name: ``Member isolation: one member's …``."""
    _, colon, rest = title.partition(": ")
    return words.sentence(rest if colon else title)


def _by_trouble(row: Standing) -> tuple[int, str]:
    return _TALLY.index(row.word), row.requirement.id


def by_regulation(run: RecordedRun, rows: Mapping[str, Standing]) -> tuple[Source, ...]:
    """Each source with its provisions, and under each the requirements drawn from it.

    The rule editions of the header give the provisions of their rules, in their own order;
    citations add a requirement that an edition leaves out, and every other source. Sources of law
    come before guides and standards. A requirement stands once under each provision that binds the
    payer's programmes, and one whose citations all bind others stands under those.
    """
    programmes = set(run.header.get("target", {}).get("programmes", ()))
    book = _Book(rows)
    for edition in run.header.get("rules", ()):
        if not programmes or not edition["programmes"] or programmes & set(edition["programmes"]):
            book.add_edition(edition)
    for row in rows.values():
        cited = row.requirement.citations
        ours = [
            c for c in cited if not c.programmes or not programmes or programmes & {*c.programmes}
        ]
        for citation in ours or cited:
            book.cite(citation.source, citation.locator, row)
        if not cited:
            book.add("Without a citation", "", row)
    return book.sources()


class _Book:
    """Sources, provisions and requirements, gathered in order and without repetition."""

    def __init__(self, rows: Mapping[str, Standing]) -> None:
        self._rows = rows
        self._titles: dict[str, str] = {}
        self._subjects: dict[tuple[str, str], tuple[str, str]] = {}
        self._listed: dict[str, list[str]] = {}
        self._members: dict[str, dict[str, dict[str, Standing]]] = {}

    def add_edition(self, edition: Mapping[str, Any]) -> None:
        """A rule edition of the header: every provision, with requirements or a reason."""
        rule = edition["rule"]
        self._titles[rule] = ". ".join(
            part.rstrip(".")
            for part in (edition.get("title", ""), edition.get("edition", ""))
            if part
        )
        for provision in edition["provisions"]:
            place = provision["paragraph"]
            why = provision.get("reason") or ""
            self._listed.setdefault(rule, []).append(place)
            self._subjects[rule, place] = (
                provision.get("subject", ""),
                words.reason(why, words.NO_REQUIREMENT_REASONS),
            )
            self._members.setdefault(rule, {}).setdefault(place, {})
            for name in provision.get("requirements", ()):
                if name in self._rows:
                    self.add(rule, place, self._rows[name])

    def cite(self, source: str, locator: str, row: Standing) -> None:
        """Put a requirement where it is cited, unless the edition of the rule has its place."""
        listed = self._listed.get(source, [])
        places = self._members.get(source, {})
        placed = any(row.requirement.id in places[place] for place in listed)
        if locator in listed or not placed:
            self.add(source, locator, row)

    def add(self, source: str, locator: str, row: Standing) -> None:
        """Put a requirement under a provision, once."""
        places = self._members.setdefault(source, {})
        places.setdefault(locator, {})[row.requirement.id] = row

    def sources(self) -> tuple[Source, ...]:
        """All of it, law first, each source with its tally of distinct requirements."""
        order = sorted(self._members, key=lambda name: (not _is_law(name), words.natural_key(name)))
        return tuple(self._source(name) for name in order)

    def _source(self, name: str) -> Source:
        places = self._members[name]
        listed = list(dict.fromkeys(self._listed.get(name, ())))
        added = sorted((p for p in places if p not in listed), key=words.natural_key)
        distinct = {row.requirement.id: row for rows in places.values() for row in rows.values()}
        return Source(
            anchor=f"source-{slug(name)}",
            title=name,
            subtitle=words.sentence(self._titles.get(name, "")),
            provisions=tuple(
                self._provision(name, place, places[place]) for place in listed + added
            ),
            tally=tally(distinct.values()),
            tried=any(row.word not in UNTRIED for row in distinct.values()),
            law=_is_law(name),
        )

    def _provision(self, source: str, place: str, rows: Mapping[str, Standing]) -> Provision:
        subject, reason = self._subjects.get((source, place), ("", ""))
        standings = tuple(sorted(rows.values(), key=_by_trouble))
        return Provision(place, subject, standings, "" if rows else reason, tally(standings))


def _is_law(source: str) -> bool:
    return any(word in source for word in _LAW)
