"""What `run` looks at before it starts anything: file, secrets, environment, selection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from payerproof.cli.failures import Stop
from payerproof.cli.invocation import Invocation

if TYPE_CHECKING:
    from payerproof.target import Target


def ready_target(payer: str, *, production: bool) -> Target:
    """Load a payer file for a run. Raises `PayerFileError`, or `Stop` for a missing --production.

    References to variables and files are resolved, commands are not: they may ask somebody.
    """
    from payerproof.target import PayerFileError, load_target, missing_files, unresolved_secrets

    target = load_target(payer)
    missing = [*missing_files(target), *unresolved_secrets(target, kinds=("env", "file"))]
    if missing:
        raise PayerFileError(target.path, missing)
    if target.environment == "production" and not production:
        raise Stop(
            f'{target.path} says environment = "production": real members\' data is behind it. '
            "Give --production to test it; checks that could harm are left out all the same."
        )
    return target


def check_login(login: str, target: Target) -> None:
    """Refuse ``--login hook`` where the payer file has no hook. Raises `Stop`."""
    if login == "hook" and "grant" not in target.controls:
        raise Stop(
            f"--login hook needs [controls.grant] in {target.path}: the operator's hook that "
            "grants in a member's name. Leave --login out to log in through the browser."
        )


def check_selection(asked: Invocation, target: Target) -> None:
    """Refuse areas, checks and personas that do not exist. Raises `Stop` with a suggestion."""
    check_login(asked.login, target)
    _known("--persona", asked.personas, [one.id for one in target.personas])
    if asked.areas or asked.checks or asked.left_out:
        from payerproof.cli.material import check_ids, requirement_ids, suite_areas

        _known("--area", asked.areas, suite_areas())
        known = [*check_ids(), *requirement_ids()] if asked.checks or asked.left_out else []
        _known("--check", asked.checks, known)
        _known("--not", asked.left_out, known)


def _known(option: str, given: Sequence[str], known: Sequence[str]) -> None:
    from payerproof.target.errors import did_you_mean

    for name in given:
        if name not in known:
            listed = f" Known: {', '.join(known)}." if 0 < len(known) <= 40 else ""
            more = listed or " 'payerproof list checks' has them all."
            raise Stop(f"{option} {name}: there is none.{did_you_mean(name, known) or more}")


def payer_argument(payer: str) -> str:
    """Make a path absolute, so that a resumed run finds it; the name of a shipped file stays."""
    path = Path(payer)
    return str(path.resolve()) if path.is_file() else payer
