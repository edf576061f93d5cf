"""One look at a page: the controls, texts and links that the detector judges, as plain data.

`take` reads the live DOM (all frames) through `snapshot.js`; `Snapshot.of` builds the same from the
script's answer, so that everything after this module is pure Python over data.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import ElementHandle, Error, Frame, Page

from payerproof.browser.facts import Choice, Link

_FRAME_MS = 2_000
_TEXT_TYPES = frozenset({"text", "email", "tel", "number", "password", "search", "url", ""})


@cache
def script() -> str:
    """The JavaScript that looks at one frame."""
    return Path(__file__).with_name("snapshot.js").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a drop-down list."""

    label: str
    value: str
    selected: bool = False
    preset: bool = False
    """True where the page's own markup selects it, rather than its being first in the list."""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Control:
    """A field, box, button or button-like link. Values of text fields are never read."""

    index: int
    frame: int
    tag: str
    type: str
    button: bool
    link: bool = False
    """A button-shaped link is a button; a link that only leads to another page says so here."""
    name: str = ""
    id: str = ""
    label: str = ""
    """Accessible name of a field, text of a button."""
    value: str = ""
    """For boxes, buttons and hidden inputs only."""
    autocomplete: str = ""
    placeholder: str = ""
    inputmode: str = ""
    maxlength: int = 0
    visible: bool = True
    enabled: bool = True
    required: bool = False
    checked: bool = False
    filled: bool = False
    form: int = -1
    """Number of its form in the frame, or -1."""
    group: str = ""
    """Legend of the fieldset around it."""
    row: str = ""
    """Text of the table row, list item or card around it."""
    heading: str = ""
    """For buttons: first heading or cell of the row or card around it."""
    data: str = ""
    """Its ``data-*`` attributes and its ``aria-label``."""
    href: str = ""
    options: tuple[Option, ...] = ()

    @property
    def usable(self) -> bool:
        """Seen by the member and open to input."""
        return self.visible and self.enabled

    @property
    def textual(self) -> bool:
        """Something one types into."""
        return not self.button and self.tag in ("input", "textarea") and self.type in _TEXT_TYPES

    @property
    def box(self) -> bool:
        """A checkbox or radio button."""
        return self.tag == "input" and self.type in ("checkbox", "radio")

    @property
    def names(self) -> str:
        """Name, id and data attributes in lower case, for the dictionaries."""
        return f"{self.name} {self.id} {self.data}".lower()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A page with all its frames at one moment."""

    url: str
    title: str = ""
    lang: str = ""
    text: str = ""
    headings: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()
    controls: tuple[Control, ...] = ()
    alerts: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    """Alternative texts of the visible images."""
    rows: tuple[str, ...] = ()
    """Texts of table rows, list items and cards."""
    captcha: bool = False
    refresh: str = ""
    fingerprint: str = field(default="", repr=False)
    """Of the main frame: changes when the document, its address or its visible form changes."""
    loading: bool = False
    busy: bool = False
    status: int = 0
    """Status of the main document, filled in by the caller that knows it."""

    @classmethod
    def of(cls, raw: Mapping[str, Any], frame: int = 0) -> Snapshot:
        """Build from the script's answer."""
        return cls(
            url=raw["url"],
            title=raw["title"],
            lang=raw["lang"],
            text=raw["text"],
            headings=tuple(raw["headings"]),
            links=tuple(Link(item["text"], item["href"]) for item in raw["links"]),
            controls=tuple(_control(item, frame) for item in raw["controls"]),
            alerts=tuple(raw["alerts"]),
            scripts=tuple(raw["scripts"]),
            images=tuple(raw["images"]),
            rows=tuple(raw["rows"]),
            captcha=raw["captcha"],
            refresh=raw["refresh"],
            fingerprint=raw["fingerprint"],
            loading=raw["loading"],
            busy=raw["busy"],
        )

    def with_frame(self, other: Snapshot) -> Snapshot:
        """Add what an iframe shows."""
        return dataclasses.replace(
            self,
            text=f"{self.text}\n{other.text}",
            headings=self.headings + other.headings,
            links=self.links + other.links,
            controls=self.controls + other.controls,
            alerts=self.alerts + other.alerts,
            scripts=self.scripts + other.scripts,
            images=self.images + other.images,
            rows=self.rows + other.rows,
            captcha=self.captcha or other.captcha,
        )

    @property
    def fields(self) -> tuple[Control, ...]:
        """Usable text and password fields, in document order."""
        return tuple(c for c in self.controls if c.textual and c.usable)

    @property
    def buttons(self) -> tuple[Control, ...]:
        """Usable buttons with a label, links that work as buttons included, in document order."""
        return tuple(c for c in self.pressables if not c.link)

    @property
    def pressables(self) -> tuple[Control, ...]:
        """Usable buttons and links with a label, in document order."""
        return tuple(c for c in self.controls if c.button and c.usable and c.label)

    @property
    def boxes(self) -> tuple[Control, ...]:
        """Every checkbox and radio button, hidden ones too."""
        return tuple(c for c in self.controls if c.box)

    @property
    def selects(self) -> tuple[Control, ...]:
        """Usable drop-down lists."""
        return tuple(c for c in self.controls if c.tag == "select" and c.usable)

    def choice(self, box: Control) -> Choice:
        """A box as the public facts show it, with the hidden default it is paired with."""
        twin = next(
            (
                c.value
                for c in self.controls
                if c.type == "hidden" and c.name and c.name == box.name and c.form == box.form
            ),
            None,
        )
        return Choice(
            label=box.label,
            name=box.name,
            value=box.value,
            checked=box.checked,
            visible=box.visible,
            enabled=box.enabled,
            required=box.required,
            unchecked_value=twin if box.type == "checkbox" else None,
        )


def take(page: Page) -> Snapshot:
    """Look at ``page`` and its iframes. Raises Playwright's `Error` where it is navigating away."""
    whole = Snapshot.of(page.main_frame.evaluate(script(), "look"))
    for number, frame in enumerate(page.frames):
        if frame == page.main_frame or frame.url == "about:blank":
            continue
        try:
            frame.wait_for_load_state("domcontentloaded", timeout=_FRAME_MS)
            raw = frame.evaluate(script(), "look")
        except Error:
            continue
        whole = whole.with_frame(Snapshot.of(raw, number))
    return whole


def frame_of(page: Page, control: Control) -> Frame:
    """The frame that ``control`` was seen in."""
    return page.frames[control.frame] if control.frame < len(page.frames) else page.main_frame


def element(page: Page, control: Control) -> ElementHandle:
    """The very element that was judged; raises Playwright's `Error` where it is gone."""
    handle = (
        frame_of(page, control)
        .evaluate_handle(
            "index => (window[Symbol.for('payerproof.controls')] || [])[index]", control.index
        )
        .as_element()
    )
    if handle is None:
        raise Error("the page was redrawn before the control could be used")
    return handle


def _control(raw: Mapping[str, Any], frame: int) -> Control:
    options: Sequence[Mapping[str, Any]] = raw["options"]
    known = {item.name for item in dataclasses.fields(Control)} - {"frame", "options"}
    return Control(
        frame=frame,
        options=tuple(
            Option(o["label"], o["value"], o["selected"], o["defaultSelected"], o["disabled"])
            for o in options
        ),
        **{key: value for key, value in raw.items() if key in known},
    )
