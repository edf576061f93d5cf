"""One request as it will go out: header fields, body, and what a redirect makes of it."""

from __future__ import annotations

import importlib.metadata
import json as json_module
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode, urljoin

from payerproof.polite.inflate import ACCEPTED
from payerproof.polite.wire import Target

Pairs = Sequence[tuple[str, str]]
SAFE = frozenset({"GET", "HEAD"})
"""Methods that may be sent again after a fault of the connection."""
_VERSION = importlib.metadata.version("payerproof")
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BODY_FIELDS = frozenset({"content-type", "content-length", "content-encoding"})


@dataclass(frozen=True, slots=True)
class Message:
    """A request before it is sent."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""


def message(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | Pairs,
    form: Mapping[str, str] | Pairs | None,
    json: Any,
    content: bytes | None,
    bearer: str,
) -> Message:
    """Put a request together. Raises `ValueError` where two bodies are given at once."""
    given = list(headers.items() if isinstance(headers, Mapping) else headers)
    if sum(one is not None for one in (form, json, content)) > 1:
        raise ValueError("give one of form, json and content, since a request has one body")
    body, media = content or b"", ""
    if form is not None:
        pairs = list(form.items() if isinstance(form, Mapping) else form)
        body, media = urlencode(pairs).encode("ascii"), "application/x-www-form-urlencoded"
    elif json is not None:
        body, media = json_module.dumps(json).encode("ascii"), "application/json"
    named = {name.lower() for name, _ in given}
    defaults = [
        ("User-Agent", f"payerproof/{_VERSION}"),
        ("Accept", "*/*"),
        ("Accept-Encoding", ACCEPTED),
    ]
    if media:
        defaults.append(("Content-Type", media))
    if bearer:
        defaults.append(("Authorization", f"Bearer {bearer}"))
    added = [(name, value) for name, value in defaults if name.lower() not in named]
    return Message(method, url, (*added, *given), body)


def redirected(sent: Message, status: int, location: str | None) -> Message | None:
    """The request that follows a redirect (RFC 9110 section 15.4), or None where it is none.

    Credentials do not travel to another origin, and a form is sent again only on 307 and 308.
    """
    if status not in _REDIRECTS or not location:
        return None
    url = urljoin(sent.url, location)
    try:
        here, there = Target(sent.url), Target(url)
    except ValueError:
        return None  # a redirect to an app's own scheme, which is for the app to take
    left_out: set[str] = set()
    after = replace(sent, url=url)
    if status in (301, 302, 303) and sent.method not in SAFE:
        after = replace(after, method="GET", body=b"")
        left_out |= _BODY_FIELDS
    if (here.scheme, here.place) != (there.scheme, there.place):
        left_out |= {"authorization", "cookie", "host"}
    kept = tuple(pair for pair in after.headers if pair[0].lower() not in left_out)
    return replace(after, headers=kept)
