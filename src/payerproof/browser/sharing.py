"""The page of sharing with clinics: the control that ends it, and the one that begins it."""

from __future__ import annotations

import re

from payerproof.browser.portal import same_document
from payerproof.browser.snapshot import Control, Snapshot

_STOP = re.compile(
    r"\W*(?:stop(?: \w+){0,2} sharing|opt(?:ing)?[ -]?out|do(?: no|n['\u2019])t share|turn(?: \w+)?"
    r" off|no,? do(?: no|n['\u2019])t|withhold|dejar de compartir)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"\W*(?:share(?: \w+){0,2}(?: again)?|(?:start|resume|allow)(?: \w+){0,2} sharing"
    r"|opt(?:ing)?[ -]?(?:back[ -])?in|turn(?: \w+)? on|compartir)\b",
    re.IGNORECASE,
)
_YES = re.compile(r"\W*(?:yes|confirm|ok|continue|save|submit|s\u00ed)\b", re.IGNORECASE)


def sharing_control(page: Snapshot, whose: str, *, share: bool) -> Control | None:
    """The control by which a person's data are shared, or not any more.

    Where there are several, the one that stands by the name; without a name by any of them, the
    first, which is the member's own as a rule.
    """
    wanted = _SHARE if share else _STOP
    fitting = [one for one in page.pressables if wanted.match(one.label) and not one.link]
    named = [one for one in fitting if whose and whose in f"{one.heading} {one.row} {one.group}"]
    return next(iter(named or (fitting if len(fitting) == 1 else ())), None)


def confirming_control(before: Snapshot, after: Snapshot, *, share: bool) -> Control | None:
    """The affirmative control of a page or dialog that asks again; None where none does."""
    wanted = _SHARE if share else _STOP
    old = {(one.label, one.row) for one in before.pressables if same_document(before, after)}
    fresh = [one for one in after.pressables if (one.label, one.row) not in old and not one.link]
    asks = [one for one in fresh if _YES.match(one.label)]
    asks += [one for one in fresh if wanted.match(one.label)]
    way_back = any(re.match(r"\W*(?:no|cancel|back|keep)\b", one.label, re.I) for one in fresh)
    return asks[0] if asks and way_back else None
