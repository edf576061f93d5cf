"""Judging exports: any number of files and resources, on all cores, in bounded memory.

The coordinator hands out `Task`s, small descriptions of what to read; workers read, judge and
answer with a `Summary`. No member data passes between processes but the few examples, which
describe values without quoting them. The same `judge_task` runs in this process, in a pool, and on
a Dask cluster (`payerproof.guides.cluster`).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import orjson

from payerproof.guides.fastsupport import Env
from payerproof.guides.findings import Result
from payerproof.guides.lines import Bad, Line, Task, read, tasks
from payerproof.guides.outputs import element_of
from payerproof.guides.population import Population
from payerproof.guides.summary import EXAMPLES, Summary
from payerproof.guides.text import intact
from payerproof.guides.validator import Validator

COLLECT = 20_000
"""Resources between two collections of reference cycles (errors make some)."""

Progress = Callable[[int, int], None]
"""Called with (tasks done, resources so far)."""


class Beside(Protocol):
    """Somebody who looks at the same resources while they are judged, so that all is read once."""

    def see(self, text: bytes, value: Any) -> None:
        """Look at a line that is JSON, as sent and as parsed."""

    def merge(self, other: Any) -> None:
        """Add what another one saw in a later part."""


@dataclass(frozen=True)
class Settings:
    """How to judge; small and picklable."""

    guides: dict[str, str] = field(default_factory=dict)
    profiles: tuple[str, ...] = ()
    reveal: bool = False
    beside: Callable[[], Beside] | None = field(default=None, repr=False)
    """Makes the one who looks along in a part of the input; picklable."""

    def validator(self) -> Validator:
        """A validator with these settings."""
        return Validator(self.guides, profiles=self.profiles, reveal=self.reveal)


_VALIDATORS: dict[str, Validator] = {}


def validator_of(settings: Settings) -> Validator:
    """This process's validator for some settings, made once."""
    key = repr(settings)
    found = _VALIDATORS.get(key)
    if found is None:
        found = _VALIDATORS[key] = settings.validator()
    return found


def judge_task(task: Task, settings: Settings) -> Summary:
    """Read and judge one unit of work; a file that cannot be opened is a finding too."""
    judge = Judge(validator_of(settings), Path(task.path).name)
    judge.summary.beside = settings.beside() if settings.beside else None
    was_on = gc.isenabled()
    gc.disable()  # parsed JSON has no cycles; looking for some would take longer than judging
    try:
        for count, item in enumerate(read(task)):
            judge.take(item)
            if count % COLLECT == COLLECT - 1:
                gc.collect()
    except OSError as why:
        judge.take(Bad(1, "unreadable", f"the file cannot be read ({why.strerror or why})"))
    finally:
        if was_on:
            gc.enable()
    return judge.finish()


