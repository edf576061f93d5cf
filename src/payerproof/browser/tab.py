"""One browser tab: goes, looks, presses, fills, waits for events, and catches the app's redirect.

The redirect to a registered ``redirect_uri`` is caught in the browser and never sent: web addresses
where the request would leave (also form_post and script), other schemes at the response that
carries them or where a script asks for them. The tab then shows an empty page of ours; where it was
led there without a page of the payer's between, it stays where it was.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterable
from typing import Any

from playwright.sync_api import (
    BrowserContext,
    CDPSession,
    Dialog,
    Error,
    Frame,
    Page,
    Request,
    Response,
)
from playwright.sync_api import TimeoutError as TimedOut

from payerproof.browser import snapshot
from payerproof.browser.redirects import (
    Caught,
    is_web,
    leads_to,
    location_of,
    parameters_of,
    patterns,
)
from payerproof.browser.snapshot import Control, Snapshot

_EMPTY_PAGE = base64.b64encode(
    b"<!doctype html><meta charset=utf-8><title>payerproof</title><link rel=icon href='data:,'>"
).decode()
_CLICK_MS = 2_500
_GOTO_MS = 30_000
_LAND_MS = 1_000
_IDLE_SECONDS = 2.0
"""A press that neither changed the page nor sent anything by then went nowhere."""


class Tab:
    """Drives one page of a context. Not for use by two threads."""

    def __init__(
        self,
        context: BrowserContext,
        redirect_uris: Iterable[str],
        on_caught: Callable[[Caught], None] = lambda _: None,
    ) -> None:
        self.context = context
        self._on_caught = on_caught
        self.redirect_uris = tuple(redirect_uris)
        self.caught: Caught | None = None
        self.status = 0
        self.accept_dialogs = False
        self.dialogs: list[str] = []
        self._requests = 0
        self._landing = False
        """Our page in place of the app's is on its way; other navigations would collide."""
        self._going = False
        """Nobody waits for a page to change, as after a press, but for an address to answer."""
        self.page = context.new_page()
        self._cdp = self._attach(self.page)
        context.on("page", self._opened)

    # -- catching ------------------------------------------------------------------------------

    def _attach(self, page: Page) -> CDPSession:
        session = self.context.new_cdp_session(page)
        session.on("Fetch.requestPaused", lambda event: self._paused(session, event))
        session.on("Page.frameRequestedNavigation", lambda event: self._asked(session, event))
        session.send("Page.enable")
        session.send("Fetch.enable", {"patterns": patterns(self.redirect_uris)})
        page.on("dialog", self._dialog)
        page.on("framenavigated", self._navigated)
        page.on("request", self._requested)
        return session

    def _opened(self, page: Page) -> None:
        """A pop-up: the journey goes on in it."""
        if page is self.page:
            return
        self.page = page
        self._cdp = self._attach(page)
        page.on("close", self._closed)

    def _closed(self, page: Page) -> None:
        if page is self.page:
            left = [one for one in self.context.pages if one is not page]
            if left:
                self.page = left[-1]
                self._cdp = self._attach(self.page)

    def _requested(self, _: Request) -> None:
        self._requests += 1

    def _navigated(self, frame: Frame) -> None:
        if frame.parent_frame is None:
            self._landing = False

    def _forget(self) -> None:
        """Drop a redirect of the trip before, which may have come in meanwhile."""
        self.caught = None

    def _land(self) -> None:
        """Let our page arrive where the last visit ended in a redirect."""
        if self._landing:
            with contextlib.suppress(TimedOut):
                self.page.wait_for_event("framenavigated", timeout=_LAND_MS)
            self._landing = False

    def _dialog(self, dialog: Dialog) -> None:
        self.dialogs.append(dialog.message)
        if self.accept_dialogs:
            dialog.accept()
        else:
            dialog.dismiss()

    def watch(self, redirect_uri: str) -> None:
        """Forget what was caught before; from now on also catch ``redirect_uri``."""
        self.caught = None
        self.dialogs.clear()
        if redirect_uri and redirect_uri not in self.redirect_uris:
            self.redirect_uris = (*self.redirect_uris, redirect_uri)
            self._cdp.send("Fetch.enable", {"patterns": patterns(self.redirect_uris)})

    def _paused(self, session: CDPSession, event: dict[str, Any]) -> None:
        request = event["request"]
        status = event.get("responseStatusCode")
        if status is None:
            url = request["url"] + request.get("urlFragment", "")
            if self._is_ours(url):
                self._catch(url, request["method"], request.get("postData", ""))
                self._fulfil(session, event["requestId"])
            else:
                self._continue(session, event["requestId"], "Fetch.continueRequest")
            return
        location = location_of(event.get("responseHeaders", []))
        if location and not is_web(location) and self._is_ours(location):
            self._catch(location, "GET", "")
            self._fulfil(session, event["requestId"])
        else:
            self._continue(session, event["requestId"], "Fetch.continueResponse")

    def _asked(self, session: CDPSession, event: dict[str, Any]) -> None:
        """A script or link asks for a scheme of the app's own."""
        url = event["url"]
        if not is_web(url) and self._is_ours(url):
            self._catch(url, "GET", "")
            # The browser would wait for an outside program that is not there; lead it elsewhere.
            self._landing = True
            _quietly(session, "Page.navigate", {"url": "about:blank"})

    def _continue(self, session: CDPSession, request: str, how: str) -> None:
        _quietly(session, how, {"requestId": request})

    def _fulfil(self, session: CDPSession, request: str) -> None:
        if self._going:  # no content: nothing need be drawn, by no process made for the app's site
            answer = {"requestId": request, "responseCode": 204}
            _quietly(session, "Fetch.fulfillRequest", answer)
            return
        self._landing = True
        answer = {
            "requestId": request,
            "responseCode": 200,
            "responseHeaders": [{"name": "content-type", "value": "text/html"}],
            "body": _EMPTY_PAGE,
        }
        _quietly(session, "Fetch.fulfillRequest", answer)

    def _is_ours(self, url: str) -> bool:
        return any(leads_to(url, uri) for uri in self.redirect_uris)

    def _catch(self, url: str, method: str, body: str) -> None:
        if self.caught is None:
            self.caught = Caught(url, method, parameters_of(url, body))
            self._on_caught(self.caught)

    # -- going and looking ---------------------------------------------------------------------

    def goto(self, url: str) -> None:
        """Go to ``url``; returns once the document is there. Raises Playwright's `Error`."""
        self._land()
        self._forget()
        self._going = True
        try:
            response = self._go(url)
        except Error:
            if self.caught is None:
                raise
            return
        finally:
            self._going = False
        self.status = response.status if response is not None else 0

    def _go(self, url: str) -> Response | None:
        try:
            return self.page.goto(url, wait_until="domcontentloaded", timeout=_GOTO_MS)
        except Error as error:
            # The browser's own error page of the visit before may arrive late.
            if self.caught is not None or "interrupted by another navigation" not in str(error):
                raise
        return self.page.goto(url, wait_until="domcontentloaded", timeout=_GOTO_MS)

    def post(self, url: str, form: Iterable[tuple[str, str]]) -> None:
        """Send ``form`` to ``url`` as a page of an app would; raises Playwright's `Error`."""
        self._land()
        self.page.goto("about:blank")
        with self.page.expect_navigation(wait_until="domcontentloaded", timeout=_GOTO_MS) as going:
            self.page.evaluate(_POST, [url, [list(pair) for pair in form]])
        response = going.value
        self.status = response.status if response is not None else 0

    def look(self) -> Snapshot:
        """Read the page; waits where it is just being replaced. Raises `Error` after ten tries."""
        for attempt in range(10):
            try:
                seen = snapshot.take(self.page)
            except Error:
                if self.page.is_closed() or attempt == 9:
                    raise
                self._until_loaded()
                continue
            return dataclasses.replace(seen, status=self.status)
        raise Error("the page could not be read")

    def _until_loaded(self) -> None:
        try:
            self.page.wait_for_load_state("domcontentloaded", timeout=_GOTO_MS)
        except TimedOut:
            return

    def settle(self, before: str, seconds: float, frame: int = 0) -> bool:
        """Wait until the document, its address or its visible form is other than ``before``.

        ``before`` is a fingerprint of the same frame. False after ``seconds`` without a change.
        """
        frames = self.page.frames
        where = frames[frame] if frame < len(frames) else self.page.main_frame
        deadline = time.monotonic() + seconds
        while self.caught is None:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            try:
                where.wait_for_function(
                    _CHANGED % snapshot.script(), arg=before, timeout=left * 1e3
                )
            except TimedOut:
                return False
            except Error:
                if self.page.is_closed() or where.is_detached():
                    return True
                self._until_loaded()
                continue
            return True
        return True

    def fingerprint(self, frame: int = 0) -> str:
        """Fingerprint of a frame as it is now; empty where it is just going away."""
        frames = self.page.frames
        where = frames[frame] if frame < len(frames) else self.page.main_frame
        try:
            return str(where.evaluate(snapshot.script(), "fingerprint"))
        except Error:
            return ""

    def invalid_fields(self) -> list[str]:
        """Names of fields whose content the browser itself refuses, such as no e-mail address."""
        try:
            found: list[str] = self.page.evaluate(_INVALID)
        except Error:
            return []
        return found

    # -- acting --------------------------------------------------------------------------------

    def fill(self, control: Control, value: str) -> None:
        """Type ``value`` into a field, or choose it in a drop-down list by label or value."""
        handle = snapshot.element(self.page, control)
        if control.tag == "select":
            option = next(
                o for o in control.options if value in (o.label, o.value) or value in o.label
            )
            handle.select_option(option.value, timeout=_CLICK_MS)
        else:
            handle.fill(value, timeout=_CLICK_MS)

    def replace(self, control: Control, value: str) -> None:
        """Set a field, as a form from elsewhere would have it: to what it does not offer, too."""
        handle = snapshot.element(self.page, control)
        handle.evaluate(
            "(field, value) => { if (field.add) field.add(new Option(value, value));"
            " field.value = value; }",
            value,
        )

    def tick(self, control: Control, on: bool) -> None:
        """Set a checkbox or radio button, by its label where the input itself is covered."""
        handle = snapshot.element(self.page, control)
        try:
            handle.set_checked(on, timeout=_CLICK_MS)
        except Error:
            handle.evaluate("(box, on) => { if (box.checked !== on) box.click(); }", on)

    def press(self, control: Control, seconds: float = 15.0) -> bool:
        """Press a button or link and wait for the page to change; False where it did not.

        The element's own activation comes first: it is quick, and nothing that lies over the page
        (a cookie banner) is in its way. Pages that listen for the mouse alone get the mouse.
        """
        before, sent = self.fingerprint(control.frame), self._requests
        handle = snapshot.element(self.page, control)
        try:
            handle.evaluate("element => element.click()")
        except Error as error:
            if "context was destroyed" not in str(error):
                raise
        if self.settle(before, min(_IDLE_SECONDS, seconds), control.frame):
            return True
        if self._requests == sent:
            with contextlib.suppress(Error):
                handle.click(timeout=_CLICK_MS, no_wait_after=True)
        return self.settle(before, seconds, control.frame)

    def enter(self, control: Control, seconds: float = 15.0) -> bool:
        """Press Enter in a field and wait for the page to change."""
        before = self.fingerprint(control.frame)
        snapshot.element(self.page, control).press("Enter", timeout=_CLICK_MS, no_wait_after=True)
        return self.settle(before, seconds, control.frame)


_POST = """([url, pairs]) => {
  const form = document.createElement("form");
  form.method = "post"; form.action = url;
  for (const [name, value] of pairs) {
    const input = document.createElement("input");
    input.type = "hidden"; input.name = name; input.value = value; form.append(input);
  }
  document.body.append(form); form.submit();
}"""

_INVALID = """() => [...document.querySelectorAll("input:invalid, select:invalid")]
  .map((field) => field.labels?.[0]?.innerText.trim() || field.name || field.id)"""

_CHANGED = """before => {
  if (document.readyState === "loading") return false;
  return (%s)("fingerprint") !== before;
}"""


def _quietly(session: CDPSession, method: str, parameters: dict[str, Any]) -> None:
    """Answer the browser; the request may be gone by then, and then nobody waits for it."""
    try:
        session.send(method, parameters)
    except Error:
        return
