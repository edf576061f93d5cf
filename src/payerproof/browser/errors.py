"""What the browser side raises. Texts name persons by persona id and never hold a secret."""

from __future__ import annotations


class BrowserError(Exception):
    """Base of everything below; its text is a sentence a user may read."""


class BrowserMissing(BrowserError):
    """No browser was found and none could be installed; the text says what to install."""


class NeedsBrowser(BrowserError):
    """The hook can grant but shows no pages; the check needs a real browser."""


class UnknownPersona(BrowserError):
    """The payer file has no persona of that id."""


class NothingToVisit(BrowserError):
    """The payer file does not name the page that this asks for."""


class PageUnreachable(BrowserError):
    """The browser got no page at all: name, refused connection, certificate, time-out."""


class LoginFailed(BrowserError):
    """A visit needed a login and it did not succeed.

    `trouble` is one of `payerproof.browser.facts.TROUBLES`.
    """

    def __init__(self, message: str, trouble: str = "not-understood") -> None:
        super().__init__(message)
        self.trouble = trouble


class ControlNotFound(BrowserError):
    """The page lacks the control that was asked for, such as Revoke for a named app."""


class HookFailed(BrowserError):
    """The operator's grant hook answered with something other than the contract says."""


class BrokerGone(BrowserError):
    """The broker process ended or never answered."""


class BrokerFailed(BrowserError):
    """The broker met an error of its own; the text is what could be said without secrets."""


BY_NAME: dict[str, type[BrowserError]] = {
    kind.__name__: kind
    for kind in (
        BrowserError,
        BrowserMissing,
        NeedsBrowser,
        UnknownPersona,
        NothingToVisit,
        PageUnreachable,
        LoginFailed,
        ControlNotFound,
        HookFailed,
        BrokerGone,
        BrokerFailed,
    )
}
"""For the broker's client, which gets the name over the wire."""
