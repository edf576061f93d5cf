"""How to see it yourself: a curl line without secrets, and the command that runs one check."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

from payerproof.model import Exchange

TAG = re.compile("\u2039([^\u203a]*)\u203a")
"""A redacted spot: its label between single angle quotation marks."""

_TAGGED = re.compile(r"^(?P<kind>.+?) (?P<tag>[0-9a-f]{6})$")
_SENT = ("accept", "content-type", "prefer", "if-none-match")
_FORM = "application/x-www-form-urlencoded"


def curl(exchange: Exchange) -> str:
    """The request of *exchange* for a POSIX shell, or "" where it came from a browser.

    A tag becomes a shell variable of the same name (the one labelled
    ``member id 9d20ff`` is ``$MEMBER_ID_9D20FF``), the token is ``$TOKEN``;
    a body that is no form is read from ``request-body``.
    """
    if exchange.via != "http":
        return ""
    headers = {name.lower(): value for name, value in exchange.request_headers.items()}
    parts = ["curl --silent --show-error --include"]
    if exchange.method not in ("GET", "HEAD"):
        parts.append(f"--request {shlex.quote(exchange.method)}")
    if exchange.method == "HEAD":
        parts.append("--head")
    if headers.get("authorization", "").startswith("Bearer "):
        parts.append('--header "Authorization: Bearer $TOKEN"')
    elif headers.get("authorization", "").startswith("Basic "):
        parts.append('--user "$CLIENT_ID:$CLIENT_SECRET"')
    parts += [f"--header {_quoted(f'{n}: {headers[n]}')}" for n in _SENT if n in headers]
    if exchange.request_body:
        form = headers.get("content-type", "").startswith(_FORM)
        parts.append(
            f"--data {_quoted(exchange.request_body)}" if form else "--data-binary @request-body"
        )
    return " \\\n  ".join([*parts, _quoted(exchange.url)])


def _quoted(text: str) -> str:
    """*text* in double quotes for a shell, tags as variables."""
    made = []
    end = 0
    for match in TAG.finditer(text):
        made += [_literal(text[end : match.start()]), f"${{{_variable(match[1])}}}"]
        end = match.end()
    return f'"{"".join(made)}{_literal(text[end:])}"'


def _literal(text: str) -> str:
    return re.sub(r'([\\"$`])', r"\\\1", text)


def _variable(tag: str) -> str:
    """A shell name: of a tag its kind and tag, of a shape ("text, 23 characters") its kind."""
    known = _TAGGED.match(tag)
    name = f"{known['kind']}_{known['tag']}" if known else tag.partition(",")[0]
    return re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "VALUE"


def run_command(header: Mapping[str, Any], check: str) -> str:
    """``payerproof run PAYER --check ID`` with the payer as it was given on the command line."""
    return f"payerproof run {shlex.quote(_payer_argument(header))} --check {shlex.quote(check)}"


def _payer_argument(header: Mapping[str, Any]) -> str:
    command = header.get("command") or ""
    words = list(command) if isinstance(command, list) else _split(command)
    after = words[words.index("run") + 1 :] if "run" in words else []
    return after[0] if after and not after[0].startswith("-") else "PAYER"


def _split(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []
