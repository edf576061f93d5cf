"""Errors: a plain outcome, without machinery, without anybody's data."""

from __future__ import annotations

from urllib.parse import unquote

from payerproof.expect.error_text import internals_in, places_in
from payerproof.expect.hosts import by_host
from payerproof.expect.personal_facts import elements
from payerproof.suite import (
    Api,
    Lease,
    Person,
    Reply,
    SmartConfiguration,
    Target,
    check,
    expect,
    inconclusive_unless,
)

CLAIMS = "ExplanationOfBenefit"


@check("leaks.errors/foreign-and-malformed", needs=("member",))
def test_errors_tell_nothing_of_the_machinery(
    api: Api, member: Person, smart: SmartConfiguration, target: Target
) -> None:
    """Errors hold no stack trace, SQL, class name, file path or host."""
    # given requests that a server may stumble over
    replies = _stumbled(api, member)
    # when the answers are read
    known = [host for host, _ in by_host(target, smart)]
    told = {
        reply.exchange: signs
        for reply in replies
        if (
            signs := [
                *internals_in(_text(reply), asked=unquote(reply.asked)),
                *places_in(_text(reply), published=known),
            ]
        )
    }
    # then they speak of the request only
    expect.that(
        not told,
        "errors that tell nothing of the machinery",
        "; ".join(f"{', '.join(signs)} ({{x:{x}}})" for x, signs in told.items())
        or f"nothing of it in {len(replies)} answers",
        *(told or (reply.exchange for reply in replies)),
    )


@check("leaks.errors/beyond-scopes", needs=("member", "two_apps"))
def test_refusals_for_scope_tell_nothing_of_the_machinery(
    api: Api, lease: Lease, member: Person, smart: SmartConfiguration, target: Target
) -> None:
    """A refusal for want of scope holds no class name, stack trace or host."""
    # given a grant that reads coverage, and no more
    grant = lease.reading(member, scopes="launch/patient patient/Coverage.rs")
    reply = api.once(grant).search(CLAIMS, patient=member.patient_id)
    inconclusive_unless(
        reply.status in (401, 403, 404), "claims were not refused to it", reply.exchange
    )
    # when the refusal is read
    known = [host for host, _ in by_host(target, smart)]
    signs = [
        *internals_in(_text(reply), asked=unquote(reply.asked)),
        *places_in(_text(reply), published=known),
    ]
    # then it speaks of the request only
    expect.that(
        not signs,
        "a refusal that tells nothing of the machinery",
        f"{', '.join(signs) or 'nothing of it'} ({{x:{reply.exchange}}})",
        reply.exchange,
    )


@check("leaks.errors/no-server-error", needs=("member",))
def test_errors_are_not_failures(api: Api, member: Person) -> None:
    """A wrong value or id is refused, and does not make the server fail."""
    expect(*_stumbled(api, member)).is_no_server_error()


@check("leaks.errors/no-echo", needs=("member",))
def test_errors_do_not_repeat_the_member_number(api: Api, member: Person) -> None:
    """An error does not repeat a member number that stood in the address."""
    # given the member's own number
    number = next(
        (
            str(identifier["value"])
            for patient in member.record.of("Patient")
            for identifier in patient.get("identifier") or []
            if identifier.get("value")
        ),
        "",
    )
    inconclusive_unless(number, f"{member}'s Patient has no identifier")
    # when a search by it goes wrong for another reason
    reply = api.once(member).search(
        CLAIMS, [("patient.identifier", number), ("service-date", "ge2026-99-99")]
    )
    inconclusive_unless(
        reply.status >= 400, "a date that is none was not answered with an error", reply.exchange
    )
    # then the error, which ends in logs and screenshots, does not hold it
    expect.that(
        number not in unquote(reply.text),
        "an error without the member number",
        f"it is in the error ({{x:{reply.exchange}}})"
        if number in unquote(reply.text)
        else f"it is not ({{x:{reply.exchange}}})",
        reply.exchange,
    )


@check("leaks.errors/no-member-markers", needs=("unrelated_pair",))
def test_errors_tell_nothing_of_members(api: Api, member: Person, stranger: Person) -> None:
    """No error answer holds a marker of any member."""
    # given two members with records
    for person in (member, stranger):
        person.must_have("Patient", CLAIMS)
    own, other = member.record.ids(CLAIMS)[0], stranger.record.ids(CLAIMS)[0]
    # when requests about both go wrong
    client = api.once(member)
    replies = [
        client.read("Patient", stranger.patient_id),
        client.read(CLAIMS, other),
        client.get(f"{CLAIMS}/{own}/_history/987654"),
        client.get(f"{CLAIMS}/{own}/$no-such-operation"),
        client.get(f"{CLAIMS}?patient={stranger.patient_id}&service-date=ge2026-99-99"),
    ]
    errors = [reply for reply in replies if reply.status >= 400]
    api.still_opens(member, *errors)
    inconclusive_unless(
        errors, "no request was answered with an error", *(r.exchange for r in replies)
    )
    # then no error tells anything of either
    expect(*errors).discloses_nothing_about(stranger, member)


@check("leaks.errors/json-outcome", needs=("member",))
def test_errors_are_outcomes(api: Api, member: Person) -> None:
    """Errors of the FHIR server are an OperationOutcome in FHIR JSON."""
    # given requests that cannot succeed
    client = api.once(member)
    replies = [
        client.read("Patient", "payerproof-no-such-id"),
        client.get("NoSuchType/1"),
        client.get(f"{CLAIMS}?service-date=ge2026-99-99&patient={member.patient_id}"),
        api.once().read("Patient", member.patient_id),
    ]
    errors = [reply for reply in replies if reply.status >= 400]
    inconclusive_unless(
        errors, "no request was answered with an error", *(r.exchange for r in replies)
    )
    # when they are answered with an error
    odd = [
        reply
        for reply in errors
        if reply.resource_type != "OperationOutcome"
        or not reply.answer.content_type.endswith("json")
    ]
    # then an app can read what went wrong
    expect.that(
        not odd,
        "an OperationOutcome in FHIR JSON",
        "; ".join(
            f"{reply.status} with {reply.resource_type or 'no resource'} as "
            f"{reply.answer.content_type or 'no content type'} ({{x:{reply.exchange}}})"
            for reply in odd
        )
        or f"so in {len(errors)} errors",
        *(reply.exchange for reply in odd or errors),
    )


def _stumbled(api: Api, member: Person) -> list[Reply]:
    """Answers to requests that a server may stumble over."""
    client = api.once(member)
    replies = [
        client.get(f"{CLAIMS}?service-date=ge2026-99-99&patient={member.patient_id}"),
        client.get("Patient/no%00such%27id%22"),
        client.get("Patient/no_such_id"),
        client.search("Patient", name="' OR 1=1; --"),
        client.search(CLAIMS, [("patient", member.patient_id), ("identifier", "9" * 6000)]),
        client.get(f"{CLAIMS}?_count=99999999999999999999"),
        client.send("POST", f"{CLAIMS}/_search", json={"patient": float("inf")}),
        client.get("NoSuchType/1"),
    ]
    inconclusive_unless(
        any(reply.status >= 400 for reply in replies),
        "none of the malformed requests was answered with an error",
        *(reply.exchange for reply in replies),
    )
    return replies


def _text(reply: Reply) -> str:
    """The body as it came, and the texts in it with their line breaks."""
    return reply.text + "\n" + "\n".join(elements(reply.json))
