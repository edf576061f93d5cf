"""The sample run, made once: reports never change it."""

from __future__ import annotations

from pathlib import Path

import pytest
from report_sample import sample_run

from payerproof.report import build
from payerproof.report.view import Report
from payerproof.runfile import RecordedRun


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="session")
def run(folder: Path) -> RecordedRun:
    return sample_run(folder)


@pytest.fixture(scope="session")
def report(run: RecordedRun) -> Report:
    return build(run)
