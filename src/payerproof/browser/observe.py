"""Records every request that the browser makes, and lists those that went to third parties.

Playwright's events only fill lists; `Observer.flush` reads headers and bodies and hands them to the
recorder, which redacts. It is called while the documents are still there, that is before a page is
left. Requests to a caught redirect address were never sent and are not recorded; the redirect
itself stands in the exchange before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import BrowserContext, Error, Request, Response

from payerproof.browser.facts import ThirdPartyRequest
from payerproof.record import Recorder

_SHARED_SUFFIXES = frozenset(
    {
        "amazonaws.com",
        "amazoncognito.com",
        "auth0.com",
        "azure.com",
        "azureedge.net",
        "azurewebsites.net",
        "b2clogin.com",
        "ciamlogin.com",
        "cloudfront.net",
        "github.io",
        "googleapis.com",
        "herokuapp.com",
        "okta.com",
        "oktapreview.com",
        "onmicrosoft.com",
        "windows.net",
    }
)
"""Domains under which unrelated organisations have their hosts: no kinship follows from them."""

_UNSENT = ("data:", "blob:", "about:", "chrome", "devtools:")


@dataclass
class Seen:
    """One request of the browser on its way."""

    request: Request
    started: datetime
    done: bool = False
    failure: str = ""


@dataclass
class Document:
    """The main document that a page was made from."""

    url: str = field(repr=False)
    status: int
    headers: Mapping[str, str] = field(repr=False)
    exchange: str


@dataclass
class Observer:
    """Listens to one browser context."""

    recorder: Recorder
    payer_hosts: frozenset[str]
    """Hosts of the payer file; hosts of the documents that a journey leads through are added."""
    persona: str = ""
    app: str = ""
    page_kind: str = ""
    redirects: tuple[str, ...] = ()
    """Addresses whose requests are caught and so never sent."""
    exchanges: list[str] = field(default_factory=list)
    third_party: list[ThirdPartyRequest] = field(default_factory=list)
    document: Document | None = None
    methods: list[str] = field(default_factory=list)
    """Methods of the requests sent since the visit began or a page was left, in order."""
    _seen: dict[Request, Seen] = field(default_factory=dict, repr=False)
    _visited: set[str] = field(default_factory=set, repr=False)

    def attach(self, context: BrowserContext) -> None:
        """Listen from now on."""
        context.on("request", self._sent)
        context.on("response", self._answered)
        context.on("requestfinished", self._finished)
        context.on("requestfailed", self._failed)

    def begin(self, persona: str, app: str, redirects: Iterable[str]) -> None:
        """Start a visit: what is listed from now on belongs to it."""
        self.flush()
        self.persona, self.app, self.page_kind = persona, app, ""
        self.redirects = tuple(redirects)
        self.exchanges, self.third_party, self.document = [], [], None
        self.methods.clear()
        self._visited.clear()

    def leave(self) -> None:
        """Forget the document: one that is there afterwards was served since."""
        self.document = None
        self.methods.clear()

    def _sent(self, request: Request) -> None:
        if request.url.startswith(_UNSENT) or self._caught(request.url):
            return
        self._seen[request] = Seen(request, datetime.now(UTC))
        self.methods.append(request.method)

    def _answered(self, response: Response) -> None:
        """Know a document's status before its body is there and it can be recorded."""
        request = response.request
        going_on = 300 <= response.status < 400
        if request in self._seen and not going_on and _is_main_document(request):
            headers = {name.lower(): value for name, value in response.headers.items()}
            self.document = Document(response.url, response.status, headers, "")

    def _finished(self, request: Request) -> None:
        if request in self._seen:
            self._seen[request].done = True

    def _failed(self, request: Request) -> None:
        if request in self._seen:
            seen = self._seen[request]
            seen.done, seen.failure = True, request.failure or "the request failed"

    def _caught(self, url: str) -> bool:
        return any(url.lower().startswith(uri.lower()) for uri in self.redirects)

    def flush(self) -> None:
        """Record whatever is complete, in the order in which it was sent."""
        for request, seen in list(self._seen.items()):
            if seen.done:
                del self._seen[request]
                self._record(seen)

    def _record(self, seen: Seen) -> None:
        request = seen.request
        response = _response(request)
        status = response.status if response is not None else None
        document = _is_main_document(request)
        if document:
            self._visited.add(urlsplit(request.url).hostname or "")
        sent = _headers(request)
        came = _headers(response) if response is not None else []
        body, note = _body(response, status)
        identifier = self.recorder.exchange(
            started=seen.started,
            duration_ms=_duration(request),
            method=request.method,
            url=request.url,
            request_headers=sent,
            request_body=request.post_data_buffer or b"",
            status=status,
            response_headers=came,
            response_body=body,
            persona=self.persona,
            app=self.app,
            via="browser",
            error=seen.failure if status is None else note,
        )
        self.exchanges.append(identifier)
        if document and status is not None and not 300 <= status < 400:
            headers = {name.lower(): value for name, value in came}
            self.document = Document(request.url, status, headers, identifier)
        self._list_third_party(request, dict(sent), identifier)

    def _list_third_party(self, request: Request, sent: Mapping[str, str], exchange: str) -> None:
        host = urlsplit(request.url).hostname or ""
        if any(same_party(host, own) for own in self.payer_hosts | self._visited):
            return
        headers = {name.lower(): value for name, value in sent.items()}
        self.third_party.append(
            ThirdPartyRequest(
                host=host,
                resource_type=request.resource_type,
                page_kind=self.page_kind,
                referer_sent=referer_kind(headers.get("referer", "")),
                post_bytes=len(request.post_data_buffer or b""),
                cookies_sent="cookie" in headers,
                exchange=exchange,
                url=request.url,
            )
        )


