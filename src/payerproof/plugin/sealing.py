"""What the journal of a run must keep and nobody must read: sealed before it is written.

To put things back a hook may have to be sent a member's number, so the journal holds what it will
be sent. It is encrypted and authenticated (Fernet, AES-128-CBC with HMAC-SHA256) with a key of the
run's own. The key lies with the operating system's user, outside the run folder and readable by its
owner alone, beside the key of the tags: ``--resume`` and ``payerproof restore`` find it there,
whoever is handed the run folder does not. It is made when the first change is noted, and removed
when the run has ended with everything put back, or with the run by ``payerproof purge``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken

from payerproof.plugin.locate import made_once, seal_file


class SealBroken(Exception):
    """Something sealed cannot be opened: the key is gone, or another one."""


def sealed(run_dir: Path, body: Mapping[str, Any]) -> str:
    """A JSON object, encrypted with the run's key; the key is made where there is none."""
    key = made_once(seal_file(run_dir), Fernet.generate_key())
    return Fernet(key).encrypt(json.dumps(body, sort_keys=True).encode()).decode("ascii")


def opened(run_dir: Path, text: str) -> Any:
    """What was sealed; raises `SealBroken` where this computer's user has not the key."""
    try:
        return json.loads(Fernet(seal_file(run_dir).read_bytes()).decrypt(text.encode()))
    except (OSError, ValueError, InvalidToken):
        raise SealBroken from None


def key_missing(run_dir: Path, left: Iterable[str]) -> str:
    """A clause for a reader where something sealed is left and the key is not here; else empty.

    `left` are the sealed texts.
    """
    if not any(left) or seal_file(run_dir).exists():
        return ""
    return " (the key that sealed it is not here: do it as the user who started the run)"


def forget(run_dir: Path) -> None:
    """Remove the key: what is still sealed with it can never be read again."""
    seal_file(run_dir).unlink(missing_ok=True)
