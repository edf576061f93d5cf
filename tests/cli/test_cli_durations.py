"""Durations as people write them."""

from __future__ import annotations

import pytest

from payerproof.cli.durations import seconds, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90), ("10m", 600), ("1h30m", 5400), ("1.5m", 90), ("150ms", 0.15), ("1m5s", 65)],
)
def test_seconds(text: str, expected: float) -> None:
    assert seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize("text", ["", "10", "m", "10 m", "10x", "-5s", "5s and more"])
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no duration"):
        seconds(text)


@pytest.mark.parametrize(
    ("duration", "expected"),
    [(3900, "1 h 5 min"), (200, "3 min 20 s"), (12.4, "12 s"), (60, "1 min 0 s")],
)
def test_words(duration: float, expected: str) -> None:
    assert words(duration) == expected
