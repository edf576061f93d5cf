"""Pages that ask who is there: user name, password, second factor, challenge questions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.browser import factor
from payerproof.browser.kinds import Reading
from payerproof.browser.patience import STEP_SECONDS
from payerproof.browser.snapshot import Control, Snapshot

if TYPE_CHECKING:
    from payerproof.browser.journey import Journey


def log_in(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Type the user name, the password, or both, as the page asks; a password once per page."""
    journey.progress.login_begins()
    persona = journey.errand.persona
    if reading.username is not None and not persona.username:
        journey.progress.stop(
            "not-understood", f"persona {persona.id} has no username in the payer file"
        )
        return
    password = journey.errand.password
    if reading.password is not None and password is None:
        if persona.password is None:
            journey.progress.stop(
                "not-understood", f"persona {persona.id} has no password in the payer file"
            )
            return
        password = persona.password.reveal()
    refused, why = journey.permit() if reading.password is not None else ("", "")
    if refused:
        journey.progress.stop(refused, why)
        return
    if reading.username is not None:
        journey.tab.fill(reading.username, journey.errand.username or persona.username)
    if reading.password is not None and password is not None:
        journey.observer.recorder.redactor.learn("password", password)
        journey.tab.fill(reading.password, password)
        journey.progress.password_sent = True
    if (
        reading.code is not None
        and factor.owed(persona, reading.code)
        and not _type_code(journey, seen, reading.code)
    ):
        return
    journey.typed(seen, reading)
    journey.send(seen, reading, reading.code or reading.password or reading.username)


def enter_code(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Type the second factor, or end before it where the errand says so."""
    if journey.errand.decision == "half":
        journey.progress.stop("", "")
        return
    if reading.code is None or not _type_code(journey, seen, reading.code):
        return
    journey.typed(seen, reading)
    journey.send(seen, reading, reading.code)


def _type_code(journey: Journey, seen: Snapshot, control: Control) -> bool:
    """Type the persona's code; False, with a trouble, where the payer file has none."""
    value, method = factor.code_for(journey.errand.persona, seen, journey.clock)
    if not value:
        journey.progress.stop("not-understood", method)
        return False
    journey.observer.recorder.redactor.learn("otp", value)
    journey.progress.second_factor = method
    journey.tab.fill(control, value)
    return True


def send_code(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Have a code sent."""
    if reading.submit is not None and journey.count(seen, "the code could not be asked for"):
        journey.tab.press(reading.submit, STEP_SECONDS)


def answer_questions(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Answer challenge questions from the payer file."""
    for question, control in reading.questions:
        answer = factor.answer_for(journey.errand.persona, question)
        if answer is None:
            journey.progress.stop(
                "not-understood",
                f"persona {journey.errand.persona.id} has no answer in the payer file for the "
                f"question '{question}'",
            )
            return
        journey.observer.recorder.redactor.learn("password", answer)
        journey.tab.fill(control, answer)
    journey.progress.second_factor = "question"
    journey.typed(seen, reading)
    journey.send(seen, reading, reading.questions[-1][1])


def choose_method(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Choose a second factor that the payer file has."""
    chosen = factor.method_for(journey.errand.persona, reading)
    if chosen is None:
        offered = ", ".join(sorted({name for name, _ in reading.methods}))
        journey.progress.stop(
            "not-understood",
            f"the page offers {offered} as second factor and persona "
            f"{journey.errand.persona.id} has none of them in the payer file",
        )
        return
    if not journey.count(seen, "the choice of a second factor led back to itself"):
        return
    if chosen.type == "radio":
        journey.tab.tick(chosen, on=True)
        if reading.submit is not None:
            journey.tab.press(reading.submit, STEP_SECONDS)
    else:
        journey.tab.press(chosen, STEP_SECONDS)
