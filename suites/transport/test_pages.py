"""Pages of the flow: protected cookies, nothing kept, nobody told."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote_plus, urlsplit

from payerproof.browser.facts import CookieFacts, PageFacts, ThirdPartyRequest
from payerproof.expect.personal_facts import MBI, SSN
from payerproof.expect.trackers import tracker
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Authorization,
    Person,
    Portal,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

FLOW = ("login", "second-factor", "picker", "consent", "portal")
NOT_A_SESSION = re.compile(
    r"csrf|xsrf|consent|locale|lang|theme|_ga|_gid|banner|tz|timezone", re.IGNORECASE
)


@check("transport.session-cookies/attributes", needs=("member", "browser"))
def test_session_cookies(
    authorization: Authorization, member: Person, portal: Portal, target: Target
) -> None:
    """Session cookies of login and portal are Secure, HttpOnly and SameSite."""
    # given the cookies that the browser held on the pages of the flow
    pages = _pages(authorization, member, portal, target)
    cookies = {c for page in pages for c in page.cookies if not NOT_A_SESSION.search(c.name)}
    inconclusive_unless(cookies, "no cookie that could hold a session was seen", *_seen(pages))
    # when their attributes are read
    faults = {
        cookie.name: missing
        for cookie in sorted(cookies, key=lambda c: c.name)
        if (missing := _missing(cookie))
    }
    # then each is kept from plain HTTP, scripts and other sites
    expect.that(
        not faults,
        "Secure, HttpOnly and SameSite on each session cookie",
        "; ".join(f"{name} lacks {', '.join(missing)}" for name, missing in faults.items())
        or f"all three on {len(cookies)} cookies",
        *_seen(pages),
    )


@check("login.session-renewed/cookie", needs=("member", "browser"))
def test_session_is_renewed_at_login(authorization: Authorization, member: Person) -> None:
    """No session cookie of before the login is the key to the session after it."""
    # given the cookies that the browser held at the login, and at the consent page after it
    outcome = authorization.first_connection(member)
    before, after = (_sessions(outcome.pages, kind) for kind in ("login", "consent"))
    inconclusive_unless(outcome.logged_in and after, "no session was seen", *_seen(outcome.pages))
    not_applicable_unless(
        before, "The login page sets no cookie that could hold a session.", *_seen(outcome.pages)
    )
    # when they are compared, then something is new
    expect.that(
        after - before,
        "a session cookie that is set anew at the login",
        f"{len(after - before)} of {len(after)} session cookies are new",
        *_seen(outcome.pages),
    )


@check("leaks.caching/pages", needs=("member", "browser"))
def test_pages_are_not_kept(
    authorization: Authorization, member: Person, portal: Portal, target: Target
) -> None:
    """Login, consent and connected-apps pages forbid storing."""
    # given the pages of the flow
    pages = [p for p in _pages(authorization, member, portal, target) if p.kind in FLOW]
    inconclusive_unless(pages, "no page of the flow was seen")
    # when their Cache-Control is read
    kept = [p for p in pages if "no-store" not in p.headers.get("cache-control", "").lower()]
    # then the next user of the computer finds none of them
    expect.that(
        not kept,
        "Cache-Control: no-store on login, consent and connected-apps pages",
        "; ".join(f"{p.kind}: {p.headers.get('cache-control') or 'no such header'}" for p in kept)
        or f"so on {len(pages)} pages",
        *_seen(kept or pages),
    )


@check("leaks.no-member-facts-in-urls/flow", needs=("member", "browser"))
def test_addresses_of_the_flow_hold_no_facts(
    authorization: Authorization, member: Person, portal: Portal, target: Target
) -> None:
    """No URL of login, consent and redirect holds a member's marker or identifier shape."""
    # given every address of the flow, links on its pages included
    pages = _pages(authorization, member, portal, target)
    inconclusive_unless(pages, "no page of the flow was seen")
    markers, username = member.markers, member.persona.username.lower()
    inconclusive_unless(
        markers.values, f"{member}'s record holds nothing to look for", *_seen(pages)
    )
    urls = {
        **{link.href: f"a link on the {page.kind} page" for page in pages for link in page.links},
        **{page.url: f"the address of the {page.kind} page" for page in pages},
        authorization.first_connection(member).redirect_url: "the redirect",
    }
    # when they are looked through for the member
    told = sorted(
        {
            where
            for url, where in urls.items()
            if markers.traces_in_text(url)
            or SSN.search(url)
            or MBI.search(url)
            or username in {value.lower() for _, value in parse_qsl(urlsplit(url).query)}
        }
    )
    # then none of them tells who it is
    expect.that(
        not told,
        "no fact about the member in an address of the flow",
        ", ".join(told) or f"nothing in {len(urls)} addresses",
        *_seen(pages),
    )


