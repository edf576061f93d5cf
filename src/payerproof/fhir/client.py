"""Requests to the FHIR server in somebody's name."""

from __future__ import annotations

import hashlib
import json as json_text
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote, urlencode, urljoin, urlsplit

from payerproof.fhir.reply import Reply
from payerproof.polite import Http, Unreachable

Params = Mapping[str, str] | Iterable[tuple[str, str]]


class Memory(Protocol):
    """What a run remembers, whichever of its processes asks."""

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what is remembered under a key, making it first where nobody has."""
        ...


_anew: ContextVar[bool] = ContextVar("payerproof_asking_anew", default=False)


@contextmanager
def asking_anew() -> Iterator[None]:
    """Let remembered requests be sent afresh inside: a second try must look a second time."""
    token = _anew.set(True)
    try:
        yield
    finally:
        _anew.reset(token)


def asked_anew() -> bool:
    """True on a check's second try."""
    return _anew.get()


class EndlessPaging(Exception):
    """Next links that come round again, or go on beyond the limit (Q-REST-06)."""

    def __init__(self, sentence: str, exchange: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.exchange = exchange


@dataclass(frozen=True)
class FhirClient:
    """A FHIR client bound to one token, or to none."""

    http: Http = field(repr=False)
    base: str
    """FHIR base URL without a trailing slash."""
    token: str = field(default="", repr=False)
    persona: str = ""
    app: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Headers the payer file demands on every request, and those of `with_headers`."""
    max_pages: int = 200
    typed: bool = False
    """Name members with their type in searches (Q-REST-11): ``patient=Patient/123``."""
    memory: Memory | None = field(default=None, repr=False)
    """Where replies are kept, so that a request is sent once in a run; None: nowhere."""

    def with_headers(self, **headers: str) -> FhirClient:
        """Return a client that sends further headers; ``accept_language`` stands for a hyphen."""
        named = _named(headers)
        return replace(self, headers={**self.headers, **named})

    def with_token(self, token: str) -> FhirClient:
        """Return a client that presents another token."""
        return replace(self, token=token)

    def url(self, path: str, params: Params = ()) -> str:
        """Address of a path below the base; absolute addresses stay as they are."""
        address = path if urlsplit(path).scheme else f"{self.base}/{path.lstrip('/')}"
        query = _encoded(params)
        return address + (("&" if "?" in address else "?") + query if query else "")

    def send(
        self,
        method: str,
        path: str,
        params: Params = (),
        *,
        json: Any = None,
        form: Iterable[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send any request; `path` goes out byte for byte, the token only to the base's origin.

        Raises `payerproof.polite.Unreachable` where no answer comes.
        """
        address = self.url(path, params)
        fields = None if form is None else list(form)
        sent = {"Accept": "application/fhir+json", **self.headers, **(headers or {})}
        if json is not None:
            sent.setdefault("Content-Type", "application/fhir+json")
        bearer = self.token if _same_origin(address, self.base) else ""

        def ask() -> Reply:
            answer = self.http.send(
                method,
                address,
                headers=sent,
                json=json,
                form=fields,
                bearer=bearer,
                persona=self.persona,
                app=self.app,
            )
            return Reply(answer, address + ("" if fields is None else "\n" + urlencode(fields)))

        if self.memory is None:
            return ask()
        found = self.memory.once(_key(method, address, sent, json, fields, bearer), ask)
        assert isinstance(found, Reply)
        return found

    def download(self, url: str, folder: Path, **headers: str) -> tuple[Reply, str]:
        """GET an address into a file of this folder; the reply holds its first lines only.

        Returns the file's path as well. Downloads are never remembered, and the token goes to the
        base's origin only. Raises `payerproof.polite.Unreachable` where no answer comes.
        """
        path = folder / f"{secrets.token_hex(12)}.ndjson"
        answer = self.http.send(
            "GET",
            url,
            headers={**self.headers, **_named(headers)},
            bearer=self.token if _same_origin(url, self.base) else "",
            persona=self.persona,
            app=self.app,
            into=path,
        )
        return Reply(answer, url), str(path)

    def get(self, path: str, params: Params = (), **headers: str) -> Reply:
        """GET a path below the base, or an absolute address."""
        named = _named(headers)
        return self.send("GET", path, params, headers=named)

    def read(self, resource_type: str, resource_id: str) -> Reply:
        """Read one resource by its logical id."""
        return self.get(f"{resource_type}/{resource_id}")

    def search(self, resource_type: str, params: Params = (), **more: str) -> Reply:
        """Search a type; `params` where order, repetition or odd names matter."""
        return self.get(resource_type, self._asked(params, more))

    def search_by_post(self, resource_type: str, params: Params = (), **more: str) -> Reply:
        """Search a type by POST to ``_search``."""
        return self.send("POST", f"{resource_type}/_search", form=self._asked(params, more))

    def _asked(self, params: Params, more: Mapping[str, str]) -> list[tuple[str, str]]:
        pairs = [*_pairs(params), *more.items()]
        if not self.typed:
            return pairs
        return [(n, f"Patient/{v}" if n in _OF_MEMBER and "/" not in v else v) for n, v in pairs]

    def pages(self, first: Reply) -> Iterator[Reply]:
        """Yield a reply and every page that its next links lead to.

        A relative next link is resolved against the request (Q-REST-03). Raises `EndlessPaging`
        where a link comes round again or the limit of pages is passed.
        """
        seen: set[str] = set()
        reply = first
        for _ in range(self.max_pages):
            yield reply
            following = reply.link("next")
            if not following:
                return
            following = urljoin(reply.answer.url, following)
            if following in seen:
                raise EndlessPaging("a next link leads back to an earlier page", reply.exchange)
            seen.add(following)
            reply = self.get(following)
        raise EndlessPaging(f"there were more than {self.max_pages} pages", reply.exchange)

    def all_pages(self, resource_type: str, params: Params = ()) -> tuple[Reply, ...]:
        """Search a type and follow every next link."""
        return tuple(self.pages(self.search(resource_type, params)))


_OF_MEMBER = frozenset({"patient", "beneficiary", "subject"})
"""Search parameters that name a member."""


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    """Header fields as they are usually written, so that one replaces the default of its name."""
    return {name.replace("_", "-").title(): value for name, value in headers.items()}


def _key(*request: Any) -> str:
    """Names a request without telling its token."""
    text = json_text.dumps([*request, _anew.get()], sort_keys=True)
    return "reply:" + hashlib.sha256(text.encode()).hexdigest()


def _same_origin(url: str, base: str) -> bool:
    """Whether a URL, perhaps one that the payer gave us, leads where the token belongs."""
    return urlsplit(url)[:2] == urlsplit(base)[:2]


def _pairs(params: Params) -> list[tuple[str, str]]:
    return list(params.items()) if isinstance(params, Mapping) else list(params)


def _encoded(params: Params) -> str:
    # ':' '/' '|' ',' are common in FHIR parameters and lawful in a query: kept readable in evidence
    return urlencode(_pairs(params), quote_via=quote, safe=":/|,*$")


__all__ = [
    "EndlessPaging",
    "FhirClient",
    "Memory",
    "Params",
    "Unreachable",
    "asked_anew",
    "asking_anew",
]
