"""The portal's page of connected apps: its entries, and the control that revokes an app."""

from __future__ import annotations

import re
from collections.abc import Sequence

from payerproof.browser import words
from payerproof.browser.facts import ConnectedApp
from payerproof.browser.snapshot import Control, Snapshot

_YES = re.compile(r"\W*(?:yes|confirm|ok|continue|s\u00ed|confirmar|aceptar)\b", re.IGNORECASE)


def connected_apps(page: Snapshot, known: Sequence[str] = ()) -> tuple[ConnectedApp, ...]:
    """The entries of the list.

    An entry is whatever has a control to revoke; and a row without one that names an app of
    ``known``, since a list without controls is a finding of its own.
    """
    found = [
        ConnectedApp(_name(control, known), control.row or control.heading, control.label)
        for control in _revokers(page)
    ]
    with_control = " ".join(app.text for app in found)
    for name in known:
        rows = [row for row in page.rows if _names(name, row) and row not in with_control]
        if rows and not any(_names(name, app.text) or app.name == name for app in found):
            found.append(ConnectedApp(name, min(rows, key=len), ""))
    return tuple(found)


def _revokers(page: Snapshot) -> list[Control]:
    pressable = [c for c in page.pressables if words.REVOKE.match(c.label)]
    # A link in a running text, such as "Stop sharing: how it works", has no entry around it.
    return [c for c in pressable if not c.link or c.row]


def _name(control: Control, known: Sequence[str]) -> str:
    said = f"{control.row} {control.heading} {control.label}"
    for name in sorted(known, key=len, reverse=True):
        if _names(name, said):
            return name
    if control.heading and not words.REVOKE.match(control.heading):
        return control.heading
    label = re.sub(words.REVOKE, "", control.label).strip(" :-")
    return label or control.row.replace(control.label, "").strip()


def _names(name: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text, re.IGNORECASE))


def revoke_control(page: Snapshot, app_name: str) -> Control | None:
    """The control that revokes the named app, and no other's."""
    fitting = [c for c in _revokers(page) if _names(app_name, f"{c.row} {c.heading} {c.label}")]
    exact = [
        c for c in fitting if app_name.casefold() in (c.heading.casefold(), c.label.casefold())
    ]
    return next(iter(exact or fitting), None)


def confirm_control(before: Snapshot, after: Snapshot, app_name: str) -> Control | None:
    """The affirmative control of a confirmation page or dialog; None where none is asked for.

    On the same document only controls that were not there before can confirm. A page is a
    confirmation where it names the app, or asks a question, and offers a way back.
    """
    same = same_document(before, after)
    old = {_identity(c) for c in before.pressables} if same else set()
    fresh = [c for c in after.pressables if _identity(c) not in old]
    yes = [c for c in fresh if words.REVOKE.match(c.label) or _YES.match(c.label)]
    if not yes or (not same and len(_revokers(after)) > 1):
        return None
    no = [c for c in fresh if words.DENY.match(c.label) or words.DISMISS.match(c.label)]
    asks = re.search(r"are you sure|confirm|\?|\u00bf|est\u00e1 seguro", after.text, re.IGNORECASE)
    if not (no or (asks and _names(app_name, after.text))):
        return None
    buttons = [c for c in yes if not c.link]
    return (buttons or yes)[0]


def _identity(control: Control) -> tuple[str, str, str, str]:
    return control.label, control.name, control.value, control.row


def same_document(before: Snapshot, after: Snapshot) -> bool:
    """True where the page changed at most by itself, without being sent anew."""
    one, other = (page.fingerprint.partition("\n")[0] for page in (before, after))
    return one == other
