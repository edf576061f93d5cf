"""Checks that change the whole payer run with nobody beside them."""

from __future__ import annotations

import threading
from pathlib import Path

from payerproof.plugin.concurrency import among_others, wishing


def test_who_is_alone_waits_for_those_inside_and_keeps_others_out(tmp_path: Path) -> None:
    told: list[str] = []
    first_is_in, first_may_go = threading.Event(), threading.Event()
    alone_is_in, alone_may_go = threading.Event(), threading.Event()

    def first() -> None:
        with among_others(tmp_path, alone=False):
            first_is_in.set()
            first_may_go.wait(timeout=20)
            told.append("the first leaves")

    def changing() -> None:
        with among_others(tmp_path, alone=True):
            told.append("alone")
            alone_is_in.set()
            alone_may_go.wait(timeout=20)
            told.append("not alone any more")

    def last() -> None:
        with among_others(tmp_path, alone=False):
            told.append("the last comes")

    threads = [threading.Thread(target=work) for work in (first, changing, last)]
    threads[0].start()
    assert first_is_in.wait(timeout=20)
    threads[1].start()
    assert not alone_is_in.wait(timeout=0.3)  # the first is still inside
    first_may_go.set()
    assert alone_is_in.wait(timeout=20)
    threads[2].start()
    threads[2].join(timeout=0.3)  # it finds the door shut
    alone_may_go.set()
    for thread in threads:
        thread.join(timeout=20)
    assert told == ["the first leaves", "alone", "not alone any more", "the last comes"]


def test_one_observation_at_a_time_changes_what_members_wish(tmp_path: Path) -> None:
    told: list[str] = []
    first_is_in, first_may_go = threading.Event(), threading.Event()

    def first() -> None:
        with wishing(tmp_path):
            first_is_in.set()
            first_may_go.wait(timeout=20)
            told.append("the first leaves")

    def second() -> None:
        with wishing(tmp_path):
            told.append("the second comes")

    threads = [threading.Thread(target=work) for work in (first, second)]
    threads[0].start()
    assert first_is_in.wait(timeout=20)
    threads[1].start()
    threads[1].join(timeout=0.3)
    assert not told
    first_may_go.set()
    for thread in threads:
        thread.join(timeout=20)
    assert told == ["the first leaves", "the second comes"]
