"""Reads a consent page as data and answers it: approve, decline, leave out, or only look."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from payerproof.browser import words
from payerproof.browser.facts import Choice, ConsentFacts, Link, PageFacts, PickerFacts
from payerproof.browser.kinds import Reading
from payerproof.browser.snapshot import Control, Snapshot

_NAME = r"([A-Z0-9][\w&.'\u2019-]*(?: (?:[A-Z0-9&][\w&.'\u2019-]*|of|for|and|by|de|del|y)){0,5})"
_APP_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{_NAME} (?:would like|wants?|is (?:asking|requesting)|requests?|quiere|solicita)\b",
        r"(?:[Aa]llow|[Aa]uthori[sz]e|[Aa]pprove|[Cc]onnect|[Pp]ermitir(?: que)?"
        r"|[Aa]utorizar(?: a)?)"
        rf" (?:the app |the application |la aplicaci\u00f3n )?{_NAME}"
        r" (?:to|access|with|acceda|para)\b",
        rf"(?:with|to|con) (?:the app |the application )?{_NAME}\??$",
        rf"^{_NAME} (?:by|from|de) [A-Z]",
    )
)
_MEMBER_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:[Ss]igned|[Ll]ogged) in as:? {_NAME}",
        rf"(?:[Hh]ello|[Ww]elcome|[Hh]i|[Hh]ola),? {_NAME}",
        rf"[Nn]ot {_NAME}\?",
        rf"(?:on behalf of|acting for|record of|records? for|en nombre de):? {_NAME}",
        rf"(?:sesi\u00f3n iniciada como|conectado como):? {_NAME}",
    )
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\u00c0-\u00dd\u00bf\u00a1(\"\u201c])")
_MYSELF = re.compile(
    r"\b(?:my ?self|me|self|my (?:own )?record|yo|m\u00ed mism[oa])\b", re.IGNORECASE
)
_AGREEMENT = re.compile(
    r"\W*(?:yes,? )?i (?:have read|agree|understand|accept|acknowledge)|"
    r"\W*(?:he le\u00eddo|acepto|entiendo)",
    re.IGNORECASE,
)
_COMMON = frozenset(
    [
        "This",
        "The",
        "An",
        "A",
        "App",
        "Application",
        "It",
        "You",
        "Your",
        "We",
        "Data",
        "Health",
        "Sign",
        "Share",
    ]
)


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a page's text, in order; every line is at least one."""
    found = []
    for line in text.splitlines():
        for part in re.split(
            r"(?<=[.!?])\s+(?=[A-Z\u00c0-\u00dd\u00bf\u00a1(\"\u201c])", line.strip()
        ):
            if part:
                found.append(" ".join(part.split()))
    return tuple(found)


def consent_facts(
    page: Snapshot, reading: Reading, facts: PageFacts, known_apps: Sequence[str] = ()
) -> ConsentFacts:
    """What the page offers and says. ``known_apps`` are names to look for, most likely first."""
    said = sentences(page.text)
    return ConsentFacts(
        page=facts,
        app_names=_app_names(page, said, known_apps),
        member_names=_names(said, _MEMBER_PATTERNS),
        choices=tuple(page.choice(box) for box in page.boxes if box not in reading.people),
        has_approve=reading.allow is not None,
        approve_label=reading.allow.label if reading.allow else "",
        has_decline=reading.deny is not None,
        decline_label=reading.deny.label if reading.deny else "",
        policy_links=_links(page, words.POLICY_LINK),
        manage_links=_manage_links(page),
        sentences=said,
        duration_sentences=_about(said, words.DURATION),
        risk_sentences=_about(said, words.RISK),
        attestation_sentences=_about(said, words.ATTESTATION),
        picker=picker_facts(page, reading.people) if reading.people else None,
    )


def _app_names(page: Snapshot, said: Sequence[str], known_apps: Sequence[str]) -> tuple[str, ...]:
    text = f"{page.title}\n{page.text}"
    known = [name for name in known_apps if name and re.search(rf"\b{re.escape(name)}\b", text)]
    return tuple(dict.fromkeys([*known, *_names((*page.headings, *said), _APP_PATTERNS)]))


def _names(said: Iterable[str], patterns: Iterable[re.Pattern[str]]) -> tuple[str, ...]:
    texts = list(said)
    found: dict[str, None] = {}
    for pattern in patterns:
        for text in texts:
            for match in pattern.finditer(text):
                name = match.group(1).strip(" .,;:")
                if name not in _COMMON:
                    found[name] = None
    return tuple(found)


def _links(page: Snapshot, pattern: re.Pattern[str]) -> tuple[Link, ...]:
    return tuple(link for link in page.links if pattern.search(link.text))


def _manage_links(page: Snapshot) -> tuple[Link, ...]:
    return tuple(
        link
        for link in page.links
        if words.MANAGE_LINK.search(link.text) or words.MANAGE_HREF.search(link.href)
    )


