"""The same work on a Dask cluster (extra ``payerproof[cluster]``).

Only descriptions of byte ranges and summaries pass through the scheduler; the files must be
readable at the same path on every worker, and payerproof installed there at the same version.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from payerproof.guides.bulk import Progress, Settings, gather, judge_task
from payerproof.guides.lines import Task, tasks
from payerproof.guides.summary import Summary

RETRIES = 3
IN_FLIGHT = 4
"""Tasks handed out per worker at any time."""


CONNECT = "20s"
"""How long to wait for the scheduler."""


class ClusterError(Exception):
    """A cluster that cannot be used; the text says what to do."""


def judge_on_cluster(
    paths: list[Path], settings: Settings, address: str, progress: Progress | None = None
) -> Summary:
    """Judge files on the cluster at ``tcp://HOST:PORT``; raises `ClusterError`."""
    try:
        distributed = importlib.import_module("distributed")
    except ImportError as why:
        raise ClusterError("install payerproof[cluster] to use --engine dask://…") from why
    try:
        client = distributed.Client(address, timeout=CONNECT, set_as_default=False)
    except (OSError, TimeoutError) as why:
        raise ClusterError(f"no Dask scheduler answers at {address} ({why})") from why
    with client:
        return gather(_run(distributed, client, list(tasks(paths)), settings), progress)


def _run(
    distributed: Any, client: Any, work: list[Task], settings: Settings
) -> Iterator[tuple[Task, Summary]]:
    """Hand out tasks as workers get free; a task lost with its worker is done again by Dask."""
    workers = max(1, len(client.scheduler_info(n_workers=-1)["workers"]))
    remaining = iter(work)
    running: dict[Any, Task] = {}

    def submit() -> Any:
        task = next(remaining, None)
        if task is None:
            return None
        future = client.submit(
            judge_task,
            task,
            settings,
            key=f"payerproof-{id(work)}-{task.index}",
            retries=RETRIES,
            pure=False,
        )
        running[future.key] = task
        return future

    first = [f for f in (submit() for _ in range(IN_FLIGHT * workers)) if f is not None]
    queue = distributed.as_completed(first, loop=client.loop)
    for future in queue:
        task = running.pop(future.key)
        yield task, future.result()
        future.release()
        another = submit()
        if another is not None:
            queue.add(another)
