"""Every check passes on every clean face of the sandbox, or rightly does not apply."""

from __future__ import annotations

from typing import Any

import pytest

from payerproof.sandbox.faces import FACES
from tests.matrix.child import LATER
from tests.matrix.harness import Harness
from tests.matrix.near import on_pages

GREEN = {"passed", "noted", "not applicable", "not tested"}


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
def test_every_check_holds_on_a_clean_face(harness: Harness, face: str) -> None:
    """Grants come from the control hook here."""
    _hold(harness.judge(face), 600)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("face", FACES)
def test_every_check_of_pages_holds_on_a_clean_face(harness: Harness, face: str) -> None:
    """In a house of its own: consents of the run by the hook may be remembered."""
    harness.sandbox.tenant(face, [], f"pages-{face}")
    _hold(harness.judge(f"pages-{face}", checks=on_pages(), login="browser", as_of=LATER), 100)


def _hold(answer: dict[str, Any], least: int) -> None:
    unmet = {key: o for key, o in answer["outcomes"].items() if o not in GREEN}
    assert not unmet, {key: answer["observed"].get(key) for key in unmet}
    assert sum(o == "passed" for o in answer["outcomes"].values()) >= least
