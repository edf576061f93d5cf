"""Proof Key for Code Exchange (RFC 7636)."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Pkce:
    """A verifier with its S256 challenge (RFC 7636 section 4)."""

    verifier: str = field(repr=False)
    challenge: str

    @classmethod
    def fresh(cls) -> Pkce:
        """Return a new pair: 43 characters of verifier, 256 bits of entropy."""
        return cls.of(secrets.token_urlsafe(32))

    @classmethod
    def of(cls, verifier: str) -> Pkce:
        """Return the pair of a given verifier."""
        digest = hashlib.sha256(verifier.encode("ascii")).digest()
        return cls(verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii"))
