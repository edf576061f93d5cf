"""Pages on which the member decides: consent, and whose record is meant.

Consent is found by its pair of an allowing and a denying control, not by ids; a choice of person is
a step of its own.
"""

from __future__ import annotations

import re

from payerproof.browser import words
from payerproof.browser.fields import (
    allow_and_deny,
    best,
    only_terms,
    submit_for,
    username_score,
)
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.snapshot import Control, Snapshot


def _people(page: Snapshot) -> tuple[Control, ...]:
    """The controls that choose whose record is meant, if any."""
    radios = [c for c in page.boxes if c.type == "radio" and c.usable]
    groups: dict[str, list[Control]] = {}
    for radio in radios:
        groups.setdefault(radio.name, []).append(radio)
    for name, members in groups.items():
        if words.PICKER_NAME.search(name.lower()) or words.PICKER_PAGE.search(members[0].group):
            return tuple(members)
    if len(groups) == 1 and words.PICKER_PAGE.search(" ".join((*page.headings, page.title))):
        return tuple(radios)
    for select in page.selects:
        if words.PICKER_NAME.search(select.names) or words.PICKER_PAGE.search(select.label):
            return (select,)
    picks = tuple(b for b in page.pressables if words.SELECT.match(b.label))
    named = tuple(
        b for b in page.buttons if words.PICKER_NAME.search(b.name.lower()) and b not in picks
    )
    for buttons in (picks, named):
        asked = words.PICKER_PAGE.search(f"{page.text} {page.title}")
        if buttons and (len(buttons) > 1 or asked) and asked:
            return buttons
    return ()


def consent(page: Snapshot) -> Reading | None:
    """An allowing and a denying control; or the former alone where the text is of access."""
    if any(f.type == "password" for f in page.fields):
        return None
    allow, deny = allow_and_deny(page)
    if allow is None:
        return _consent_with_a_link_out(page)
    said = f"{page.title}\n{page.text}"
    about_access = bool(words.CONSENT_PAGE.search(said))
    scoped = any(re.search(r"scope|share[_-]|consent|permission", c.names) for c in page.boxes)
    if not (about_access or scoped or (deny is not None and _oauth_address(page.url))):
        return None
    if only_terms(page) and not scoped and not about_access:
        return None
    if deny is None and not (words.ALLOW.match(allow.label) or scoped):
        return None
    why = ["allow and deny side by side" if deny else "an allowing control without a denying one"]
    why += ["the text asks for access"] if about_access else []
    why += ["boxes for scopes"] if scoped else []
    username = best([f for f in page.fields if f.form == allow.form], username_score)
    return Reading(
        Kind.CONSENT, tuple(why), allow=allow, deny=deny, people=_people(page), username=username
    )


def _consent_with_a_link_out(page: Snapshot) -> Reading | None:
    """Headed by an allowing word: one button that goes on, and a link that cancels."""
    heads = (page.title, *page.headings)
    onward = [b for b in page.buttons if words.ALLOW_WEAK.match(b.label)]
    out = next((a for a in page.pressables if a.link and words.DENY.match(a.label)), None)
    if page.fields or len(onward) != 1 or out is None or not any(map(words.ALLOW.match, heads)):
        return None
    why = ("a button that goes on beside a link that cancels", "the heading asks for consent")
    return Reading(Kind.CONSENT, why, allow=onward[0], deny=out)


def _oauth_address(url: str) -> bool:
    return bool(re.search(r"authori[sz]|consent|approv|oauth|grant", url, re.IGNORECASE))


def picker(page: Snapshot) -> Reading | None:
    """A page that asks whose record is meant."""
    people = _people(page)
    if not people:
        return None
    submit = None if people[0].button else submit_for(page, people[0])
    return Reading(Kind.PICKER, ("a choice of person",), people=people, submit=submit)
