"""A member opts out of sharing with clinics, and in again: what each way to the data then gives."""

from __future__ import annotations

from payerproof.fhir.exchanging import identifies
from payerproof.plugin.practice import Chosen, shows
from payerproof.plugin.practice.altering import FUTURE, IN_OUT, OUT_IN, PAST
from payerproof.suite import (
    Choices,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
    remark,
)

NEEDS = ("clinic", "state_changes", "control:opt-out", "control:opt-in")
LOOKS = ("read", "search", "coverage search", "list of patients", "Group", "search for Groups")


@check("provider-access.opt-out-effective/next-request", needs=NEEDS, prod="no")
@each("look", LOOKS)
def test_the_next_request_gives_nothing(choices: Choices, target: Target, look: str) -> None:
    """After an opt-out no read, search or roster shows the member."""
    # given a clinic that was shown the member until they opted out
    _expect_withheld(choices.by_hook(), target, look)


@check("provider-access.opt-out-all-providers/every-clinic", needs=NEEDS, prod="no")
def test_every_clinic_is_shut_out(choices: Choices, target: Target) -> None:
    """One opt-out holds for every clinic that treats the member."""
    # given several clinics that were shown the member until they opted out once
    seen = choices.by_hook()
    not_applicable_unless(len(seen.clinics) > 1, "One clinic only treats the member.")
    # then none of them is shown the member any more
    for other in seen.clinics[1:]:
        _expect_withheld(seen, target, f"read by {other}")


@check("provider-access.opt-out-effective/exports", needs=NEEDS, prod="no")
@each("export", ("full", "since"))
def test_exports_leave_the_member_out(choices: Choices, export: str) -> None:
    """An export asked for after an opt-out, of everything or of changes, leaves the member out."""
    # given an export that held the member before the opt-out
    seen = choices.by_hook()
    found = seen.export(export)
    # then one asked for afterwards holds nothing of them
    _expect_no_lines(seen, seen.lines(found), *found.exchanges)


@check(
    "provider-access.consent-checked-at-export/running-export",
    needs=(*NEEDS, "control:exports-hold"),
    prod="no",
)
def test_a_running_export_asks_again(choices: Choices) -> None:
    """An export that had begun before the opt-out leaves the member out."""
    # given an export that was asked for before the opt-out and held back until after it
    seen = choices.by_hook()
    found = seen.export("running")
    # then it holds nothing of the member
    _expect_no_lines(seen, seen.lines(found), *found.exchanges)


@check("provider-access.opt-out-effective/files-of-before", needs=NEEDS, prod="no")
def test_files_of_before_are_closed(choices: Choices) -> None:
    """Files made before an opt-out are not handed out with the member in them."""
    # given the files of an export that held the member
    seen = choices.by_hook()
    seen.export("before")
    # when they were fetched again after the opt-out
    lines = sum(seen.patient in str(line) for file in seen.stored for line in file.lines())
    # then nothing of the member was in them
    _expect_no_lines(seen, lines, *(file.reply.exchange for file in seen.stored))


@check("provider-access.opt-out-effective/no-match", needs=NEEDS, prod="no")
def test_who_opted_out_is_not_matched_any_more(choices: Choices) -> None:
    """A match that worked before an opt-out finds the member no more."""
    # given a match that found the member
    seen = choices.by_hook()
    not_applicable_unless(seen.matched, "The payer offers no match to clinics.")
    assert seen.matched is not None
    before, after = seen.matched
    inconclusive_unless(shows(before, seen.patient), "it matched nobody before", before.exchange)
    # then it finds nobody after the opt-out
    found = shows(after, seen.patient)
    expect.that(
        not found,
        "no match",
        "the member was matched" if found else "no match",
        before.exchange,
        after.exchange,
    )


@check("provider-access.opt-out-scope-limited/own-apps", needs=NEEDS, prod="no")
def test_the_members_own_apps_work_on(choices: Choices) -> None:
    """The member's own app reads on after an opt-out of sharing with clinics."""
    # given a member's app that worked, and an opt-out that took effect
    seen = choices.by_hook()
    seen.look("read")
    before, after = seen.own_before, seen.own_after
    inconclusive_unless(
        before is not None and before.resource_type == "Patient", "the app did not work before"
    )
    # then the app reads on
    assert after is not None
    expect.that(
        after.resource_type == "Patient",
        "the member's own Patient",
        f"{after.status} with {after.resource_type or 'no resource'}",
        after.exchange,
    )


