"""Two digests by which runs are compared: did they sit the same exam, in the same environment."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from payerproof.catalog import Catalog
from payerproof.plugin.settings import Settings
from payerproof.runfile.lines import to_content
from payerproof.target import Target


def exam_digest(catalog: Catalog, settings: Settings) -> str:
    """Digest of the requirements, the selection and the day by which duties are judged."""
    return _digest(
        {
            "requirements": {name: to_content(one) for name, one in catalog.requirements.items()},
            "selection": asdict(settings.selection),
            "as_of": settings.as_of,
        }
    )


def environment_digest(target: Target) -> str:
    """Digest of the payer file, without the operator's name."""
    return _digest(
        target.model_dump(mode="json", exclude={"operator", "organisation", "path", "digest"})
    )


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
