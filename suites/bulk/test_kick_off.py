"""How exports begin, go on and end (FHIR Bulk Data Access 2.0.0, Export)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from payerproof.polite.retry_after import seconds_to_wait
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
STRANGERS = ("without a token", "with a made-up token", "with a member's token")


@check("bulk.kick-off/accepted", needs=NEEDS)
def test_an_export_begins(practice: Practice) -> None:
    """A kick-off is answered 202 with an absolute address in Content-Location."""
    # when a clinic asked for an export of its Group
    reply = practice.full().export.kick_off
    # then it was accepted, with an address to look at
    address = reply.header("content-location")
    expect.that(
        reply.status == 202 and bool(urlsplit(address).scheme),
        "202 with an absolute Content-Location",
        f"{reply.status} with {'an' if address else 'no'} address",
        reply.exchange,
    )


@check("bulk.status/while-it-runs", needs=NEEDS)
def test_what_a_running_export_says(practice: Practice) -> None:
    """While an export runs its status is 202, X-Progress is short, and Retry-After a time."""
    # given looks at an export that was running
    looks = [one for one in practice.full().export.status if one.status == 202]
    not_applicable_unless(looks, "The export was complete at the first look.")
    # then each was short, and told when to ask again, if at all, in seconds or by a date
    long = [one for one in looks if len(one.header("x-progress")) > 100]
    vague = [one for one in looks if _vague(one.header("retry-after"))]
    expect.that(
        not long and not vague,
        "X-Progress of at most 100 characters, and Retry-After in seconds or as a date",
        f"{len(long)} longer ones, {len(vague)} with another Retry-After"
        if long or vague
        else f"so it is in {len(looks)} looks",
        *(one.exchange for one in long or vague or looks),
    )


@check("bulk.status/names-nobody", needs=NEEDS)
def test_a_status_names_nobody(practice: Practice, target: Target) -> None:
    """Neither X-Progress nor any other header of a status tells a member's name or id."""
    # given looks at an export's status
    seen = practice.full()
    inconclusive_unless(seen.export.status, "no export began", seen.export.kick_off.exchange)
    # then no header of them tells of a member
    words = {
        word for one in target.personas if one.label for word in (one.label, *one.label.split())
    }
    told = [
        look
        for look in (seen.export.kick_off, *seen.export.status)
        for text in [
            " ".join(f"{v}" for k, v in look.answer.headers.items() if k.lower() != "expires")
        ]
        if any(member in text for member in seen.members)
        or any(len(word) > 2 and word in text.replace(",", " ").split() for word in words)
        or any(one.label and one.label in text for one in target.personas)
    ]
    expect.that(
        not told,
        "headers that tell of no member",
        f"{len(told)} answers that do" if told else "so they are",
        *(look.exchange for look in told or seen.export.status[:3]),
    )


@check("bulk.manifest/complete", needs=NEEDS)
def test_a_manifest_is_complete(practice: Practice) -> None:
    """A finished export has transactionTime, request, requiresAccessToken, output and error."""
    # given an export that ended
    export = practice.full().export
    inconclusive_unless(export.status, "no export began", export.kick_off.exchange)
    reply = export.last
    # then its manifest has every part, in JSON
    odd = [name for name, fine in _parts(reply.body).items() if not fine]
    odd += [] if reply.answer.content_type == "application/json" else ["content type"]
    expect.that(
        reply.status == 200 and not odd,
        "200 with a complete manifest in application/json",
        f"{reply.status}; missing or odd: {', '.join(odd) or 'nothing'}",
        reply.exchange,
    )


@check("bulk.manifest/expires", needs=NEEDS)
def test_a_manifest_tells_how_long(practice: Practice) -> None:
    """A finished export tells in Expires how long its files are there."""
    # given an export that ended
    reply = practice.full().export.last
    inconclusive_unless(reply.status == 200, "no export ended", reply.exchange)
    # then it says for how long, by a date that is to come (RFC 9110, section 5.6.7)
    told, now = _date(reply.header("expires")), _date(reply.header("date"))
    expect.that(
        told is not None and (now is None or told > now),
        "Expires with a date to come",
        f"“{reply.header('expires')}”" if reply.header("expires") else "no such header",
        reply.exchange,
    )


