"""Names the reason why a page does not let the member through, from its status and texts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from payerproof.browser import words
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.snapshot import Snapshot

_GOING_ON = frozenset(
    {
        Kind.LOGIN,
        Kind.IDENTIFIER,
        Kind.PASSWORD,
        Kind.CODE,
        Kind.SEND_CODE,
        Kind.QUESTION,
        Kind.METHOD,
        Kind.CONSENT,
        Kind.PICKER,
        Kind.CALLBACK,
        Kind.PORTAL,
    }
)


def from_text(text: str) -> str:
    """The trouble that a sentence names, or empty."""
    return next((name for name, said in words.TROUBLES.items() if said.search(text)), "")


def of_page(page: Snapshot, reading: Reading, headers: Mapping[str, str]) -> tuple[str, str]:
    """The trouble that a dead end stands for, with the text that says so; else two empty strings.

    Pages that ask for something are never dead ends here; see `after_submit` for those.
    """
    if reading.kind is Kind.CAPTCHA:
        return "captcha", "the page shows a captcha, which is never solved"
    if reading.kind in _GOING_ON:
        return "", ""
    text = _lead(page)
    edge = words.EDGE.search(page.text)
    if page.status in (401, 403, 406, 429) or edge:
        if words.CAPTCHA.search(page.text):
            return "captcha", text
        if edge or words.EDGE_SERVER.search(headers.get("server", "")):
            return "blocked-at-edge", text
    if page.status in (502, 503, 504):
        return "maintenance", text
    said = from_text(f"{page.title}\n{page.text}")
    # A login page that failed comes back with its form; an error page that only asks to try again
    # says nothing about credentials.
    return ("", text) if said == "wrong-credentials" else (said, text)


def after_submit(page: Snapshot) -> tuple[str, str]:
    """The trouble named on a login page that came back after something was sent."""
    for text in _ranked(page):
        trouble = from_text(text)
        if trouble:
            return trouble, text
    if words.CAPTCHA.search(page.text):
        return "captcha", "a captcha is asked for after the login was sent"
    return "", ""


def _ranked(page: Snapshot) -> Iterable[str]:
    """Alerts first, then the page's lines, since many pages mark up nothing."""
    yield from page.alerts
    for line in map(str.strip, page.text.splitlines()):
        if 8 < len(line) < 300 and not line.endswith("?"):
            yield line


def _lead(page: Snapshot) -> str:
    """The first words of the page, for the reader."""
    text = " ".join((*page.alerts, *page.headings)) or page.text or page.title
    return " ".join(text.split())[:300]
