"""``payerproof validate`` and ``payerproof guides``: the validator on the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import orjson

from payerproof.guides import bulk, outputs
from payerproof.guides.errata import load_errata
from payerproof.guides.facts import compile_package
from payerproof.guides.findings import Result
from payerproof.guides.library import GuideError, Library, own_folder
from payerproof.guides.package import PackageError, read_package
from payerproof.guides.storage import write_facts
from payerproof.guides.summary import Summary
from payerproof.guides.summary import as_text as summary_text
from payerproof.guides.validator import Validator
from payerproof.places import shipped

FORMATS = ("text", "json", "csv", "operation-outcome")


@click.command()
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--guide",
    "guides",
    multiple=True,
    metavar="NAME@VERSION",
    help="Version that a profile address without one means, such as carin-bb@2.1.0.",
)
@click.option("--profile", "profiles", multiple=True, metavar="ADDRESS", help="Judge by this too.")
@click.option("--jobs", type=click.IntRange(1), default=None, help="Processes; default: all cores.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--engine", default="", metavar="dask://HOST:PORT", help="Work on a Dask cluster.")
@click.option(
    "--show-values", is_flag=True, help="Quote values in findings; they may be member data."
)
def validate(
    files: tuple[Path, ...],
    guides: tuple[str, ...],
    profiles: tuple[str, ...],
    jobs: int | None,
    form: str,
    engine: str,
    show_values: bool,
) -> None:
    """Judge FHIR resources against R4 and the profiles they claim.

    FILES are JSON resources, Bundles or NDJSON, plain or gzip. Exit code: 0 no error found, 1
    errors found or nothing to judge, 2 wrong usage.
    """
    settings = bulk.Settings(_guides(guides), profiles, show_values)
    try:
        validator = bulk.validator_of(settings)
        single = not engine and all(".json" in p.suffixes for p in files) and len(files) <= 50
        if single:
            sys.exit(_each(validator, list(files), form))
        summary = _bulk(list(files), settings, jobs or os.cpu_count() or 1, engine)
    except GuideError as why:
        raise click.UsageError(str(why)) from why
    _write_summary(summary, form)
    nothing = not summary.resources
    sys.exit(1 if nothing or summary.with_errors or summary.bad_lines else 0)


def _guides(named: tuple[str, ...]) -> dict[str, str]:
    out = {}
    for entry in named:
        name, sign, version = entry.partition("@")
        if not sign or not version:
            raise click.UsageError(f"--guide {entry}: write NAME@VERSION, such as carin-bb@2.1.0")
        out[name] = version
    return out


def _each(validator: Validator, files: list[Path], form: str) -> int:
    """Every resource with all its findings."""
    results: list[tuple[str, Result]] = []
    for path in files:
        judged = _judge_file(validator, path)
        results.append((path.name, judged))
    if form == "operation-outcome":
        _json(outputs.operation_outcome(results))
    elif form == "json":
        _json([outputs.as_json(name, result) for name, result in results])
    else:
        for at, (name, result) in enumerate(results):
            if form == "csv":
                click.echo(outputs.csv_rows(name, result, header=at == 0), nl=False)
            else:
                click.echo(outputs.as_text(name, result), nl=False)
    return 1 if any(result.errors for _, result in results) else 0


def _judge_file(validator: Validator, path: Path) -> Result:
    from payerproof.guides.findings import ERROR, Finding
    from payerproof.guides.lines import Bad, Task, read

    for item in read(Task(0, str(path))):
        if isinstance(item, Bad):
            finding = Finding(
                ERROR,
                item.rule,
                "(file)",
                (),
                "",
                "readable data",
                item.message,
                f"Send it again: {item.message}.",
            )
            return Result("", (), (finding,))
        return validator.judge_text(item.text)
    return validator.judge_text(b"")


def _json(value: object) -> None:
    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())


def _bulk(files: list[Path], settings: bulk.Settings, jobs: int, engine: str) -> Summary:
    """Many resources, summed up; a progress bar on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from payerproof.guides.lines import tasks

    columns = (
        TextColumn("judging"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[resources]} resources"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        total = sum(1 for _ in tasks(files))
        handle = bar.add_task("judging", total=total, resources=0)

        def step(done: int, resources: int) -> None:
            bar.update(handle, completed=done, resources=resources)

        if engine:
            return _on_cluster(files, settings, engine, step)
        return bulk.judge_files(files, settings, jobs, step)


def _on_cluster(
    files: list[Path], settings: bulk.Settings, engine: str, step: bulk.Progress
) -> Summary:
    from payerproof.guides.cluster import ClusterError, judge_on_cluster

    if not engine.startswith("dask://"):
        raise click.UsageError(f"--engine {engine}: write dask://HOST:PORT")
    absolute = [path.resolve() for path in files]
    try:
        return judge_on_cluster(absolute, settings, "tcp://" + engine.removeprefix("dask://"), step)
    except ClusterError as why:
        raise click.UsageError(str(why)) from why


def _write_summary(summary: Summary, form: str) -> None:
    if form == "text":
        click.echo(summary_text(summary), nl=False)
    elif form == "json":
        _json(summary.as_json())
    elif form == "csv":
        click.echo(outputs.summary_csv(summary), nl=False)
    else:
        _json(outputs.summary_outcome(summary))


@click.group()
def guides() -> None:
    """The guides at hand: list them, add one, show their known defects."""


@guides.command("list")
@click.option("--format", "form", type=click.Choice(("text", "json")), default="text")
def list_guides(form: str) -> None:
    """List the guides at hand with the number of their profiles."""
    library = Library()
    rows = [
        {"guide": g.name, "version": g.version, "profiles": len(g.profiles)}
        for _, g in sorted(library.guides.items())
    ]
    if form == "json":
        _json(rows)
        return
    for row in rows:
        click.echo(f"{row['guide']}#{row['version']}: {row['profiles']} profiles")


@guides.command("add")
@click.argument("package", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--keep-licensed-codes",
    is_flag=True,
    help="Keep lists of CPT, SNOMED, LOINC … codes, if you hold the licence.",
)
def add_guide(package: Path, keep_licensed_codes: bool) -> None:
    """Compile PACKAGE.tgz into your own folder of guides."""
    try:
        found = read_package(package)
    except PackageError as why:
        raise click.UsageError(str(why)) from why
    if found.fhir_versions and not any(v.startswith("4.0") for v in found.fhir_versions):
        versions = ", ".join(found.fhir_versions)
        raise click.UsageError(f"{package.name} is for FHIR {versions}; payerproof judges R4 (4.0)")
    facts = compile_package(found, keep_licensed=keep_licensed_codes)
    folder = own_folder() / f"{found.name}-{found.version}"
    write_facts(facts, folder)
    click.echo(f"{found.name}#{found.version}: {len(facts['structures'])} structures, in {folder}")
    for url in facts["package"]["without_snapshot"]:
        click.echo(f"not compiled, for it has no snapshot: {url}", err=True)
    for name in facts["package"]["unreadable"]:
        click.echo(f"not readable: {name}", err=True)


@guides.command("errata")
def list_errata() -> None:
    """List the known defects of the guides and what is done about each."""
    for entry in load_errata(shipped("profiles") / "guides" / "errata.toml").entries.values():
        tracker = f" ({entry.tracker})" if entry.tracker else ""
        click.echo(f"{entry.id}{tracker}: {entry.guide} {', '.join(entry.versions)}")
        click.echo(f"  {entry.defect}")
        click.echo(f"  {entry.action}")
