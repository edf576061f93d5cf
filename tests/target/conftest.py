"""A small valid payer file, and a way to spoil it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

VALID = """\
name = "Plan"
programmes = ["MA"]
environment = "sandbox"

[endpoints]
patient_access = "https://fhir.plan.example/r4/"

[[apps]]
id = "app"
client_id = "c-1"
type = "public"
redirect_uri = "https://app.example/cb"

[[personas]]
id = "ada"
role = "member"
username = "ada"
password = "env:ADA_PASSWORD"

[[personas]]
id = "eli"
role = "member"
username = "eli"
password = "env:ELI_PASSWORD"
"""


@pytest.fixture
def payer_file(tmp_path: Path) -> Callable[..., Path]:
    """Write the valid file with replacements (old, new) and an appendix."""

    def write(*changes: tuple[str, str], more: str = "") -> Path:
        text = VALID
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path = tmp_path / "payer.toml"
        path.write_text(text + more, encoding="utf-8")
        return path

    return write
