"""The second factor of a persona: which method, which code, which answer."""

from __future__ import annotations

from payerproof.browser import words
from payerproof.browser.kinds import Reading
from payerproof.browser.snapshot import Control, Snapshot
from payerproof.browser.totp import TotpClock
from payerproof.target import Persona


def owed(persona: Persona, beside: Control) -> bool:
    """Whether a field for a code beside the password is to be filled in.

    One that may stay empty is for those who have set up a second factor.
    """
    return beside.required or persona.totp is not None or persona.code is not None


def code_for(persona: Persona, page: Snapshot, clock: TotpClock) -> tuple[str, str]:
    """The code to type and ``totp`` or ``code``; an empty code comes with what is missing.

    A persona with both gets the one that the page speaks of; the authenticator where it speaks of
    neither. Raises `SecretError` where the payer file's reference can't be resolved.
    """
    sent = words.METHODS["email"].search(page.text) or words.METHODS["sms"].search(page.text)
    app = words.METHODS["totp"].search(page.text)
    if persona.code is not None and (persona.totp is None or (sent and not app)):
        return persona.code.reveal(), "code"
    if persona.totp is not None:
        return clock.code(persona.totp.reveal()), "totp"
    return "", (
        f"the page asks for a one-time code and persona {persona.id} has neither totp nor code in "
        "the payer file"
    )


def answer_for(persona: Persona, question: str) -> str | None:
    """The answer whose key, a word or words of the question, occurs in it; the longest key wins."""
    folded = question.casefold()
    for word in sorted(persona.answers, key=len, reverse=True):
        if word.casefold().replace("_", " ") in folded:
            return persona.answers[word].reveal()
    return None


def method_for(persona: Persona, reading: Reading) -> Control | None:
    """The method on offer that the persona can serve: authenticator, then codes, then questions."""
    wanted: list[str] = []
    if persona.totp is not None:
        wanted.append("totp")
    if persona.code is not None:
        wanted += ["email", "sms", "voice"]
    if persona.answers:
        wanted.append("question")
    for name in wanted:
        for method, control in reading.methods:
            if method == name:
                return control
    return None
