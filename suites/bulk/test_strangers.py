"""An export's addresses in other hands, after its deletion, and asked for by two clinics."""

from __future__ import annotations

from payerproof.fhir.bulk import NDJSON
from payerproof.fhir.compartment import members_of
from payerproof.smart.client import client_assertion
from payerproof.suite import (
    Operator,
    Practice,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

NEEDS = ("clinic",)
FILES = (
    "file without a token",
    "file with a made-up token",
    "file with a member's token",
    "file with the token of another clinic",
    "file with the token of a clinic outside the network",
)
STATUSES = (
    "status without a token",
    "status with the token of another clinic",
    "status with the token of a clinic outside the network",
)
DELETIONS = (
    "deletion with the token of another clinic",
    "deletion with the token of a clinic outside the network",
)


@check("bulk.access/files", needs=NEEDS)
@each("who", FILES)
def test_files_in_other_hands(practice: Practice, who: str) -> None:
    """A file that asks for a token opens for the clinic that exported it, and for nobody else."""
    # given a file that its own clinic can fetch with its token
    seen = practice.handled()
    not_applicable_unless(
        seen.export.manifest.needs_token is not False, "Its files ask for no token."
    )
    reply = seen.tried(who)
    # when somebody else asked for it, then nothing came
    expect.that(
        reply.status >= 400 and not _has_lines(reply.text),
        "a refusal",
        f"{reply.status} with {len(reply.answer.content)} bytes",
        reply.exchange,
    )


@check("bulk.access/status", needs=NEEDS)
@each("who", STATUSES)
def test_the_status_in_other_hands(practice: Practice, who: str) -> None:
    """An export's status opens for the clinic that began it, and for nobody else."""
    # given an export that ended
    reply = practice.handled().tried(who)
    # when somebody else looked at its status, then no address of a file came
    expect.that(
        reply.status >= 400 and "output" not in reply.body,
        "a refusal",
        f"{reply.status}" + (" with a manifest" if "output" in reply.body else ""),
        reply.exchange,
    )


@check("bulk.access/deletion", needs=("clinic", "two_clinics"))
@each("who", DELETIONS)
def test_nobody_else_deletes(practice: Practice, who: str) -> None:
    """An export can be deleted by the clinic that began it, and by nobody else."""
    # given an export that another clinic tried to delete
    seen = practice.handled()
    reply = seen.tried(who)
    # then it was refused, and the export is still there
    assert seen.after_tries is not None
    expect.that(
        reply.status >= 400 and seen.after_tries.status == 200,
        "a refusal, and the export still there",
        f"{reply.status}, and the status afterwards {seen.after_tries.status}",
        reply.exchange,
        seen.after_tries.exchange,
    )


@check("bulk.requires-token/tells-the-truth", needs=NEEDS)
def test_requires_access_token_is_true(practice: Practice) -> None:
    """What requiresAccessToken says is how the files behave, and it says true."""
    # given a manifest, and its file fetched with a token and without
    seen = practice.handled()
    seen.must_have_worked()
    open_to_all = seen.tries["file without a token"].status == 200
    said = seen.export.manifest.needs_token
    # then files ask for a token, and the manifest says so
    expect.that(
        said is True and not open_to_all,
        "requiresAccessToken true, and files that need one",
        f"requiresAccessToken {str(said).lower()}, and without a token the file "
        + ("opens" if open_to_all else "does not open"),
        seen.export.last.exchange,
        seen.tries["file without a token"].exchange,
    )


@check("bulk.deletion/accepted", needs=NEEDS)
def test_a_deletion_is_accepted(practice: Practice) -> None:
    """DELETE of an export's status is answered 202."""
    # when the clinic deleted its export
    reply = practice.handled().deleted
    # then it was accepted
    assert reply is not None
    expect(reply).has_status(202)


@check("bulk.deletion/gone", needs=NEEDS)
def test_after_a_deletion_all_is_gone(practice: Practice) -> None:
    """After its deletion neither the status nor a file of an export is there."""
    # given an export that worked, and was deleted
    seen = practice.handled()
    seen.must_have_worked()
    assert seen.deleted is not None
    assert seen.status_gone is not None
    assert seen.file_gone is not None
    inconclusive_unless(seen.deleted.ok, "it could not be deleted", seen.deleted.exchange)
    # then nothing of it is there
    expect(seen.status_gone, seen.file_gone).has_status(404, 410)


@check("bulk.expiry/after-expires", needs=("clinic", "control:clock"), prod="no")
def test_files_expire(practice: Practice, operator: Operator) -> None:
    """After the time in Expires an export's files are not there any more."""
    # given a file that could be fetched, and a time until which it is kept
    clinic = practice.clinic
    export = practice.small_export()
    inconclusive_unless(export.complete and export.files, "no file came", *export.exchanges)
    expires = practice.kept_for(export)
    not_applicable_unless(expires is not None, "The manifest has no Expires.", export.last.exchange)
    assert expires is not None
    # when that time is over
    with operator.later(expires + 60):
        backend, lifetime = clinic.backend, int(expires) + 240
        proof = client_assertion(backend.client, backend.endpoint, lifetime=lifetime)
        token = backend.ask(assertion=proof).access_token or backend.ask().access_token
        inconclusive_unless(token, "no token was given at the later time")
        reply = clinic.with_token(token).get(export.files[0].url, accept=NDJSON)
    # then it is gone
    expect.that(
        reply.status in (404, 410) and not _has_lines(reply.text),
        "404 or 410",
        f"{reply.status}",
        export.last.exchange,
        reply.exchange,
    )


@check("bulk.fresh/by-two-clinics", needs=("clinic", "two_clinics"))
def test_two_clinics_get_their_own(practice: Practice) -> None:
    """Two clinics that ask the same get exports of their own, each with its own members."""
    # given the same export asked for by two clinics
    seen = practice.crossed()
    exports = (seen.first, seen.second)
    for export in exports:
        inconclusive_unless(export.complete, "an export did not end", export.last.exchange)
    # then no address is shared, and each holds its clinic's members alone
    addresses = [{one.url for one in export.manifest.output} for export in exports]
    about = [{one for row in export.of() for one in members_of(row)} for export in exports]
    allowed = practice.allowed_in_both()
    strange = [bool(mine - theirs) for mine, theirs in zip(about, allowed, strict=True)]
    expect.that(
        not (addresses[0] & addresses[1])
        and seen.first.status_url != seen.second.status_url
        and not any(strange),
        "exports of their own, each with its own members",
        f"{len(addresses[0] & addresses[1])} addresses in common; members of others: {strange}",
        *seen.first.exchanges[:3],
        *seen.second.exchanges[:3],
    )


def _has_lines(text: str) -> bool:
    return '"resourceType":"Patient"' in text.replace(" ", "")
