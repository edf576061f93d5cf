"""What an open API publishes, held to its guide: searches, includes, reads, links and profiles.

The guide's own statement and parameter definitions drive the cases; values come from what a search
without criteria showed. Each function raises `NotApplicable`, `Inconclusive` or `Unmet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from payerproof.expect.demands import Knows, holding, query
from payerproof.expect.linked import keys_of, referred
from payerproof.expect.open_apis import (
    Published,
    controls,
    expect_links_lead_somewhere,
    expect_nothing_found,
)
from payerproof.expect.outcomes import inconclusive_unless, not_applicable_unless, settle
from payerproof.expect.profiles import judged, named
from payerproof.expect.queries import expect_found
from payerproof.expect.sameness import differences
from payerproof.guides.duties import Duties


class Guided(Published, Knows, Protocol):
    """An open API whose guide and version are known."""

    @property
    def held(self) -> Sequence[Duties]:
        """What it is held to, the newest declared version first."""
        ...

    def must_answer(self) -> None:
        """End the check as inconclusive where nothing was published."""
        ...


def expect_searchable(api: Guided, search: str) -> None:
    """A demanded search finds what it must find, and nothing else."""
    api.must_answer()
    asked = query(api, holding(api.held, search, "SHALL"), search)
    pages = api.client.all_pages(asked.kind, [*asked.pairs, ("_count", "100")])
    # another value, where this one would leave nothing out
    others = controls(api, asked)
    expect_found(asked, pages)
    expect_nothing_found(others)


def expect_included(api: Guided, pair: str, *levels: str) -> None:
    """An include (``Type Type:parameter``) of these levels brings what the matches refer to."""
    api.must_answer()
    kind, _, include = pair.partition(" ")
    name = include.split(":")[1]
    held = [one for one in api.held if (kind, include) in one.includes(*levels)]
    not_applicable_unless(held, f"The declared version does not speak of {include}.")
    asked = [("_include", one) for k, one in held[0].includes(*levels) if k == kind]
    reply = api.client.search(kind, [*asked, ("_count", "50")])
    inconclusive_unless(reply.matches, f"no {kind} came", reply.exchange)
    wanted = referred(reply, held[0], kind, name, api.base)
    not_applicable_unless(wanted, f"No {kind} refers to anything by {name}.")
    missing = wanted - keys_of((*reply.included, *reply.matches))
    settle(
        not missing,
        f"the {len(wanted)} resources to which {kind} refer by {name}",
        f"{len(missing)} of {len(wanted)} did not come along",
        reply.exchange,
    )


def expect_readable(api: Guided, kind: str) -> None:
    """A resource that a search showed is the same when it is read by its id."""
    api.must_answer()
    shown = api.known(kind)
    not_applicable_unless(shown, f"No {kind} is published.")
    reply = api.client.read(kind, str(shown[0].get("id")))
    odd = differences(shown[0], reply.body) if reply.ok else ()
    settle(
        reply.status == 200 and reply.body.get("id") == shown[0].get("id") and not odd,
        f"200 with the {kind} that the search showed",
        f"{reply.status}" + (f"; it differs in {', '.join(odd)}" if odd else ""),
        reply.exchange,
    )


def expect_linked(api: Guided, kind: str) -> None:
    """What entries of a type refer to can be read there."""
    api.must_answer()
    not_applicable_unless(api.known(kind), f"No {kind} is published.")
    expect_links_lead_somewhere(api, kind)


def expect_conforming(api: Guided, kind: str, guide: str, title: str) -> None:
    """Entries of a type name a profile of their guide (by its base address) and conform to it."""
    api.must_answer()
    rows = api.known(kind)
    not_applicable_unless(rows, f"No {kind} is published.")
    silent = [row for row in rows if not any(one.startswith(guide) for one in named(row))]
    found = judged(rows, guide)
    told = [found.told] if found.errors else []
    told += [f"{len(silent)} of {len(rows)} name no profile of {title}"] if silent else []
    settle(
        not told,
        f"{kind} that name a profile of {title} and conform to it",
        "; ".join(told) or found.told,
        *(page.exchange for page in api.pages(kind)),
    )
