"""Findings of ``payerproof doctor``, and what it can tell without a network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from payerproof.cli.failures import ExitCode

if TYPE_CHECKING:
    from payerproof.target import Target

State = Literal["fine", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    """What was looked at: ``payer file``, ``certificate of payer.example``, ``login of ada``."""
    state: State
    sentence: str
    code: ExitCode = ExitCode.OK
    """Exit code that a problem calls for."""


def problem(subject: str, sentence: str, code: ExitCode = ExitCode.UNREACHABLE) -> Finding:
    """A finding that keeps a run from working."""
    return Finding(subject, "problem", sentence, code)


def look_offline(target: Target) -> Iterator[Finding]:
    """Payer file, secrets and what the file leaves untested. Sends nothing."""
    from payerproof.target import missing_files, unresolved_secrets, warnings

    yield Finding("payer file", "fine", f"{target.path}: every key is known and consistent.")
    for trouble in missing_files(target):
        yield problem("certificates", trouble.at(target.path), ExitCode.USAGE)
    secrets = unresolved_secrets(target)
    for trouble in secrets:
        yield problem("secret", trouble.at(target.path), ExitCode.USAGE)
    if not secrets:
        yield Finding("secrets", "fine", "every reference can be resolved.")
    for warning in warnings(target):
        yield Finding("payer file", "note", warning.at(target.path))
    yield from _browser(target)
    yield from _needs(target)


def _browser(target: Target) -> Iterator[Finding]:
    from payerproof.browser.engine import find_browser
    from payerproof.browser.errors import BrowserMissing
    from payerproof.target import needs

    if needs(target)["browser"]:
        return
    try:
        browser = find_browser(install=False)
    except BrowserMissing as missing:
        yield problem("browser", str(missing), ExitCode.USAGE)
        return
    yield Finding("browser", "fine", f"{browser.version or 'version unknown'}, {browser.how}.")


def _needs(target: Target) -> Iterator[Finding]:
    from payerproof.target import needs

    for word, sentence in needs(target).items():
        if sentence:
            yield Finding("not tested", "note", f"whatever {sentence} ({word}).")
