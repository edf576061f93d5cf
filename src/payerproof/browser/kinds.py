"""The kinds of pages that are told apart, and what was read off one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from payerproof.browser.facts import PageKindName
from payerproof.browser.snapshot import Control


class Kind(StrEnum):
    """The detector's words for a page; `public` gives the coarser word of `PageFacts.kind`."""

    LOGIN = "login"
    IDENTIFIER = "identifier"
    PASSWORD = "password"  # noqa: S105  a kind of page
    CODE = "second-factor-code"
    SEND_CODE = "send-code"
    QUESTION = "challenge-question"
    METHOD = "second-factor-choice"
    PICKER = "picker"
    CONSENT = "consent"
    ENROLMENT = "password-change-or-enrolment"
    TERMS = "terms"
    STAY = "stay-signed-in"
    NAG = "nag"
    RESUME = "resume"
    WAIT = "wait"
    CAPTCHA = "captcha"
    ERROR = "error"
    PORTAL = "portal"
    CALLBACK = "callback"
    OTHER = "other"

    @property
    def public(self) -> PageKindName:
        """The word of the contract."""
        return _PUBLIC[self]


_PUBLIC: dict[Kind, PageKindName] = {
    Kind.LOGIN: "login",
    Kind.IDENTIFIER: "login",
    Kind.PASSWORD: "login",
    Kind.CODE: "second-factor",
    Kind.SEND_CODE: "second-factor",
    Kind.QUESTION: "second-factor",
    Kind.METHOD: "second-factor",
    Kind.PICKER: "picker",
    Kind.CONSENT: "consent",
    Kind.ENROLMENT: "interstitial",
    Kind.TERMS: "interstitial",
    Kind.STAY: "interstitial",
    Kind.NAG: "interstitial",
    Kind.RESUME: "interstitial",
    Kind.WAIT: "interstitial",
    Kind.CAPTCHA: "interstitial",
    Kind.ERROR: "error",
    Kind.PORTAL: "portal",
    Kind.CALLBACK: "other",
    Kind.OTHER: "other",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """The kind of a page, what speaks for it, and the controls that matter."""

    kind: Kind
    why: tuple[str, ...] = ()
    username: Control | None = None
    password: Control | None = None
    code: Control | None = None
    questions: tuple[tuple[str, Control], ...] = field(default=(), repr=False)
    """Text of each challenge question with its field."""
    submit: Control | None = None
    allow: Control | None = None
    deny: Control | None = None
    people: tuple[Control, ...] = ()
    """Radios, buttons, or one drop-down list, that choose whose record is meant."""
    methods: tuple[tuple[str, Control], ...] = ()
    """Second factors on offer: ``totp``, ``email``, ``sms``, ``voice``, ``question``, ``key``."""
    boxes: tuple[Control, ...] = ()
    """Required boxes of an interstitial, to be ticked before its button."""
