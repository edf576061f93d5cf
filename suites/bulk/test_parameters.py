"""Exports with parameters: they narrow, and open nothing."""

from __future__ import annotations

from datetime import datetime

from payerproof.expect.changed import changed_since
from payerproof.fhir.compartment import members_of
from payerproof.suite import Export, Practice, check, each, expect, inconclusive_unless

NEEDS = ("clinic",)


@check("bulk.parameters/only-types", needs=NEEDS)
def test_only_types_asked_for(practice: Practice) -> None:
    """With _type, the export has those types and no others."""
    # given an export of Patient and Coverage
    export = practice.asked().complete("_type")
    # then both are there, and nothing else
    kinds = {str(row.get("resourceType")) for row in export.of()}
    expect.that(
        kinds == {"Patient", "Coverage"},
        "Patient and Coverage",
        ", ".join(sorted(kinds)) or "nothing",
        *export.exchanges,
    )


@check("bulk.parameters/since", needs=NEEDS)
def test_only_changes_since(practice: Practice) -> None:
    """With _since, nothing comes that was not changed since then."""
    # given an export of what changed since a full one, a moment later
    seen = practice.asked()
    inconclusive_unless(seen.since, "no full export told its time")
    export = seen.complete("_since")
    # then nothing older is in it
    since = datetime.fromisoformat(seen.since)
    old = [row for row in export.of() if changed_since(row, since) is False]
    expect.that(
        not old,
        f"nothing older than {seen.since}",
        f"{len(old)} older resources" if old else "nothing older",
        *export.exchanges,
    )


@check("bulk.parameters/type-filter", needs=NEEDS)
def test_a_filter_opens_nothing(practice: Practice) -> None:
    """A _typeFilter that names somebody outside the Group brings nothing of them."""
    # given a clinic that can export, and somebody whom it may not see
    seen = practice.asked()
    seen.complete("_type")
    inconclusive_unless(seen.outside, "nobody outside the Group could be told by id")
    # when the filter named them, then nothing of them came
    _expect_nothing_of(seen.made("_typeFilter"), seen.outside)


@check("bulk.parameters/patient", needs=NEEDS)
def test_only_the_patient_asked_for(practice: Practice) -> None:
    """With the parameter patient, nothing comes of anybody else."""
    # given an export for one member of the Group
    seen = practice.asked()
    export = seen.complete("patient")
    # then it holds that member and nobody else
    about = {one for row in export.of() for one in members_of(row)}
    expect.that(
        about == {seen.inside},
        "one member",
        f"{len(about)} members" + ("" if seen.inside in about else ", not the one asked for"),
        *export.exchanges,
    )


@check("bulk.parameters/patient-outside", needs=NEEDS)
@each("how", ("patient outside", "patients mixed"))
def test_a_patient_outside_is_ignored(practice: Practice, how: str) -> None:
    """The parameter patient with somebody outside the Group brings nothing of them."""
    # given a clinic that can export one member, and somebody whom it may not see
    seen = practice.asked()
    inconclusive_unless(seen.outside, "nobody outside the Group could be told by id")
    seen.complete("patient")
    # when both, or only the other, were asked for, then nothing of the other came
    _expect_nothing_of(seen.made(how), seen.outside)


def _expect_nothing_of(export: Export, patient: str) -> None:
    lines = sum(patient in members_of(row) for row in export.of())
    expect.that(
        lines == 0,
        "nothing of somebody outside the Group",
        f"{lines} lines" if lines else f"nothing ({export.last.status})",
        *export.exchanges,
    )
