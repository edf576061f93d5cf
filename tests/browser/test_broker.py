"""The broker's process and its memory, with and without a browser."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from payerproof.browser import codec
from payerproof.browser.broker import Broker, BrokerConfig, start_broker
from payerproof.browser.client import BrokerClient
from payerproof.browser.errors import BrokerFailed, BrokerGone, LoginFailed, UnknownPersona
from payerproof.browser.facts import AuthorizationOutcome, AuthorizationVisit, PageFacts
from payerproof.browser.lanes import Lanes
from payerproof.browser.memo import SharedMemo

KEY = b"k" * 32


class Agent:
    """Stands for the browsers: remembers in which thread it worked for whom."""

    def __init__(self) -> None:
        self.threads: dict[str, set[str]] = {}
        self.stopped = False
        self.meeting: threading.Barrier | None = None

    def alive(self) -> bool:
        return True

    def stop(self) -> None:
        self.stopped = True

    def authorize(self, visit: AuthorizationVisit) -> AuthorizationOutcome:
        self.threads.setdefault(visit.persona, set()).add(threading.current_thread().name)
        if self.meeting is not None:
            self.meeting.wait(timeout=20)
        if visit.persona == "nobody":
            raise UnknownPersona("the payer file has no persona nobody")
        if visit.persona == "locked":
            raise LoginFailed("locked could not log in", "locked")
        if visit.persona == "broken":
            raise ZeroDivisionError("with s3cret-value inside")
        page = PageFacts("consent", "https://x.example/", headers={"a": "b"})
        return AuthorizationOutcome(True, parameters={"code": visit.url}, pages=(page,))


@pytest.fixture
def agent() -> Agent:
    return Agent()


@pytest.fixture
def broker(agent: Agent) -> Iterator[Broker]:
    lanes = Lanes(lambda: agent, 2)
    running = Broker(lanes, KEY, lambda t: t.replace("s3cret-value", "(hidden)"), eager=False)
    running.serve()
    yield running
    running.close()


def client(broker: Broker, key: bytes = KEY) -> BrokerClient:
    return BrokerClient(f"{broker.path}#{key.hex()}")


def test_facts_come_back_as_they_were(broker: Broker, agent: Agent) -> None:
    outcome = client(broker).authorize(AuthorizationVisit("ada", "https://a.example/", "r"))
    assert outcome == agent.authorize(AuthorizationVisit("ada", "https://a.example/", "r"))
    assert isinstance(outcome.pages[0], PageFacts)


def visiting(broker: Broker, personas: Sequence[str]) -> None:
    """Everybody at once, each by a client of their own."""

    def work(persona: str) -> None:
        mine = client(broker)
        mine.authorize(AuthorizationVisit(persona, "u", "r"))
        mine.close()

    threads = [threading.Thread(target=work, args=(persona,)) for persona in personas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_member_has_one_browser(broker: Broker, agent: Agent) -> None:
    visiting(broker, ["ada", "bo", "cho"] * 5)
    assert all(len(threads) == 1 for threads in agent.threads.values())


def test_two_members_are_at_the_pages_at_once(broker: Broker, agent: Agent) -> None:
    agent.meeting = threading.Barrier(2)  # each waits there until the other comes
    visiting(broker, ["ada", "bo"])
    assert sorted(agent.threads) == ["ada", "bo"]
    assert sorted(thread for [thread] in agent.threads.values()) == ["browser", "browser-2"]


def test_who_waits_is_refused_when_the_browsers_close(agent: Agent) -> None:
    lanes = Lanes(lambda: agent, 1)
    lanes.start(eager=False)
    agent.meeting = threading.Barrier(2)
    told: list[str] = []

    def ask(name: str) -> None:
        try:
            lanes.call(name, "authorize", (AuthorizationVisit(name, "u", "r"),), {})
        except BrokerGone as error:
            told.append(f"{name}: {error}")

    first = threading.Thread(target=ask, args=("ada",))
    first.start()
    while agent.meeting.n_waiting == 0:
        time.sleep(0.01)
    second = threading.Thread(target=ask, args=("bo",))
    second.start()
    while lanes._lanes[0].load()[0] < 2:
        time.sleep(0.01)
    closing = threading.Thread(target=lanes.close)
    closing.start()
    while not lanes._lanes[0]._ending.is_set():
        time.sleep(0.01)
    agent.meeting.wait(timeout=20)  # the errand in hand ends now
    for thread in (first, second, closing):
        thread.join(timeout=20)
    assert told == ["bo: the broker is ending"]
    with pytest.raises(BrokerGone):
        lanes.call("cho", "authorize", (AuthorizationVisit("cho", "u", "r"),), {})
    assert agent.stopped


def test_errors_keep_their_type_and_lose_their_secrets(broker: Broker) -> None:
    mine = client(broker)
    with pytest.raises(UnknownPersona, match="no persona nobody"):
        mine.authorize(AuthorizationVisit("nobody", "u", "r"))
    with pytest.raises(LoginFailed) as failed:
        mine.authorize(AuthorizationVisit("locked", "u", "r"))
    assert failed.value.trouble == "locked"
    with pytest.raises(BrokerFailed, match="ZeroDivisionError") as broken:
        mine.authorize(AuthorizationVisit("broken", "u", "r"))
    assert "s3cret-value" not in str(broken.value)


def test_a_stranger_is_not_served(broker: Broker) -> None:
    with pytest.raises(BrokerGone, match="AuthenticationError"):
        client(broker, b"w" * 32).authorize(AuthorizationVisit("ada", "u", "r"))
    folder = Path(broker.path).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(broker.path) < 104


def test_only_the_agents_methods_can_be_called(broker: Broker) -> None:
    with pytest.raises(BrokerFailed, match="no method 'stop'"):
        client(broker)._call("", "stop")


def test_the_first_makes_and_the_others_wait(broker: Broker) -> None:
    made: list[int] = []
    begun, go = threading.Event(), threading.Event()
    got: list[object] = []

    def make() -> object:
        begun.set()
        go.wait()
        made.append(1)
        return {"when": date(2026, 1, 2), "pair": (1, "x")}

    def work() -> None:
        mine = client(broker)
        got.append(mine.once("key", make))
        mine.close()

    first = threading.Thread(target=work)
    first.start()
    begun.wait()
    others = [threading.Thread(target=work) for _ in range(3)]
    for thread in others:
        thread.start()
    go.set()
    for thread in (first, *others):
        thread.join()
    assert made == [1]
    assert got == [{"when": date(2026, 1, 2), "pair": (1, "x")}] * 4


def test_a_failed_make_releases_the_next(broker: Broker) -> None:
    mine = client(broker)
    with pytest.raises(ZeroDivisionError):
        mine.once("key", lambda: 1 // 0)
    assert mine.once("key", lambda: "second") == "second"
    assert mine.once("key", lambda: "third") == "second"
    mine.forget("key")
    assert mine.once("key", lambda: "fourth") == "fourth"


def test_making_may_use_the_agent_and_other_keys(broker: Broker) -> None:
    mine = client(broker)

    def make() -> object:
        inner = mine.once("inner", lambda: 1)
        return [inner, mine.authorize(AuthorizationVisit("ada", "u", "r")).redirected]

    assert mine.once("outer", make) == [1, True]


def test_asking_for_what_one_is_making_is_refused(broker: Broker) -> None:
    mine = client(broker)
    with pytest.raises(BrokerFailed, match="while it was being made"):
        mine.once("key", lambda: mine.once("key", lambda: 1))


def test_a_dead_client_leaves_its_keys_to_others() -> None:
    memo = SharedMemo()
    dead, alive = object(), object()
    assert memo.claim("key", dead) is None
    waiting = threading.Thread(
        target=lambda: memo.claim("key", alive) or memo.keep("key", alive, b"v")
    )
    waiting.start()
    memo.release_all(dead)
    waiting.join()
    memo.keep("key", dead, b"too late")
    assert memo.claim("key", object()) == b"v"


@dataclass
class NotOurs:
    """A dataclass of somebody else."""

    value: int = 1


def test_only_our_own_types_travel() -> None:
    with pytest.raises(TypeError, match="NotOurs"):
        codec.dumps(NotOurs())
    with pytest.raises(TypeError, match="object"):
        codec.dumps(object())
    foreign = json.dumps({"$": "data", "of": "subprocess:Popen", "value": {"args": "true"}})
    with pytest.raises(ValueError, match="not of this package"):
        codec.loads(foreign.encode())
    callable_ = json.dumps({"$": "data", "of": "payerproof.browser.codec:dumps", "value": {}})
    with pytest.raises(ValueError, match="does not exist"):
        codec.loads(callable_.encode())


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"$": "not a tag"},
        {1: (2, b"\x00\xff")},
        ["\ud800", 1.5, {"a": frozenset({"x"})}],
        AuthorizationVisit("ada", "https://x/", form=(("a", "b"),)),
    ],
)
def test_values_come_back_equal(value: object) -> None:
    assert codec.loads(codec.dumps(value)) == value


PAYER = """
name = "P"
programmes = ["MA"]
environment = "sandbox"
[endpoints]
patient_access = "https://localhost/fhir"
[[personas]]
id = "ada"
role = "member"
username = "ada"
password = "env:PP_BROKER_PASSWORD"
"""


def config(folder: Path, **more: object) -> BrokerConfig:
    (folder / "payer.toml").write_text(PAYER)
    (folder / "key").write_bytes(KEY)
    payer, key = str(folder / "payer.toml"), str(folder / "key")
    return BrokerConfig(payer, str(folder), key, eager=False, **more)  # type: ignore[arg-type]


def test_the_process_serves_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PP_BROKER_PASSWORD", "pw-of-ada-7731")
    running = start_broker(config(tmp_path))
    assert running.address.partition("#")[2] not in repr(running)
    mine = BrokerClient(running.address)
    assert mine.once("key", lambda: 7) == 7
    socket = Path(running.address.partition("#")[0])
    running.stop()
    assert running.process.returncode == 0
    assert not socket.exists()
    with pytest.raises(BrokerGone):
        mine.once("key", lambda: 8)
    written = b"".join(p.read_bytes() for p in tmp_path.iterdir() if p.name.startswith("segment"))
    assert b"pw-of-ada-7731" not in written


def test_it_says_why_it_does_not_start(tmp_path: Path) -> None:
    wanted = config(tmp_path)
    (tmp_path / "payer.toml").write_text("name = 1")
    with pytest.raises(BrokerGone, match=r"payer\.toml"):
        start_broker(wanted)


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    settings = config(tmp_path)
    program = (
        "import os, sys\n"
        "from payerproof.browser.broker import BrokerConfig, start_broker\n"
        "started = start_broker(BrokerConfig(*sys.argv[1:], eager=False))\n"
        "print(started.pid, flush=True)\n"
        "os._exit(0)\n"
    )
    arguments = [settings.payer, settings.run_dir, settings.key_file]
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True
    )
    pid = int(done.stdout)
    for _ in range(200):
        if not _alive(pid):
            return
        threading.Event().wait(0.05)
    pytest.fail("the broker outlived its parent by ten seconds")


def _alive(pid: int) -> bool:
    """A process that still runs; one that only waits to be reaped by init does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not (state.exists() and ") Z " in state.read_text())
