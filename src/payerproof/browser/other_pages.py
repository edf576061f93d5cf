"""Pages in between and at the end: captchas, terms, errors, waiting, the portal itself."""

from __future__ import annotations

import re

from payerproof.browser import words
from payerproof.browser.fields import only_terms
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.snapshot import Snapshot


def captcha(page: Snapshot) -> Reading | None:
    """Something only a person can solve."""
    return Reading(Kind.CAPTCHA, ("a visible captcha",)) if page.captcha else None


def interstitial(page: Snapshot) -> Reading | None:
    """Pages between login and consent that want one answer."""
    if page.fields:
        return None
    head = " ".join((page.title, *page.headings))
    dismiss = next((b for b in page.buttons if words.DISMISS.match(b.label)), None)
    abort = next(
        (
            b
            for b in page.buttons
            if re.search(r"abort|skip|dismiss|cancel", f"{b.value} {b.names}".lower())
        ),
        None,
    )
    if words.STAY_PAGE.search(page.text) and dismiss:
        return Reading(Kind.STAY, ("asks to stay signed in",), submit=dismiss)
    if words.NAG_PAGE.search(head) and (dismiss or abort):
        return Reading(Kind.NAG, ("offers something that can be put off",), submit=dismiss or abort)
    if only_terms(page):
        return _terms(page)
    return None


_ABORT = re.compile(r"abort|skip|dismiss|cancel")


def _terms(page: Snapshot) -> Reading | None:
    button = next(
        (b for b in page.buttons if words.ALLOW.match(b.label) and not words.DENY.match(b.label)),
        None,
    ) or next((b for b in page.buttons if words.RESUME.match(b.label)), None)
    if button is None:
        return None
    boxes = tuple(
        b for b in page.boxes if b.type == "checkbox" and b.usable and not b.checked
        and (b.required or words.TERMS_PAGE.search(b.label) or words.ALLOW.match(b.label))
    )  # fmt: skip
    return Reading(Kind.TERMS, ("terms to accept",), submit=button, boxes=boxes)


def error(page: Snapshot) -> Reading | None:
    """A page that says that something went wrong."""
    if page.fields:
        return None
    if page.status >= 400:
        return Reading(Kind.ERROR, (f"status {page.status}",))
    head = " ".join((page.title, *page.headings))
    if words.ERROR_PAGE.search(head):
        return Reading(Kind.ERROR, ("the heading speaks of an error",))
    if page.alerts and not page.buttons and words.ERROR_TEXT.search(" ".join(page.alerts)):
        return Reading(Kind.ERROR, ("an error text and nothing to press",))
    plain = page.text.strip()
    if (
        not page.buttons
        and not page.links
        and 0 < len(plain) < 600
        and (words.ERROR_PAGE.search(plain))
    ):
        return Reading(Kind.ERROR, ("a short text that speaks of an error",))
    return None


def wait(page: Snapshot) -> Reading | None:
    """Nothing to do but wait: a page that loads, redirects itself or shows a spinner."""
    if page.fields or page.buttons:
        return None
    if page.refresh or page.loading or page.busy:
        return Reading(Kind.WAIT, ("the page goes on by itself",))
    hidden_form = any(c.type == "hidden" for c in page.controls)
    if not page.links and (not page.text.strip() or hidden_form):
        return Reading(Kind.WAIT, ("an empty page",))
    if re.search(r"redirecting|please wait|loading|redirigiendo|espere", page.text, re.IGNORECASE):
        return Reading(Kind.WAIT, ("the text asks to wait",))
    return None


def portal(page: Snapshot) -> Reading | None:
    """The member portal, behind the login."""
    if page.fields and any(f.type == "password" for f in page.fields):
        return None
    out = [link.text for link in page.links] + [b.label for b in page.buttons]
    if any(words.SIGN_OUT.search(text) for text in out):
        return Reading(Kind.PORTAL, ("a way to sign out",))
    return None


def resume(page: Snapshot) -> Reading | None:
    """One button that goes on."""
    if page.fields:
        return None
    onward = [b for b in page.buttons if words.RESUME.match(b.label)]
    onward = onward or [a for a in page.pressables if words.RESUME.match(a.label)]
    forward = [b for b in onward if not words.NEITHER.search(b.label)]
    if len(forward) == 1 and len(page.buttons) <= 3:
        return Reading(Kind.RESUME, ("one button that goes on",), submit=forward[0])
    return None
