"""What came back: status, header fields and body, with the exchange it was recorded as."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, overload

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class Headers:
    """Header fields in the order they came; names compare without regard to case."""

    fields: Iterable[tuple[str, str]] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(self.fields))

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: T) -> str | T: ...
    def get(self, name: str, default: object = None) -> object:
        """The first value of a field, or `default`."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), default)

    def get_all(self, name: str) -> list[str]:
        """Every value of a field, in order."""
        wanted = name.lower()
        return [value for key, value in self.fields if key.lower() == wanted]

    def items(self) -> tuple[tuple[str, str], ...]:
        """Names as they were sent, with their values, repeated fields included."""
        return tuple(self.fields)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.get(name) is not None

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self.fields))

    def __len__(self) -> int:
        return len(tuple(self.fields))

    def __repr__(self) -> str:
        return f"<Headers: {', '.join(self)}>"


class NotJson(Exception):
    """The body of an answer is not JSON. `sentence` says what it is, without quoting it."""

    def __init__(self, sentence: str, exchange: str) -> None:
        self.sentence = sentence
        self.exchange = exchange
        super().__init__(sentence)


@dataclass(frozen=True, repr=False)
class Answer:
    """One response. `url` is the address that answered, after any redirects followed."""

    status: int
    headers: Headers
    content: bytes
    """Body after decompression."""
    url: str
    exchange: str
    """Id under which it was recorded."""
    elapsed_ms: int

    def __repr__(self) -> str:
        return f"<Answer {self.status}, exchange {self.exchange}>"

    @property
    def content_type(self) -> str:
        """Media type in lower case without parameters; empty where none was given."""
        return (self.headers.get("content-type") or "").partition(";")[0].strip().lower()

    @property
    def text(self) -> str:
        """Body as text in the charset that was stated, otherwise UTF-8; never raises."""
        stated = (self.headers.get("content-type") or "").lower().partition("charset=")[2]
        charset = stated.partition(";")[0].strip(" \"'") or "utf-8"
        try:
            return self.content.decode(charset, "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Body as JSON, whatever its label says.

        Raises `NotJson`, which names the exchange, the content type and what the body looks like.
        """
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError) as trouble:
            label = self.content_type or "no content type"
            raise NotJson(
                f"the answer with status {self.status} is not JSON: {_shape(self.content)}, "
                f"labelled {label} ({{x:{self.exchange}}})",
                self.exchange,
            ) from trouble

    def json_object(self) -> Mapping[str, Any]:
        """Body as a JSON object; empty where it is none."""
        try:
            found = self.json()
        except NotJson:
            return {}
        return found if isinstance(found, Mapping) else {}


def _shape(content: bytes) -> str:
    """What a body looks like from its first characters, without quoting any of it."""
    size = f"{len(content):,} bytes"
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not start:
        return "an empty body" if not content else f"{size} of white space"
    if start.startswith((b"<!doctype html", b"<html")):
        return f"an HTML page of {size}"
    if start.startswith(b"<"):
        return f"markup of {size}"
    if start[:1] in (b"{", b"["):
        return f"{size} that begin like JSON and break off or are malformed"
    if b"\0" in start:
        return f"binary data of {size}"
    return f"text of {size}"
