"""Links: what an app is told to call next stays at the published base."""

from __future__ import annotations

import math
from urllib.parse import urljoin, urlsplit

from payerproof.expect.hosts import addresses, lies_below, links_in, place
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
MOST_PAGES = 5


@check("transport.links-stay-at-base/next", needs=("member",))
def test_next_links_stay_at_the_base(api: Api, member: Person) -> None:
    """Each next link keeps the base's scheme, host, port and path on all pages."""
    # given claims on several pages
    count = max(1, math.ceil(len(member.record.of(CLAIMS)) / 3))
    first = api.as_(member).search(CLAIMS, [("patient", member.patient_id), ("_count", str(count))])
    not_applicable_unless(
        first.link("next"), f"{member}'s claims come on one page, without links.", first.exchange
    )
    # when the next links are followed, as long as they stay where the token belongs
    pages = _walk(api, member, first)
    away = [
        (page, urlsplit(link).netloc or link.partition(":")[0])
        for page in pages
        for link in [_next(page)]
        if link and not lies_below(link, api.base)
    ]
    # then none leads away
    expect.that(
        not away,
        "the published scheme, host, port and path in each next link",
        "; ".join(f"a link to {where} ({{x:{page.exchange}}})" for page, where in away)
        or f"so on {len(pages)} pages",
        *(page.exchange for page in pages),
    )


@check("transport.links-stay-at-base/full-urls", needs=("member",))
def test_full_urls_lie_below_the_base(api: Api, member: Person) -> None:
    """Each fullUrl lies under the base."""
    # given bundles of claims and of other data
    client = api.as_(member)
    replies = [
        client.search(
            CLAIMS,
            [
                ("patient", member.patient_id),
                ("_count", "5"),
                ("_include", "ExplanationOfBenefit:provider"),
            ],
        ),
        client.search("Observation", [("patient", member.patient_id), ("_count", "5")]),
    ]
    entries = [
        (reply, entry)
        for reply in replies
        for entry in reply.entries
        if (entry.get("resource") or {}).get("resourceType") != "OperationOutcome"
    ]
    inconclusive_unless(entries, "no entry came", *(reply.exchange for reply in replies))
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
        *dict.fromkeys(reply.exchange for reply, _ in odd or entries),
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


def _next(page: Reply) -> str:
    return urljoin(page.answer.url, page.link("next")) if page.link("next") else ""


def _walk(api: Api, member: Person, first: Reply) -> list[Reply]:
    """The first pages; a link away from the base is not followed, so no token leaves it."""
    pages = [first]
    while len(pages) < MOST_PAGES:
        link = _next(pages[-1])
        if not link or not lies_below(link, api.base):
            break
        pages.append(api.as_(member).get(link))
    return pages


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
