"""Whose record: a representative is asked each time, among those they act for, and it counts."""

from __future__ import annotations

from payerproof.browser.facts import PickerFacts
from payerproof.plugin.observed.acting import Acting, Trip
from payerproof.suite import (
    Observed,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("representative", "browser", "two_apps")


@check("rep.member-selector/asked-each-time", needs=NEEDS)
def test_representative_is_asked_each_time(observed: Observed) -> None:
    """Whoever acts for others is asked each time whose record is meant."""
    # given a representative who connected one app twice, for themselves and for somebody else
    seen = observed.acting()
    trips = _trips(seen)
    inconclusive_unless(len(trips) == 2, f"{seen.person} has nobody to choose between")
    # then both times they were asked
    unasked = [trip for trip in trips if trip.outcome.picker is None]
    expect.that(
        not unasked,
        "a page that asks whose record is meant, both times",
        f"not asked {len(unasked)} times of {len(trips)}" if unasked else "asked both times",
        *(x for trip in unasked or trips for x in trip.outcome.exchanges[-2:]),
    )


@check("rep.member-selector/linked-only", needs=NEEDS)
def test_only_linked_members_are_offered(observed: Observed, target: Target) -> None:
    """Nobody is offered for whom the representative does not act."""
    # given the people that a representative could choose between
    seen = observed.acting()
    picker = _picker(seen)
    own = {seen.person, *target.persona(seen.person).represents}
    # when those of the payer file are looked for among them
    offered = " | ".join(option.label for option in picker.options).casefold()
    known = [one for one in target.personas if one.label and one.label.casefold() in offered]
    inconclusive_unless(known, "none of those offered has a label in the payer file")
    others = [one.id for one in known if one.id not in own]
    # then all of them are people for whom the representative acts
    expect.that(
        not others,
        f"nobody but {', '.join(sorted(own))}",
        f"also offered: {', '.join(others)}" if others else f"{len(picker.options)} offered",
        *(page.screenshot for page in seen.first.outcome.pages if page.kind == "picker"),
        *seen.first.outcome.exchanges[-2:],
    )


@check("rep.member-selector/nobody-preselected", needs=NEEDS)
def test_nobody_is_preselected(observed: Observed) -> None:
    """Nobody is chosen before the representative chooses."""
    # given a page with more than one to choose from
    seen = observed.acting()
    picker = _picker(seen)
    not_applicable_unless(len(picker.options) > 1, "There is only one to choose.")
    # then none of them is chosen beforehand
    expect.that(
        not picker.preselected,
        "no choice made beforehand",
        "one of them is chosen already" if picker.preselected else "none is made",
        *(page.screenshot for page in seen.first.outcome.pages if page.kind == "picker"),
        *seen.first.outcome.exchanges[-2:],
    )


@check("rep.member-selector/token-for-the-chosen", needs=NEEDS)
def test_token_is_for_the_chosen(observed: Observed) -> None:
    """Each token is for the member who was chosen for it."""
    # given two tokens of one app, for which a representative chose two different people
    seen = observed.acting()
    trips = [trip for trip in _trips(seen) if trip.answer and trip.answer.patient]
    inconclusive_unless(len(trips) == 2, "no two tokens that name a Patient came")
    named = [trip.answer.patient for trip in trips if trip.answer]
    # then they are for two different records
    expect.that(
        len(set(named)) == 2,
        f"two records, for {' and '.join(trip.whom for trip in trips)}",
        "both tokens are for the same record" if len(set(named)) == 1 else "so it is",
        *(trip.answer.exchange for trip in trips if trip.answer),
    )


@check("rep.subject-shown-on-consent/asked-for-each", needs=NEEDS)
def test_consent_is_asked_for_each_member(observed: Observed) -> None:
    """Consent for one member does not count for another."""
    # given an app that a representative connected for one, and then asked to connect for another
    seen = observed.acting()
    inconclusive_unless(seen.second, f"{seen.person} has nobody to choose between")
    assert seen.second is not None
    outcome = seen.second.outcome
    inconclusive_unless(
        outcome.consent or outcome.redirected,
        f"neither consent page nor answer to the app came ({outcome.trouble})",
        *outcome.exchanges[-2:],
    )
    # then they were asked again, for the other
    expect(outcome).shows_consent()


def _trips(seen: Acting) -> list[Trip]:
    return [trip for trip in (seen.first, seen.second) if trip]


def _picker(seen: Acting) -> PickerFacts:
    outcome = seen.first.outcome
    inconclusive_unless(
        outcome.picker,
        f"{seen.person} was not asked whose record is meant",
        *outcome.exchanges[-2:],
    )
    assert outcome.picker is not None
    return outcome.picker