def _about(said: Sequence[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    return tuple(text for text in said if pattern.search(text))


def picker_facts(page: Snapshot, people: Sequence[Control]) -> PickerFacts:
    """Whose record can be chosen, and who is chosen before the member does anything."""
    if people[0].tag == "select":
        select = people[0]
        options = tuple(
            Choice(o.label, select.name, o.value, o.selected and o.preset, True, not o.disabled)
            for o in select.options
            if o.value
        )
    elif people[0].button:
        options = tuple(
            Choice(_person_of(b), b.name, b.value, checked=False, visible=True) for b in people
        )
    else:
        options = tuple(page.choice(radio) for radio in people)
    chosen = next((option.label for option in options if option.checked), "")
    return PickerFacts(options, chosen)


def _person_of(button: Control) -> str:
    """Whom a Select button is for: the text of its row, or its own."""
    text = button.label if len(button.label.split()) > 2 or not button.row else button.row
    return text or button.heading


def person_control(
    people: Sequence[Control], wanted: Sequence[str], *, oneself: bool
) -> tuple[Control, str] | None:
    """The control for the person named by any of ``wanted`` (labels, ids), with the option's value.

    None where nobody fits: the first one is never taken silently.
    """
    for text in (one.casefold() for one in wanted if one):
        for control, label, value in _entries(people):
            if text in label.casefold() or text == value.casefold():
                return control, value
    if oneself:
        for control, label, value in _entries(people):
            if re.search(
                r"\b(my ?self|me|self|my (?:own )?record|yo|m\u00ed mism[oa])\b", label, re.I
            ):
                return control, value
        for control, _, value in _entries(people):
            if control.checked:
                return control, value
    return None


def _entries(people: Sequence[Control]) -> Iterable[tuple[Control, str, str]]:
    for control in people:
        if control.tag == "select":
            for option in control.options:
                if option.value and not option.disabled:
                    yield control, option.label, option.value
        else:
            label = f"{control.label} {control.row}" if control.button else control.label
            yield control, label, control.value


def boxes_about(page: Snapshot, names: Sequence[str]) -> tuple[Control, ...]:
    """Visible boxes about any of the named data classes or resource types."""
    patterns = [_data_class(name) for name in names]
    return tuple(
        box
        for box in page.boxes
        if box.type == "checkbox" and box.usable
        and any(pattern.search(_said_of(page, box)) for pattern in patterns)
    )  # fmt: skip


def _said_of(page: Snapshot, box: Control) -> str:
    """What the page says of a box; the ``patient/`` of a scope string names no data class."""
    text = f"{box.label} {box.name} {box.value} {_own_row(page, box)}"
    return re.sub(r"\b(?:patient|user|system)/", "", text)


def _own_row(page: Snapshot, box: Control) -> str:
    """The text of the row, unless other boxes share it."""
    shared = sum(1 for other in page.boxes if other.row == box.row)
    return box.row if shared == 1 else ""


def _data_class(name: str) -> re.Pattern[str]:
    """A resource type with the words that members see for it, or the words as given."""
    alternatives = [re.escape(name).replace(r"\ ", r"\s+"), *words.DATA_CLASSES.get(name, ())]
    body = "|".join(alternatives)
    # Scope strings such as patient/Observation.rs have the type between slash and dot.
    return re.compile(rf"(?<![A-Za-z])(?:{body})(?![A-Za-z])", re.IGNORECASE)


def boxes_to_tick(page: Snapshot, reading: Reading) -> tuple[Control, ...]:
    """Boxes that approving needs: required ones, and all data classes where none is ticked.

    Specially protected data are no such class: their box is left as it is.

    Optional boxes that the page leaves unticked stay so, as a member in a hurry would leave them.
    """
    boxes = [b for b in page.boxes if b.type == "checkbox" and b.usable]
    required = [b for b in boxes if not b.checked and (b.required or _is_agreement(b))]
    scopes = [b for b in boxes if _is_scope(b)]
    if scopes and not any(b.checked for b in scopes) and not _hidden_scopes(page):
        required += [b for b in scopes if b not in required]
    groups: dict[str, list[Control]] = {}
    for radio in page.boxes:
        if radio.type == "radio" and radio.usable and radio not in reading.people:
            groups.setdefault(radio.name, []).append(radio)
    return (*required, *(g[0] for g in groups.values() if not any(r.checked for r in g)))


def _is_agreement(box: Control) -> bool:
    return bool(_AGREEMENT.match(box.label))


def _is_scope(box: Control) -> bool:
    text = f"{box.name} {box.id} {box.value}".lower()
    named = re.search(r"scope|share[_-]|(?:patient|user|system)/|openid|launch|permission", text)
    protected = re.search(
        r"sensitive|protected|substance|samhsa|alcohol|mental|behaviou?r|\bhiv\b|reproduct",
        f"{text} {box.label.lower()}",
    )
    return bool(named and not protected)


def _hidden_scopes(page: Snapshot) -> bool:
    return any(b.checked and not b.visible and _is_scope(b) for b in page.boxes)
