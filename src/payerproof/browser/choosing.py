"""Pages that ask for a decision: whose record is meant, and what the app may have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.browser import amiss, consent
from payerproof.browser.kinds import Reading
from payerproof.browser.patience import STEP_SECONDS
from payerproof.browser.snapshot import Control, Snapshot

if TYPE_CHECKING:
    from payerproof.browser.journey import Journey


def pick_person(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Choose whose record is meant."""
    if not journey.count(seen, "the choice of a person led back to itself"):
        return
    journey.progress.picker = journey.progress.picker or consent.picker_facts(seen, reading.people)
    control = choose_person(journey, reading)
    if control is None:
        return
    if control.button:
        journey.tab.press(control, STEP_SECONDS)
    elif reading.submit is not None:
        journey.tab.press(reading.submit, STEP_SECONDS)
    elif control.tag != "select":
        journey.tab.enter(control, STEP_SECONDS)
    else:
        journey.tab.settle(seen.fingerprint, STEP_SECONDS)


def choose_person(journey: Journey, reading: Reading) -> Control | None:
    """Set the choice of person; None, with a trouble, where nobody on the page fits."""
    if journey.errand.decision == "smuggle":
        return amiss.smuggled(journey.tab, reading.people, journey.errand.choose)
    names = _whom(journey)
    found = consent.person_control(reading.people, names, oneself=not journey.errand.choose)
    if found is None:
        who = journey.errand.choose or journey.errand.persona.id
        journey.progress.stop(
            "not-understood",
            f"the page asks whose record is meant and shows nobody labelled as persona {who}; "
            f"give that persona the label that the page shows (key label in the payer file)",
        )
        return None
    control, value = found
    if control.tag == "select":
        journey.tab.fill(control, value)
    elif not control.button and not control.checked:
        journey.tab.tick(control, on=True)
    return control


def _whom(journey: Journey) -> list[str]:
    persona = journey.errand.persona
    if journey.errand.choose:
        try:
            persona = journey.target.persona(journey.errand.choose)
        except KeyError:
            return [journey.errand.choose]
    return [text for text in (persona.label, persona.patient_id or "") if text]


def decide(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Look at the consent page, and answer it as the errand says."""
    if journey.progress.consent is None:
        facts = journey.progress.pages[-1]
        journey.progress.consent = consent.consent_facts(
            seen, reading, facts, journey.errand.app_names
        )
        journey.progress.picker = journey.progress.picker or journey.progress.consent.picker
    if journey.errand.decision in ("look", "smuggle"):
        journey.progress.done = True
        return
    if journey.errand.decision in ("forge", "switch"):
        _amiss(journey, seen, reading)
    elif journey.count(seen, "the consent page came back after it was answered"):
        answer_consent(journey, seen, reading)


def _amiss(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Do what the payer ought to refuse, and look what comes."""
    if journey.errand.decision == "forge":
        journey.progress.pressed = amiss.forged_decline(journey.tab, seen, reading)
    else:
        journey.progress.pressed = amiss.switch_account(journey.tab, seen)
    if journey.progress.pressed and journey.tab.caught is None:
        now, kind = journey.look()
        if journey.tab.caught is None:
            journey.progress.answer = journey.describe(now, kind)
    journey.progress.done = True


def answer_consent(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    """Approve or decline, as the errand says."""
    if reading.username is not None:
        journey.tab.fill(reading.username, journey.errand.persona.username)
    if journey.errand.decision == "decline":
        _decline(journey, reading)
    else:
        _approve(journey, seen, reading)


def _decline(journey: Journey, reading: Reading) -> None:
    if reading.deny is None:
        journey.progress.stop("not-understood", "the consent page has no control to decline with")
    elif not journey.tab.press(reading.deny, STEP_SECONDS):
        journey.progress.stop("timeout", f"'{reading.deny.label}' led nowhere")


def _approve(journey: Journey, seen: Snapshot, reading: Reading) -> None:
    assert reading.allow is not None
    if reading.people and choose_person(journey, reading) is None:
        return
    leave = consent.boxes_about(seen, journey.errand.leave_out)
    wanted = [b for b in consent.boxes_about(seen, journey.errand.include) if not b.checked]
    for box in dict.fromkeys((*consent.boxes_to_tick(seen, reading), *wanted)):
        if box not in leave:
            journey.tab.tick(box, on=True)
    for box in leave:
        if box.checked:
            journey.tab.tick(box, on=False)
        journey.progress.left_out.append(box.label or box.value or box.name)
    if not journey.tab.press(reading.allow, STEP_SECONDS):
        journey.progress.stop("timeout", f"'{reading.allow.label}' led nowhere")
