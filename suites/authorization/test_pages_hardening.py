"""Login and consent pages: not framed, not watched, and silent about where the member goes."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from payerproof.browser.facts import PageFacts
from payerproof.suite import (
    Authorization,
    Person,
    check,
    expect,
    inconclusive_unless,
)

KINDS = ("login", "second-factor", "picker", "consent")
DISCREET = {
    "no-referrer",
    "origin",
    "same-origin",
    "strict-origin",
    "origin-when-cross-origin",
    "strict-origin-when-cross-origin",
}
"""Referrer policies by which another site sees no more than the payer's host."""

ANSWER = {
    *("code", "state", "iss", "error", "error_description", "error_uri", "session_state"),
    *("scope", "response", "id_token"),
}
"""Parameters of an authorization response (RFC 6749, RFC 9207, OpenID Connect, JARM)."""


@check("oauth.no-framing/login-and-consent", needs=("member", "browser"))
def test_no_framing(authorization: Authorization, member: Person) -> None:
    """Login and consent pages forbid framing by frame-ancestors or X-Frame-Options."""
    # given the login page and the pages of the member's first connection
    pages = _pages(authorization, member)
    # when their headers are read
    framable = [page for page in pages if not _forbids_framing(page)]
    # then no other site can lay them under its own
    expect.that(
        not framable,
        "frame-ancestors or X-Frame-Options that shut out other sites",
        f"pages that may be framed: {', '.join(page.kind for page in framable)}"
        if framable
        else f"pages looked at: {', '.join(page.kind for page in pages)}",
        *(page.exchange for page in framable or pages),
    )


@check("oauth.referrer-policy/login-and-consent", needs=("member", "browser"))
def test_referrer_policy(authorization: Authorization, member: Person) -> None:
    """Login and consent pages keep addresses of the flow out of the Referer header."""
    # given the login page and the pages of the member's first connection
    pages = _pages(authorization, member)
    # when their Referrer-Policy is read; of several the last one counts
    talkative = [
        page
        for page in pages
        if page.headers.get("referrer-policy", "").split(",")[-1].strip().lower() not in DISCREET
    ]
    # then other sites see the host at most
    expect.that(
        not talkative,
        "a Referrer-Policy that tells other sites no address",
        "; ".join(
            f"{page.kind}: {page.headers.get('referrer-policy') or 'none'}"
            for page in talkative or pages
        ),
        *(page.exchange for page in talkative or pages),
    )


@check("oauth.no-credential-forwarding/answer-alone", needs=("member", "browser"))
def test_form_is_not_sent_on(authorization: Authorization, member: Person) -> None:
    """The app gets the answer alone, and not what the member's browser had sent to the payer."""
    # given the redirect by which the member's first connection ended
    outcome = authorization.first_connection(member)
    inconclusive_unless(outcome.redirected, "nothing came back to the app", *outcome.exchanges[-2:])
    # when fields that were posted to the app's address are told apart from its own parameters
    parts = urlsplit(outcome.redirect_url)
    in_address = {*parse_qs(parts.query, True), *parse_qs(parts.fragment, True)}
    posted = sorted(set(outcome.parameters) - in_address - ANSWER)
    # then a form of the payer's pages was not posted on (RFC 9700 section 4.12: no 307)
    expect.that(
        not posted,
        "nothing posted to the app but the parameters of an authorization response",
        f"also posted: {', '.join(posted)}" if posted else "nothing else",
        *outcome.exchanges[-2:],
    )


@check("oauth.no-third-parties/login-and-consent", needs=("member", "browser"))
def test_no_third_parties(authorization: Authorization, member: Person) -> None:
    """Login and consent pages load nothing from hosts outside the payer's flow."""
    # given the login page and the member's first connection
    outcome = authorization.first_connection(member)
    pages = _pages(authorization, member)
    # when hosts are listed from which they loaded something
    own = {urlsplit(page.url).netloc for page in pages}
    scripts = {urlsplit(script).netloc for page in pages for script in page.scripts} - own - {""}
    seen = {one.host for one in outcome.third_party if one.page_kind in ("", *KINDS)}
    # then there is nobody but the payer
    expect.that(
        not seen | scripts,
        "nothing loaded from other hosts",
        f"loaded from {', '.join(sorted(seen | scripts))}" if seen | scripts else "nothing loaded",
        *(one.exchange for one in outcome.third_party),
        *(page.exchange for page in pages),
    )


def _pages(authorization: Authorization, member: Person) -> list[PageFacts]:
    """The page a browser without a session is sent to, and those of the first connection."""
    outcome = authorization.first_connection(member)
    login = authorization.entrance()
    pages = [page for page in (login, *outcome.pages) if page.kind in KINDS]
    for kind in ("login", "consent"):
        inconclusive_unless(
            any(page.kind == kind for page in pages), f"no {kind} page was met", login.exchange
        )
    return pages


def _forbids_framing(page: PageFacts) -> bool:
    if page.headers.get("x-frame-options", "").strip().upper() in ("DENY", "SAMEORIGIN"):
        return True
    for directive in page.headers.get("content-security-policy", "").split(";"):
        name, _, sources = directive.strip().partition(" ")
        if name.lower() == "frame-ancestors":
            return not {"*", "https:", "http:"} & set(sources.split())
    return False
