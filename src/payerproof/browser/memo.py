"""Memory that all workers of a run share: the first to ask makes a value, the others wait."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from payerproof.browser.errors import BrokerFailed


@dataclass
class _Entry:
    owner: object
    value: bytes | None = None


class SharedMemo:
    """Values as opaque bytes by key. An owner is whoever may die while making: a connection."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}
        self._changed = threading.Condition()

    def claim(self, key: str, owner: object) -> bytes | None:
        """The value; or None, and then ``owner`` has to make it and call `keep` or `release`.

        Waits while another owner makes it. Raises `BrokerFailed` where ``owner`` itself is making
        it: it would wait for itself.
        """
        with self._changed:
            while True:
                entry = self._entries.get(key)
                if entry is None:
                    self._entries[key] = _Entry(owner)
                    return None
                if entry.value is not None:
                    return entry.value
                if entry.owner is owner:
                    raise BrokerFailed(f"the value of {key} was asked for while it was being made")
                self._changed.wait()

    def keep(self, key: str, owner: object, value: bytes) -> None:
        """Store what ``owner`` made; ignored where it no longer holds the key."""
        with self._changed:
            entry = self._entries.get(key)
            if entry is not None and entry.owner is owner:
                entry.value = value
                self._changed.notify_all()

    def release(self, key: str, owner: object) -> None:
        """The making failed: the next who waits makes it."""
        with self._changed:
            entry = self._entries.get(key)
            if entry is not None and entry.owner is owner and entry.value is None:
                del self._entries[key]
                self._changed.notify_all()

    def release_all(self, owner: object) -> None:
        """``owner`` is gone with everything that it was making."""
        with self._changed:
            for key, entry in list(self._entries.items()):
                if entry.owner is owner and entry.value is None:
                    del self._entries[key]
            self._changed.notify_all()

    def forget(self, key: str) -> None:
        """Drop a value, so that the next who asks makes it anew; one in the making stays."""
        with self._changed:
            entry = self._entries.get(key)
            if entry is not None and entry.value is not None:
                del self._entries[key]
