"""Write reports of a run from its run file, beside it or where asked."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from payerproof.cli.failures import Stop
from payerproof.cli.invocation import Invocation

Refuse = Callable[[bytes, str], None]


def write_reports(folder: Path, formats: Sequence[str], out: Path | None = None) -> dict[str, Path]:
    """Write `formats` of the run in `folder` and return the files by format.

    `out` is a file for one format ("-" for standard output), a folder for several; without it they
    go to the run folder. Raises `RunFileError` where the run file can't be read, and
    `SecretInOutput` before anything is written where a secret of the payer file occurs.
    """
    from payerproof.report import FILES, render, write_all
    from payerproof.runfile import read_run

    if not (folder / "run.jsonl").is_file():
        raise Stop(f"{folder} has no run.jsonl yet; 'payerproof run --resume {folder}' goes on.")
    refuse = guard(folder)
    if out is None:
        return write_all(folder, refuse, formats)
    run = read_run(folder)
    made = {name: render(run, name, refuse) for name in formats}
    if str(out) == "-":
        for output in made.values():
            sys.stdout.buffer.write(output)
        return {}
    beside = len(formats) > 1 or out.is_dir()
    places = {name: out / FILES[name] if beside else out for name in formats}
    for name, path in places.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made[name])
        except OSError as error:
            raise Stop(f"can't write {path}: {error.strerror}.") from None
    return places


def guard(folder: Path) -> Refuse | None:
    """Refuses an output in which a secret of the run's payer file occurs.

    None where the payer file or its secrets are no longer at hand: the run file itself was guarded
    when it was written, and reports are made of nothing else.
    """
    from payerproof.redact import Redactor
    from payerproof.target import PayerFileError, SecretError, load_target, secrets_of

    redactor = Redactor(secrets.token_bytes(32))
    try:
        target = load_target(Invocation.load(folder).payer)
        for path, secret in secrets_of(target):
            if secret.kind != "cmd":
                redactor.learn("marker" if "markers" in path else "secret", secret.reveal())
    except (Stop, PayerFileError, SecretError):
        return None
    return redactor.refuse
