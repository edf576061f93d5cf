"""What a journey of the browser is to achieve, and how far it has come."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from payerproof.browser.facts import ConsentFacts, Decision, PageFacts, PickerFacts
from payerproof.target import Persona

Goal = Literal["redirect", "portal"]


@dataclass(frozen=True)
class Errand:
    """What a journey is to achieve, and for whom."""

    persona: Persona
    goal: Goal
    redirect_uri: str = ""
    decision: Decision = "approve"
    leave_out: tuple[str, ...] = ()
    include: tuple[str, ...] = ()
    choose: str = ""
    password: str | None = field(default=None, repr=False)
    """Typed instead of the persona's own."""
    username: str = field(default="", repr=False)
    """Typed instead of the persona's own, with that password."""
    app_names: tuple[str, ...] = ()


@dataclass
class Progress:
    """How far a journey has come."""

    pages: list[PageFacts] = field(default_factory=list)
    consent: ConsentFacts | None = None
    picker: PickerFacts | None = None
    trouble: str = ""
    trouble_text: str = field(default="", repr=False)
    logged_in: bool = False
    second_factor: str = ""
    left_out: list[str] = field(default_factory=list)
    login_seconds: float = 0.0
    done: bool = False
    pressed: bool = False
    answer: PageFacts | None = None
    password_sent: bool = False
    _login_began: float = 0.0

    def stop(self, trouble: str, text: str) -> None:
        """End here with a trouble; an empty one means that the end was understood."""
        self.trouble, self.trouble_text, self.done = trouble, text, True

    def login_begins(self) -> None:
        """The first login page was met."""
        self._login_began = self._login_began or time.monotonic()

    def login_over(self) -> None:
        """A page behind the login was reached."""
        if self.password_sent and not self.logged_in:
            self.logged_in = True
            self.login_seconds = round(time.monotonic() - self._login_began, 3)
