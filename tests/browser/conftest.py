from __future__ import annotations

from collections.abc import Iterator

import pytest
from page_server import PageServer

from payerproof.browser.engine import Browser, find_browser
from payerproof.browser.errors import BrowserMissing
from payerproof.record import Recorder
from payerproof.redact import Redactor


@pytest.fixture(scope="module")
def page_server() -> Iterator[PageServer]:
    server = PageServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def browser() -> Browser:
    try:
        return find_browser(install=False)
    except BrowserMissing as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorder]:
    folder = tmp_path_factory.mktemp("run")
    kept = Recorder(
        folder / "segment-broker.jsonl", Redactor(b"k" * 32, keep_bodies=True), "broker"
    )
    yield kept
    kept.close()
