"""Wrong values are wrong and look right; addresses of one journey are laid over another's."""

from __future__ import annotations

import pytest

from payerproof.browser.amiss import altered, laid_over
from payerproof.browser.totp import PERIOD_SECONDS, totp, wrong_codes

SEED = "JBSWY3DPEHPK3PXP"


@pytest.mark.parametrize("value", ["9zZ-aA0_", "f00dbabe", "x"])
def test_an_altered_value_looks_like_the_right_one(value: str) -> None:
    other = altered(value)
    assert other != value
    assert len(other) == len(value)
    assert [c.isdigit() for c in other] == [c.isdigit() for c in value]


@pytest.mark.parametrize("at", [1_700_000_000.0, 1_790_000_015.0, 59.0 * 86400 * 365])
def test_wrong_codes_are_no_right_ones_of_the_time(at: float) -> None:
    right = {totp(SEED, at + step * PERIOD_SECONDS) for step in range(-5, 6)}
    near, early = wrong_codes(SEED, at)
    assert not {near, early} & right
    assert near[:3] == totp(SEED, at)[:3]
    assert len(near) == len(early) == 6


def test_half_of_a_code_that_was_used_gives_way_to_half_of_the_next() -> None:
    at = 1_790_000_015.0
    used = int(at) // PERIOD_SECONDS
    near, _ = wrong_codes(SEED, at, after=used)
    assert near[:3] == totp(SEED, at + PERIOD_SECONDS)[:3]
    assert near not in {totp(SEED, at + step * PERIOD_SECONDS) for step in range(-5, 6)}
    assert wrong_codes(SEED, at, after=used - 1)[0][:3] == totp(SEED, at)[:3]


def test_an_address_gets_the_values_of_another_journey() -> None:
    consent = "https://plan.example/portal/consent?journey=theirs&view=all"
    login = "https://plan.example/portal/sign-in?journey=mine"
    assert laid_over(consent, login) == "https://plan.example/portal/consent?journey=mine&view=all"


def test_an_address_without_parameters_stays_as_it_is() -> None:
    assert laid_over("https://plan.example/apps", "https://plan.example/x?journey=mine") == (
        "https://plan.example/apps"
    )
