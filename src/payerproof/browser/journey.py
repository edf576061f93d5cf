"""Leads a member's browser from the first page to the app's redirect, or to the portal.

Look, decide the kind of the page, do the one thing that it asks for, look again: a step is over
when the document, its address or its visible form has changed. Everything is bounded: the steps,
the interstitials, the waiting, and above all the passwords. A password is typed once per page;
where the page comes back the journey stops with the trouble that the page names, since portals
lock accounts.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Error

from payerproof.browser import choosing, detector, passing, recipe, signing_in, troubles, words
from payerproof.browser.errand import Errand, Progress
from payerproof.browser.facts import PageFacts
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.observe import Observer
from payerproof.browser.patience import STEP_SECONDS
from payerproof.browser.snapshot import Control, Snapshot
from payerproof.browser.tab import Tab
from payerproof.browser.totp import TotpClock
from payerproof.target import SecretError, Target

MAX_STEPS = 30
JOURNEY_SECONDS = 120.0

Describe = Callable[[Snapshot, Reading], PageFacts]
"""Makes the facts of a page, with its document, cookies and, where allowed, a picture."""


class Journey:
    """One trip in one tab; `run` does it.

    ``permit`` is asked before each password; a trouble with its sentence forbids it.
    """

    def __init__(
        self,
        errand: Errand,
        tab: Tab,
        observer: Observer,
        target: Target,
        clock: TotpClock,
        describe: Describe,
        permit: Callable[[], tuple[str, str]] = lambda: ("", ""),
    ) -> None:
        self.errand = errand
        self.tab = tab
        self.observer = observer
        self.target = target
        self.clock = clock
        self.describe = describe
        self.permit = permit
        self.progress = Progress()
        self._typed: set[tuple[str, str]] = set()
        """What was typed where: (kind of field, host and path)."""
        self._answered: dict[str, int] = {}
        self.interstitials = 0
        """Pages met between login and consent."""
        self._sent_something = False
        self._recipes_run: set[int] = set()

    def run(self) -> Progress:
        """From the page that the tab shows now to the end."""
        deadline = time.monotonic() + JOURNEY_SECONDS
        for _ in range(MAX_STEPS):
            if self.tab.caught is not None:
                break
            if time.monotonic() > deadline:
                self.progress.stop("timeout", f"no end after {JOURNEY_SECONDS:.0f} seconds")
            if self.progress.done:
                break
            self.step()
        else:
            self.progress.stop("redirect-loop", f"no end after {MAX_STEPS} pages")
        if self.tab.caught is not None:
            self.progress.login_over()
        return self.progress

    # -- one step ------------------------------------------------------------------------------

    def step(self) -> None:
        """Look at the page and do the one thing that it asks for."""
        seen, reading = self.look()
        if self.tab.caught is not None:
            return
        if recipe.run_matching(self, seen, self._recipes_run):
            return
        self._note(seen, reading)
        trouble, text = self._dead_end(seen, reading)
        if trouble:
            self.progress.stop(trouble, text)
            if trouble in ("no-linked-record", "ineligible") and self.errand.goal == "redirect":
                self._back_to_app(seen)
            return
        try:
            _ACTIONS.get(reading.kind, passing.idle)(self, seen, reading)
        except SecretError as error:
            self.progress.stop("not-understood", str(error))
        except Error as error:
            # The page was redrawn under our hands: look again, a bounded number of times.
            self.count(seen, f"the page kept changing while it was used ({_first_line(error)})")

    def look(self) -> tuple[Snapshot, Reading]:
        """Read the page and decide its kind; records what the browser has fetched so far."""
        seen = self.tab.look()
        self.observer.flush()
        document = self.observer.document
        if document is not None:
            seen = dataclasses.replace(seen, status=document.status)
        reading = detector.read(seen)
        self.observer.page_kind = reading.kind.public
        return seen, reading

    def _note(self, seen: Snapshot, reading: Reading) -> None:
        if reading.kind is not Kind.WAIT:
            self.progress.pages.append(self.describe(seen, reading))
        if reading.kind in (Kind.CONSENT, Kind.PICKER, Kind.PORTAL, Kind.TERMS):
            self.progress.login_over()

    def _dead_end(self, seen: Snapshot, reading: Reading) -> tuple[str, str]:
        """Why it ends here, if it does: a trouble of the page, or a login that came back."""
        document = self.observer.document
        trouble, text = troubles.of_page(seen, reading, document.headers if document else {})
        if trouble:
            return trouble, text
        if reading.kind in _FORMS and self._sent_something:
            said, text = troubles.after_submit(seen)
            if said and (said != "wrong-credentials" or self._is_back(seen, reading)):
                return said, text
            if self._is_back(seen, reading):
                return "wrong-credentials", "the page came back after it was sent"
        return "", ""

    def _back_to_app(self, seen: Snapshot) -> None:
        """Press what leads from a refusal back to the app, which may be told the reason then."""
        ways = [one for one in seen.pressables if words.BACK_TO_APP.match(one.label)]
        if ways:
            self.tab.press(ways[0], STEP_SECONDS)

    def _is_back(self, seen: Snapshot, reading: Reading) -> bool:
        return (_field_of(reading), _place(seen.url)) in self._typed

    def count(self, seen: Snapshot, why: str) -> bool:
        """Allow the same page three times; then stop."""
        form = seen.fingerprint.partition("\n")[2]
        times = self._answered[form] = self._answered.get(form, 0) + 1
        if times > 2:
            self.progress.stop("not-understood", why)
            return False
        return True

    def typed(self, seen: Snapshot, reading: Reading) -> None:
        """Note that the page's form was filled in: where it comes back, it was refused."""
        self._typed.add((_field_of(reading), _place(seen.url)))

    def send(self, seen: Snapshot, reading: Reading, last: Control | None) -> None:
        """Press the form's button, or Enter, and wait until the step is over."""
        self._sent_something = True
        if reading.submit is not None:
            changed = self.tab.press(reading.submit, STEP_SECONDS)
        elif last is not None:
            changed = self.tab.enter(last, STEP_SECONDS)
        else:
            changed = False
        if changed and self.tab.caught is None:
            self._until_over(seen, reading)
        elif not changed:
            invalid = self.tab.invalid_fields()
            said = f"; the page finds no fit in: {', '.join(invalid)}" if invalid else ""
            self.progress.stop(
                "timeout", f"nothing happened within {STEP_SECONDS:.0f} seconds{said}"
            )

    def _until_over(self, before: Snapshot, reading: Reading) -> None:
        """Wait on while the same document shows the same form without an error: it is at work."""
        deadline = time.monotonic() + STEP_SECONDS
        while self.tab.caught is None and time.monotonic() < deadline:
            seen = self.tab.look()
            same_document = (
                seen.fingerprint.split("\n", 1)[0] == before.fingerprint.split("\n", 1)[0]
            )
            now = detector.read(seen)
            if (
                not same_document
                or now.kind is not reading.kind
                or _place(seen.url) != _place(before.url)
            ):
                return
            if seen.alerts != before.alerts and seen.alerts:
                return
            if not self.tab.settle(seen.fingerprint, max(0.1, deadline - time.monotonic())):
                return


