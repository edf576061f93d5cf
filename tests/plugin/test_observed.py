"""What is observed once in a run is observed once more for second tries, and no oftener."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from payerproof.expect.outcomes import Inconclusive, inconclusive_unless
from payerproof.fhir.client import asking_anew
from payerproof.plugin.observed.scene import Scene, observe
from payerproof.plugin.session import LocalMemo, RunSession


def _session() -> RunSession:
    double = SimpleNamespace(
        memo=LocalMemo(), cast=SimpleNamespace(first="ada"), person=lambda persona: persona
    )
    return cast(RunSession, double)


class _Making:
    """Counts how often it is asked."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, scene: Scene) -> Any:
        self.times += 1
        return SimpleNamespace(number=self.times, member=scene.member)


def test_every_first_try_judges_the_same_observation() -> None:
    session, making = _session(), _Making()
    assert [observe(session, "refresh", making).number for _ in range(3)] == [1, 1, 1]


def test_all_second_tries_judge_one_more() -> None:
    session, making = _session(), _Making()
    observe(session, "refresh", making)
    with asking_anew():
        seconds = [observe(session, "refresh", making).number for _ in range(3)]
    assert seconds == [2, 2, 2]
    assert observe(session, "refresh", making).number == 1


def test_what_changes_the_state_it_began_from_is_observed_once() -> None:
    session, making = _session(), _Making()
    observe(session, "revoked", making, repeatable=False)
    with asking_anew():
        assert observe(session, "revoked", making, repeatable=False).number == 1


def test_what_could_not_be_observed_is_told_to_every_check() -> None:
    session = _session()

    def nothing(_: Scene) -> object:
        inconclusive_unless(False, "no code came")
        return object()

    for _ in range(2):
        with pytest.raises(Inconclusive, match="no code came"):
            observe(session, "refresh", nothing)
