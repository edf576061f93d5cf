"""Pages on the way in: user name, password, codes, questions, and those never to be filled.

Password change and enrolment pages are recognised so that they are never filled; a page with a user
name alone is a page of its own kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from payerproof.browser import words
from payerproof.browser.fields import (
    allow_and_deny,
    best,
    code_score,
    password_score,
    submit_for,
    tokens,
    username_score,
)
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.snapshot import Control, Snapshot


def enrolment(page: Snapshot) -> Reading | None:
    """A page that would set something: recognised so that it is never filled."""
    fields = page.fields
    fresh = [
        f for f in fields if "new-password" in tokens(f) or words.NEW_PASSWORD_NAME.search(f.names)
    ]
    passwords = [f for f in fields if f.type == "password" and code_score(f) < 60]
    per_form: dict[tuple[int, int], int] = {}
    for one in passwords:
        per_form[one.frame, one.form] = per_form.get((one.frame, one.form), 0) + 1
    doubled = any(count > 1 for count in per_form.values())
    secret = words.TOTP_SECRET.search(page.text) and words.ENROLMENT_PAGE.search(page.text)
    if not (fresh or doubled or secret):
        return None
    taken = {(f.frame, f.form) for f in fresh} | {k for k, n in per_form.items() if n > 1}
    if not secret and any((p.frame, p.form) not in taken for p in passwords):
        return None  # a sign-up form beside the login form
    if doubled and not fresh and words.QUESTION_PAGE.search(page.text):
        return None  # challenge answers are often masked
    why = (
        "a new-password field" if fresh else "two password fields" if doubled else "a visible seed"
    )
    return Reading(Kind.ENROLMENT, (why,))


def questions(page: Snapshot) -> Reading | None:
    """Challenge questions, each with its field."""
    asked = []
    for control in page.fields:
        if username_score(control) >= 60 or "current-password" in tokens(control):
            continue
        text = control.label or control.placeholder
        by_label = words.QUESTION_LABEL.search(text)
        by_page = words.QUESTION_PAGE.search(page.text) and "answer" in control.names
        if by_label or by_page:
            asked.append((_question_text(page, text), control))
    if not asked:
        return None
    submit = submit_for(page, asked[-1][1])
    return Reading(Kind.QUESTION, ("a question as label",), questions=tuple(asked), submit=submit)


def _question_text(page: Snapshot, label: str) -> str:
    """The label if it is a question, else the page's sentence that ends in a question mark."""
    if "?" in label:
        return label
    found = re.findall(r"[^.?!\n]+\?", page.text)
    return f"{found[0].strip()} {label}".strip() if found else label


def methods(page: Snapshot) -> Reading | None:
    """A choice of second factor: no field to type into, two methods or more."""
    if page.fields:
        return None
    found: list[tuple[str, Control]] = []
    for control in page.controls:
        if not control.usable or not (control.button or control.type == "radio"):
            continue
        known = words.METHOD_NAME.search(f"{control.names} {control.value}".lower())
        text = control.label if len(control.label) > 8 else f"{control.row} {control.label}"
        named = f"{text} {control.data}"
        method = next((m for m, p in words.METHODS.items() if p.search(named)), "")
        if method and (known or words.METHOD_PAGE.search(page.text)):
            found.append((method, control))
    radios = [c for _, c in found if c.type == "radio"]
    if len(found) < 2 and not (found and words.METHOD_PAGE.search(page.text)):
        return None
    if any(words.CONSENT_PAGE.search(h) for h in page.headings):
        return None
    submit = submit_for(page, radios[0]) if radios else None
    return Reading(Kind.METHOD, ("a list of factors",), methods=tuple(found), submit=submit)


def login(page: Snapshot) -> Reading | None:
    """User name and password, or either alone."""
    password = best(page.fields, password_score)
    if password is not None and _is_code(page, password):
        password = None
    if password is None:
        return _identifier(page)
    beside = [f for f in page.fields if f is not password and f.frame == password.frame]
    same = [f for f in beside if f.form == password.form]
    username = best(same, username_score) or best(beside, username_score)
    if username is None:
        username = _plain_before(page, password)
    submit = submit_for(page, password)
    if username is None:
        return Reading(Kind.PASSWORD, ("a password alone",), password=password, submit=submit)
    why = (
        f"user name by {_by(username, username_score)}, password by {_by(password, password_score)}"
    )
    # Some ask for the code on the same page.
    code = best([f for f in same if f is not username], code_score)
    return Reading(
        Kind.LOGIN, (why,), username=username, password=password, code=code, submit=submit
    )


