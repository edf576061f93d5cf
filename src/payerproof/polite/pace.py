"""How fast, and how many at once: one queue per host."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from payerproof.polite.settings import Clock


class _Queue:
    """Requests to one host."""

    def __init__(self, places: int) -> None:
        self.lock = threading.Lock()
        self.places = threading.BoundedSemaphore(places)
        self.free_at = 0.0


class Pace:
    """Spaces the starts of requests to a host evenly, so that no second ever holds more."""

    def __init__(self, per_second: float, concurrency: int, share: float, clock: Clock) -> None:
        """`share` is this process's part of both figures, above 0 and up to 1."""
        if not 0 < share <= 1 or per_second <= 0:
            raise ValueError("share lies between 0 and 1, and requests_per_second is above 0")
        self._interval = 1 / (per_second * share)
        self._places = max(1, int(concurrency * share))
        self._clock = clock
        self._lock = threading.Lock()
        self._queues: dict[str, _Queue] = {}

    @contextmanager
    def place(self, host: str) -> Iterator[None]:
        """Hold one of the host's places while a request is under way."""
        with self._queue(host).places:
            yield

    def wait(self, host: str) -> None:
        """Sleep until the next request to `host` may start."""
        queue = self._queue(host)
        with queue.lock:
            now = self._clock.now()
            start = max(now, queue.free_at)
            queue.free_at = start + self._interval
        if start > now:
            self._clock.sleep(start - now)

    def pause(self, host: str, seconds: float) -> None:
        """Let nothing start for a while: the host asked for it."""
        queue = self._queue(host)
        with queue.lock:
            queue.free_at = max(queue.free_at, self._clock.now() + seconds)

    def _queue(self, host: str) -> _Queue:
        with self._lock:
            return self._queues.setdefault(host, _Queue(self._places))
