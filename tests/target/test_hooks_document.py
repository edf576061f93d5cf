"""The document of hooks names every control that a payer file may have, and no other."""

from __future__ import annotations

import re
from pathlib import Path

from payerproof.target import CONTROLS

HOOKS = Path(__file__).resolve().parents[2] / "docs" / "hooks.md"


def test_every_control_is_described() -> None:
    table = HOOKS.read_text(encoding="utf-8").partition("| control |")[2]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = [name for cell in first for name in re.findall(r"`([a-z0-9-]+)`", cell)]
    assert sorted(named) == sorted(CONTROLS)