def _is_code(page: Snapshot, control: Control) -> bool:
    """A password-typed field that really asks for a code (ForgeRock labels it "Password")."""
    if "current-password" in tokens(control):
        return False
    if code_score(control) >= 60:
        return True
    alone = len(page.fields) == 1
    said = " ".join((*page.headings, *(b.label for b in page.buttons)))
    if alone and re.search(r"\bO\s?T\s?P\b", said, re.IGNORECASE):
        return True
    return alone and bool(words.CODE_PAGE.search(" ".join((*page.headings, control.label))))


def _plain_before(page: Snapshot, password: Control) -> Control | None:
    """The one unnamed text field right before the password in the same form."""
    before = [
        f
        for f in page.fields
        if f.form == password.form and f.frame == password.frame and f.index < password.index
        and f.type in ("text", "email", "")
    ]  # fmt: skip
    return before[-1] if before else None


def _by(control: Control, score: Callable[[Control], int]) -> str:
    return {100: "autocomplete", 60: "name", 40: "label"}.get(score(control), "type")


def _identifier(page: Snapshot) -> Reading | None:
    username = best(page.fields, username_score)
    if username is None or code_score(username) >= 60:
        return _drop_down_login(page)
    if allow_and_deny(page, username.form)[1] is not None and username_score(username) < 100:
        return None  # one field beside Authorize and Deny: consent with the name in it
    submit = submit_for(page, username)
    if submit is None and username_score(username) < 60:
        return None
    return Reading(
        Kind.IDENTIFIER,
        (f"user name alone, by {_by(username, username_score)}",),
        username=username,
        submit=submit,
    )


def _drop_down_login(page: Snapshot) -> Reading | None:
    """A launcher that lets one choose the user from a list."""
    if page.fields:
        return None
    for select in page.selects:
        named = words.USERNAME_NAME.search(select.names) or words.USERNAME_LABEL.search(
            select.label
        )
        dead = any(c.type == "password" and c.visible and not c.enabled for c in page.controls)
        if named or dead:
            return Reading(
                Kind.IDENTIFIER,
                ("a list of users",),
                username=select,
                submit=submit_for(page, select),
            )
    return None


def code(page: Snapshot) -> Reading | None:
    """A field for a one-time code."""
    candidates = [f for f in page.fields if username_score(f) < 60]
    about_codes = bool(words.CODE_PAGE.search(page.text))
    field_ = best(candidates, code_score)
    if field_ is not None and code_score(field_) < 60 and not about_codes:
        field_ = None
    field_ = field_ or next((f for f in candidates if _is_code(page, f)), None)
    if (
        field_ is None
        and len(candidates) == 1
        and about_codes
        and password_score(candidates[0]) < 60
    ):
        field_ = candidates[0]
    if field_ is None:
        return None
    if best(page.fields, username_score) is not None and best(page.fields, password_score):
        return None  # a one-page login that asks for the code as well is a login
    why = f"a code field by {_by(field_, code_score)}"
    return Reading(Kind.CODE, (why,), code=field_, submit=_code_submit(page, field_))


def _code_submit(page: Snapshot, control: Control) -> Control | None:
    """Verify rather than send again (B2C has both beside each other)."""
    fit = [b for b in page.buttons if re.search(r"ver_but_verify|verifycode|\bverify\b", b.names)]
    fit = [b for b in fit if not words.SEND_CODE.match(b.label)]
    return fit[0] if fit else submit_for(page, control)


def send_code(page: Snapshot) -> Reading | None:
    """The code has to be asked for first."""
    if any(code_score(f) >= 40 or f.type == "password" for f in page.fields):
        return None
    for button in page.buttons:
        by_name = re.search(r"but_send|sendcode|send_code", button.names)
        if by_name or (
            words.SEND_CODE.match(button.label) and not words.NEITHER.search(button.label)
        ):
            return Reading(Kind.SEND_CODE, ("a button that sends a code",), submit=button)
    return None