class Judge:
    """Judges one line after the other and sums up."""

    def __init__(self, validator: Validator, source: str) -> None:
        self.validator = validator
        self.source = source
        self.summary = Summary()
        self.population = Population(validator.schema, validator.fast.judge_run())
        self.explained: dict[int, int] = {}

    def take(self, item: Line | Bad) -> None:
        """Judge one line."""
        self.summary.lines = max(self.summary.lines, item.number)
        if isinstance(item, Bad):
            self._bad(item)
            return
        if not item.text.strip():
            return
        try:
            value = orjson.loads(item.text)
        except (orjson.JSONDecodeError, RecursionError):
            self._explain(item, self.validator.judge_text(item.text))
            return
        if self.summary.beside is not None:
            self.summary.beside.see(item.text, value)
        env = self.validator.pass_fast(value) if intact(item.text, value) else None
        if env is None:
            self._explain(item, self.validator.judge_text(item.text), value)
        else:
            self._passed(item, value, env)

    def _bad(self, bad: Bad) -> None:
        self.summary.bad_lines += 1
        key = (bad.rule, "error", "", "(file)", f"Send it again: {bad.message}.")
        cause = self.summary.count(key)
        cause.element = "(file)"
        if len(cause.examples) < EXAMPLES:
            cause.examples.append(
                {
                    "source": self.source,
                    "line": bad.number,
                    "location": "(file)",
                    "column": 0,
                    "expected": "readable data",
                    "found": bad.message,
                }
            )

    def _explain(self, line: Line, result: Result, value: Any = None) -> None:
        """Count what the explaining pass says."""
        summary = self.summary
        failed = bool(result.errors)
        summary.resources += 1
        summary.with_errors += failed
        summary.bad_lines += value is None
        summary.add_profiles(result.profiles, failed)
        for finding in result.findings:
            summary.add_finding(element_of(finding), finding, self.source, line.number)
        for entry in result.unjudged:
            summary.unjudged[entry] = summary.unjudged.get(entry, 0) + 1
        for erratum in result.errata:
            summary.errata[erratum] = summary.errata.get(erratum, 0) + 1
        self._populate(result.profiles, value)

    def _passed(self, line: Line, value: Any, env: Env) -> None:
        """Count what the fast pass noted; its first examples are explained for their places."""
        sites = self.validator.fast.sites
        if any(self.explained.get(site, 0) < EXAMPLES for site in env.warnings):
            for site in set(env.warnings):
                self.explained[site] = self.explained.get(site, 0) + 1
            self._explain(line, self.validator.judge_text(line.text), value)
            return
        summary = self.summary
        summary.resources += 1
        profiles = self.validator.applied(value)
        summary.add_profiles(profiles, False)
        for number in env.warnings:
            noted = sites[number]
            cause = summary.count((noted.rule, noted.kind, noted.profile, "", noted.text))
            cause.element = cause.element or _plain(noted.element)
        for erratum in {sites[number].erratum for number in env.warnings} - {""}:
            summary.errata[erratum] = summary.errata.get(erratum, 0) + 1
        for number in env.unjudged:
            noted = sites[number]
            entry = (noted.profile, noted.element, noted.text)
            summary.unjudged[entry] = summary.unjudged.get(entry, 0) + 1
        self._populate(profiles, value)

    def _populate(self, profiles: Iterable[str], value: Any) -> None:
        if isinstance(value, dict):
            for profile in profiles:
                self.population.see(profile, value)

    def finish(self) -> Summary:
        """The sum."""
        self.summary.population = self.population.state()
        return self.summary


def _plain(identifier: str) -> str:
    return ".".join(part.split(":", 1)[0] for part in identifier.split("."))


def judge_files(
    paths: list[Path], settings: Settings, jobs: int, progress: Progress | None = None
) -> Summary:
    """Judge files with ``jobs`` processes; the answer is the same for any number of them."""
    work = list(tasks(paths))
    parts: Iterable[tuple[Task, Summary]]
    if jobs <= 1 or len(work) <= 1:
        parts = ((task, judge_task(task, settings)) for task in work)
    else:
        parts = in_pool(work, settings, min(jobs, len(work)))
    return gather(parts, progress)


def gather(parts: Iterable[tuple[Task, Summary]], progress: Progress | None = None) -> Summary:
    """Put parts together in the order of the input, each once, as soon as the next one is there."""
    total = Summary()
    waiting: dict[int, tuple[Task, Summary]] = {}
    following, path, lines_before = 0, "", 0
    for done, (task, part) in enumerate(parts, 1):
        waiting.setdefault(task.index, (task, part))
        while following in waiting:
            task_now, part_now = waiting.pop(following)
            following += 1
            if task_now.path != path:
                path, lines_before = task_now.path, 0
            total.merge(part_now, lines_before)
            lines_before += part_now.lines
        if progress is not None:
            progress(done, total.resources)
    return total


def in_pool(work: list[Task], settings: Settings, jobs: int) -> Iterator[tuple[Task, Summary]]:
    """Judge in worker processes; when one dies, what it had is judged again in a new pool."""
    todo = {task.index: task for task in work}
    deaths = 0
    while todo:
        try:
            for task, part in _pool_once(list(todo.values()), settings, jobs):
                if todo.pop(task.index, None) is not None:
                    yield task, part
        except BrokenProcessPool:
            deaths += 1
            if deaths > 3:
                raise


def _pool_once(work: list[Task], settings: Settings, jobs: int) -> Iterator[tuple[Task, Summary]]:
    remaining = iter(work)
    with ProcessPoolExecutor(jobs) as pool:
        running: dict[Future[Summary], Task] = {}
        for task in remaining:
            running[pool.submit(judge_task, task, settings)] = task
            if len(running) < 3 * jobs:
                continue
            yield from _finished(running)
        while running:
            yield from _finished(running)


def _finished(running: dict[Future[Summary], Task]) -> Iterator[tuple[Task, Summary]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        task = running.pop(future)
        yield task, future.result()
