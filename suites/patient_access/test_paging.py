"""Paging: a member's claims in small pages are all there, each once, to the last page."""

from __future__ import annotations

from payerproof.expect.claims import CLAIMS
from payerproof.expect.paging import Walk, claims_in_pages
from payerproof.suite import Api, Person, check, expect, inconclusive_unless, not_applicable_unless


@check("patient-access.claims-content/every-page", needs=("member",))
def test_pages_together_hold_every_claim(api: Api, member: Person) -> None:
    """Whoever follows the next links is given every claim."""
    # given the claims as they come on large pages, and the same in small ones
    known = set(member.record.ids(CLAIMS))
    pages = _pages(api, member)
    # when what came is put together
    missing = known - set(pages.ids)
    # then nothing is missing
    expect.that(
        not missing,
        f"each of {len(known)} claims on the way from the first page to the last",
        f"{len(missing)} of them on none of {len(pages.pages)} pages"
        + (", and the links go round" if pages.looped else ""),
        *pages.exchanges,
    )


@check("carin-bb.search/pages", needs=("member",))
def test_no_page_repeats_or_is_empty(api: Api, member: Person) -> None:
    """No claim comes on two pages, no page is empty, and no link goes round."""
    pages = _pages(api, member)
    twice = [ident for ident, times in pages.ids.items() if times > 1]
    empty = [page for page in pages.pages if not page.matches]
    told = [f"{len(twice)} claims come more than once"] if twice else []
    told += [f"{len(empty)} empty pages"] if empty else []
    told += ["a next link leads back"] if pages.looped else []
    expect.that(
        not told,
        "each claim once, and no page without claims",
        ", ".join(told) or f"so on {len(pages.pages)} pages",
        *pages.exchanges,
    )
    expect(*pages.pages).has_status(200)


@check("carin-bb.search/count", needs=("member",))
def test_count_is_honoured_beside_other_parameters(api: Api, member: Person) -> None:
    """_count is not exceeded, with _lastUpdated beside it either."""
    # given more claims than are asked for
    claims = len(member.record.of(CLAIMS))
    inconclusive_unless(claims > 2, f"{member} has {claims} claims, too few to tell")
    # when two are asked for among all that were ever updated
    reply = api.once(member).search(
        CLAIMS,
        [("patient", member.patient_id), ("_lastUpdated", "ge2000-01-01"), ("_count", "2")],
    )
    inconclusive_unless(reply.matches, f"{member}'s claims could not be read", reply.exchange)
    # then no more than two come
    expect.that(
        len(reply.matches) <= 2,
        "at most two claims on a page",
        f"{len(reply.matches)} ({{x:{reply.exchange}}})",
        reply.exchange,
    )


def _pages(api: Api, member: Person) -> Walk:
    claims = len(member.record.of(CLAIMS))
    inconclusive_unless(
        claims > 1,
        f"{member} has {claims} claims, too few for several pages",
        *member.record.exchanges.get(CLAIMS, ()),
    )
    pages = claims_in_pages(api.once(member), member.patient_id, claims)
    inconclusive_unless(pages.first.matches, "the first page holds no claim", pages.first.exchange)
    not_applicable_unless(
        len(pages.pages) > 1 or pages.away or pages.looped or len(pages.first.matches) < claims,
        f"{member}'s claims come on one page, without links.",
        pages.first.exchange,
    )
    return pages
