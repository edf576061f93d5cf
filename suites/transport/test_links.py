"""Links: what an app is told to call next stays at the published base."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from urllib.parse import urljoin, urlsplit

from payerproof.expect.hosts import addresses, lies_below, links_in, place
from payerproof.expect.paging import Walk, claims_in_pages
from payerproof.fhir.record import record_replies
from payerproof.polite import Unreachable
from payerproof.suite import (
    Api,
    Person,
    Reply,
    SmartConfiguration,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

CLAIMS = "ExplanationOfBenefit"
LONGEST = 2000
"""Characters; gateways cut longer addresses (field quirk Q-REST-04)."""
SLACK = 24
"""Characters by which a cursor may grow: digits of an offset, padding."""


@check("transport.links-stay-at-base/next", needs=("member",))
def test_next_links_stay_at_the_base(api: Api, member: Person) -> None:
    """Each next link keeps the base's scheme, host, port and path on all pages."""
    # given claims on several pages, followed as long as the links stay where the token belongs
    pages = _pages(api, member)
    # when the hosts of the links are looked at
    away = [(page, urlsplit(link).netloc or link.partition(":")[0]) for page, link in pages.away]
    # then none leads away
    expect.that(
        not away,
        "the published scheme, host, port and path in each next link",
        "; ".join(f"a link to {where} ({{x:{page.exchange}}})" for page, where in away)
        or f"so on {len(pages.pages)} pages",
        *pages.exchanges,
    )


@check("transport.links-stay-at-base/length", needs=("member",))
def test_next_links_are_short(api: Api, member: Person) -> None:
    """Each next link is shorter than gateways allow, and does not grow from page to page."""
    # given the next links of claims on several pages
    pages = _pages(api, member)
    lengths = [len(link) for _, link in pages.links]
    # when their lengths are compared; a cursor may lawfully differ by a few letters
    grown = len(lengths) > 2 and all(b > a for a, b in pairwise(lengths))
    # then they stay the same, and below two thousand
    expect.that(
        max(lengths) < LONGEST and not (grown and lengths[-1] - lengths[0] > SLACK),
        f"next links below {LONGEST} characters that do not grow",
        f"lengths from page to page: {', '.join(map(str, lengths[:8]))}",
        *pages.exchanges,
    )


@check("transport.links-stay-at-base/self", needs=("member",))
def test_self_links_stay_at_the_base(api: Api, member: Person) -> None:
    """The self link of a search names the published scheme and host."""
    # given the searches that brought claims and coverage
    replies = record_replies(api.once(member), member, (CLAIMS, "Coverage"))
    linked = [(reply, link) for reply in replies if (link := reply.link("self"))]
    inconclusive_unless(linked, "no search result has a self link", *_exchanges(replies))
    # when they are compared with the base
    away = [
        reply for reply, link in linked if not lies_below(urljoin(reply.answer.url, link), api.base)
    ]
    # then each lies below it
    expect.that(
        not away,
        "the published scheme, host, port and path in each self link",
        f"{len(away)} of {len(linked)} read otherwise",
        *_exchanges(away or replies),
    )


@check("transport.links-stay-at-base/full-urls", needs=("member",))
def test_full_urls_lie_below_the_base(api: Api, member: Person) -> None:
    """Each fullUrl lies under the base."""
    # given the bundles that brought the record, and pages with what they include
    replies = record_replies(api.once(member), member, member.record.exchanges)
    replies += _walked(api, member).pages
    entries = [
        (reply, entry)
        for reply in replies
        for entry in reply.entries
        if (entry.get("resource") or {}).get("resourceType") != "OperationOutcome"
    ]
    inconclusive_unless(entries, "no entry came", *_exchanges(replies))
    # when each entry's fullUrl is compared with the base, its type and its id
    odd = [
        (reply, entry)
        for reply, entry in entries
        if not _is_own_address(str(entry.get("fullUrl") or ""), entry["resource"], api.base)
    ]
    # then it is the address at which the resource is read
    expect.that(
        not odd,
        "base, type and id in each fullUrl",
        f"{len(odd)} of {len(entries)} read otherwise" if odd else f"so in {len(entries)} entries",
        *list(dict.fromkeys(reply.exchange for reply, _ in odd or entries))[:8],
    )


@check("transport.one-published-host/hosts-in-answers", needs=("member",))
def test_other_hosts_are_closed(
    api: Api, member: Person, smart: SmartConfiguration, target: Target
) -> None:
    """Every host in links and references is the published one or as closed without a token."""
    # given the addresses that the record links to
    linked = list(dict.fromkeys(links_in(list(member.record.everything))))
    inconclusive_unless(
        member.record.types,
        f"{member} sees no record whose links could be looked at",
        *member.record.exchanges.get("Patient", ()),
    )
    published = {place(url) for url in addresses(target, smart).values()}
    published |= {place(url) for url in smart.document.values() if isinstance(url, str)}
    # when one address on each host that is not published is opened without a token
    others = {place(url): url for url in linked if place(url) not in published}
    opened = [found for url in list(others.values())[:3] if (found := _opens(api, url))]
    # then it is closed there too
    expect.that(
        not opened,
        "the published hosts only, or hosts that are closed without a token",
        "; ".join(opened)
        or f"{len(linked)} absolute addresses on the published hosts, {len(others)} other hosts, "
        "none of them open",
        *(x for found in member.record.exchanges.values() for x in found[:1]),
    )


def _walked(api: Api, member: Person) -> Walk:
    claims = len(member.record.of(CLAIMS))
    return claims_in_pages(api.once(member), member.patient_id, claims)


def _pages(api: Api, member: Person) -> Walk:
    """The member's claims in pages that have a next link."""
    pages = _walked(api, member)
    not_applicable_unless(
        pages.links, f"{member}'s claims come on one page, without links.", pages.first.exchange
    )
    return pages


def _exchanges(replies: Iterable[Reply]) -> list[str]:
    return list(dict.fromkeys(reply.exchange for reply in replies))[:8]


def _is_own_address(url: str, resource: dict[str, object], base: str) -> bool:
    path = f"/{resource.get('resourceType')}/{resource.get('id')}"
    return lies_below(url, base) and urlsplit(url).path == urlsplit(base).path.rstrip("/") + path


def _opens(api: Api, url: str) -> str:
    """What an address shows without a token, or an empty string where it is closed."""
    try:
        answer = api.send("GET", url)
    except Unreachable:
        return ""
    if not 200 <= answer.status < 300 or not answer.content:
        return ""
    return f"{urlsplit(url).netloc} answers {answer.status} ({{x:{answer.exchange}}})"
