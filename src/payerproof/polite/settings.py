"""What this package needs to know of the payer file, and the clock it lives by."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class LimitsLike(Protocol):
    """Table ``[limits]`` of a payer file."""

    @property
    def requests_per_second(self) -> float:
        """Requests per second to one host, all processes together."""
        ...

    @property
    def concurrency(self) -> int:
        """Requests under way at once to one host, all processes together."""
        ...

    @property
    def deadline_seconds(self) -> float:
        """Longest wait for one answer, retries included."""
        ...

    @property
    def connect_seconds(self) -> float:
        """Longest wait for a connection."""
        ...

    @property
    def max_body_bytes(self) -> int:
        """Longest body that is read, after decompression."""
        ...

    @property
    def max_export_bytes(self) -> int:
        """Longest body that goes to a file."""
        ...


class TlsLike(Protocol):
    """Table ``[tls]`` of a payer file."""

    @property
    def ca_bundle(self) -> Path | str | None:
        """PEM file of authorities that are trusted besides the public ones."""
        ...

    @property
    def client_certificate(self) -> Path | str | None:
        """PEM file of our certificate."""
        ...

    @property
    def client_key(self) -> Path | str | None:
        """PEM file of its private key."""
        ...

    @property
    def proxy(self) -> str | None:
        """Address of an HTTP proxy."""
        ...


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as a process sees it; tests bring their own."""

    now: Callable[[], float] = time.monotonic
    """Seconds that only ever grow."""
    wall: Callable[[], float] = time.time
    """Seconds since 1970."""
    sleep: Callable[[float], None] = time.sleep
