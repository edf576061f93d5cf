"""One sandbox and one harness process per test process, shared by the defect tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from payerproof.sandbox import Sandbox
from tests.matrix.harness import Harness


@pytest.fixture(scope="session")
def harness() -> Iterator[Harness]:
    """Judges tenants of a sandbox of its own."""
    with Sandbox() as sandbox:
        made = Harness(sandbox)
        yield made
        made.close()


@pytest.fixture(scope="session")
def clean(harness: Harness) -> Callable[[str, tuple[str, ...], str], dict[str, str]]:
    """Outcomes of the plain face for some folders and a way of login, judged once."""

    @cache
    def judged(tenant: str, areas: tuple[str, ...], login: str) -> dict[str, str]:
        found: dict[str, str] = harness.judge(tenant, areas=areas, login=login)["outcomes"]
        return found

    return judged
