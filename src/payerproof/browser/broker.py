"""The process that owns the browsers: one login per persona for all workers of a run.

It listens on a socket in a private folder, shakes hands with a key that only its parent's children
know, has the browsers' work done (`payerproof.browser.lanes`), and keeps the memory that workers
share. It ends when it is told to, when its parent's end of its input closes, or on SIGTERM.
Secrets are read from the payer file's references and kept in memory; nothing of them is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from multiprocessing import AuthenticationError
from multiprocessing.connection import Connection, Listener, answer_challenge, deliver_challenge
from pathlib import Path
from types import FrameType
from typing import IO, Any

from payerproof.browser import codec
from payerproof.browser.errors import BrokerFailed, BrokerGone, BrowserError, LoginFailed
from payerproof.browser.lanes import Lanes
from payerproof.browser.memo import SharedMemo

_START_SECONDS = 30.0
_STOP_SECONDS = 15.0
_LONGEST_PATH = 100
"""macOS takes socket paths of at most 104 bytes."""
_CALLS = frozenset(
    [
        "authorize",
        "connected_apps",
        "revoke",
        "revoke_all",
        "choose_sharing",
        "visit",
        "log_in",
        "browser_version",
    ]
)


@dataclass(frozen=True)
class BrokerConfig:
    """What the broker needs to know; it loads the payer file itself."""

    payer: str
    """Path of the payer file, or the name of one that ships."""
    run_dir: str
    key_file: str
    """File with the key of the run's tags, at least 16 bytes."""
    segment: str = "segment-broker.jsonl"
    """File name of its segment in the run folder."""
    headed: bool = False
    eager: bool = True
    """Launch the first browser at once rather than at the first visit."""
    browsers: int = 1
    """How many may be at the payer's pages at once, each for other members."""


@dataclass
class BrokerProcess:
    """The running broker, held by the process that started it."""

    address: str = field(repr=False)
    """For `BrokerClient`: socket path and key. It opens every session: keep it in memory."""
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    def stop(self) -> None:
        """End it, at last by force; returns once it is gone and its segment is closed."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            self.process.wait(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


def start_broker(config: BrokerConfig) -> BrokerProcess:
    """Start the broker; returns when it listens. Raises `BrokerGone` with its reason."""
    key = secrets.token_hex(32)
    process = subprocess.Popen(
        [sys.executable, "-m", "payerproof.browser.broker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    late = threading.Timer(_START_SECONDS, process.kill)
    late.start()
    try:
        # The key goes over the pipe: neither command line nor environment is private.
        process.stdin.write(json.dumps({**asdict(config), "key": key}).encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
    except OSError:
        line = b""
    finally:
        late.cancel()
    told = json.loads(line) if line else {}
    broker = BrokerProcess(f"{told.get('path', '')}#{key}", process)
    if "path" not in told:
        broker.stop()
        raise BrokerGone(told.get("error") or "the broker, which owns the browser, did not start")
    return broker


# --- the broker's own side ------------------------------------------------------------------------


class Broker:
    """Serves clients until `ended` is set; ``lanes`` hold the browsers."""

    def __init__(
        self, lanes: Lanes, key: bytes, clean: Callable[[str], str], *, eager: bool
    ) -> None:
        self.memo = SharedMemo()
        self.ended = threading.Event()
        self._lanes = lanes
        self._eager = eager
        self._key = key
        self._clean = clean
        self._folder = tempfile.mkdtemp(prefix="pp-", dir=_short_folder())
        self.path = str(Path(self._folder) / "s")
        self._listener = Listener(self.path, "AF_UNIX", backlog=64)

    def serve(self) -> None:
        """Accept clients in the background and work for them."""
        self._lanes.start(eager=self._eager)
        threading.Thread(target=self._accept, name="accept", daemon=True).start()

    def close(self) -> None:
        """Let the errands in hand end, close the browsers, remove the socket."""
        self.ended.set()
        self._lanes.close()
        with contextlib.suppress(OSError):
            self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                connection = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _attend(self, connection: Connection) -> None:
        """One client, until it hangs up or dies; then what it was making is others' to make."""
        owner = object()
        try:
            deliver_challenge(connection, self._key)
            answer_challenge(connection, self._key)
            while True:
                message = codec.loads(connection.recv_bytes())
                connection.send_bytes(codec.dumps(self._answer(message, owner)))
        except (EOFError, OSError, AuthenticationError, ValueError):
            return
        finally:
            self.memo.release_all(owner)
            connection.close()

    def _answer(self, message: dict[str, Any], owner: object) -> dict[str, Any]:
        try:
            return self._do(message, owner)
        except BrowserError as error:
            trouble = error.trouble if isinstance(error, LoginFailed) else ""
            text = self._clean(str(error))
            return {"error": {"type": type(error).__name__, "text": text, "trouble": trouble}}
        except Exception as error:  # the client must get an answer whatever went wrong
            text = self._clean(f"{type(error).__name__}: {error}")[:500]
            return {"error": {"type": "BrokerFailed", "text": f"the broker failed: {text}"}}

    def _do(self, message: dict[str, Any], owner: object) -> dict[str, Any]:
        key = message.get("key", "")
        match message["do"]:
            case "call":
                return {"value": self._call(message)}
            case "once":
                value = self.memo.claim(key, owner)
                return {"make": value is None, "value": value}
            case "once-made":
                self.memo.keep(key, owner, message["value"])
            case "once-failed":
                self.memo.release(key, owner)
            case "forget":
                self.memo.forget(key)
            case "stop":
                self.ended.set()
            case other:
                raise BrokerFailed(f"unknown request {other!r}")
        return {}

    def _call(self, message: dict[str, Any]) -> Any:
        if message["name"] not in _CALLS:
            raise BrokerFailed(f"the agent has no method {message['name']!r}")
        if self.ended.is_set():
            raise BrokerGone("the broker is ending")
        return self._lanes.call(
            message["whose"], message["name"], message["args"], message["kwargs"]
        )


