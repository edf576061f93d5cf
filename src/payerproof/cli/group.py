"""The command group: knows each command's name and one line, and loads a module only when used."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from payerproof.cli.failures import ExitCode, Stop, report_bug

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run:run", "Test a payer and write the report."),
    "doctor": ("doctor:doctor", "Look whether a run could start: configuration, network, logins."),
    "demo": ("demo:demo", "Start the sandbox payer, test it, and write the report."),
    "sandbox": ("sandbox:sandbox", "Serve the sandbox payer until stopped."),
    "list": ("listing:listing", "List requirements, checks, defects, guides or payers."),
    "explain": ("explain:explain", "Explain a requirement or a check."),
    "report": ("report:report", "Write reports of a run that has ended."),
    "validate": (
        "validation:validate",
        "Judge FHIR resources against R4 and the profiles they claim.",
    ),
    "guides": (
        "validation:guides",
        "The guides at hand: list them, add one, show their known defects.",
    ),
    "restore": ("restore:restore", "Undo what an interrupted run changed at the payer."),
    "purge": ("purge:purge", "Delete run folders."),
}
"""Command name -> where it is, and the line that ``--help`` shows."""


class LazyGroup(click.Group):
    """A click group whose commands are imported on first use."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return every command, in the order of use."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, or return None where there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command: click.Command = getattr(
            importlib.import_module(f"payerproof.cli.{module}"), attribute
        )
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one gets a suggestion."""
        from payerproof.target.errors import did_you_mean

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], list(COMMANDS))
            raise click.UsageError(f"there is no command '{args[0]}'.{hint}", ctx)
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        click.echo(f"payerproof {version('payerproof')}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version)
def commands() -> None:
    """Test a US health payer's FHIR APIs: conformance and privacy, one report.

    \b
    Start here:  payerproof demo
    Your payer:  payerproof doctor PAYER.toml, then payerproof run PAYER.toml

    Exit codes: 0 nothing failed, 1 a SHALL failed, 2 usage or configuration, 3 a SHALL could not be
    verified, 4 the payer can't be reached or nobody could log in, 5 an error of payerproof itself,
    6 a stale baseline or an expired waiver.
    """


def call(arguments: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code; every error is told, none is raised."""
    from payerproof.cli.known_errors import as_stop

    try:
        returned = commands.main(
            args=None if arguments is None else list(arguments),
            prog_name="payerproof",
            standalone_mode=False,
        )
    except click.ClickException as error:
        error.show()
        return error.code if isinstance(error, Stop) else ExitCode.USAGE
    except (click.Abort, KeyboardInterrupt):
        click.echo("payerproof: stopped.", err=True)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone
        return ExitCode.OK
    except Exception as error:
        stop = as_stop(error)
        if stop is None:
            return report_bug(error)
        stop.show()
        return stop.code
    return returned if isinstance(returned, int) else ExitCode.OK


def main() -> None:
    """Entry point of the ``payerproof`` program."""
    sys.exit(call())