@check("leaks.no-trackers/member-journey", needs=("member", "browser"))
def test_no_tracker_is_called(
    authorization: Authorization, member: Person, portal: Portal, target: Target
) -> None:
    """Login, second factor, consent and connected-apps pages call no known tracker."""
    # given the third parties that the pages of the flow called
    pages = _pages(authorization, member, portal, target)
    inconclusive_unless(pages, "no page of the flow was seen")
    requests = _third_party(authorization, member, portal, target)
    hosts = {request.host for request in requests}
    hosts |= {urlsplit(url).hostname or "" for page in pages for url in page.scripts}
    # when they are looked up
    known = sorted({f"{tracker(host)} ({host})" for host in hosts if tracker(host)})
    remark(f"Third parties called: {', '.join(sorted({r.host for r in requests})) or 'none'}.")
    # then none is a tracker
    expect.that(
        not known,
        "no known tracker on the pages of the flow",
        ", ".join(known) or f"none on {len(pages)} pages",
        *(r.exchange for r in requests if tracker(r.host)),
        *_seen(pages),
    )


@check("leaks.no-facts-to-third-parties/markers", needs=("member", "browser"))
def test_third_parties_get_no_facts(
    authorization: Authorization, member: Person, portal: Portal, target: Target
) -> None:
    """No third-party request carries a member's marker."""
    # given the third-party requests of the flow, and the pages that made them
    pages = _pages(authorization, member, portal, target)
    inconclusive_unless(pages, "no page of the flow was seen")
    requests = _third_party(authorization, member, portal, target)
    markers = member.markers
    inconclusive_unless(
        markers.values, f"{member}'s record holds nothing to look for", *_seen(pages)
    )
    # when their addresses, and pages told as referer, are looked through for the member
    telling = {page.kind for page in pages if markers.traces_in_text(page.url)}
    told = [
        f"{request.host} was told the address of the {request.page_kind} page"
        for request in requests
        if request.referer_sent == "full" and request.page_kind in telling
    ]
    told += [
        f"an address at {urlsplit(url).hostname} was called with it"
        for url in dict.fromkeys(
            [*(r.url for r in requests), *(url for page in pages for url in page.scripts)]
        )
        if markers.traces_in_text(unquote_plus(url))
    ]
    # then no third party learns of the member
    expect.that(
        not told,
        "nothing about the member sent to a third party",
        "; ".join(told) or f"nothing in {len(requests)} third-party requests of {len(pages)} pages",
        *(request.exchange for request in requests),
        *_seen(pages),
    )
    posted = sorted({request.host for request in requests if request.post_bytes})
    inconclusive_unless(
        not posted,
        f"what was posted to {', '.join(posted)} is not compared with the member's data: see the "
        "exchanges",
        *(request.exchange for request in requests),
    )


@check(
    "leaks.no-member-facts-in-urls/portal-login",
    needs=("member", "portal", "two_apps", "state_changes"),
)
def test_address_after_a_portal_login(portal: Portal, run_session: RunSession) -> None:
    """A login at the portal leads to no address that holds the member's name."""
    # given a member who signs in at the portal and not on the way to an app
    persona = run_session.cast.bystander(1)
    inconclusive_unless(persona, "the checks of this run connect apps for every member there is")
    assert persona is not None
    arrival = portal.log_in(persona).pages
    words = [one for one in re.split(r"[^\w]+", persona.label.casefold()) if len(one) > 3]
    inconclusive_unless(words, f"the payer file does not tell the name of {persona.id}")
    inside = [page for page in arrival if page.kind in ("portal", "other")]
    inconclusive_unless(inside, f"{persona.id} could not sign in at the portal")
    # when the addresses of the pages behind the login are looked at
    urls = " ".join(unquote_plus(page.url) for page in inside).casefold()
    told = [word for word in words if word in urls]
    # then it does not hold their name
    expect.that(
        not told,
        "an address without the member's name",
        f"{len(told)} words of the name stand in it" if told else "none of its words",
        *(page.exchange for page in inside),
    )


def _pages(
    authorization: Authorization, member: Person, portal: Portal, target: Target
) -> tuple[PageFacts, ...]:
    """The pages of the member's first connection, and the connected-apps page where there is one.

    A page of an app, behind the redirect, is none of the payer's.
    """
    pages = authorization.first_connection(member).pages
    if not target.pages.app_management:
        return pages
    return (*pages, portal.first_look(member).page)


def _sessions(pages: tuple[PageFacts, ...], kind: str) -> set[tuple[str, str]]:
    """Cookies that could hold a session, on the first page of a kind."""
    found = next((page for page in pages if page.kind == kind), None)
    cookies = found.cookies if found else ()
    return {(one.name, one.mark) for one in cookies if not NOT_A_SESSION.search(one.name)}


def _third_party(
    authorization: Authorization, member: Person, portal: Portal, target: Target
) -> tuple[ThirdPartyRequest, ...]:
    """What those pages asked of others."""
    asked = authorization.first_connection(member).third_party
    if not target.pages.app_management:
        return asked
    return (*asked, *portal.first_look(member).third_party)


def _seen(pages: tuple[PageFacts, ...] | list[PageFacts]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(p.screenshot or p.exchange for p in pages))


def _missing(cookie: CookieFacts) -> list[str]:
    lacks = {
        "Secure": not cookie.secure,
        "HttpOnly": not cookie.http_only,
        "SameSite": cookie.same_site not in ("Lax", "Strict"),
    }
    return [name for name, lacking in lacks.items() if lacking]
