"""Which state of the code a matrix result holds for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_WATCHED = ("src/payerproof", "suites", "fixtures", "profiles/payers")
_IGNORED = (
    *("requirements.toml", "expected.toml", "ids.txt", "sources.toml", "costs.toml"),
    *("coverage.toml", "quirks.toml"),
)


def digest() -> str:
    """Digest of everything that can change a cell of the matrix."""
    total = hashlib.sha256()
    for path in _files():
        total.update(path.relative_to(ROOT).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files() -> Iterator[Path]:
    for folder in _WATCHED:
        for path in sorted((ROOT / folder).rglob("*")):
            parts = path.relative_to(ROOT).parts
            if not path.is_file() or "__pycache__" in parts or path.name in _IGNORED:
                continue
            if parts[:3] in (("src", "payerproof", "guides"), ("src", "payerproof", "report")):
                continue
            yield path