def _is_main_document(request: Request) -> bool:
    if not request.is_navigation_request():
        return False
    try:
        return request.frame.parent_frame is None
    except Error:
        return False


def _response(request: Request) -> Response | None:
    try:
        return request.response()
    except Error:
        return None


def _headers(message: Request | Response) -> list[tuple[str, str]]:
    """As they went over the wire; the browser's provisional ones where those are gone."""
    try:
        return [(item["name"], item["value"]) for item in message.headers_array()]
    except Error:
        return list(message.headers.items())


def _body(response: Response | None, status: int | None) -> tuple[bytes, str]:
    """The body, and a remark where the browser no longer had it."""
    if response is None or status is None or 300 <= status < 400 or status == 204:
        return b"", ""
    try:
        return response.body(), ""
    except Error:
        return b"", "the browser had dropped the body before it could be read"


def _duration(request: Request) -> int:
    """Milliseconds from sending to the last byte, as far as the browser knows."""
    timing = request.timing
    return max(0, round(timing["responseEnd"])) if timing["responseEnd"] > 0 else 0


def same_party(host: str, own: str) -> bool:
    """True where two hosts belong to one party, as far as their names tell."""
    if host == own:
        return True
    if not host or not own or host.replace(".", "").isdigit():
        return False
    if host.endswith(f".{own}") or own.endswith(f".{host}"):
        return True
    mine, theirs = (".".join(name.split(".")[-2:]) for name in (host, own))
    return mine == theirs and "." in mine and mine not in _SHARED_SUFFIXES


def referer_kind(referer: str) -> str:
    """``none``, ``origin``, or ``full`` where a path or query of the page went along."""
    if not referer:
        return "none"
    parts = urlsplit(referer)
    return "full" if parts.path.strip("/") or parts.query else "origin"


def client_id(url: str, form: Iterable[tuple[str, str]] = ()) -> str:
    """The client_id of an authorization request, or empty."""
    given = parse_qs(urlsplit(url).query).get("client_id", [""])[0]
    return given or next((value for name, value in form if name == "client_id"), "")
