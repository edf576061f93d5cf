"""Exports of all patients at once, where the payer declares them: bound like every other."""

from __future__ import annotations

from datetime import datetime

from payerproof.expect.changed import changed_since
from payerproof.fhir.compartment import members_of
from payerproof.suite import (
    Practice,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic",)
STRANGERS = ("without a token", "with a made-up token", "with a member's token")


@check("bulk.patient-level/refused-to-strangers", needs=NEEDS)
@each("who", STRANGERS)
def test_strangers_begin_none(practice: Practice, who: str) -> None:
    """Without a clinic's token no export of all patients begins."""
    # given an export that the clinic itself could make
    seen = practice.patient_level()
    seen.must_have_ended()
    not_applicable_unless(who in seen.strangers, "There is no member to try it with.")
    # when a stranger asked for it, then none began
    expect(seen.strangers[who]).is_refused()


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
    expect(seen.since.kick_off, *seen.formats.values()).has_status(202)


@check("bulk.patient-level/only-types", needs=NEEDS)
def test_only_types_asked_for(practice: Practice) -> None:
    """With _type, it has those types and no others."""
    # given an export of Patient and Coverage
    seen = practice.patient_level()
    seen.must_have_ended()
    # then both are there, and nothing else
    kinds = {str(row.get("resourceType")) for row in seen.export.of()}
    expect.that(
        kinds == {"Patient", "Coverage"},
        "Patient and Coverage",
        ", ".join(sorted(kinds)) or "nothing",
        *seen.export.exchanges,
    )


@check("bulk.patient-level/only-changes", needs=NEEDS)
def test_only_changes_since(practice: Practice) -> None:
    """With _since, nothing comes that was not changed since then."""
    # given an export of what changed since one that had just ended
    seen = practice.patient_level()
    seen.must_have_ended()
    inconclusive_unless(seen.since.complete, "it did not end", *seen.since.exchanges)
    # then nothing older is in it
    since = datetime.fromisoformat(seen.export.manifest.at)
    old = [row for row in seen.since.of() if changed_since(row, since) is False]
    expect.that(
        not old,
        f"nothing older than {seen.export.manifest.at}",
        f"{len(old)} older resources" if old else "nothing older",
        *seen.since.exchanges,
    )


@check("bulk.patient-level/cancelled", needs=NEEDS)
def test_it_can_be_cancelled(practice: Practice) -> None:
    """DELETE of one that has begun is answered 202, and then it is gone."""
    # given one that had begun
    seen = practice.patient_level()
    inconclusive_unless(seen.deleted, "none began", seen.export.kick_off.exchange)
    assert seen.deleted is not None
    assert seen.gone is not None
    # then it could be cancelled, and was
    expect(seen.deleted).has_status(202)
    expect(seen.gone).has_status(404, 410)
