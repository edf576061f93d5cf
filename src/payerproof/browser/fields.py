"""What a field or a button is for, by ranked evidence.

``autocomplete`` > name or id > label > type; never class names, never running numbers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from payerproof.browser import words
from payerproof.browser.snapshot import Control, Snapshot


def tokens(control: Control) -> set[str]:
    """Autocomplete tokens without a ``section-…`` prefix."""
    return {word for word in control.autocomplete.split() if not word.startswith("section-")}


def labels(control: Control) -> str:
    """What a field says of itself: its label and its placeholder."""
    return f"{control.label} {control.placeholder}"


def username_score(control: Control) -> int:
    """How strongly a field is the user name; 0 means it is not."""
    if tokens(control) & {"username", "email", "webauthn"} and control.type != "password":
        return 100
    # B2C calls the field for the mailed code email_ver_input.
    if control.type == "password" or code_score(control) >= 60:
        return 0
    if words.USERNAME_NAME.search(control.names):
        return 60
    if words.USERNAME_LABEL.search(labels(control)):
        return 40
    return 20 if control.type == "email" else 0


def code_score(control: Control) -> int:
    """How strongly a field asks for a one-time code; 0 means it does not."""
    stated = tokens(control)
    if "one-time-code" in stated:
        return 100
    if stated & {"username", "current-password", "new-password", "email"}:
        return 0
    names = re.sub(r"zip_?code|postal_?code|country_?code|area_?code|promo\w*", "", control.names)
    if words.CODE_NAME.search(names) and not words.QUESTION_LABEL.search(control.label):
        return 60
    if words.CODE_LABEL.search(labels(control)):
        return 40
    if control.inputmode == "numeric" and 4 <= control.maxlength <= 10:
        return 30
    return 0


def password_score(control: Control) -> int:
    """How strongly a field is the password; 0 means it is not."""
    if control.type != "password":
        return 0
    if "current-password" in tokens(control):
        return 100
    if tokens(control) & {"one-time-code", "new-password"}:
        return 0
    if words.NEW_PASSWORD_NAME.search(control.names):
        return 0
    if words.PASSWORD_NAME.search(control.names):
        return 60
    return 40 if words.PASSWORD_LABEL.search(labels(control)) else 10


def best(controls: Iterable[Control], score: Callable[[Control], int]) -> Control | None:
    """The control that scores highest; None where none scores."""
    ranked = [(score(control), control) for control in controls]
    ranked = [pair for pair in ranked if pair[0] > 0]
    return max(ranked, key=lambda pair: pair[0])[1] if ranked else None


def submit_for(page: Snapshot, control: Control) -> Control | None:
    """The button that sends ``control``'s form; None means: press Enter in the field."""
    mates = [b for b in page.buttons if b.frame == control.frame and b.form == control.form]
    if not mates:
        mates = [b for b in page.buttons if b.frame == control.frame and b.form == -1]
    wanted = [b for b in mates if not words.NOT_SUBMIT.search(b.label)]
    real = [b for b in wanted if b.type in ("submit", "image")]
    for group in (real, wanted):
        for button in group:
            if words.SUBMIT.match(button.label):
                return button
    if real:
        return real[0]
    named = [b for b in wanted if re.search(r"submit|login|signin|continue|next", b.names)]
    return named[0] if named else None


def allow_and_deny(
    page: Snapshot, form: int | None = None
) -> tuple[Control | None, Control | None]:
    """The allowing and the denying control, of one form where the page has several."""
    usable = [
        b
        for b in page.buttons
        if (form is None or b.form == form) and not words.NEITHER.search(b.label)
    ]
    deny = [b for b in usable if words.DENY.match(b.label) or _value_is(b, _DENYING)]
    allow = [
        b
        for b in usable
        if b not in deny and (words.ALLOW.match(b.label) or _value_is(b, _ALLOWING))
    ]
    if not allow and deny:
        allow = [b for b in usable if b not in deny and words.ALLOW_WEAK.match(b.label)]
    best = next((a for a in allow if any(d.form == a.form for d in deny)), None)
    chosen = best or (allow[0] if allow else None)
    denied = next((d for d in deny if chosen is None or d.form == chosen.form), None)
    denied = denied or (deny[0] if deny else None)
    if chosen is not None and denied is None and form is None:
        denied = next((a for a in page.pressables if a.link and words.DENY.match(a.label)), None)
    return chosen, denied


_ALLOWING = frozenset({"allow", "accept", "approve", "authorize", "authorise", "yes", "grant"})
_DENYING = frozenset({"deny", "decline", "cancel", "no", "reject", "refuse"})


def _value_is(button: Control, known: frozenset[str]) -> bool:
    """By name, id or value: these stay the same in every language of the page."""
    if button.type not in ("submit", "button"):
        return False
    return bool({button.value.lower(), button.name.lower(), button.id.lower()} & known)


def only_terms(page: Snapshot) -> bool:
    """True where title and headings speak of terms of use."""
    return bool(words.TERMS_PAGE.search(" ".join((page.title, *page.headings))))
