"""``payerproof sandbox``: serve the sandbox payer until stopped."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from payerproof.cli.durations import Duration
from payerproof.cli.failures import ExitCode, Stop

FAULTS = 0.05
"""Share of requests that ``--chaos`` answers by 503 or breaks off."""


@click.command(short_help="Serve the sandbox payer until stopped.")
@click.option("--face", default="plain", show_default=True, help="How the payer lawfully behaves.")
@click.option("--defect", "defects", multiple=True, metavar="NAME", help="Seed a fault.")
@click.option("--defects-list", is_flag=True, help="List the faults and faces there are.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="0, the default: any.")
@click.option("--latency", type=Duration(), default=0.0, metavar="150ms", help="Delay each answer.")
@click.option("--chaos", is_flag=True, help="Answer some requests with 503, break others off.")
@click.option(
    "--load",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="PACKAGE.tgz",
    help="Make members of the examples of a FHIR package. Repeatable.",
)
@click.option(
    "--issuer",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Take tokens of another authorization server, described by this TOML file.",
)
@click.option(
    "--env-file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the environment to FILE (mode 0600) instead of standard output.",
)
def sandbox(
    face: str, defects: tuple[str, ...], defects_list: bool, env_file: Path | None, **how: Any
) -> int:
    """Serve the sandbox payer over HTTPS on this machine until Ctrl-C.

    It prints the environment that the shipped payer file needs, as export lines. Evaluate them in
    another terminal, and 'payerproof run sandbox' works there.
    """
    from payerproof.cli.sandbox_issuer import read_issuer
    from payerproof.sandbox import serve

    if defects_list:
        _list()
        return ExitCode.OK
    name = tenant_name(face, defects)

    def announce(environment: Mapping[str, str], accounts: Sequence[Mapping[str, str]]) -> None:
        text = "".join(f"export {k}={shlex.quote(v)}\n" for k, v in environment.items())
        if env_file is None:
            click.echo(text, nl=False)
        else:
            _write_private(env_file, text)
            click.echo(f"In another terminal: . {shlex.quote(str(env_file))}", err=True)
        _tell_accounts(accounts)
        url = environment["PAYERPROOF_SANDBOX_URL"]
        click.echo(f"Serving {name} at {url}. Ctrl-C stops it.", err=True)

    chaos, issuer = how.pop("chaos"), how.pop("issuer")
    external = read_issuer(issuer) if issuer else None
    faults = FAULTS if chaos else 0.0
    try:
        serve(tenant=name, faults=faults, external=external, announce=announce, **how)
    except KeyboardInterrupt:
        pass  # Ctrl-C is how it is meant to end
    except OSError as error:
        raise Stop(f"can't serve on port {how['port']}: {error.strerror}.") from None
    click.echo("Stopped.", err=True)
    return ExitCode.OK


def _tell_accounts(accounts: Sequence[Mapping[str, str]]) -> None:
    """Print whom the packages brought: synthetic members, made for logging in as them."""
    if accounts:
        click.echo(
            "Members out of the packages (user, password, TOTP seed, name, Patient):", err=True
        )
    for one in accounts:
        told = (one["user"], one["password"], one["totp"], one["name"], one["patient"])
        click.echo("  " + "  ".join(told), err=True)


def tenant_name(face: str, defects: Sequence[str]) -> str:
    """``plain+code-reusable``. Raises `Stop` for an unknown face or defect, with a suggestion."""
    from payerproof.sandbox.defects import all_defects
    from payerproof.sandbox.faces import FACES
    from payerproof.target.errors import did_you_mean

    if face not in FACES:
        raise Stop(f"there is no face '{face}'; there are {', '.join(FACES)}.")
    known = list(all_defects())
    for defect in defects:
        if defect not in known:
            hint = did_you_mean(defect, known) or " 'payerproof list defects' has them all."
            raise Stop(f"there is no defect '{defect}'.{hint}")
    return "+".join((face, *defects))


def _list() -> None:
    from payerproof.cli.inventory import defects
    from payerproof.sandbox.faces import FACES

    click.echo("Faces: " + ", ".join(FACES))
    for row in defects():
        click.echo(f"{row['id']}  {row['title']}")


def _write_private(path: Path, text: str) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
    except OSError as error:
        raise Stop(f"can't write {path}: {error.strerror}.") from None
