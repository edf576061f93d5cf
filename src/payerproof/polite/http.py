"""The only place that sends HTTP: paced, recorded, patient within a deadline."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from payerproof.polite.answer import Answer, Headers
from payerproof.polite.message import SAFE, Message, Pairs, message, redirected
from payerproof.polite.pace import Pace
from payerproof.polite.retry_after import seconds_to_wait
from payerproof.polite.settings import Clock, LimitsLike, TlsLike
from payerproof.polite.trouble import Setting, Unreachable, explain, was_reset
from payerproof.polite.wire import BrokenOff, Target, Wire
from payerproof.record import Recorder

RESETS_FORGIVEN = 2
"""How often a safe request is sent again after the connection was reset."""
_THROTTLED = frozenset({429, 503})


@dataclass(slots=True)
class _Errand:
    """One call of `Http.send`: for whom, and until when."""

    persona: str
    app: str
    deadline: float
    into: Path | None = None
    """File that takes the body."""
    until: float = math.inf
    """Set when the first request starts: waiting for one's turn does not count."""


class Http:
    """Sends requests to the target and records each. Safe to use from several threads.

    `share` is this process's part of the target's rate and concurrency. No cookies are kept, no
    proxy settings are taken from the environment, and URLs go out byte for byte.
    """

    def __init__(
        self,
        recorder: Recorder,
        limits: LimitsLike,
        tls: TlsLike,
        *,
        share: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        self.recorder = recorder
        """Where exchanges are written, and with it the redactor."""
        self._limits = limits
        self._tls = tls
        self._clock = clock or Clock()
        self._pace = Pace(limits.requests_per_second, limits.concurrency, share, self._clock)
        self._wire = Wire(tls, connections=limits.concurrency)
        self._lock = threading.Lock()
        self._throttled = 0

    @property
    def throttled(self) -> int:
        """How many answers were 429, or 503 with ``Retry-After``."""
        return self._throttled

    def send(  # noqa: PLR0913 - one request has these many parts
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | Pairs = (),
        form: Mapping[str, str] | Pairs | None = None,
        json: Any = None,
        content: bytes | None = None,
        bearer: str = "",
        persona: str = "",
        app: str = "",
        follow: int = 0,
        deadline: float | None = None,
        into: Path | None = None,
    ) -> Answer:
        """Send one request, and again where that is polite; returns the last answer.

        A 429 or 503 is tried again after its ``Retry-After`` where that lies within `deadline`
        (seconds for everything, default ``limits.deadline_seconds``), otherwise returned. GET and
        HEAD are sent again, twice at most, after a connection reset. Up to `follow` redirects are
        followed. Every attempt is an exchange of its own. With `into` the body of a 200 goes to
        that file as it comes, up to ``limits.max_export_bytes``, and `Answer.content` holds its
        first lines only.

        Raises `Unreachable` where no answer came, and `ValueError` where the request itself
        cannot be put together.
        """
        request = message(
            method, url, headers=headers, form=form, json=json, content=content, bearer=bearer
        )
        seconds = self._limits.deadline_seconds if deadline is None else deadline
        errand = _Errand(persona, app, seconds, into)
        seen = {request.url}
        answer = self._patiently(request, errand)
        for _ in range(follow):
            after = redirected(request, answer.status, answer.headers.get("location"))
            if after is None:
                return answer
            if after.url in seen and after.method == request.method:
                raise self._too_many(after, answer, "leads back to an address already visited")
            seen.add(after.url)
            request = after
            answer = self._patiently(request, errand)
        if follow and redirected(request, answer.status, answer.headers.get("location")):
            raise self._too_many(request, answer, f"goes on after {follow} redirects")
        return answer

    def close(self) -> None:
        """Close every connection; the recorder stays open."""
        self._wire.close()

    def _patiently(self, request: Message, errand: _Errand) -> Answer:
        target = self._target(request, errand)
        resets = 0
        attempt = 0
        while True:
            attempt += 1
            try:
                answer = self._once(request, target, errand, attempt)
            except _Reset as reset:
                if request.method not in SAFE or resets == RESETS_FORGIVEN:
                    raise reset.unreachable from reset.__cause__
                resets += 1
                continue
            wait = self._asked_to_wait(answer)
            if wait is None or self._clock.now() + wait >= errand.until:
                return answer
            self._pace.pause(target.place, wait)

    def _asked_to_wait(self, answer: Answer) -> float | None:
        if answer.status not in _THROTTLED:
            return None
        wait = seconds_to_wait(answer.headers.get("retry-after"), self._clock.wall())
        if answer.status == 429 or wait is not None:
            with self._lock:
                self._throttled += 1
        return wait

    def _once(self, request: Message, target: Target, errand: _Errand, attempt: int) -> Answer:
        with self._pace.place(target.place):
            self._pace.wait(target.place)
            started, begun = datetime.now(UTC), self._clock.now()
            errand.until = min(errand.until, begun + errand.deadline)
            prepared = _prepared(request, target)
            sent = _pairs(prepared.headers)
            record = _Record(self.recorder, request, sent, errand, attempt, started)
            try:
                response, body = self._wire.exchange(
                    prepared,
                    connect=self._limits.connect_seconds,
                    deadline=max(errand.until - begun, 0.001),
                    max_body=self._longest(errand),
                    into=errand.into,
                )
            except (httpx.LocalProtocolError, httpx.InvalidURL) as ours:
                raise ValueError("the request cannot go over HTTP as it is") from ours
            except Exception as trouble:
                raise self._failed(record, trouble, target, errand, begun) from trouble
            elapsed = self._since(begun)
        headers = Headers(_pairs(response.headers))
        exchange = record.write(
            response.status_code, headers, body.content, elapsed, size=body.size
        )
        return Answer(response.status_code, headers, body.content, request.url, exchange, elapsed)

    def _longest(self, errand: _Errand) -> int:
        """Longest body in bytes: more may go to a file than into memory."""
        return self._limits.max_export_bytes if errand.into else self._limits.max_body_bytes

    def _failed(
        self, record: _Record, trouble: Exception, target: Target, errand: _Errand, begun: float
    ) -> Exception:
        """What to raise, once the attempt is on record."""
        status, headers = None, Headers()
        cause: BaseException = trouble
        if isinstance(trouble, BrokenOff):
            status = trouble.response.status_code
            headers = Headers(_pairs(trouble.response.headers))
            cause = trouble.__cause__ or trouble
        kind, sentence = explain(cause, self._setting(target, errand))
        elapsed = self._since(begun)
        exchange = record.write(status, headers, b"", elapsed, error=sentence)
        unreachable = Unreachable(kind, sentence, exchange)
        return _Reset(unreachable) if was_reset(cause) else unreachable

    def _setting(self, target: Target, errand: _Errand) -> Setting:
        return Setting(
            host=target.place,
            deadline=errand.deadline,
            connect=self._limits.connect_seconds,
            max_body=self._longest(errand),
            proxy=self._tls.proxy,
            has_bundle=bool(self._tls.ca_bundle),
        )

    def _since(self, begun: float) -> int:
        return round((self._clock.now() - begun) * 1000)

    def _target(self, request: Message, errand: _Errand) -> Target:
        try:
            return Target(request.url)
        except (ValueError, httpx.InvalidURL) as trouble:
            shown = self.recorder.redactor.url(request.url) or "an empty text"
            sentence = f"{shown} is not an absolute http or https address, so it was not requested"
            record = _Record(self.recorder, request, request.headers, errand, 1, datetime.now(UTC))
            exchange = record.write(None, Headers(), b"", 0, error=sentence)
            raise Unreachable("protocol", sentence, exchange) from trouble

    def _too_many(self, request: Message, answer: Answer, what: str) -> Unreachable:
        shown = self.recorder.redactor.url(request.url)
        return Unreachable(
            "redirects", f"the chain of redirects to {shown} {what}", answer.exchange
        )


class _Reset(Exception):
    """The connection was reset: perhaps worth another try."""

    def __init__(self, unreachable: Unreachable) -> None:
        self.unreachable = unreachable
        super().__init__()


@dataclass(frozen=True, slots=True)
class _Record:
    """An attempt that will be written once it is over."""

    recorder: Recorder
    request: Message
    headers: Pairs
    """As they went out, with ``Host`` and ``Content-Length``."""
    errand: _Errand
    attempt: int
    started: datetime

    def write(
        self,
        status: int | None,
        headers: Headers,
        body: bytes,
        elapsed: int,
        error: str = "",
        *,
        size: int | None = None,
    ) -> str:
        return self.recorder.exchange(
            started=self.started,
            duration_ms=elapsed,
            method=self.request.method,
            url=self.request.url.partition("#")[0],
            request_headers=self.headers,
            request_body=self.request.body,
            status=status,
            response_headers=headers.items(),
            response_body=body,
            response_bytes=size,
            persona=self.errand.persona,
            app=self.errand.app,
            attempt=self.attempt,
            error=error,
        )


def _prepared(request: Message, target: Target) -> httpx.Request:
    fields = [(name.encode("ascii"), value.encode("utf-8")) for name, value in request.headers]
    prepared = httpx.Request(request.method, target, headers=fields, content=request.body)
    prepared.method = request.method
    prepared.url = target
    return prepared


def _pairs(headers: httpx.Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw]
