"""Page links that end early, go round, grow, or lead elsewhere."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from payerproof.sandbox.defects.changing import decision
from payerproof.sandbox.fhir import paging
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts

Links = list[tuple[str, str]]


@decision(
    "page_link",
    "next-link-plain-http",
    "patient_access",
    "Q-REST-01",
    "The links to further pages begin with http, as the server behind the gateway sees itself",
)
def _http(base: str, asked: Asked, key: str, offset: int, size: int, face: FaceFacts) -> str:
    return paging.page_link(base.replace("https://", "http://", 1), asked, key, offset, size, face)


@decision(
    "page_link",
    "next-link-internal-host",
    "patient_access",
    "Q-REST-01 N-LEAK-06",
    "The links to further pages lead to a host of the internal network",
)
def _internal(base: str, asked: Asked, key: str, offset: int, size: int, face: FaceFacts) -> str:
    inside = f"https://fhir-core-02.payer.internal:8443{urlsplit(base).path}"
    return paging.page_link(inside, asked, key, offset, size, face)


@decision(
    "page_link",
    "next-link-relative",
    "patient_access",
    "Q-REST-03",
    "The links to further pages are relative, to be read against the address that was asked",
    lawful=True,
)
def _relative(base: str, asked: Asked, key: str, offset: int, size: int, face: FaceFacts) -> str:
    return paging.page_link(base, asked, key, offset, size, face).removeprefix(base + "/")


@decision(
    "page_link",
    "next-link-grows",
    "patient_access",
    "Q-REST-02 Q-REST-04",
    "Each page adds its state to the link once more, so that it grows from page to page",
)
def _grows(base: str, asked: Asked, key: str, offset: int, size: int, face: FaceFacts) -> str:
    state = "".join("&" + urlencode({"_state": "p" * 24}) for _ in range(offset // size))
    return paging.page_link(base, asked, key, offset, size, face) + state


@decision(
    "page_link",
    "next-link-too-long",
    "patient_access",
    "Q-REST-04",
    "The links to further pages hold a compressed state of more than two thousand letters",
)
def _long(base: str, asked: Asked, key: str, offset: int, size: int, face: FaceFacts) -> str:
    return paging.page_link(base, asked, key, offset, size, face) + "&_state=" + "A7" * 1200


@decision(
    "page_links",
    "last-page-dropped",
    "patient_access",
    "Q-REST-05",
    "There is a next link while a full page is left; the last entries are never reached",
)
def _full_pages(call: Call, asked: Asked, key: str, size: int, matched: int) -> Links:
    return paging.page_links(call, asked, key, size, matched - matched % size)


@decision(
    "page_links",
    "no-third-page",
    "patient_access",
    "Q-REST-05",
    "The next link is made on the first page only, so that a search ends with the second",
)
def _two_pages(call: Call, asked: Asked, key: str, size: int, matched: int) -> Links:
    links = paging.page_links(call, asked, key, size, matched)
    return [one for one in links if one[0] != "next" or not asked.offset]


@decision(
    "page_links",
    "empty-page-at-the-end",
    "patient_access",
    "Q-REST-05",
    "The last page has a next link too, to an empty page",
)
def _one_more(call: Call, asked: Asked, key: str, size: int, matched: int) -> Links:
    return paging.page_links(call, asked, key, size, matched + size)


@decision(
    "page_links",
    "next-link-of-second-page-loops",
    "patient_access",
    "Q-REST-06",
    "The next link of every page but the first leads to that page itself",
)
def _loop(call: Call, asked: Asked, key: str, size: int, matched: int) -> Links:
    links = paging.page_links(call, asked, key, size, matched)
    if not asked.offset:
        return links
    here = call.policies.page_link(call.base, asked, key, asked.offset, size, call.face)
    return [(name, here if name == "next" else url) for name, url in links]


@decision(
    "page_links",
    "pages-overlap",
    "patient_access",
    "Q-REST-06 Q-REST-05",
    "Each page begins with the last entry of the page before",
)
def _overlap(call: Call, asked: Asked, key: str, size: int, matched: int) -> Links:
    links = [one for one in paging.page_links(call, asked, key, size, matched) if one[0] != "next"]
    if asked.offset + size < matched:
        start = asked.offset + max(1, size - 1)
        url = call.policies.page_link(call.base, asked, key, start, size, call.face)
        links.append(("next", url))
    return links


@decision(
    "page_links",
    "page-link-holds-member-number",
    "patient_access",
    "N-LEAK-02",
    "Page links carry the member number, for the statistics of the gateway",
)
def _numbered(call: Call, asked: Asked, key: str, size: int, matched: int) -> Links:
    person = call.world.person_of(call.access.patient)
    number = urlencode({"_member": person.member_number if person else ""})
    links = paging.page_links(call, asked, key, size, matched)
    return [(name, f"{url}&{number}") for name, url in links]


@decision(
    "page_links",
    "previous-link-called-prev",
    "patient_access",
    "Q-REST-07",
    "The link to the page before is called prev",
    lawful=True,
)
def _prev(call: Call, asked: Asked, key: str, size: int, matched: int) -> Links:
    links = paging.page_links(call, asked, key, size, matched)
    return [("prev" if name == "previous" else name, url) for name, url in links]


@decision(
    "page_links",
    "first-and-last-links",
    "patient_access",
    "Q-REST-05 Q-REST-06",
    "Every page also links to the first and the last page",
    lawful=True,
)
def _ends(call: Call, asked: Asked, key: str, size: int, matched: int) -> Links:
    links = paging.page_links(call, asked, key, size, matched)
    last = max(0, (matched - 1) // size * size)
    for name, offset in (("first", 0), ("last", last)):
        url = call.policies.page_link(call.base, asked, key, offset, size, call.face)
        links.append((name, url))
    return links


@decision(
    "page_size",
    "pages-of-seven",
    "patient_access",
    "Q-REST-08",
    "No page has more than seven matches, whatever the client asks",
    lawful=True,
)
def _small(asked: Asked, face: FaceFacts) -> int:
    return min(7, paging.page_size(asked, face))


@decision(
    "page_size",
    "count-ignored-with-last-updated",
    "patient_access",
    "Q-REST-08",
    "_count is ignored when _lastUpdated is given too",
    twin="pages-of-seven",
)
def _ignored(asked: Asked, face: FaceFacts) -> int:
    if asked.values("_lastUpdated"):
        return face.page_size
    return paging.page_size(asked, face)
