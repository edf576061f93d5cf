"""Errors of the layers below that are somebody's to correct, as a sentence and an exit code."""

from __future__ import annotations

import sys

from payerproof.cli.failures import ExitCode, Stop

_CODES = {
    ("payerproof.target.errors", "PayerFileError"): ExitCode.USAGE,
    ("payerproof.target.errors", "SecretError"): ExitCode.USAGE,
    ("payerproof.runfile.read", "RunFileError"): ExitCode.USAGE,
    ("payerproof.catalog.errors", "CatalogError"): ExitCode.USAGE,
    ("payerproof.browser.errors", "BrowserMissing"): ExitCode.USAGE,
    ("payerproof.sandbox", "SandboxError"): ExitCode.USAGE,
    ("payerproof.polite.wire", "TlsFilesError"): ExitCode.USAGE,
    ("payerproof.redact.redactor", "SecretInOutput"): ExitCode.OURS,
    ("payerproof.polite.trouble", "Unreachable"): ExitCode.UNREACHABLE,
}
"""Module and name of each; looked up only where the module is loaded, so that nothing is."""


def as_stop(error: Exception) -> Stop | None:
    """The way to end a command on `error`, or None where it is a bug of ours."""
    for (module, name), code in _CODES.items():
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None and isinstance(error, kind):
            return Stop(getattr(error, "sentence", "") or _told(error), code)
    return None


def _told(error: Exception) -> str:
    problems = getattr(error, "problems", ())
    if not problems:
        return str(error)
    count = "one thing is" if len(problems) == 1 else f"{len(problems)} things are"
    hint = _sandbox_hint(str(error))
    return f"{count} wrong with the payer file:\n{error}{hint}"


def _sandbox_hint(text: str) -> str:
    if "PAYERPROOF_SANDBOX_" not in text or "is not set" not in text:
        return ""
    return (
        "\nThese variables come from a running sandbox: 'payerproof sandbox' prints them, "
        "and 'payerproof demo' does it all by itself."
    )
