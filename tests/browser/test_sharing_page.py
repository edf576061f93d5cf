"""The control that ends sharing with clinics is found by its words, the right one of several."""

from __future__ import annotations

import pytest

from payerproof.browser.sharing import confirming_control, sharing_control
from payerproof.browser.snapshot import Control, Snapshot


def button(label: str, heading: str = "", index: int = 0) -> Control:
    return Control(index, 0, "button", "submit", True, label=label, heading=heading)


def page(*controls: Control, text: str = "", mark: str = "a") -> Snapshot:
    return Snapshot("https://p.example/", text=text, controls=controls, fingerprint=mark)


@pytest.mark.parametrize(
    "label",
    ["Stop sharing", "Stop all sharing", "Opt out", "Opt-out of data sharing", "Turn it off",
     "Do not share", "Don't share my data", "Don\u2019t share"],
)  # fmt: skip
def test_words_that_end_sharing(label: str) -> None:
    found = sharing_control(page(button("Sign out"), button(label)), "Ada", share=False)
    assert found is not None
    assert found.label == label
    assert sharing_control(page(button(label)), "Ada", share=True) is None


@pytest.mark.parametrize("label", ["Share again", "Start sharing", "Opt back in", "Opt in"])
def test_words_that_begin_it(label: str) -> None:
    found = sharing_control(page(button(label)), "Ada", share=True)
    assert found is not None
    assert sharing_control(page(button(label)), "Ada", share=False) is None


def test_the_one_that_stands_by_the_name() -> None:
    seen = page(
        button("Stop sharing", "Bruno Berg (you)", 1), button("Stop sharing", "Ben Berg", 2)
    )
    found = sharing_control(seen, "Ben Berg", share=False)
    assert found is not None
    assert found.index == 2
    assert sharing_control(seen, "Bea Berg", share=False) is None
    assert sharing_control(page(button("Sign out")), "Bea", share=False) is None


def test_a_page_that_asks_again() -> None:
    before = page(button("Stop sharing"))
    asking = page(button("Yes, stop sharing"), button("Cancel"), mark="b")
    found = confirming_control(before, asking, share=False)
    assert found is not None
    assert found.label.startswith("Yes")
    after = page(button("Share again"), mark="c")
    assert confirming_control(before, after, share=False) is None
