"""The published JSON Schema of the lines of a run file."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any


def run_schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) that every line of a run file satisfies, told by its ``kind``."""
    text = files("payerproof.runfile").joinpath("run.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema
