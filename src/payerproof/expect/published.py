"""What an open API publishes, held to its guide: searches, includes, reads, links and profiles.

The guide's own statement and parameter definitions drive the cases; values come from what a search
without criteria showed. Each function raises `NotApplicable`, `Inconclusive` or `Unmet`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from payerproof.expect.advertised import resources_of
from payerproof.expect.demands import Knows, holding, query
from payerproof.expect.linked import keys_of, referred
from payerproof.expect.must_support import address_of, following, unseen
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
from payerproof.fhir.reply import Reply
from payerproof.guides.duties import Duties


class Guided(Published, Knows, Protocol):
    """An open API whose guide and version are known."""

    @property
    def held(self) -> Sequence[Duties]:
        """What it is held to, the newest declared version first."""
        ...

    @property
    def statement(self) -> Reply:
        """The answer to a request for its CapabilityStatement."""
        ...

    def must_answer(self) -> None:
        """End the check as inconclusive where nothing was published."""
        ...


def expect_declared(api: Guided) -> None:
    """The statement declares FHIR 4.0.1, JSON, and each type of the guide with its profiles."""
    reply = api.statement
    inconclusive_unless(
        reply.resource_type == "CapabilityStatement", f"answered {reply.status}", reply.exchange
    )
    held, listed = api.held[0], resources_of(reply.body)
    formats = {str(one).partition(";")[0] for one in reply.body.get("format") or []}
    version = str(reply.body.get("fhirVersion"))
    told = [] if version == "4.0.1" else [f"fhirVersion {version}"]
    told += [] if formats & {"json", "application/fhir+json"} else ["no JSON among the formats"]
    for kind in held.types:
        profiles = {
            str(one).partition("|")[0] for one in listed.get(kind, {}).get("supportedProfile") or []
        }
        lacking = set(held.profiles(kind)) - profiles
        if kind not in listed:
            told.append(f"no {kind}")
        elif lacking:
            told.append(f"{kind} without {', '.join(sorted(map(last_step, lacking)))}")
    settle(
        not told,
        f"FHIR 4.0.1 in JSON, and {len(held.types)} types with their profiles",
        "; ".join(told) or "so it stands there",
        reply.exchange,
    )


def last_step(address: str) -> str:
    """The last step of an address, which names a profile for a reader."""
    return address.rpartition("/")[2]


def expect_seen_published(api: Guided, profile: str) -> None:
    """Every must-support element of a profile is populated in some entry that follows it."""
    api.must_answer()
    held = api.held[0]
    kind, address = address_of(held, profile)
    not_applicable_unless(kind, f"The declared version has no profile {profile}.")
    found = unseen(following(api.known(kind), held, kind, address), held, kind, address)
    not_applicable_unless(found.resources, f"No {kind} that was shown follows {profile}.")
    settle(
        not found.missing,
        f"each of {found.total} must-support elements of {profile} in some entry",
        f"never in {found.resources} entries: {', '.join(found.missing)}"
        if found.missing
        else f"so in {found.resources} entries",
        *(page.exchange for page in api.pages(kind)),
    )


def expect_searchable(api: Guided, search: str, level: str = "SHALL") -> None:
    """A search of a level finds what it must find, and nothing else."""
    api.must_answer()
    asked = query(api, holding(api.held, search, level), search)
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
