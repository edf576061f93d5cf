"""The JSON Schema of the payer file, for editors; made from the models.

``python -m payerproof.target.schema`` writes it anew.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from payerproof.target.models import PayerFile

SCHEMA_FILE = Path(__file__).with_name("payer-file.schema.json")


def payer_file_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a payer file."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "payerproof payer file",
        **{key: value for key, value in PayerFile.model_json_schema().items() if key != "title"},
    }


def schema_text() -> str:
    """The schema as committed."""
    return json.dumps(payer_file_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
