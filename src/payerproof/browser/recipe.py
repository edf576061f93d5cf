"""Login recipes of the payer file: declared steps for pages where the autodetector is lost."""

from __future__ import annotations

import re
from fnmatch import fnmatch
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from payerproof.browser import choosing, consent, detector, factor
from payerproof.browser.snapshot import Control, Snapshot
from payerproof.target import Recipe, Step

if TYPE_CHECKING:
    from payerproof.browser.journey import Journey

_APPEAR_SECONDS = 10.0
_CSS = "css="


def run_matching(journey: Journey, seen: Snapshot, done: set[int]) -> bool:
    """Run the first recipe for this page's host that was not run yet; True where one was.

    A recipe that cannot be followed ends the journey with a sentence that names the step.
    """
    host = urlsplit(seen.url).hostname or ""
    for number, recipe in enumerate(journey.target.logins):
        if number not in done and fnmatch(host, recipe.host.lower()):
            done.add(number)
            _follow(journey, recipe)
            return True
    return False


def _follow(journey: Journey, recipe: Recipe) -> None:
    for number, step in enumerate(recipe.steps, 1):
        if journey.tab.caught is not None or journey.progress.done:
            return
        where = f"step {number} ({step.action}) of the login recipe for {recipe.host}"
        seen = _await_control(journey, step)
        journey.progress.pages.append(journey.describe(seen, detector.read(seen)))
        _perform(journey, step, seen, where)


def _await_control(journey: Journey, step: Step) -> Snapshot:
    """Look at the page, waiting for the step's control to appear."""
    seen, _ = journey.look()
    if step.label or step.fallbacks:
        waited = not step.optional
        while waited and find(seen, step, button=step.action != "fill") is None:
            waited = journey.tab.settle(seen.fingerprint, _APPEAR_SECONDS)
            seen, _ = journey.look()
    return seen


def _perform(journey: Journey, step: Step, seen: Snapshot, where: str) -> None:
    if step.action == "expect_redirect":
        if journey.tab.caught is None and not journey.tab.settle(seen.fingerprint, _APPEAR_SECONDS):
            journey.progress.stop("timeout", f"{where}: no redirect came")
    elif step.action == "consent":
        _consent(journey, seen, where)
    elif step.action == "choose_member":
        _choose(journey, seen, where)
    else:
        control = find(seen, step, button=step.action == "click")
        if control is None and step.action == "mfa":
            control = detector.read(seen).code
        if control is not None:
            _use(journey, step, seen, control, where)
        elif not step.optional:
            journey.progress.stop(
                "not-understood", f"{where}: nothing on the page is labelled '{step.label}'"
            )


def _use(journey: Journey, step: Step, seen: Snapshot, control: Control, where: str) -> None:
    if step.action == "click":
        journey.tab.press(control)
        return
    value = _value(journey, step, seen)
    if not value:
        journey.progress.stop(
            "not-understood",
            f"{where}: persona {journey.errand.persona.id} has no {step.value or 'value'} for it",
        )
        return
    journey.tab.fill(control, value)


def _value(journey: Journey, step: Step, seen: Snapshot) -> str:
    persona = journey.errand.persona
    learn = journey.observer.recorder.redactor.learn
    kind = step.value or ("totp" if step.action == "mfa" and persona.totp else "")
    kind = kind or ("code" if step.action == "mfa" else "")
    if kind == "username":
        return persona.username
    if kind == "patient_id":
        return persona.patient_id or ""
    found: str | None = None
    if kind == "password":
        own = persona.password.reveal() if persona.password is not None else None
        found = journey.errand.password or own
        journey.progress.login_begins()
        journey.progress.password_sent = True
    elif kind == "totp" and persona.totp is not None:
        found = journey.clock.code(persona.totp.reveal())
        journey.progress.second_factor = "totp"
    elif kind == "code" and persona.code is not None:
        found = persona.code.reveal()
        journey.progress.second_factor = "code"
    elif kind == "answer":
        found = factor.answer_for(persona, f"{step.label} {seen.text}")
        journey.progress.second_factor = "question"
    if found:
        learn("password" if kind in ("password", "answer") else "otp", found)
    return found or ""


def _consent(journey: Journey, seen: Snapshot, where: str) -> None:
    reading = detector.read(seen)
    if reading.allow is None:
        journey.progress.stop("not-understood", f"{where}: the page has no control to allow with")
        return
    choosing.answer_consent(journey, seen, reading)


def _choose(journey: Journey, seen: Snapshot, where: str) -> None:
    reading = detector.read(seen)
    if not reading.people:
        journey.progress.stop("not-understood", f"{where}: the page offers no choice of person")
        return
    journey.progress.picker = journey.progress.picker or consent.picker_facts(seen, reading.people)
    chosen = choosing.choose_person(journey, reading)
    if chosen is not None and chosen.button:
        journey.tab.press(chosen)
    elif chosen is not None and reading.submit is not None:
        journey.tab.press(reading.submit)


def find(seen: Snapshot, step: Step, *, button: bool) -> Control | None:
    """The control of a step: by label or name, then by the fallbacks in their order.

    ``css=#id``, ``css=[name=x]`` and ``css=tag[name=x]`` are understood; they are matched against
    what was seen, so that a hidden twin is never used.
    """
    for text in (step.label, *step.fallbacks):
        if not text:
            continue
        candidates = [c for c in seen.controls if c.usable and c.button == button]
        if text.startswith(_CSS):
            found = next((c for c in candidates if _fits(c, text[len(_CSS) :].strip())), None)
        else:
            found = _by_words(candidates, text)
        if found is not None:
            return found
    return None


def _by_words(candidates: list[Control], text: str) -> Control | None:
    wanted = text.casefold()
    for test in (
        lambda c: wanted in (c.label.casefold(), c.name.casefold(), c.id.casefold()),
        lambda c: c.label.casefold().startswith(wanted),
        lambda c: wanted in f"{c.label} {c.placeholder}".casefold(),
    ):
        found = next((c for c in candidates if test(c)), None)
        if found is not None:
            return found
    return None


_SELECTOR = re.compile(
    r"(?P<tag>[a-z]+)?(?:#(?P<id>[\w-]+))?(?P<attributes>(?:\[[\w-]+=['\"]?[^\]'\"]*['\"]?\])*)$",
    re.I,
)
_ATTRIBUTE = re.compile(r"\[(?P<name>[\w-]+)=['\"]?(?P<value>[^\]'\"]*)['\"]?\]")


def _fits(control: Control, selector: str) -> bool:
    match = _SELECTOR.match(selector)
    if match is None or not selector:
        return False
    if match["tag"] and match["tag"].lower() != control.tag:
        return False
    if match["id"] and match["id"] != control.id:
        return False
    return all(
        _attribute(control, one["name"].lower()) == one["value"]
        for one in _ATTRIBUTE.finditer(match["attributes"] or "")
    )


def _attribute(control: Control, name: str) -> str | None:
    if name in ("name", "id", "type", "value", "autocomplete", "placeholder"):
        return str(getattr(control, name))
    data = dict(part.partition("=")[::2] for part in control.data.split())
    return data.get(name)
