"""Payer-to-Payer, the record: of whom, how far back, without money and denials, with documents.

42 CFR 422.121(b)(4)-(5); PDex 2.2.0, Payer-to-Payer Bulk Exchange.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.handed_over import days_of, is_denied, is_older, years_ago
from payerproof.expect.money import money_in
from payerproof.fhir.compartment import members_of
from payerproof.fhir.surroundings import references_in
from payerproof.plugin.exchange import CLAIMS, Handed
from payerproof.suite import (
    Exchanges,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("other_payer", "payer_to_payer", "member", "state_changes")


@check("payer-to-payer.opt-in/bulk-match", needs=NEEDS)
def test_bulk_match_holds_who_opted_in(exchanges: Exchanges) -> None:
    """Of several members asked for at once, those who opted in are matched, and nobody else."""
    # given members who opted in, one who took it back, and one who was never asked
    seen = exchanges.handed()
    wanted = {seen.ids[name] for name in seen.chosen}
    matched = set(seen.groups.get("match", ()))
    inconclusive_unless(matched, "nobody was matched", seen.kick_off.exchange)
    # then the matched Group holds the first
    expect.that(
        matched == wanted,
        f"the {len(wanted)} who opted in",
        f"{len(matched & wanted)} of them, and {len(matched - wanted)} others",
        seen.kick_off.exchange,
    )


@check("payer-to-payer.opt-in/export", needs=NEEDS)
def test_export_holds_who_opted_in(exchanges: Exchanges) -> None:
    """No line of what is handed over is about a member who did not opt in."""
    # given an export of those who were matched
    seen = exchanges.handed()
    seen.must_be_handed()
    wanted = {seen.ids[name] for name in seen.chosen}
    rows = [row for row in seen.export.of() if row.get("resourceType") != "Group"]
    others = [row for row in rows if members_of(row) - wanted]
    # then each line is about one of them
    expect.that(
        not others,
        "nothing about anybody who did not opt in",
        f"{len(others)} of {len(rows)} resources are about others",
        *seen.export.exchanges,
    )


@check("payer-to-payer.opt-in/reads", needs=NEEDS)
def test_reads_open_who_opted_in(exchanges: Exchanges) -> None:
    """Reads and searches of a payer open those who opted in, and nobody else."""
    # given a payer that can read a member who opted in
    seen = exchanges.handed()
    opened = {name for name, reply in seen.reads.items() if reply.resource_type == "Patient"}
    inconclusive_unless(
        opened & set(seen.chosen),
        "the payer reads nobody by id",
        *(reply.exchange for reply in seen.reads.values()),
    )
    # when it reads the others and searches for all, then they do not come
    wrong = opened & set(seen.refused)
    ids = {str(row.get("id")) for row in seen.listed.matches}
    listed = ids - {seen.ids[name] for name in seen.chosen}
    expect.that(
        not wrong and not listed,
        "nobody but those who opted in",
        f"{len(wrong)} others read, {len(listed)} others found",
        *(seen.reads[name].exchange for name in seen.refused),
        seen.listed.exchange,
    )


@check("payer-to-payer.opt-in/other-payers", needs=NEEDS)
def test_another_payer_gets_nothing(exchanges: Exchanges) -> None:
    """A payer whom nobody chose gets nothing with the ids of a Group or a member."""
    # given a Group and a member that one payer can open
    seen = exchanges.handed()
    seen.must_be_handed()
    not_applicable_unless(seen.foreign, "The payer file names one other payer only.")
    # when another payer asks for them, then nothing comes
    expect(*seen.foreign.values()).is_refused()


@check("payer-to-payer.opt-in/withdrawal", needs=(*NEEDS, "control:exchange"), prod="no")
def test_a_withdrawn_wish_is_obeyed(exchanges: Exchanges) -> None:
    """Once a member takes the wish back, reads, matches and exports bring nothing of them."""
    # given a member whom a payer could read
    seen = exchanges.withdrawn()
    inconclusive_unless(
        seen.before.resource_type == "Patient", "the payer read nobody", seen.before.exchange
    )
    # when the wish was taken back
    rows = [row for row in seen.export.of() if seen.patient in members_of(row)]
    told = ["the Patient opens"] if seen.after.resources else []
    told += ["a match is made"] if seen.matched.ok else []
    told += [f"{len(rows)} resources are exported"] if rows else []
    # then nothing comes
    expect.that(
        not told,
        f"nothing of {seen.member} any more",
        "; ".join(told) or "nothing came",
        seen.after.exchange,
        seen.matched.exchange,
        *seen.export.exchanges,
    )


@check(
    "payer-to-payer.consent-checked-at-export/ended-in-between",
    needs=(*NEEDS, "control:clock", "control:exchange"),
    prod="no",
)
def test_a_consent_that_ends_is_asked_again(exchanges: Exchanges) -> None:
    """A consent that ends between match and export keeps the member out of the export."""
    # given a member matched by a consent that ends soon
    seen = exchanges.ended()
    inconclusive_unless(
        seen.before.resource_type == "Patient", "the payer read nobody", seen.before.exchange
    )
    # when it has ended
    rows = [row for row in seen.export.of() if seen.patient in members_of(row)]
    # then nothing of the member is exported
    expect.that(
        not rows,
        f"nothing of {seen.member} once the consent has ended",
        f"{len(rows)} resources were exported" if rows else "nothing came",
        seen.before.exchange,
        *seen.export.exchanges,
    )


@check("payer-to-payer.five-years/claims", needs=NEEDS)
def test_five_years_of_claims_are_handed_over(exchanges: Exchanges) -> None:
    """Every claim with a service in the last five years is handed over."""
    # given claims that the members' own apps see, and what was handed over
    seen = exchanges.handed()
    seen.must_be_handed()
    floor = years_ago()
    wanted = {
        str(row.get("id"))
        for rows in seen.owned.values()
        for row in rows
        if row.get("use") == "claim" and (days := days_of(row)) and min(days) >= floor
        if f"{CLAIMS}/{row.get('id')}" not in seen.protected
    }
    inconclusive_unless(wanted, "the members have no claim of the last five years")
    came = {str(row.get("id")) for row in seen.export.of(CLAIMS)}
    # then none of them is missing
    expect.that(
        wanted <= came,
        f"the {len(wanted)} claims of the last five years",
        f"{len(wanted - came)} of them are missing",
        *seen.export.exchanges,
    )


@check("payer-to-payer.within-five-years/claims", needs=NEEDS)
def test_no_more_than_five_years_are_handed_over(exchanges: Exchanges) -> None:
    """No claim with all of its services before the last five years is handed over."""
    # given what was handed over, and claims older than that which the members' own apps see
    seen = exchanges.handed()
    seen.must_be_handed()
    owned = [row for rows in seen.owned.values() for row in rows if row.get("use") == "claim"]
    older = [row for row in owned if is_older(row)]
    not_applicable_unless(older, "The members have no claim older than five years.")
    came = [row for row in seen.export.of(CLAIMS) if is_older(row)]
    # then they stayed here
    expect.that(
        not came,
        f"none of the {len(older)} claims older than five years",
        f"{len(came)} came",
        *seen.export.exchanges,
    )


@check("payer-to-payer.excludes-money/export", needs=NEEDS)
def test_no_money_is_handed_over(exchanges: Exchanges) -> None:
    """No remittance and no cost sharing stands anywhere in what is handed over."""
    # given claims and coverage that were handed over
    seen = exchanges.handed()
    seen.must_be_handed()
    rows = list(seen.export.of())
    inconclusive_unless(any(row.get("use") == "claim" for row in rows), "no claim was handed over")
    # when every element is walked by its datatype
    found = [one for row in rows for one in money_in(row)]
    # then none tells of money
    expect.that(
        not found,
        "no amount, no payment and no cost sharing",
        f"{len(found)} places tell of money" if found else f"none in {len(rows)} resources",
        *seen.export.exchanges,
    )


@check("payer-to-payer.excludes-denied-authorizations/export", needs=NEEDS)
def test_denied_authorizations_stay_here(exchanges: Exchanges) -> None:
    """Prior authorizations are handed over, denied ones are not."""
    # given prior authorizations that were handed over
    prior = _prior(exchanges.handed())
    # when their decisions are read, then none was denied
    denied = [row for row in prior if is_denied(row)]
    expect.that(
        not denied,
        "prior authorizations, none of them denied",
        f"{len(denied)} of {len(prior)} were denied",
        *exchanges.handed().export.exchanges,
    )


@check("payer-to-payer.unstructured-documents/export", needs=NEEDS)
def test_documents_of_authorizations_come_along(exchanges: Exchanges) -> None:
    """Documents that came with a prior authorization are handed over, readable."""
    # given prior authorizations with documents
    seen = exchanges.handed()
    prior = _prior(seen)
    rows = {f"{r.get('resourceType')}/{r.get('id')}": r for r in seen.export.of()}
    asked = {
        written
        for row in prior
        for path, written in references_in(row)
        if path.startswith("supportingInfo")
        and written.startswith(("DocumentReference/", "Binary/"))
    }
    not_applicable_unless(asked, "No prior authorization refers to a document.")
    # when they are looked for in what was handed over, then each is there with its content
    missing = [one for one in asked if not _content(rows.get(one, {}), rows)]
    expect.that(
        not missing,
        f"the {len(asked)} documents of prior authorizations, with their content",
        f"{len(missing)} of them are missing or empty",
        *seen.export.exchanges,
    )


@check("payer-to-payer.sensitive-data-request-honoured/regular-consent", needs=NEEDS)
def test_a_regular_consent_opens_nothing_protected(exchanges: Exchanges) -> None:
    """A consent to regular data hands over no substance use record."""
    _expect_nothing_protected(exchanges.handed())


@check("sensitive-data.part2-consent/to-payers", needs=NEEDS)
def test_substance_use_records_stay_here(exchanges: Exchanges) -> None:
    """Substance use records go to no other payer without a consent that names them."""
    _expect_nothing_protected(exchanges.handed())


def _expect_nothing_protected(seen: Handed) -> None:
    seen.must_be_handed()
    not_applicable_unless(seen.protected, "Nobody who opted in has specially protected records.")
    found = [
        row
        for row in seen.export.of()
        if f"{row.get('resourceType')}/{row.get('id')}" in seen.protected
    ]
    expect.that(
        not found,
        f"none of {len(seen.protected)} records that need a consent of their own",
        f"{len(found)} were handed over" if found else "none came",
        *seen.export.exchanges,
    )


def _prior(seen: Handed) -> list[Mapping[str, Any]]:
    seen.must_be_handed()
    found = [row for row in seen.export.of(CLAIMS) if row.get("use") == "preauthorization"]
    inconclusive_unless(found, "no prior authorization was handed over", *seen.export.exchanges[:2])
    return found


def _content(row: Mapping[str, Any], rows: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a document has its content, in itself or in a Binary that came along."""
    if row.get("resourceType") == "Binary":
        return bool(row.get("data"))
    attachments = [one.get("attachment") or {} for one in row.get("content") or []]
    for one in attachments:
        url = str(one.get("url") or "")
        key = "/".join(url.split("/")[-2:])
        if one.get("data") or _content(rows.get(key, {}), rows):
            return True
    return False
