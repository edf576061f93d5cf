"""The browsers of a run: each has a thread of its own and does its members' errands in turn.

A member belongs to one lane for the whole run, since the browser context with their session at the
portal does; so whatever one member does happens one after another, and only different members are
at the payer's pages at once. A lane's browser starts with its first errand.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from payerproof.browser.errors import BrokerFailed, BrokerGone

_STOP_SECONDS = 15.0


@dataclass
class _Errand:
    name: str
    args: Sequence[Any]
    kwargs: dict[str, Any]
    answer: Future[Any] = field(default_factory=Future)


class Lanes:
    """Up to `count` browsers. ``make_agent`` is called in the thread of each, one at a time."""

    def __init__(self, make_agent: Callable[[], Any], count: int) -> None:
        starting = threading.Lock()

        def one_at_a_time() -> Any:
            # two that look for a browser at once might both begin to install it
            with starting:
                return make_agent()

        names = ["browser", *(f"browser-{number}" for number in range(2, count + 1))]
        self._lanes = [_Lane(one_at_a_time, name) for name in names]
        self._taken: dict[str, _Lane] = {}
        self._choosing = threading.Lock()

    def start(self, *, eager: bool) -> None:
        """Begin to take errands; with ``eager`` the first browser is launched at once."""
        for number, lane in enumerate(self._lanes):
            lane.start(eager=eager and number == 0)

    def call(self, whose: str, name: str, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        """Run the agent's method for a member ("": nobody in particular) and wait for its answer.

        Raises what the method raises, and `BrokerGone` where the lanes have been closed.
        """
        errand = _Errand(name, args, kwargs)
        with self._choosing:
            lane = self._taken.get(whose)
            if lane is None:
                lane = self._taken[whose] = min(self._lanes, key=_Lane.load)
            lane.take(errand)
        return errand.answer.result()

    def close(self) -> None:
        """Let the errands in hand end, refuse those that wait, close the browsers."""
        with self._choosing:
            for lane in self._lanes:
                lane.end()
        for lane in self._lanes:
            lane.join()


class _Lane:
    def __init__(self, make_agent: Callable[[], Any], name: str) -> None:
        self._make_agent = make_agent
        self._errands: queue.SimpleQueue[_Errand | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name)
        self._eager = False
        self._ending = threading.Event()
        self._taken = 0
        self._done = 0
        self._seconds = 0.0

    def load(self) -> tuple[int, float]:
        """Errands not done yet, and the seconds spent so far: the least loaded comes first."""
        return self._taken - self._done, self._seconds

    def start(self, *, eager: bool) -> None:
        self._eager = eager
        self._thread.start()

    def take(self, errand: _Errand) -> None:
        if self._ending.is_set():
            raise BrokerGone("the broker is ending")
        self._taken += 1
        self._errands.put(errand)

    def end(self) -> None:
        self._ending.set()
        self._errands.put(None)

    def join(self) -> None:
        self._thread.join(timeout=_STOP_SECONDS)

    def _work(self) -> None:
        """Playwright belongs to the thread that starts it."""
        agent: Any = None
        failure: BaseException | None = None
        if self._eager:
            agent, failure = self._launch()
        while (errand := self._errands.get()) is not None and not self._ending.is_set():
            if agent is None or not agent.alive():
                if agent is not None:
                    agent.stop()
                agent, failure = self._launch()
            self._do(agent, failure, errand)
        if agent is not None:
            agent.stop()
        self._refuse(errand)

    def _do(self, agent: Any, failure: BaseException | None, errand: _Errand) -> None:
        begun = time.monotonic()
        try:
            if agent is None:
                raise failure or BrokerFailed("no browser")
            answer = getattr(agent, errand.name)(*errand.args, **errand.kwargs)
        except Exception as error:  # handed to the client that asked
            errand.answer.set_exception(error)
        else:
            errand.answer.set_result(answer)
        self._seconds += time.monotonic() - begun
        self._done += 1

    def _launch(self) -> tuple[Any, BaseException | None]:
        try:
            return self._make_agent(), None
        except Exception as error:  # told to whoever asks for the browser
            return None, error

    def _refuse(self, errand: _Errand | None) -> None:
        while True:
            if errand is not None:
                errand.answer.set_exception(BrokerGone("the broker is ending"))
            try:
                errand = self._errands.get_nowait()
            except queue.Empty:
                return
