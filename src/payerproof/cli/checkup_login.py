"""``payerproof doctor`` logs each persona in, and looks whether the expected data is there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from payerproof.cli.checkup import Finding, problem

if TYPE_CHECKING:
    from payerproof.plugin.session import RunSession
    from payerproof.target import Persona


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
        grant = session.shared_grant(persona)
    except (Inconclusive, BrowserError) as trouble:
        told = getattr(trouble, "sentence", "") or str(trouble)
        return Finding(subject, "note", told), False
    what = f"{len(grant.scopes)} scopes granted to app {grant.app}"
    return Finding(subject, "fine", f"{what}."), True


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
        return Finding(
            subject, "note", f"the payer file expects, but there is not: {', '.join(missing)}."
        )
    counts = ", ".join(f"{len(record.of(kind))} {kind}" for kind in record.types)
    return Finding(subject, "fine", f"as expected: {counts}.")


def _names(claim: Mapping[str, Any]) -> set[str]:
    """Logical id and identifiers of a claim."""
    identifiers = claim.get("identifier")
    listed = identifiers if isinstance(identifiers, list) else []
    values = [one.get("value") for one in listed if isinstance(one, dict)]
    return {str(value) for value in (claim.get("id"), *values) if value}