@check(
    "provider-access.opt-out-scope-limited/exchange-of-payers",
    needs=(*NEEDS, "other_payer"),
    prod="no",
)
def test_the_exchange_of_payers_goes_on(choices: Choices) -> None:
    """An opt-out of sharing with clinics leaves the wish for an exchange between payers alone."""
    # given a member whom the payer they chose could match, and who opted out with effect
    seen = choices.apart()
    before, after = seen.matched
    inconclusive_unless(
        identifies(before) and seen.read.resource_type != "Patient",
        "the other payer could not match the member before, or the opt-out had no effect",
        before.exchange,
        seen.read.exchange,
    )
    # then the other payer can match them still
    expect.that(
        identifies(after),
        "a match",
        f"{after.status} {'with' if identifies(after) else 'without'} a match",
        before.exchange,
        after.exchange,
    )


@check("provider-access.opt-back-in/everything-again", needs=NEEDS, prod="no")
def test_after_opting_in_everything_comes_again(choices: Choices) -> None:
    """After opting in again, reads open and a full export holds as much as before."""
    # given a member who was shown, opted out, and in again
    seen = choices.by_hook()
    before = seen.lines(seen.export("before"))
    again = seen.export("again")
    # then everything is back
    shut = [name for name, look in seen.back.items() if look.delay is None]
    expect.that(
        not shut and seen.lines(again) == before,
        f"every way open, and {before} resources in a full export",
        f"{len(shut)} ways shut, {seen.lines(again)} resources",
        *again.exchanges,
        *(seen.back[name].last.exchange for name in shut),
    )


@check("provider-access.opt-out-any-time/within-the-limit", needs=NEEDS, prod="no")
def test_a_change_is_taken_at_once(choices: Choices, target: Target) -> None:
    """Out and in again within one day: each change is taken, and how long it took is told."""
    # given a member who opted out and in again
    seen = choices.by_hook()
    looks = {
        name: seen.look(name) for name in seen.looks if shows(seen.looks[name].before, seen.patient)
    }
    inconclusive_unless(looks, "no way to the member's data was open before")
    # then both changes took effect within the limit
    limit = target.policy.opt_out_limit_seconds
    late = [n for n, one in looks.items() if one.delay is None or one.delay > limit]
    late += [f"{n} again" for n in looks if seen.back[n].delay is None]
    slowest = max((one.delay or 0) for one in looks.values())
    remark(f"The slowest way was shut {slowest:.1f} seconds after the opt-out.")
    expect.that(
        not late,
        "every way shut after the opt-out, and open after the opt-in",
        "; ".join(late) or "so it was",
        *(one.last.exchange for one in looks.values()),
    )


@check("provider-access.opt-out-effective/dates-of-choices", needs=NEEDS, prod="no")
@each("choice", (PAST, IN_OUT))
def test_choices_that_hold(choices: Choices, choice: str) -> None:
    """The latest choice whose day has come holds: out of last month, and in before out."""
    # given members who chose at different times, and one who chose nothing and is shown
    seen = choices.dated()
    seen.must_show_somebody()
    # then who is out now is in no read, no Group and no export
    told = shows(seen.reads[choice], seen.patients[choice])
    grouped = shows(seen.group, seen.patients[choice])
    lines = seen.exported(choice)
    expect.that(
        not (told or grouped or lines),
        "nothing of the member",
        f"read: {told}, Group: {grouped}, export: {lines}",
        seen.reads[choice].exchange,
        seen.group.exchange,
        *seen.export.exchanges,
    )


@check("provider-access.opt-back-in/dates-of-choices", needs=NEEDS, prod="no")
@each("choice", (FUTURE, OUT_IN))
def test_choices_that_do_not_hold(choices: Choices, choice: str) -> None:
    """An opt-out of next month, or one that was taken back, keeps nobody out today."""
    # given members who chose at different times, and one who chose nothing and is shown
    seen = choices.dated()
    seen.must_show_somebody()
    # then who is not out today is in reads and exports
    told = shows(seen.reads[choice], seen.patients[choice])
    lines = seen.exported(choice)
    expect.that(
        told and lines,
        "the member in reads and exports",
        f"read: {told}, export: {lines}",
        seen.reads[choice].exchange,
        *seen.export.exchanges,
    )


def _expect_withheld(seen: Chosen, target: Target, name: str) -> None:
    look = seen.look(name)
    limit = target.policy.opt_out_limit_seconds
    waited = min(limit, target.policy.opt_out_wait_seconds)
    expect.that(
        look.delay is not None and look.delay <= limit,
        f"nothing of the member by {name} after the opt-out",
        f"nothing after {look.delay:.1f} seconds"
        if look.delay is not None
        else f"the member was still shown {waited:g} seconds after it",
        look.before.exchange,
        look.last.exchange,
    )


def _expect_no_lines(seen: Chosen, lines: int, *exchanges: str) -> None:
    expect.that(
        lines == 0,
        f"nothing of {seen.persona} in the files",
        f"{lines} lines" if lines else "nothing",
        *exchanges[:8],
    )
