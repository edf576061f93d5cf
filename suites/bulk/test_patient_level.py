"""Exports of all patients at once, where the payer declares them: bound like every other."""

from __future__ import annotations

from payerproof.fhir.compartment import members_of
from payerproof.suite import Practice, check, expect, inconclusive_unless

NEEDS = ("clinic",)


@check("bulk.patient-level/refused-to-strangers", needs=NEEDS)
def test_strangers_begin_none(practice: Practice) -> None:
    """Without a token no export of all patients begins."""
    # given an export that the clinic itself could make
    seen = practice.patient_level()
    seen.must_have_ended()
    # when nobody in particular asked for it, then none began
    expect(seen.stranger).is_refused()


@check("bulk.patient-level/accepted", needs=NEEDS)
def test_it_begins_and_ends(practice: Practice) -> None:
    """It is answered 202 with an address, and ends in a manifest with files that can be fetched."""
    # when a clinic asked for everybody
    export = practice.patient_level().export
    # then all steps went as they should
    steps = {
        "202": export.kick_off.status == 202,
        "Content-Location": bool(export.status_url),
        "a manifest": export.complete,
        "files": bool(export.files) and all(one.reply.status == 200 for one in export.files),
    }
    lacking = [name for name, there in steps.items() if not there]
    expect.that(
        not lacking,
        "202, an address, a manifest and files",
        f"lacking: {', '.join(lacking) or 'nothing'}",
        *export.exchanges,
    )


@check("bulk.patient-level/own-members-only", needs=NEEDS)
def test_it_holds_the_clinics_members(practice: Practice) -> None:
    """No line is about a member whom the clinic may not see."""
    # given an export of everybody, and who is shared with the clinic
    seen, matrix = practice.patient_level(), practice.matrix()
    seen.must_have_ended()
    allowed, withheld = (ask(practice.clinic.id) for ask in (matrix.allowed, matrix.withheld))
    about = [one for row in seen.export.of() for one in members_of(row)]
    inconclusive_unless(
        allowed & set(about), "none of the clinic's members came", *seen.export.exchanges
    )
    inconclusive_unless(withheld, "nobody whom the clinic may not see could be told by id")
    # then nobody else is in it
    strange = [one for one in about if one in withheld]
    expect.that(
        not strange,
        "the clinic's own members",
        f"{len(strange)} lines about {len(set(strange))} others" if strange else "nobody else",
        *seen.export.exchanges,
    )


@check("bulk.patient-level/parameters", needs=NEEDS)
def test_its_parameters_are_taken(practice: Practice) -> None:
    """_since, and every name of NDJSON as _outputFormat, are accepted."""
    # given an export that could be made
    seen = practice.patient_level()
    seen.must_have_ended()
    # when it was asked for with parameters, then each was accepted
    expect(seen.since, *seen.formats.values()).has_status(202)


@check("bulk.patient-level/cancelled", needs=NEEDS)
def test_it_can_be_cancelled(practice: Practice) -> None:
    """DELETE of one that has begun is answered 202."""
    # given one that had begun
    seen = practice.patient_level()
    inconclusive_unless(seen.deleted, "none began", seen.export.kick_off.exchange)
    assert seen.deleted is not None
    # then it could be cancelled
    expect(seen.deleted).has_status(202)
