"""Render the view model with Jinja2, and keep the file below its limit."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from payerproof.model import Level, Outcome, Result, Verdict
from payerproof.report import words
from payerproof.report.findings import EXCHANGE_NAME
from payerproof.report.reproduce import TAG
from payerproof.report.standing import UNTRIED
from payerproof.report.view import Report, Standing

MOST_BYTES = 10 * 1024 * 1024
"""What browsers and mail gateways take without trouble."""

CAPPED_BODY = 2048
"""Characters of a body that a finding keeps where the file would be too large."""


@dataclass(frozen=True, slots=True)
class Room:
    """How much of a run fits into the file: 0 all of it, up to 3."""

    step: int
    exchanges: frozenset[str]
    """Exchanges that the log lists, and that may be linked."""
    whole: frozenset[str]
    """Exchanges whose headers and bodies the log shows."""
    results: frozenset[str]
    """Keys of the results that have an anchor."""

    @property
    def said(self) -> str:
        """What was left out, in a sentence; empty where nothing was."""
        return _LEFT_OUT[self.step]


_LEFT_OUT = (
    "",
    "To keep this file below 10 MiB, headers and bodies of exchanges that only passed checks "
    "rest on are left out; run.jsonl has them under the same numbers.",
    "To keep this file below 10 MiB, headers and bodies are shown with the findings only and cut "
    "at 2,048 characters; run.jsonl has all of them under the same numbers.",
    "To keep this file below 10 MiB, passed checks are shown as numbers, and the exchange log "
    "lists only what findings rest on; run.jsonl has all of it under the same numbers.",
)


def render_html(report: Report, most_bytes: int = MOST_BYTES) -> bytes:
    """The page as UTF-8; it leaves out more and more of what passed until it fits *most_bytes*.

    Findings, verdicts and reasons are never left out, even where the page then is larger.
    """
    page = b""
    for step in range(len(_LEFT_OUT)):
        page = _page(report, _room(report, step))
        if len(page) <= most_bytes:
            break
    return page


def _room(report: Report, step: int) -> Room:
    everything = frozenset(one.id for one in report.exchanges)
    found = frozenset(
        name
        for finding in report.findings
        for name in (*(one.id for one in finding.steps), *finding.others)
    )
    passed = {
        result.key for area in report.passed for page in area.pages for result in page.results[1:]
    }
    return Room(
        step=step,
        exchanges=everything if step < 3 else found,
        whole=(everything, found, frozenset[str](), frozenset[str]())[step],
        results=frozenset(report.anchors) - (passed if step == 3 else set()),
    )


def _page(report: Report, room: Room) -> bytes:
    style = _asset("report.css") + _running_foot(report)
    script = _asset("filter.js")
    text = (
        _environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            room=room,
            links=Links(report, room),
            checks=report.checks,
            style=Markup(style),  # noqa: S704 - our own file; the run id in it is reduced to safe signs
            script=Markup(script),  # noqa: S704 - our own file
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )
    return text.encode("utf-8", "replace")


def _running_foot(report: Report) -> str:
    run = re.sub(r"[^A-Za-z0-9_.:-]", "", report.run)
    return f'@page {{ @bottom-left {{ content: "payerproof report, run {run}"; }} }}\n'


@cache
def _asset(name: str) -> str:
    return files("payerproof.report.html").joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """The hash by which a content security policy allows an inline block."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("payerproof.report.html", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals.update(words=words, Outcome=Outcome, Verdict=Verdict, Level=Level)
    environment.filters.update(
        shape=lambda word: words.SHAPES[word],
        kind=kind_of,
        boxed=boxed,
        columns=columns,
        case=case_of,
        untried=is_untried,
        tried=lambda rows: not all(is_untried(row) for row in rows),
        varying=varying,
        constant=constant,
        cut=cut,
    )
    return environment


class Links:
    """Turns the names of exchanges into links, as far as the log lists them."""

    def __init__(self, report: Report, room: Room) -> None:
        self._room = room
        self._anchors = report.anchors
        self._host = report.host

    def text(self, text: str) -> Markup:
        """Prose with links on exchange names and boxes on redacted spots."""
        return Markup(EXCHANGE_NAME.sub(lambda m: self.exchange(m[0]), boxed(text)))  # noqa: S704 - escaped by boxed

    def exchange(self, name: str) -> Markup:
        """A link to an exchange of the log; plain text where the log has none of that name."""
        if name not in self._room.exchanges:
            return escape(name)
        return Markup('<a class="xn" href="#{0}">{0}</a>').format(name)

    def short(self, url: str) -> Markup:
        """An address without the host of the API under test, redacted spots as boxes."""
        own = self._host and url.startswith(f"{self._host}/")
        return boxed(url[len(self._host) :] if own else url)

    def result(self, key: str) -> Markup:
        """A link to a result; plain text where the page does not show it singly."""
        if key not in self._room.results:
            return escape(key)
        return Markup('<a href="#{}">{}</a>').format(self._anchors[key], key)

    def anchor(self, result: Result) -> str:
        """The anchor of a result."""
        return self._anchors[result.key]


def boxed(text: str) -> Markup:
    """*text*, escaped, with each redacted spot as a labelled box."""
    return Markup(TAG.sub(r'<span class="tag">\1</span>', str(escape(text))))  # noqa: S704 - escaped


def kind_of(word: str) -> str:
    """A word of the model as a CSS class: ``not-tested``."""
    return str(word).lower().replace(" ", "-")


def is_untried(row: Standing) -> bool:
    """True for a requirement that nobody tried: paper counts it and does not list it."""
    return row.word in UNTRIED


def columns(rows: tuple[dict[str, str], ...]) -> list[str]:
    """The columns of a table of evidence, in the order in which the rows bring them."""
    return list(dict.fromkeys(name for row in rows for name in row))


def varying(results: tuple[Result, ...]) -> list[str]:
    """The parameters that tell *results* apart, in order of their names."""
    names = sorted({name for result in results for name in result.params})
    return [name for name in names if len({result.params.get(name) for result in results}) > 1]


def constant(results: tuple[Result, ...]) -> str:
    """The parameters that all of *results* share: ``guide = carin-bb 2.1.0``."""
    first = results[0].params
    told = varying(results)
    return ", ".join(f"{name} = {first[name]}" for name in sorted(first) if name not in told)


def case_of(result: Result) -> str:
    """The parameters of a result: ``element=…, guide=…``."""
    return ", ".join(f"{name} = {result.params[name]}" for name in sorted(result.params))


def cut(text: str, room: Room) -> str:
    """*text*, cut with a mark where the page has no room for it."""
    if room.step < 2 or len(text) <= CAPPED_BODY:
        return text
    left = len(text) - CAPPED_BODY
    return f"{text[:CAPPED_BODY]}\n[cut here: {left:,} more characters]"
