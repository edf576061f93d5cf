"""The payer's clock: real time plus a shift that the control API sets."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime

DATA_AS_OF = date(2026, 11, 21)
"""The day on which the synthetic people's data stand; their ages count from it."""


class Clock:
    """Seconds since 1970 as the payer counts them.

    The shift moves everything the payer itself dates (codes, tokens, grants, sessions). What
    others date by their own watch (a member's authenticator, a client's assertion) is judged by
    `wall`, so that a shifted payer can still be logged in to.
    """

    def __init__(self, shift: float = 0.0) -> None:
        self.shift = shift
        noon = datetime(DATA_AS_OF.year, DATA_AS_OF.month, DATA_AS_OF.day, 12, tzinfo=UTC)
        self._days_differ = noon.timestamp() - time.time()

    def now(self) -> float:
        """Payer time."""
        return time.time() + self.shift

    def wall(self) -> float:
        """Real time."""
        return time.time()

    def moment(self) -> datetime:
        """Payer time as an aware UTC datetime."""
        return datetime.fromtimestamp(self.now(), UTC)

    def today(self) -> datetime:
        """The day by which people's ages count, as an aware UTC datetime.

        It begins at the data's own day, so that nobody's birthday depends on when the sandbox is
        run, and is payer time once somebody has set that.
        """
        return datetime.fromtimestamp(self.now() + self._days_differ, UTC)

    def set(self, moment: float) -> None:
        """Set payer time, in seconds since 1970."""
        self.shift = moment - time.time()
        self._days_differ = 0.0

    def advance(self, seconds: float) -> None:
        """Move payer time forward (or back, when negative)."""
        self.shift += seconds
