"""A slow or hostile network in front of the sandbox: delay, 503s, dropped connections."""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send


@dataclass(frozen=True)
class Chaos:
    """`latency` in seconds on every answer; `faults` is the share of requests hit by a fault.

    The same seed gives the same faults for the same order of requests. Operator calls are spared.
    """

    latency: float = 0.0
    faults: float = 0.0
    seed: int = 0
    retry_after: int = 1


class _Dropped(Exception):
    """Ends the handling of a request without an answer; the server closes the connection."""


def with_chaos(app: ASGIApp, chaos: Chaos) -> ASGIApp:
    """Wrap an application so that its answers are late, and some never come."""
    logging.getLogger("uvicorn.error").addFilter(is_real_error)
    dice = random.Random(chaos.seed)  # noqa: S311 - faults must be repeatable, not secret

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or "/control/" in scope["path"]:
            await app(scope, receive, send)
            return
        roll = dice.random()
        if chaos.latency:
            await asyncio.sleep(chaos.latency)
        if roll < chaos.faults / 2:
            headers = {"Retry-After": str(chaos.retry_after), "Cache-Control": "no-store"}
            await PlainTextResponse("Busy. Try again.\n", 503, headers)(scope, receive, send)
        elif roll < chaos.faults:
            await _drop(send)
        else:
            await app(scope, receive, send)

    return wrapped


async def _drop(send: Send) -> None:
    """Begin an answer and break off, so that the client sees a cut connection."""
    headers = [(b"content-length", b"4096"), (b"content-type", b"application/octet-stream")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"{", "more_body": True})
    raise _Dropped


def is_real_error(record: logging.LogRecord) -> bool:
    """Log filter that passes over the connections that were cut on purpose."""
    return not (record.exc_info and record.exc_info[0] is _Dropped)
