"""Time-based one-time passwords (RFC 6238) with codes used once.

A server that follows RFC 6238 section 5.2 refuses a code that it has accepted before, so the codes
of one account are handed out by one `TotpClock` per run, which waits for the next window if the
present one was used already.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from collections.abc import Callable
from itertools import count
from urllib.parse import parse_qs, urlsplit

PERIOD_SECONDS = 30
MARGIN_SECONDS = 1.0
"""A code with less time left than this is likely to be checked in the next window."""
DIGITS = 6


def totp(seed: str, at: float, *, period: int = PERIOD_SECONDS, digits: int = DIGITS) -> str:
    """The code of a Base32 ``seed`` at ``at`` seconds since the epoch, HMAC-SHA1 as in RFC 6238.

    Raises `ValueError`, without the seed, where it is not Base32.
    """
    return _hotp(_key(seed), int(at) // period, digits, "sha1")


def _key(seed: str) -> bytes:
    plain = seed.replace(" ", "").replace("-", "").rstrip("=").upper()
    try:
        return base64.b32decode(plain + "=" * (-len(plain) % 8))
    except ValueError:
        raise ValueError("the TOTP seed is not Base32 (letters A to Z and digits 2 to 7)") from None


def _hotp(key: bytes, counter: int, digits: int, algorithm: str) -> str:
    """RFC 4226 section 5.3: dynamic truncation of an HMAC."""
    mac = hmac.new(key, counter.to_bytes(8, "big"), algorithm).digest()
    offset = mac[-1] & 0x0F
    number = int.from_bytes(mac[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


EARLY_SECONDS = 900
"""How far ahead a code is that nobody may take yet. One of the past tells less: a server that has
taken a later one refuses it for that (RFC 6238 section 5.2), however long its codes live."""


def wrong_codes(seed: str, at: float | None = None, *, after: int = -1) -> tuple[str, str]:
    """A code that shares its first half with the right one, and the right one of much later.

    Neither is right at `at` (default: now) or some minutes around it. `after` is the time step
    whose code was used last: half of a used one would be refused for that, so the half is the next
    one's where clocks that differ by a step let it be right already.
    """
    secret, period, digits, algorithm = _settings(seed)
    key, now = _key(secret), time.time() if at is None else at
    present = int(now) // period
    right = {_hotp(key, step, digits, algorithm) for step in range(present - 8, present + 9)}
    step = present + 1 if after == present else present
    half, code = digits // 2, _hotp(key, step, digits, algorithm)
    tails = (str(number).zfill(digits - half) for number in range(10 ** (digits - half)))
    near = next(code[:half] + tail for tail in tails if code[:half] + tail not in right)
    later = (
        _hotp(key, step, digits, algorithm) for step in count((int(now) + EARLY_SECONDS) // period)
    )
    return near, next(code for code in later if code not in right)


class TotpClock:
    """Hands out each code of an account at most once in a run. Safe to use from several threads."""

    def __init__(
        self,
        now: Callable[[], float] = time.time,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._now = now
        self._wait = wait
        self._used: dict[str, int] = {}
        self._handing_out = threading.Lock()

    def used(self, seed: str) -> str:
        """The code of ``seed`` that was handed out last, where its window is hardly over; or ""."""
        secret, period, digits, algorithm = _settings(seed)
        key = _key(secret)
        window = self._used.get(_account(seed), -2)
        fresh = int(self._now()) // period - window in (0, 1)
        return _hotp(key, window, digits, algorithm) if fresh else ""

    def wrong(self, seed: str) -> tuple[str, str]:
        """`wrong_codes` of ``seed``, now."""
        return wrong_codes(seed, self._now(), after=self._used.get(_account(seed), -1))

    def code(self, seed: str) -> str:
        """The next unused code of ``seed``: Base32, or an ``otpauth://`` address with its settings.

        Waits, at most one period, where the present window's code was handed out before.
        """
        secret, period, digits, algorithm = _settings(seed)
        key, account = _key(secret), _account(seed)
        with self._handing_out:
            window = int(self._now() + MARGIN_SECONDS) // period
            window = max(window, self._used.get(account, -1) + 1)
            self._used[account] = window
        while (left := window * period - self._now()) > 0:
            self._wait(left)
        return _hotp(key, window, digits, algorithm)


def _account(seed: str) -> str:
    """What tells the accounts of a run apart without keeping their seeds."""
    return hashlib.sha256(_key(_settings(seed)[0])).hexdigest()


def _settings(seed: str) -> tuple[str, int, int, str]:
    if not seed.startswith("otpauth://"):
        return seed, PERIOD_SECONDS, DIGITS, "sha1"
    given = {name: values[0] for name, values in parse_qs(urlsplit(seed).query).items()}
    if "secret" not in given:
        raise ValueError("the otpauth address has no secret parameter")
    return (
        given["secret"],
        int(given.get("period", PERIOD_SECONDS)),
        int(given.get("digits", DIGITS)),
        given.get("algorithm", "SHA1").lower(),
    )