def _short_folder() -> str | None:
    """The system's temporary folder where a socket path in it is short enough, else /tmp."""
    usual = tempfile.gettempdir()
    return None if len(usual) + len("/pp-xxxxxxxx/s") < _LONGEST_PATH else "/tmp"  # noqa: S108


def main() -> int:
    """Run as ``python -m payerproof.browser.broker``: settings on the first line of the input."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings = json.loads(sys.stdin.buffer.readline())
    key = bytes.fromhex(settings.pop("key"))
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    config = BrokerConfig(**settings)
    try:
        make_agent, clean, close = _prepare(config)
        lanes = Lanes(make_agent, config.browsers)
        broker = Broker(lanes, key, clean, eager=config.eager)
    except Exception as error:  # the parent prints it
        _tell(out, {"error": f"the broker did not start: {error}"})
        return 1
    _end_with(broker)
    broker.serve()
    _tell(out, {"path": broker.path})
    broker.ended.wait()
    broker.close()
    close()
    return 0


def _tell(out: IO[str], message: dict[str, str]) -> None:
    out.write(json.dumps(message) + "\n")
    out.flush()


def _end_with(broker: Broker) -> None:
    """Set ``ended`` on SIGTERM and when the parent's end of our input closes."""

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        broker.ended.set()

    def on_end_of_input() -> None:
        while sys.stdin.buffer.read(4096):
            continue
        broker.ended.set()

    signal.signal(signal.SIGTERM, on_signal)
    threading.Thread(target=on_end_of_input, name="parent", daemon=True).start()


def _prepare(
    config: BrokerConfig,
) -> tuple[Callable[[], Any], Callable[[str], str], Callable[[], None]]:
    """How to make the agent, how to clean texts, and what to close at the end."""
    from payerproof.browser.agent import BrowserAgent
    from payerproof.browser.totp import TotpClock
    from payerproof.record import Recorder
    from payerproof.redact import Redactor
    from payerproof.target import SecretError, load_target, secrets_of

    target = load_target(config.payer)
    redactor = Redactor(Path(config.key_file).read_bytes(), keep_bodies=target.synthetic)
    for place, secret in secrets_of(target):
        names = [step for step in place if isinstance(step, str)]
        # One that cannot be resolved is met, with a sentence, where it is used.
        with contextlib.suppress(SecretError):
            redactor.learn("marker" if "markers" in names else names[-1], secret.reveal())
    process = Path(config.segment).stem.removeprefix("segment-")
    recorder = Recorder(Path(config.run_dir) / config.segment, redactor, process)

    clock = TotpClock()

    def make_agent() -> BrowserAgent:
        agent = BrowserAgent(target, recorder, headed=config.headed, clock=clock)
        agent.start()
        return agent

    return make_agent, redactor.text, recorder.close


if __name__ == "__main__":
    sys.exit(main())
