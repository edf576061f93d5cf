"""Pages of a search: a snapshot of what matched, and links that work for one grant alone.

Every search that has more than one page leaves a snapshot (matches by type and id, in order, and
who made it) under an unguessable key. A link names it, so that no page can repeat or miss an
entry. Snapshots are few and short-lived; a link to one that has gone answers 410.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from urllib.parse import urlencode

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts, Refused

_KEPT = 2000
Links = list[tuple[str, str]]
MAX_PAGE = 100
"""Most matches on one page, whatever the client asks."""


@dataclass(frozen=True)
class Snapshot:
    """A search as it stood when its first page was made."""

    made: Access
    asked: Asked
    matches: tuple[str, ...]


class Snapshots:
    """Snapshots of one process, by tenant and key; the oldest go first."""

    def __init__(self, keep: int = _KEPT) -> None:
        self._kept: OrderedDict[tuple[str, str], Snapshot] = OrderedDict()
        self._keep = keep
        self._lock = Lock()

    def store(self, tenant: str, snapshot: Snapshot) -> str:
        """Keep a snapshot; return its unguessable key."""
        key = secrets.token_urlsafe(18)
        with self._lock:
            self._kept[(tenant, key)] = snapshot
            while len(self._kept) > self._keep:
                self._kept.popitem(last=False)
        return key

    def get(self, tenant: str, key: str) -> Snapshot | None:
        """Return a snapshot of this tenant, or None if there is no such or no longer."""
        with self._lock:
            return self._kept.get((tenant, key))


def page_access(presented: Access | Refusal, made: Access) -> Access | Refusal:
    """Decide with whose rights a later page is answered: the presented token's own.

    A dead or missing token opens nothing (the link dies with its grant), and the token of another
    grant is refused even where it could have made the same search.
    """
    if isinstance(presented, Refusal):
        return presented
    if presented.grant_id != made.grant_id:
        return Refusal(403, "", "The link belongs to another authorization.")
    return presented


def page_size(asked: Asked, face: FaceFacts) -> int:
    """Matches on one page: as asked, up to `MAX_PAGE`, or the face's size."""
    return min(asked.count, MAX_PAGE) if asked.count else face.page_size


def page_link(base: str, asked: Asked, key: str, offset: int, size: int, face: FaceFacts) -> str:
    """Make the absolute URL of a page: readable where the face pages by offset, else opaque."""
    url = f"{base}/{asked.resource_type}"
    if face.paging == "cursor" or asked.posted:
        return f"{url}?{urlencode({'_page': key + '.' + format(offset, 'x') + '.' + str(size)})}"
    kept = [(name, value) for name, value in asked.pairs if name != "_count"]
    query = [*kept, ("_count", str(size)), ("_offset", str(offset)), ("_search", key)]
    return f"{url}?{urlencode(query)}"


def page_links(call: Call, asked: Asked, key: str, size: int, matched: int) -> Links:
    """Make the links to the pages before and after this one, where there are such."""

    def link(offset: int) -> str:
        return call.policies.page_link(call.base, asked, key, offset, size, call.face)

    links = []
    if asked.offset:
        links.append(("previous", link(max(0, asked.offset - size))))
    if asked.offset + size < matched:
        links.append(("next", link(asked.offset + size)))
    return links


def self_link(base: str, asked: Asked) -> str:
    """Make the URL of the search as it was understood: parameters that were ignored are absent."""
    query = urlencode(asked.pairs)
    return f"{base}/{asked.resource_type}" + (f"?{query}" if query else "")


def full_url(base: str, resource_type: str, logical_id: str) -> str:
    """Make ``Bundle.entry.fullUrl``: the URL under which the resource can be read."""
    return f"{base}/{resource_type}/{logical_id}"


@dataclass(frozen=True)
class PageRequest:
    """A link followed: which snapshot, from where, how many."""

    key: str
    offset: int
    size: int


def page_request(pairs: Sequence[tuple[str, str]]) -> PageRequest | None:
    """Recognise a page link among the parameters of a search; None if it is a new search.

    Raises `Refused` (400) for a link that this server did not make.
    """
    given = dict(pairs)
    if "_page" in given:
        key, _, rest = given["_page"].partition(".")
        offset, _, size = rest.partition(".")
        return _checked(key, offset, size, 16)
    if "_search" in given:
        return _checked(given["_search"], given.get("_offset", ""), given.get("_count", ""), 10)
    return None


def _checked(key: str, offset: str, size: str, radix: int) -> PageRequest:
    try:
        request = PageRequest(key, int(offset, radix), int(size))
    except ValueError:
        raise Refused(400, "value", "The page link is not one of this server.") from None
    if request.offset < 0 or not 0 < request.size <= MAX_PAGE or len(key) > 64:
        raise Refused(400, "value", "The page link is not one of this server.")
    return request


def at_page(asked: Asked, request: PageRequest) -> Asked:
    """Return the search of a snapshot as it stands on the page asked for."""
    return replace(asked, offset=request.offset, count=request.size)
