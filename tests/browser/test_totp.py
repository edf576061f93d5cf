from __future__ import annotations

import base64

import pytest

from payerproof.browser.totp import TotpClock, totp

SEED = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (59, "94287082"),
        (1111111109, "07081804"),
        (1111111111, "14050471"),
        (1234567890, "89005924"),
        (2000000000, "69279037"),
        (20000000000, "65353130"),
    ],
)
def test_vectors_of_rfc_6238_appendix_b(at: int, code: str) -> None:
    assert totp(SEED, at, digits=8) == code


def test_seeds_may_be_written_in_groups_and_lower_case() -> None:
    grouped = " ".join(SEED[i : i + 4] for i in range(0, len(SEED), 4)).lower()
    assert totp(grouped, 59) == totp(SEED, 59) == "287082"


def test_a_seed_that_is_not_base32_is_refused_without_being_repeated() -> None:
    with pytest.raises(ValueError, match="not Base32") as refused:
        totp("my-secret-189!", 0)
    assert "189" not in str(refused.value)


class Time:
    def __init__(self, now: float) -> None:
        self.now = now
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


def test_a_used_code_is_not_handed_out_again() -> None:
    time = Time(1000.0)
    clock = TotpClock(time, time.wait)
    first = clock.code(SEED)
    assert time.waits == []
    second = clock.code(SEED)
    assert (first, second) == (totp(SEED, 1000), totp(SEED, 1020))
    assert time.waits == [20.0]


def test_accounts_do_not_wait_for_each_other() -> None:
    time = Time(1000.0)
    clock = TotpClock(time, time.wait)
    clock.code(SEED)
    clock.code(base64.b32encode(b"another account's se").decode())
    assert time.waits == []


def test_the_last_moment_of_a_window_is_let_pass() -> None:
    time = Time(1019.5)
    clock = TotpClock(time, time.wait)
    assert clock.code(SEED) == totp(SEED, 1020)
    assert time.waits == [0.5]


def test_an_otpauth_address_brings_its_own_settings() -> None:
    time = Time(30.0)
    clock = TotpClock(time, time.wait)
    code = clock.code(f"otpauth://totp/plan:ada?secret={SEED}&digits=8&period=60&algorithm=SHA1")
    assert code == totp(SEED, 30, period=60, digits=8)
