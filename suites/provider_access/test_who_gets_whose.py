"""Every clinic against every member: data only where all conditions hold, and alike elsewhere."""

from __future__ import annotations

from collections.abc import Iterable

from payerproof.fhir.reply import Reply
from payerproof.plugin.practice.matrix import CHOSE, ENDED, LEFT, OUTSIDE, SHARED, STRANGER, Cell
from payerproof.suite import (
    Practice,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic",)


@check("provider-access.network-providers/each-member-shared", needs=NEEDS)
def test_clinics_in_the_network_are_served(practice: Practice) -> None:
    """Every clinic in the network gets every member it treats who has not opted out."""
    # given every pair of a clinic and a member for whom all conditions hold
    seen = practice.matrix()
    cells = seen.having(SHARED)
    inconclusive_unless(cells, "no member of any clinic could be told by id")
    # then each read brought the member's Patient
    closed = [cell for cell in cells if not cell.open]
    expect.that(
        not closed,
        f"the Patient of each of {len(cells)} pairs of clinic and member",
        _told(closed) or "all of them came",
        *(cell.reply.exchange for cell in closed or cells),
    )


@check("provider-access.default-in/no-choice-made", needs=NEEDS)
def test_who_made_no_choice_is_included(practice: Practice) -> None:
    """A member who never chose is in the clinic's Group, and in its list of patients."""
    # given a clinic's members who made no choice
    seen = practice.matrix()
    clinic = practice.clinic
    entry = seen.entries[clinic.id]
    wanted = {cell.patient: cell for cell in seen.having(SHARED) if cell.clinic == clinic.id}
    inconclusive_unless(wanted, "no member of the clinic could be told by id")
    # then all of them are there
    listed = {patient for page in seen.patients[clinic.id] for patient in seen.named(page)}
    missing = [cell for one, cell in wanted.items() if one not in listed & set(entry.members)]
    expect.that(
        not missing,
        f"{len(wanted)} members in the Group and the list of patients",
        _told(missing) or f"{len(wanted)} of them",
        *entry.exchanges[:2],
        *(page.exchange for page in seen.patients[clinic.id][:1]),
    )


@check("provider-access.attribution-process/others-closed", needs=NEEDS)
@each("why", (STRANGER, ENDED, LEFT))
def test_no_data_without_a_treatment(practice: Practice, why: str) -> None:
    """Whom a clinic does not treat, or not any more, is closed to it."""
    # given clinics that are served, and members whom they do not treat
    seen = practice.matrix()
    seen.must_serve_somebody()
    cells = seen.having(why)
    not_applicable_unless(cells, f"There is no pair of clinic and member of this kind: {why}.")
    # when each read each of them, then nothing came
    _expect_closed(cells)


@check("provider-access.opt-out-effective/standing-choice", needs=("clinic", "opted_out_member"))
def test_no_data_of_who_opted_out(practice: Practice) -> None:
    """Who opted out long ago is closed to every clinic that treats them."""
    # given clinics that are served, and members who have opted out
    seen = practice.matrix()
    seen.must_serve_somebody()
    cells = seen.having(CHOSE)
    inconclusive_unless(cells, "nobody who opted out could be told by id")
    # when each read each of them, then nothing came
    _expect_closed(cells)


@check(
    "provider-access.in-network-only/outsiders-closed", needs=("clinic", "clinic_out_of_network")
)
def test_no_data_outside_the_network(practice: Practice) -> None:
    """Clinics outside the network get nothing of members, whomever they treat."""
    # given clinics that are served, and others outside the network
    seen = practice.matrix()
    seen.must_serve_somebody()
    cells = seen.having(OUTSIDE)
    not_applicable_unless(cells, "Clinics outside the network were given no token at all.")
    # when each read every member, then nothing came
    _expect_closed(cells)


@check("provider-access.attribution-process/lists-and-searches", needs=NEEDS)
def test_lists_hold_nobody_else(practice: Practice, target: Target) -> None:
    """A clinic's Groups, its list of patients, and a search that names everybody hold its own."""
    # given clinics that are served
    seen = practice.matrix()
    seen.must_serve_somebody()
    # when each listed its patients, its Groups, and the claims of everybody it can name
    others: list[tuple[str, Reply]] = []
    for clinic in target.clinics:
        allowed = seen.allowed(clinic.id)
        known = {cell.patient for cell in seen.cells} - allowed
        replies = [
            *seen.patients.get(clinic.id, ()),
            *([seen.claims[clinic.id]] if clinic.id in seen.claims else ()),
        ]
        others += [(clinic.id, one) for one in replies if known & set(seen.named(one))]
        entry = seen.entries.get(clinic.id)
        others += [
            (clinic.id, page)
            for page in (entry.search if entry and known & set(entry.members) else ())
        ]
    # then nobody else was among them
    expect.that(
        not others,
        "members of the clinic's own, and nobody else",
        "; ".join(f"somebody else for {name} ({{x:{one.exchange}}})" for name, one in others[:6])
        or f"nobody else for {len(seen.patients)} clinics",
        *(one.exchange for _, one in others),
        *(page.exchange for pages in seen.patients.values() for page in pages[:1]),
    )


@check("provider-access.attribution-process/as-many-as-expected", needs=NEEDS)
def test_lists_are_no_longer_than_they_should_be(practice: Practice, target: Target) -> None:
    """A clinic's list of patients is as long as the number of members that are shared with it."""
    # given clinics that are served, and whom the payer file says they treat
    seen = practice.matrix()
    seen.must_serve_somebody()
    synthetic = all(persona.synthetic for persona in target.personas)
    not_applicable_unless(synthetic, "There may be members whom the payer file does not name.")
    # then no list has anybody whom nobody named
    known = {cell.patient for cell in seen.cells}
    strange = {
        name: pages
        for name, pages in seen.patients.items()
        if {*(one for page in pages for one in seen.named(page)), *seen.listed(name)} - known
    }
    expect.that(
        not strange,
        "no patient whom the payer file does not name",
        "; ".join(f"somebody unknown for {name}" for name in strange) or "none",
        *(page.exchange for pages in (strange or seen.patients).values() for page in pages[:1]),
    )


@check("provider-access.opt-out-status-private/alike", needs=("clinic", "opted_out_member"))
def test_who_may_not_be_seen_is_answered_alike(practice: Practice) -> None:
    """Who opted out, who is not treated and who isn't there are answered alike."""
    # given a clinic's reads of members it may not see, and of somebody who isn't there
    seen = practice.matrix()
    seen.must_serve_somebody()
    clinics = {cell.clinic for cell in seen.having(CHOSE)}
    inconclusive_unless(clinics, "nobody who opted out could be told by id")
    first = next(name for name in seen.patients if name in clinics)
    closed = [
        cell.reply
        for cell in seen.cells
        if cell.clinic == first and cell.why in (CHOSE, STRANGER, ENDED) and not cell.open
    ]
    # then nothing tells them apart
    expect(*closed, seen.nobody[first]).answers_alike()


def _expect_closed(cells: Iterable[Cell]) -> None:
    tried = tuple(cells)
    opened = [cell for cell in tried if cell.reply.resources]
    expect.that(
        not opened,
        f"nothing for any of {len(tried)} pairs of clinic and member",
        _told(opened) or "nothing came",
        *(cell.reply.exchange for cell in opened or tried),
    )


def _told(cells: Iterable[Cell]) -> str:
    return "; ".join(
        f"{cell.reply.status} for {cell.clinic} and {cell.persona} ({{x:{cell.reply.exchange}}})"
        for cell in list(cells)[:8]
    )
