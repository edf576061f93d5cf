"""The Dask engine on a local cluster of worker processes, one of which is killed in the middle."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import os
import signal
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from payerproof.guides import bulk, lines
from payerproof.guides import cluster as cluster_engine
from payerproof.guides.cluster import ClusterError, judge_on_cluster

from .people import CLAIM

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


def write(path: Path, count: int) -> None:
    rows = []
    for at in range(count):
        value = copy.deepcopy(CLAIM)
        value["id"] = f"c{at}"
        if at % 50 == 7:
            value["status"] = "done"
        rows.append(orjson.dumps(value))
    path.write_bytes(b"\n".join(rows))


@pytest.fixture
def cluster() -> Any:
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        pytest.skip("not run: payerproof[cluster] is not installed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        host="127.0.0.1",
    ) as found:
        yield found


def test_a_killed_worker_loses_nothing_and_counts_nothing_twice(
    cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "RANGE", 100_000)
    path = tmp_path / "claims.ndjson"
    write(path, 3000)
    alone = bulk.judge_files([path], bulk.Settings(), 1)
    killed: list[int] = []

    def progress(done: int, _: int) -> None:
        if done == 5 and not killed:
            workers = [w.process.pid for w in cluster.workers.values()]
            killed.append(workers[0])
            os.kill(workers[0], signal.SIGKILL)

    together = judge_on_cluster([path], bulk.Settings(), cluster.scheduler_address, progress)
    assert killed
    assert together.resources == 3000
    assert together.as_json() == alone.as_json()


def test_a_cluster_that_is_not_there_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_engine, "CONNECT", "1s")
    words = r"127\.0\.0\.1:1"
    if "distributed" not in sys.modules and importlib.util.find_spec("distributed") is None:
        words = r"payerproof\[cluster\]"
    with pytest.raises(ClusterError, match=words):
        judge_on_cluster([tmp_path / "x.ndjson"], bulk.Settings(), "tcp://127.0.0.1:1")
