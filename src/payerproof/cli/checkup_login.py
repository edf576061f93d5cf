"""``payerproof doctor`` logs each persona in, and looks whether the expected data is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from payerproof.cli.checkup import Finding, problem

if TYPE_CHECKING:
    from payerproof.plugin.grants import Grant
    from payerproof.plugin.session import RunSession
    from payerproof.target import Persona

TROUBLES = {
    "locked": "the account is locked; unlock it before the next try",
    "ineligible": "the payer says that this person may not use the API",
    "blocked-at-edge": "the payer's firewall stops us; have our address let in",
    "captcha": "the page shows a captcha, which is never solved; have it turned off for testing",
    "maintenance": "the payer's pages are down; try later",
    "no-linked-record": "no member's record is linked to this account",
    "wrong-credentials": "user name, password or second factor was refused",
    "no-login-form": "no login form was found; describe the page under [[logins]]",
    "redirect-loop": "the pages send the browser in a circle",
    "timeout": "the page did not come in time",
    "not-understood": "a page was not understood; describe it under [[logins]]",
}
"""What each trouble of `payerproof.browser.facts.TROUBLES` means, and what to do."""


def look_at_logins(session: RunSession) -> Iterator[Finding]:
    """One login of each persona that has the means, and what its token can read."""
    from payerproof.target.needs import can_log_in

    able = [one for one in session.target.personas if can_log_in(session.target, one)]
    logged_in = 0
    findings = []
    for persona in able:
        finding, worked = _log_in(session, persona)
        findings.append(finding)
        logged_in += worked
        yield finding
        if worked and (persona.expect.claims or persona.expect.data):
            yield _data(session, persona)
    if able and not logged_in:
        yield problem("logins", "nobody could log in, so a run could judge open endpoints only.")


def _log_in(session: RunSession, persona: Persona) -> tuple[Finding, bool]:
    from payerproof.browser.errors import BrowserError
    from payerproof.expect.outcomes import Inconclusive

    subject = f"login of {persona.id}"
    try:
        grant = _grant(session, persona)
    except (Inconclusive, BrowserError) as trouble:
        told = _in_words(getattr(trouble, "sentence", "") or str(trouble))
        if persona.role == "portal-user" and "no-linked-record" in told:
            return Finding(subject, "fine", "an account without a member's record."), True
        return Finding(subject, "note", told), False
    return Finding(subject, "fine", f"{len(grant.scopes)} scopes granted to {grant.app}."), True


def _grant(session: RunSession, persona: Persona) -> Grant:
    """The shared grant; a representative without a record of their own acts for somebody."""
    if persona.represents and not (persona.expect.claims or persona.expect.data):
        app = session.default_app
        return session.grants.obtain(persona, app, choose=persona.represents[0])
    return session.shared_grant(persona)


def _in_words(told: str) -> str:
    """Add to a trouble's name what it means and what to do."""
    for trouble, words in TROUBLES.items():
        if told.endswith(trouble):
            return f"{told}: {words}."
    return told if told.endswith(".") else f"{told}."


def _data(session: RunSession, persona: Persona) -> Finding:
    from payerproof.expect.outcomes import Inconclusive

    subject = f"data of {persona.id}"
    try:
        record = session.record(persona)
    except Inconclusive as trouble:
        return Finding(subject, "note", trouble.sentence)
    known = {name for claim in record.of("ExplanationOfBenefit") for name in _names(claim)}
    missing = [f"claim {one.id}" for one in persona.expect.claims if one.id not in known]
    missing += [f"any {kind}" for kind in persona.expect.data if not record.of(kind)]
    if missing:
        text = f"expected by the payer file, but not there: {', '.join(missing)}."
        return Finding(subject, "note", text)
    read = f"{len(record.everything)} resources of {len(record.types)} types"
    return Finding(subject, "fine", f"everything expected is there ({read}).")


def _names(claim: Mapping[str, Any]) -> set[str]:
    """Logical id and identifiers of a claim."""
    identifiers = claim.get("identifier")
    listed = identifiers if isinstance(identifiers, list) else []
    values = [one.get("value") for one in listed if isinstance(one, dict)]
    return {str(value) for value in (claim.get("id"), *values) if value}
