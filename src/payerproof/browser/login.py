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
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Error

from payerproof.browser import amiss, consent, detector, factor, troubles, words
from payerproof.browser.facts import ConsentFacts, Decision, PageFacts, PickerFacts
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.observe import Observer
from payerproof.browser.snapshot import Control, Snapshot
from payerproof.browser.tab import Tab
from payerproof.browser.totp import TotpClock
from payerproof.target import Persona, SecretError, Target

MAX_STEPS = 30
MAX_INTERSTITIALS = 6
STEP_SECONDS = 15.0
IDLE_SECONDS = 4.0
JOURNEY_SECONDS = 120.0

Goal = Literal["redirect", "portal"]


@dataclass(frozen=True)
class Errand:
    """What a journey is to achieve, and for whom."""

    persona: Persona
    goal: Goal
    redirect_uri: str = ""
    decision: Decision = "approve"
    leave_out: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    choose: str = ""
    password: str | None = field(default=None, repr=False)
    """Typed instead of the persona's own."""
    username: str = field(default="", repr=False)
    """Typed instead of the persona's own, with that password."""
    app_names: tuple[str, ...] = ()


@dataclass
class Progress:
    """How far a journey has come."""

    pages: list[PageFacts] = field(default_factory=list)
    consent: ConsentFacts | None = None
    picker: PickerFacts | None = None
    trouble: str = ""
    trouble_text: str = field(default="", repr=False)
    logged_in: bool = False
    second_factor: str = ""
    left_out: list[str] = field(default_factory=list)
    login_seconds: float = 0.0
    done: bool = False
    pressed: bool = False
    answer: PageFacts | None = None
    password_sent: bool = False
    _login_began: float = 0.0

    def stop(self, trouble: str, text: str) -> None:
        """End here with a trouble; an empty one means that the end was understood."""
        self.trouble, self.trouble_text, self.done = trouble, text, True

    def login_begins(self) -> None:
        """The first login page was met."""
        self._login_began = self._login_began or time.monotonic()

    def login_over(self) -> None:
        """A page behind the login was reached."""
        if self.password_sent and not self.logged_in:
            self.logged_in = True
            self.login_seconds = round(time.monotonic() - self._login_began, 3)


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
        self._interstitials = 0
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
        if self._run_recipe(seen):
            return
        self._note(seen, reading)
        trouble, text = self._dead_end(seen, reading)
        if trouble:
            self.progress.stop(trouble, text)
            if trouble in ("no-linked-record", "ineligible") and self.errand.goal == "redirect":
                self._back_to_app(seen)
            return
        try:
            _ACTIONS.get(reading.kind, Journey._other)(self, seen, reading)
        except SecretError as error:
            self.progress.stop("not-understood", str(error))
        except Error as error:
            # The page was redrawn under our hands: look again, a bounded number of times.
            self._count(seen, f"the page kept changing while it was used ({_first_line(error)})")

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

    def _count(self, seen: Snapshot, why: str) -> bool:
        """Allow the same page three times; then stop."""
        form = seen.fingerprint.partition("\n")[2]
        times = self._answered[form] = self._answered.get(form, 0) + 1
        if times > 2:
            self.progress.stop("not-understood", why)
            return False
        return True

    def _run_recipe(self, seen: Snapshot) -> bool:
        from payerproof.browser import recipe

        return recipe.run_matching(self, seen, self._recipes_run)

    # -- login ---------------------------------------------------------------------------------

    def _login(self, seen: Snapshot, reading: Reading) -> None:
        self.progress.login_begins()
        persona = self.errand.persona
        if reading.username is not None and not persona.username:
            self.progress.stop(
                "not-understood", f"persona {persona.id} has no username in the payer file"
            )
            return
        password = self.errand.password
        if reading.password is not None and password is None:
            if persona.password is None:
                self.progress.stop(
                    "not-understood", f"persona {persona.id} has no password in the payer file"
                )
                return
            password = persona.password.reveal()
        refused, why = self.permit() if reading.password is not None else ("", "")
        if refused:
            self.progress.stop(refused, why)
            return
        if reading.username is not None:
            self.tab.fill(reading.username, self.errand.username or persona.username)
        if reading.password is not None and password is not None:
            self.observer.recorder.redactor.learn("password", password)
            self.tab.fill(reading.password, password)
            self.progress.password_sent = True
        if reading.code is not None and not self._type_code(seen, reading.code):
            return
        self._typed.add((_field_of(reading), _place(seen.url)))
        self.send(seen, reading, reading.code or reading.password or reading.username)

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

    def _second_factor(self, seen: Snapshot, reading: Reading) -> None:
        if self.errand.decision == "half":
            self.progress.stop("", "")
            return
        if reading.code is None or not self._type_code(seen, reading.code):
            return
        self._typed.add((_field_of(reading), _place(seen.url)))
        self.send(seen, reading, reading.code)

    def _type_code(self, seen: Snapshot, control: Control) -> bool:
        """Type the persona's code; False, with a trouble, where the payer file has none."""
        value, method = factor.code_for(self.errand.persona, seen, self.clock)
        if not value:
            self.progress.stop("not-understood", method)
            return False
        self.observer.recorder.redactor.learn("otp", value)
        self.progress.second_factor = method
        self.tab.fill(control, value)
        return True

    def _send_code(self, seen: Snapshot, reading: Reading) -> None:
        if reading.submit is not None and self._count(seen, "the code could not be asked for"):
            self.tab.press(reading.submit, STEP_SECONDS)

    def _question(self, seen: Snapshot, reading: Reading) -> None:
        for question, control in reading.questions:
            answer = factor.answer_for(self.errand.persona, question)
            if answer is None:
                self.progress.stop(
                    "not-understood",
                    f"persona {self.errand.persona.id} has no answer in the payer file for the "
                    f"question '{question}'",
                )
                return
            self.observer.recorder.redactor.learn("password", answer)
            self.tab.fill(control, answer)
        self.progress.second_factor = "question"
        self._typed.add((_field_of(reading), _place(seen.url)))
        self.send(seen, reading, reading.questions[-1][1])

    def _method(self, seen: Snapshot, reading: Reading) -> None:
        chosen = factor.method_for(self.errand.persona, reading)
        if chosen is None:
            offered = ", ".join(sorted({name for name, _ in reading.methods}))
            self.progress.stop(
                "not-understood",
                f"the page offers {offered} as second factor and persona "
                f"{self.errand.persona.id} has none of them in the payer file",
            )
            return
        if not self._count(seen, "the choice of a second factor led back to itself"):
            return
        if chosen.type == "radio":
            self.tab.tick(chosen, on=True)
            if reading.submit is not None:
                self.tab.press(reading.submit, STEP_SECONDS)
        else:
            self.tab.press(chosen, STEP_SECONDS)

    # -- choice of person and consent ----------------------------------------------------------

    def _pick(self, seen: Snapshot, reading: Reading) -> None:
        if not self._count(seen, "the choice of a person led back to itself"):
            return
        self.progress.picker = self.progress.picker or consent.picker_facts(seen, reading.people)
        control = self.choose_person(reading)
        if control is None:
            return
        if control.button:
            self.tab.press(control, STEP_SECONDS)
        elif reading.submit is not None:
            self.tab.press(reading.submit, STEP_SECONDS)
        elif control.tag != "select":
            self.tab.enter(control, STEP_SECONDS)
        else:
            self.tab.settle(seen.fingerprint, STEP_SECONDS)

    def choose_person(self, reading: Reading) -> Control | None:
        """Set the choice of person; None, with a trouble, where nobody on the page fits."""
        names = self._whom()
        found = consent.person_control(reading.people, names, oneself=not self.errand.choose)
        if found is None:
            who = self.errand.choose or self.errand.persona.id
            self.progress.stop(
                "not-understood",
                f"the page asks whose record is meant and shows nobody labelled as persona {who}; "
                f"give that persona the label that the page shows (key label in the payer file)",
            )
            return None
        control, value = found
        if control.tag == "select":
            self.tab.fill(control, value)
        elif not control.button and not control.checked:
            self.tab.tick(control, on=True)
        return control

    def _whom(self) -> list[str]:
        persona = self.errand.persona
        if self.errand.choose:
            try:
                persona = self.target.persona(self.errand.choose)
            except KeyError:
                return [self.errand.choose]
        return [text for text in (persona.label, persona.patient_id or "") if text]

    def _consent(self, seen: Snapshot, reading: Reading) -> None:
        if self.progress.consent is None:
            facts = self.progress.pages[-1]
            self.progress.consent = consent.consent_facts(
                seen, reading, facts, self.errand.app_names
            )
            self.progress.picker = self.progress.picker or self.progress.consent.picker
        if self.errand.decision == "look":
            self.progress.done = True
            return
        if self.errand.decision in ("forge", "switch"):
            self._amiss(seen, reading)
        elif self._count(seen, "the consent page came back after it was answered"):
            self.answer_consent(seen, reading)

    def _amiss(self, seen: Snapshot, reading: Reading) -> None:
        """Do what the payer ought to refuse, and look what comes."""
        if self.errand.decision == "forge":
            self.progress.pressed = amiss.forged_decline(self.tab, seen, reading)
        else:
            self.progress.pressed = amiss.switch_account(self.tab, seen)
        if self.progress.pressed and self.tab.caught is None:
            now, kind = self.look()
            if self.tab.caught is None:
                self.progress.answer = self.describe(now, kind)
        self.progress.done = True

    def answer_consent(self, seen: Snapshot, reading: Reading) -> None:
        """Approve or decline, as the errand says."""
        if reading.username is not None:
            self.tab.fill(reading.username, self.errand.persona.username)
        if self.errand.decision == "decline":
            self._decline(reading)
        else:
            self._approve(seen, reading)

    def _decline(self, reading: Reading) -> None:
        if reading.deny is None:
            self.progress.stop("not-understood", "the consent page has no control to decline with")
        elif not self.tab.press(reading.deny, STEP_SECONDS):
            self.progress.stop("timeout", f"'{reading.deny.label}' led nowhere")

    def _approve(self, seen: Snapshot, reading: Reading) -> None:
        assert reading.allow is not None
        if reading.people and self.choose_person(reading) is None:
            return
        leave = consent.boxes_about(seen, self.errand.leave_out)
        wanted = [b for b in consent.boxes_about(seen, self.errand.include) if not b.checked]
        for box in dict.fromkeys((*consent.boxes_to_tick(seen, reading), *wanted)):
            if box not in leave:
                self.tab.tick(box, on=True)
        for box in leave:
            if box.checked:
                self.tab.tick(box, on=False)
            self.progress.left_out.append(box.label or box.value or box.name)
        if not self.tab.press(reading.allow, STEP_SECONDS):
            self.progress.stop("timeout", f"'{reading.allow.label}' led nowhere")

    # -- everything else -----------------------------------------------------------------------

    def _interstitial(self, seen: Snapshot, reading: Reading) -> None:
        self._interstitials += 1
        if self._interstitials > MAX_INTERSTITIALS:
            self.progress.stop(
                "redirect-loop", f"more than {MAX_INTERSTITIALS} pages between login and consent"
            )
        elif self._count(seen, "a page in between came back after it was answered"):
            for box in reading.boxes:
                self.tab.tick(box, on=True)
            if reading.submit is not None and not self.tab.press(reading.submit, STEP_SECONDS):
                self.progress.stop("timeout", f"'{reading.submit.label}' led nowhere")

    def _wait(self, seen: Snapshot, _: Reading) -> None:
        if not self.tab.settle(seen.fingerprint, STEP_SECONDS):
            self.progress.pages.append(self.describe(seen, detector.read(seen)))
            self.progress.stop("timeout", f"the page did not go on for {STEP_SECONDS:.0f} seconds")

    def _enrolment(self, _: Snapshot, reading: Reading) -> None:
        self.progress.stop(
            "not-understood",
            f"the page wants a new password or a new second factor ({reading.why[0]}); "
            f"log persona {self.errand.persona.id} in by hand once and set it up",
        )

    def _error(self, seen: Snapshot, _: Reading) -> None:
        """The payer answered with an error page: an end that is understood."""
        text = " ".join(" ".join((*seen.alerts, *seen.headings, seen.text)).split())
        self.progress.stop("", text[:300])

    def _portal(self, seen: Snapshot, reading: Reading) -> None:
        if self.errand.goal == "portal":
            self.progress.login_over()
            self.progress.done = True
        else:
            self._other(seen, reading)

    def _other(self, seen: Snapshot, reading: Reading) -> None:
        if self.tab.settle(seen.fingerprint, IDLE_SECONDS):
            return
        if self.progress.password_sent or reading.kind is Kind.PORTAL:
            self.progress.stop("not-understood", "the page is of no kind that is known")
        else:
            self.progress.stop("no-login-form", "the page shows nothing to log in with")


_FORMS = frozenset({Kind.LOGIN, Kind.IDENTIFIER, Kind.PASSWORD, Kind.CODE, Kind.QUESTION})

_ACTIONS: dict[Kind, Callable[[Journey, Snapshot, Reading], None]] = {
    Kind.LOGIN: Journey._login,
    Kind.IDENTIFIER: Journey._login,
    Kind.PASSWORD: Journey._login,
    Kind.CODE: Journey._second_factor,
    Kind.SEND_CODE: Journey._send_code,
    Kind.QUESTION: Journey._question,
    Kind.METHOD: Journey._method,
    Kind.PICKER: Journey._pick,
    Kind.CONSENT: Journey._consent,
    Kind.TERMS: Journey._interstitial,
    Kind.STAY: Journey._interstitial,
    Kind.NAG: Journey._interstitial,
    Kind.RESUME: Journey._interstitial,
    Kind.WAIT: Journey._wait,
    Kind.ENROLMENT: Journey._enrolment,
    Kind.ERROR: Journey._error,
    Kind.PORTAL: Journey._portal,
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