@check("bulk.kick-off/refused-to-strangers", needs=NEEDS)
@each("who", STRANGERS)
def test_strangers_begin_no_export(practice: Practice, who: str) -> None:
    """Without a clinic's token no export begins."""
    # given a Group whose own clinic can export it
    seen = practice.asked()
    seen.complete("_type")
    not_applicable_unless(who in seen.refused, "There is no member to try it with.")
    # when a stranger asked for an export of it, then none began
    expect(seen.refused[who]).is_refused()


@check("bulk.kick-off/foreign-group", needs=("clinic", "two_clinics"))
def test_no_clinic_exports_anothers_group(practice: Practice) -> None:
    """No clinic can export another clinic's Group, from inside the network or outside."""
    # given a Group whose own clinic can export it
    seen = practice.asked()
    seen.complete("_type")
    # when others asked for an export of it, then none began
    others = [
        reply for name, reply in seen.refused.items() if name.startswith("by ") and name != "by GET"
    ]
    expect(*others).is_refused()


@check("bulk.errors/operation-outcome", needs=NEEDS)
@each("mistake", ("of an unknown Group", "of an unknown type"))
def test_mistakes_are_explained(practice: Practice, mistake: str) -> None:
    """A kick-off that can't be carried out is answered 4xx with an OperationOutcome."""
    # when an export was asked for that can't be
    reply = practice.asked().refused[mistake]
    # then it was refused, with a reason
    expect.that(
        400 <= reply.status < 500 and reply.resource_type == "OperationOutcome",
        "4xx with an OperationOutcome",
        f"{reply.status} with {reply.resource_type or 'no resource'}",
        reply.exchange,
    )


@check("bulk.kick-off/post-only", needs=NEEDS)
def test_data_export_is_by_post(practice: Practice) -> None:
    """$davinci-data-export is taken by POST, not by GET."""
    # given a payer that offers it
    seen = practice.asked()
    not_applicable_unless("by GET" in seen.refused, "The payer offers no $davinci-data-export.")
    # when it was asked for by GET, then nothing began
    reply = seen.refused["by GET"]
    expect.that(
        reply.status != 202 and not reply.resources,
        "no export",
        f"{reply.status}",
        reply.exchange,
    )


@check("bulk.output-format/every-name", needs=NEEDS)
def test_every_name_of_ndjson(practice: Practice) -> None:
    """application/fhir+ndjson, application/ndjson and ndjson are all taken as _outputFormat."""
    # given a payer with $export
    formats = practice.asked().formats
    not_applicable_unless(formats, "The payer offers no $export of Groups.")
    # when each name was asked for, then each was accepted
    expect(*formats.values()).has_status(202)


def _date(header: str) -> datetime | None:
    """A date of HTTP, or None where it is none."""
    try:
        found = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _vague(header: str) -> bool:
    """True for a Retry-After that is neither seconds nor a date of HTTP."""
    return bool(header) and seconds_to_wait(header, 0) is None


def _parts(document: Mapping[str, Any]) -> dict[str, bool]:
    return {
        "transactionTime": _instant(document.get("transactionTime")),
        "request": str(document.get("request")).startswith("http"),
        "requiresAccessToken": isinstance(document.get("requiresAccessToken"), bool),
        "output": isinstance(document.get("output"), list),
        "error": isinstance(document.get("error"), list),
        "type and url of each output": all(
            isinstance(one, Mapping) and one.get("type") and str(one.get("url")).startswith("http")
            for one in document.get("output") or []
        ),
    }


def _instant(value: Any) -> bool:
    try:
        return datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False
