"""What a browser does that the payer ought to refuse: a forged form, a step left out, wrong codes.

Each is harmless where it works all the same: a forged form only declines, a step left out only
shows a page, and a wrong code opens the account of a test person.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from payerproof.browser import detector, words
from payerproof.browser.facts import PageFacts
from payerproof.browser.kinds import Reading
from payerproof.browser.snapshot import Control, Snapshot
from payerproof.browser.tab import Tab

_FORM_TOKEN = re.compile(
    r"csrf|xsrf|requestverification|authenticity|form_?-?(?:key|token|id)|(?:^|_)token$|nonce",
    re.IGNORECASE,
)
_ALPHABETS = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
_MOVED_ON = str.maketrans(
    "".join(_ALPHABETS), "".join(letters[1:] + letters[0] for letters in _ALPHABETS)
)
_PRESS_SECONDS = 15.0
Read = Callable[[], tuple[Snapshot, PageFacts]]
Open = Callable[[str], None]


def form_tokens(seen: Snapshot, form: int) -> tuple[Control, ...]:
    """Hidden fields of a form that look like its token against forgery, by their names."""
    return tuple(
        one
        for one in seen.controls
        if one.type == "hidden" and one.form == form and one.value and _FORM_TOKEN.search(one.names)
    )


def altered(value: str) -> str:
    """Another value of the same length and alphabet: each letter and digit moved on by one."""
    return value.translate(_MOVED_ON)


def forged_decline(tab: Tab, seen: Snapshot, reading: Reading) -> bool:
    """Press Decline with another form token than the page's; False where it has none."""
    if reading.deny is None:
        return False
    tokens = form_tokens(seen, reading.deny.form)
    for token in tokens:
        tab.replace(token, altered(token.value))
    return bool(tokens) and tab.press(reading.deny, _PRESS_SECONDS)


def smuggled(tab: Tab, people: Sequence[Control], value: str) -> Control:
    """Let the first of the offered choices stand for this value, and choose it."""
    control = people[0]
    tab.replace(control, value)
    if control.tag != "select" and not control.button:
        tab.tick(control, on=True)
    return control


def switch_account(tab: Tab, seen: Snapshot) -> bool:
    """Press what the consent page offers to somebody else; False where it offers nothing."""
    offers = [one for one in seen.pressables if words.OTHER_ACCOUNT.search(one.label)]
    return bool(offers) and tab.press(offers[0], _PRESS_SECONDS)


def laid_over(address: str, current: str) -> str:
    """An address of another journey, with the values that the current page's address has."""
    parts, now = urlsplit(address), dict(parse_qsl(urlsplit(current).query))
    pairs = [(name, now.get(name, value)) for name, value in parse_qsl(parts.query)]
    return parts._replace(query=urlencode(pairs)).geturl()


def opened(tab: Tab, addresses: tuple[str, ...], go: Open, read: Read) -> tuple[PageFacts, ...]:
    """Pages that come where a step is left out: these addresses, out of the middle of a login."""
    current, found = tab.page.url, []
    for address in addresses:
        go(laid_over(address, current))
        found.append(read()[1])
    return tuple(found)


def wrong_codes_given(
    tab: Tab, codes: Sequence[str], at: str, go: Open, read: Read, learn: Callable[[str], None]
) -> tuple[PageFacts, ...]:
    """Pages that come of second-factor codes, until one leads on. `at` is where they are asked."""
    found: list[PageFacts] = []
    for code in codes:
        if not found:
            go(at)
        seen, _ = read()
        reading = detector.read(seen)
        if reading.code is None or reading.password is not None or reading.submit is None:
            break
        learn(code)
        tab.fill(reading.code, code)
        tab.press(reading.submit, _PRESS_SECONDS)
        found.append(read()[1])
    return tuple(found)
