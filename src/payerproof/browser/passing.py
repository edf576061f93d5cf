"""Pages that ask nothing of the member's choice: terms, waiting, errors, the portal itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.browser import detector
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.patience import IDLE_SECONDS, STEP_SECONDS
from payerproof.browser.snapshot import Snapshot

if TYPE_CHECKING:
    from payerproof.browser.journey import Journey

MAX_INTERSTITIALS = 6


def pass_on(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Agree to what stands between login and consent: terms, reminders, a stay on this device."""
    journey.interstitials += 1
    if journey.interstitials > MAX_INTERSTITIALS:
        journey.progress.stop(
            "redirect-loop", f"more than {MAX_INTERSTITIALS} pages between login and consent"
        )
    elif journey.count(seen, "a page in between came back after it was answered"):
        for box in reading.boxes:
            journey.tab.tick(box, on=True)
        if reading.submit is not None and not journey.tab.press(reading.submit, STEP_SECONDS):
            journey.progress.stop("timeout", f"'{reading.submit.label}' led nowhere")


def wait(journey: Journey, seen: Snapshot, _: Reading) -> None:
    """Wait for a page that works."""
    if not journey.tab.settle(seen.fingerprint, STEP_SECONDS):
        journey.progress.pages.append(journey.describe(seen, detector.read(seen)))
        journey.progress.stop("timeout", f"the page did not go on for {STEP_SECONDS:.0f} seconds")


def enrol(journey: Journey, _: Snapshot, reading: Reading) -> None:
    """End here: a person has to set up the account."""
    journey.progress.stop(
        "not-understood",
        f"the page wants a new password or a new second factor ({reading.why[0]}); "
        f"log persona {journey.errand.persona.id} in by hand once and set it up",
    )


def end_in_error(journey: Journey, seen: Snapshot, _: Reading) -> None:
    """The payer answered with an error page: an end that is understood."""
    text = " ".join(" ".join((*seen.alerts, *seen.headings, seen.text)).split())
    journey.progress.stop("", text[:300])


def arrive(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """The portal is shown: the end of a journey there."""
    if journey.errand.goal == "portal":
        journey.progress.login_over()
        journey.progress.done = True
    else:
        idle(journey, seen, reading)


def idle(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """A page of no known kind: wait for it to change, then stop."""
    if journey.tab.settle(seen.fingerprint, IDLE_SECONDS):
        return
    if journey.progress.password_sent or reading.kind is Kind.PORTAL:
        journey.progress.stop("not-understood", "the page is of no kind that is known")
    else:
        journey.progress.stop("no-login-form", "the page shows nothing to log in with")
