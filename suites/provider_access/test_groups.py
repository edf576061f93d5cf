"""A clinic's Groups: its own alone, found as the guide says, and written as its profile asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.fhir.matching import NPI
from payerproof.plugin.practice import Entry
from payerproof.suite import (
    Api,
    Clinic,
    Organisation,
    Practice,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic",)
ATTRIBUTION = "pdexprovidergroup"


@check("provider-access.group-restricted/foreign-group", needs=("clinic", "two_clinics"))
def test_another_clinics_group(practice: Practice) -> None:
    """A clinic can neither read another clinic's Group nor find it."""
    # given two clinics with a Group each
    seen = practice.matrix()
    other = practice.other
    assert other is not None
    mine, theirs = seen.entries.get(practice.clinic.id), seen.entries.get(other.id)
    inconclusive_unless(
        mine and theirs and mine.group and theirs.group, "one of the two clinics has no Group"
    )
    assert theirs is not None
    # when the first read the second's, and searched for it by id and by NPI
    client = practice.clinic.client
    replies = [
        client.read("Group", theirs.group),
        client.search("Group", [("_id", theirs.group)]),
        client.search("Group", [("identifier", f"{NPI}|{other.partner.npi}")]),
    ]
    # then nothing of it came
    told = [one for one in replies if theirs.group in {row.get("id") for row in one.resources}]
    expect.that(
        not told,
        "nothing of the other clinic's Group",
        "; ".join(f"it came ({{x:{one.exchange}}})" for one in told) or "nothing",
        *(one.exchange for one in told or replies),
    )


@check("provider-access.group-restricted/no-token-and-member-token", needs=("clinic", "member"))
def test_groups_are_for_clinics(api: Api, practice: Practice) -> None:
    """Without a token, and with a member's token, no Group comes."""
    # given a Group that its own clinic can find
    entry = practice.entry()
    entry.must_lead_in()
    # when it is asked for without a token, and with the token of a member's app
    clinic = practice.clinic
    first = practice.member_token()
    replies = [
        asking.read("Group", entry.group) for asking in (clinic.anonymous, clinic.with_token(first))
    ]
    replies.append(api.anonymous().with_token(first).read("Group", entry.group))
    # then it does not come
    expect(*replies).is_refused()


@check("provider-access.group-search/by-identifier", needs=NEEDS)
def test_a_group_is_found_by_identifier(clinic: Organisation[Clinic], practice: Practice) -> None:
    """A clinic finds its attribution Group by its NPI, and by nobody else's."""
    # given an attribution Group and the clinic's NPI
    group, entry = _attribution(practice)
    npi = clinic.partner.npi
    inconclusive_unless(npi, "the payer file gives no NPI of the clinic", *entry.exchanges)
    # when the clinic searched by its NPI, and by another number
    found = clinic.client.search("Group", [("identifier", f"{NPI}|{npi}")])
    other = clinic.client.search("Group", [("identifier", f"{NPI}|0000000000")])
    # then the first finds it and the second nothing
    ids = {row.get("id") for row in found.matches}
    expect.that(
        group.get("id") in ids and not other.matches,
        "the Group by its NPI, and nothing by another number",
        f"{len(ids)} by its NPI, {len(other.matches)} by another number",
        found.exchange,
        other.exchange,
    )


@check("provider-access.group-search/profile", needs=NEEDS)
def test_what_a_group_says(practice: Practice) -> None:
    """An attribution Group names its provider, its state and real people."""
    # given an attribution Group
    group, entry = _attribution(practice)
    # then what PDex's profile demands is in it
    missing = [name for name, there in _demands(group).items() if not there]
    expect.that(
        not missing,
        "what the profile of attribution Groups demands",
        f"missing: {', '.join(missing)}" if missing else "all of it",
        *entry.exchanges[:1],
    )


@check("provider-access.opt-out-status-private/counts", needs=("clinic", "opted_out_member"))
def test_a_group_counts_nobody_who_opted_out(practice: Practice) -> None:
    """No number in a Group tells that somebody opted out."""
    # given a clinic with a member who opted out, and its Group
    entry = practice.entry()
    entry.must_lead_in()
    pages = (*entry.search, *((entry.matched,) if entry.matched else ()))
    groups = [row for page in pages for row in page.resources if row.get("id") == entry.group]
    inconclusive_unless(groups, "the Group could not be looked at", *entry.exchanges)
    # then its quantity is the number of its members, and no extension counts others
    odd = [
        told
        for group in groups
        for told in (
            _counted(group, len(entry.members)),
            _opted_out_extension(group),
        )
        if told
    ]
    expect.that(
        not odd,
        "numbers of members who are in it",
        "; ".join(odd) or "no others",
        *entry.exchanges,
    )


def _attribution(practice: Practice) -> tuple[Mapping[str, Any], Entry]:
    entry = practice.entry()
    rows = [row for page in entry.search for row in page.matches]
    found = [row for row in rows if row.get("id") == entry.group]
    not_applicable_unless(
        found and entry.matched is None, "The payer keeps no attribution Group for the clinic."
    )
    return found[0], entry


def _demands(group: Mapping[str, Any]) -> dict[str, bool]:
    """Elements that the profile PDexProviderGroup makes mandatory (PDex 2.1.0 and 2.2.0)."""
    characteristics = group.get("characteristic") or [{}]
    codes = str([one.get("code") for one in characteristics])
    members = group.get("member") or []
    return {
        "attributionListStatus": "attributionListStatus" in str(group.get("extension")),
        "type person": group.get("type") == "person",
        "actual": group.get("actual") is True,
        "code": bool(group.get("code")),
        "managingEntity": bool(group.get("managingEntity")),
        "meta.lastUpdated": bool((group.get("meta") or {}).get("lastUpdated")),
        "an identifier": bool(group.get("identifier")),
        f"characteristic {ATTRIBUTION}": ATTRIBUTION in codes,
        "the provider in characteristic": "valueReference" in str(characteristics),
        "entities of members": all((one.get("entity") or {}).get("reference") for one in members),
    }


def _counted(group: Mapping[str, Any], members: int) -> str:
    quantity = group.get("quantity")
    listed = len(group.get("member") or [])
    odd = quantity is not None and quantity != listed
    return f"quantity {quantity} beside {members} members" if odd else ""


def _opted_out_extension(group: Mapping[str, Any]) -> str:
    text = str(group.get("extension") or "").lower()
    return "an extension on opted-out members" if "opted" in text or "opt-out" in text else ""