_FORMS = frozenset({Kind.LOGIN, Kind.IDENTIFIER, Kind.PASSWORD, Kind.CODE, Kind.QUESTION})

_ACTIONS: dict[Kind, Callable[[Journey, Snapshot, Reading], None]] = {
    Kind.LOGIN: signing_in.log_in,
    Kind.IDENTIFIER: signing_in.log_in,
    Kind.PASSWORD: signing_in.log_in,
    Kind.CODE: signing_in.enter_code,
    Kind.SEND_CODE: signing_in.send_code,
    Kind.QUESTION: signing_in.answer_questions,
    Kind.METHOD: signing_in.choose_method,
    Kind.PICKER: choosing.pick_person,
    Kind.CONSENT: choosing.decide,
    Kind.TERMS: passing.pass_on,
    Kind.STAY: passing.pass_on,
    Kind.NAG: passing.pass_on,
    Kind.RESUME: passing.pass_on,
    Kind.WAIT: passing.wait,
    Kind.ENROLMENT: passing.enrol,
    Kind.ERROR: passing.end_in_error,
    Kind.PORTAL: passing.arrive,
}


def _field_of(reading: Reading) -> str:
    """What a form asks for: a page of one kind may come back as another (password after login)."""
    if reading.password is not None:
        return "password"
    if reading.code is not None:
        return "code"
    return "question" if reading.questions else "username"


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
