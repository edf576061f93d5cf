from __future__ import annotations

import pytest

from payerproof.redact import Redactor

KEY = b"a key of the run, 32 bytes long."


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(KEY)


@pytest.fixture
def whole() -> Redactor:
    return Redactor(KEY, keep_bodies=True)
