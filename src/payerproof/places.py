"""Where the data that ships with payerproof lies: in the wheel, or beside ``src/``."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(name: str) -> Path:
    """Folder or file ``suites``, ``fixtures``, ``profiles`` or ``conftest.py``.

    Raises `FileNotFoundError` with the places that were tried.
    """
    tried = [_PACKAGE / name, _PACKAGE.parent.parent / name]
    for place in tried:
        if place.exists():
            return place
    raise FileNotFoundError(f"{name} is in neither {tried[0]} nor {tried[1]}; reinstall payerproof")
