"""What is in an export's files: whole resources of one type, of the Group's members alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import orjson

from payerproof.expect.profiles import R4, judged
from payerproof.fhir.bulk import Export, File
from payerproof.suite import Practice, check, expect, inconclusive_unless

NEEDS = ("clinic",)


@check("bulk.files/ndjson", needs=NEEDS)
def test_files_are_ndjson(practice: Practice) -> None:
    """Each file is application/fhir+ndjson, one resource of its type to a line, as many as told."""
    # given the files of a full export
    seen = practice.full()
    seen.must_be_complete()
    # then each is what it says
    counts = {one.url: one.count for one in seen.export.manifest.output}
    odd = [trouble for file in seen.export.files for trouble in _troubles(file)]
    odd += [
        f"{file.type} is counted wrong" for file in seen.export.files if _miscounted(file, counts)
    ]
    expect.that(
        not odd,
        "NDJSON files, each of one type",
        "; ".join(odd[:6]) or f"so are all {len(seen.export.files)}",
        seen.export.last.exchange,
        *(file.reply.exchange for file in seen.export.files[:6]),
    )


@check("bulk.files/valid-resources", needs=NEEDS)
def test_lines_are_valid(practice: Practice) -> None:
    """Each line is a resource that FHIR R4's own rules allow."""
    # given the lines of a full export
    seen = practice.full()
    seen.must_be_complete()
    # when they are held to R4
    found = judged(seen.export.of(), R4)
    # then none departs from it
    expect.that(
        not found.errors,
        "resources that are valid FHIR R4",
        found.told,
        seen.export.last.exchange,
        *(file.reply.exchange for file in seen.export.files[:6]),
    )


@check("bulk.members-only/group-members", needs=NEEDS)
def test_only_members_of_the_group(practice: Practice) -> None:
    """Every line about a member, and whatever it refers to, is about one of the Group."""
    # given a full export, and the members of the Group
    seen, held = practice.full(), practice.content()
    inconclusive_unless(held.members, "the Group tells no members", seen.export.last.exchange)
    # then nobody else is in any line
    expect.that(
        not held.strangers,
        f"{held.resources} lines about members of the Group alone",
        f"{held.strangers_lines} lines speak of {held.strangers} others"
        if held.strangers
        else "so are all",
        *_evidence(seen.export),
    )


@check("bulk.members-only/every-member", needs=NEEDS)
def test_every_member_of_the_group(practice: Practice) -> None:
    """Every member of the Group is in the export, with a Patient and more."""
    # given a full export, and the members of the Group
    seen, held = practice.full(), practice.content()
    # then each is there, once, and has more than a name
    expect.that(
        not held.alone,
        f"each of {held.members} members once, with coverage or claims",
        f"{held.alone} missing, twice, or with nothing else" if held.alone else "so they are",
        seen.export.last.exchange,
    )


@check("bulk.files/references-resolve", needs=NEEDS)
def test_references_resolve(practice: Practice) -> None:
    """What a line refers to, among the types that were exported, is in the export."""
    # given a full export
    seen, held = practice.full(), practice.content()
    # then no reference to an exported type leads nowhere
    lost = ", ".join(f"{count} {kind}" for kind, count in held.lost if count)
    expect.that(
        not lost,
        "references within the export",
        f"not in the export: {lost}" if lost else "all of them resolve",
        seen.export.last.exchange,
    )


@check("bulk.files/no-one-twice", needs=NEEDS)
def test_no_resource_twice(practice: Practice) -> None:
    """No resource is in an export twice."""
    # given a full export
    seen, held = practice.full(), practice.content()
    # then each resource is there once
    twice = ", ".join(f"{count} {kind}" for kind, count in held.twice if count)
    expect.that(
        not twice,
        "each resource once",
        f"more than once: {twice}" if twice else "once",
        seen.export.last.exchange,
    )


@check("bulk.errors/no-error-files", needs=NEEDS)
def test_no_errors_in_a_full_export(practice: Practice) -> None:
    """A full export of the clinic's own Group ends without error files."""
    # given a full export
    seen = practice.full()
    seen.must_be_complete()
    # then nothing of it failed
    failed = [one for one in seen.export.files if one.reply.status != 200]
    errors = seen.export.manifest.error
    expect.that(
        not failed and not errors,
        "no error files, and every file fetched",
        f"{len(errors)} error files, {len(failed)} files not fetched",
        seen.export.last.exchange,
        *(one.reply.exchange for one in failed),
    )


def _evidence(export: Export) -> tuple[str, ...]:
    return (export.last.exchange, *(file.reply.exchange for file in export.files[:6]))


def _miscounted(file: File, counts: Mapping[str, int | None]) -> bool:
    """Where the manifest counts a file's resources, whether it has another number of lines."""
    count = counts.get(file.url)
    return count is not None and count != sum(1 for _ in file.lines())


def _troubles(file: File) -> Iterator[str]:
    media = file.reply.answer.content_type
    if file.reply.status == 200 and media != "application/fhir+ndjson":
        yield f"{file.type} is {media or 'of no type'}"
    for line in file.lines():
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError:
            yield f"a line of {file.type} is not JSON"
            return
        if not isinstance(row, dict) or row.get("resourceType") != file.type:
            yield f"a line of {file.type} is of another type"
            return
