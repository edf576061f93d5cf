"""Makes `PageFacts` of a look at a page, and masked screenshots for synthetic personas."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from playwright.sync_api import BrowserContext, Error, Locator

from payerproof.browser.facts import CookieFacts, PageFacts
from payerproof.browser.kinds import Reading
from payerproof.browser.observe import Document
from payerproof.browser.snapshot import Snapshot
from payerproof.browser.tab import Tab
from payerproof.redact import Redactor

_MAX_HEIGHT = 1400
_MASKED = (
    "input:not([type=submit]):not([type=button]):not([type=checkbox]):not([type=radio]), textarea"
)

_LEAVES = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body || document, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.trim();
    if (text) found.push(text.slice(0, 2000));
  }
  return found;
}"""


def facts_of(
    seen: Snapshot,
    reading: Reading,
    document: Document | None,
    cookies: Sequence[CookieFacts] = (),
    screenshot: str = "",
) -> PageFacts:
    """The public facts of a page."""
    deciding = [c for c in seen.controls if c.usable and (c.textual or c.button)]
    return PageFacts(
        kind=reading.kind.public,
        url=seen.url,
        status=document.status if document else seen.status,
        title=seen.title,
        text=seen.text,
        lang=seen.lang,
        headings=seen.headings,
        links=seen.links,
        buttons=tuple(b.label for b in seen.buttons),
        checkboxes=tuple(seen.choice(b) for b in seen.boxes if b.type == "checkbox"),
        radios=tuple(seen.choice(b) for b in seen.boxes if b.type == "radio"),
        password_fields=sum(1 for f in seen.fields if f.type == "password"),
        headers=dict(document.headers) if document else {},
        cookies=tuple(cookies),
        screenshot=screenshot,
        scripts=seen.scripts,
        framed=bool(deciding) and all(c.frame > 0 for c in deciding if not c.link),
        exchange=document.exchange if document else "",
        detail=str(reading.kind),
        why=reading.why,
    )


def cookies_of(context: BrowserContext, url: str) -> tuple[CookieFacts, ...]:
    """Cookies that the browser would send to ``url``, without their values."""
    if not url.startswith(("http://", "https://")):
        return ()
    return tuple(
        CookieFacts(
            name=cookie.get("name", ""),
            secure=cookie.get("secure", False),
            http_only=cookie.get("httpOnly", False),
            same_site=cookie.get("sameSite", ""),
            domain=cookie.get("domain", ""),
            mark=hashlib.sha256(cookie.get("value", "").encode()).hexdigest()[:16],
        )
        for cookie in context.cookies(url)
    )


def screenshot(tab: Tab, redactor: Redactor) -> str:
    """Base64 of a PNG of the page with its fields and every learned secret covered.

    Empty where the page could not be drawn or a secret on it could not be located.
    """
    try:
        masks = [frame.locator(_MASKED) for frame in tab.page.frames]
        masks += _secret_places(tab, redactor)
        height = int(tab.page.evaluate("document.documentElement.scrollHeight"))
        width = (tab.page.viewport_size or {"width": 1000})["width"]
        png = tab.page.screenshot(
            type="png",
            full_page=True,
            clip={"x": 0, "y": 0, "width": width, "height": min(max(height, 200), _MAX_HEIGHT)},
            mask=masks,
            mask_color="#707070",
            animations="disabled",
            scale="css",
            timeout=5_000,
        )
    except Error:
        return ""
    return base64.b64encode(png).decode("ascii")


def _secret_places(tab: Tab, redactor: Redactor) -> list[Locator]:
    """Elements whose text holds a learned value; the page never learns what was looked for."""
    places = []
    for frame in tab.page.frames:
        try:
            texts: list[str] = frame.evaluate(_LEAVES)
        except Error:
            continue
        for text in dict.fromkeys(texts):
            if redactor.text(text) != text:
                places.append(frame.get_by_text(" ".join(text.split()), exact=True))
    return places
