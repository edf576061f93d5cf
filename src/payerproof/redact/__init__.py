"""Redaction by allow-list, before anything is written."""

from __future__ import annotations

from payerproof.redact.redactor import BODY_LIMIT, WHOLE_LIMIT, Redactor, SecretInOutput

__all__ = ["BODY_LIMIT", "WHOLE_LIMIT", "Redactor", "SecretInOutput"]
