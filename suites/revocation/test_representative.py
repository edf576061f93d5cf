"""What a representative connected: the member sees and can end it, and one at a time."""

from __future__ import annotations

import re

from payerproof.suite import (
    Observed,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

BY_WHOM = re.compile(r"\b(?:allowed|approved|authori[sz]ed|connected|granted|added) by\b", re.I)


@check(
    "revocation.representative-grant/listed-and-revocable",
    needs=("representative", "portal", "two_apps", "state_changes"),
)
def test_member_ends_what_a_representative_connected(observed: Observed, target: Target) -> None:
    """The member sees and can end what the representative connected."""
    # given an app that a representative connected to the record of a member with a login
    seen = observed.represented()
    app = target.app(seen.grant.app)
    # when the member looked at their own list, then it stood there
    listed = any(one.name == app.name for one in seen.listed.apps)
    expect.that(
        listed and seen.pressed,
        f"an entry for {app.id}, which {seen.acting} connected, with a way to revoke it",
        f"{len(seen.listed.apps)} entries, {'one' if listed else 'none'} for it",
        seen.listed.page.screenshot or seen.listed.page.exchange,
        seen.grant.exchange,
    )
    # and when they revoked it, the representative's app was refused
    expect.that(
        seen.delay is not None,
        "a refusal of the token that the representative's app holds",
        f"{seen.after.status} ({{x:{seen.after.exchange}}})",
        seen.before.exchange,
        seen.after.exchange,
    )


@check(
    "revocation.representative-grant/named",
    needs=("representative", "portal", "two_apps", "state_changes"),
)
def test_list_names_who_connected(observed: Observed, target: Target) -> None:
    """Where the list says who allowed an app, it names the representative who did."""
    # given the entry of an app that a representative connected to a member's record
    seen = observed.represented()
    app, acting = target.app(seen.grant.app), target.persona(seen.acting)
    entries = [one.text for one in seen.listed.apps if one.name == app.name]
    inconclusive_unless(entries, f"{app.id} is not listed", seen.listed.page.exchange)
    inconclusive_unless(acting.label, f"the payer file does not tell the name of {acting.id}")
    text = " ".join(" ".join(entries).split())
    not_applicable_unless(
        BY_WHOM.search(text),
        "The list does not say who connected an app.",
        seen.listed.page.exchange,
    )
    # then it names the one who did
    expect.that(
        acting.label.casefold() in text.casefold(),
        f"the name of {acting.id}, who connected {app.id}",
        f"it {'names' if acting.label.casefold() in text.casefold() else 'does not name'} them",
        seen.listed.page.screenshot or seen.listed.page.exchange,
        seen.grant.exchange,
    )


@check(
    "revocation.only-target-app/other-represented-lives",
    needs=("representative", "browser", "portal", "two_apps", "state_changes"),
)
def test_other_represented_member_is_left_alone(observed: Observed) -> None:
    """Revoking an app for one represented member leaves another's connection of it alone."""
    # given one app that a representative connected for two people, each with an entry of its own
    seen = observed.acting()
    trips = [trip for trip in (seen.first, seen.second) if trip and trip.before and trip.after]
    inconclusive_unless(
        len(trips) == 2 and all(one.before and one.before.ok for one in trips),
        f"{seen.person} could not connect {seen.app} for two people",
        *seen.first.outcome.exchanges[-2:],
    )
    inconclusive_unless(seen.revoked, f"the list has no control to revoke {seen.app}")
    # when the representative pressed Revoke in one of the entries
    alive = [one for one in trips if one.after and one.after.ok]
    inconclusive_unless(
        len(alive) < 2, "neither connection has ended", *(one.after.exchange for one in alive)
    )
    # then the other connection goes on
    expect.that(
        len(alive) == 1,
        "one connection ended, and the other as before",
        f"{len(alive)} of 2 still open data",
        *(one.after.exchange for one in trips if one.after),
    )
