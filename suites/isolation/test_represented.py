"""Representatives: a token for one member is that, and what is withheld is so on every path."""

from __future__ import annotations

from payerproof.expect.claims import CLAIMS
from payerproof.fhir.compartment import members_of
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    FhirClient,
    Lease,
    Person,
    Reply,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)
from payerproof.target.needs import guardianship

SAMPLE = 4
"""Claims of each kind that are looked at."""


@check(
    "patient-access.cross-member-isolation/representative",
    needs=("minor",),
)
def test_token_for_one_represented_member(
    api: Api, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """A representative's token for one member opens neither the own record nor another's."""
    guardian, ward = _people(run_session, target)
    # given a token for one member whom the representative acts for, and the ids of others
    grant = lease.reading(guardian, choose=ward.id)
    client = api.once(grant)
    own = client.read("Patient", grant.patient)
    inconclusive_unless(own.resource_type == "Patient", "the token opens nothing", own.exchange)
    another = next((name for name in guardian.persona.represents if name != ward.id), "")
    others = [lease.reading(guardian, choose=another).patient] if another else []
    others += [guardian.patient_id] if guardian.patient_id != grant.patient else []
    not_applicable_unless(others, f"{guardian} acts for nobody else and has no record.")
    # when their records are asked for with it
    replies = [
        reply
        for ident in dict.fromkeys(others)
        for reply in (client.read("Patient", ident), client.search(CLAIMS, patient=ident))
    ]
    # then only the chosen member's record opens
    found = [r for r in replies if any(members_of(row) & set(others) for row in r.resources)]
    expect.that(
        not found,
        f"nothing of the {len(set(others))} others in answers to a token for {ward}",
        f"{len(found)} answers hold their data" if found else "none came",
        *(reply.exchange for reply in found or replies),
    )


@check(
    "patient-access.household-policy/withheld-on-every-path",
    needs=("minor",),
)
def test_what_is_withheld_is_withheld_everywhere(
    api: Api, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """Claims that a search keeps from a representative come by no other path, nor the reverse."""
    guardian, ward = _people(run_session, target)
    # given the claims that the minor sees, and those that the representative's search shows
    client, shown, withheld = _views(api, lease, guardian, ward)
    # when both kinds are read by id, and those withheld are looked for by id and in the history
    opened = [client.read(CLAIMS, ident) for ident in shown[:SAMPLE]]
    replies = [client.read(CLAIMS, ident) for ident in withheld[:SAMPLE]]
    replies += [client.search(CLAIMS, _id=ident) for ident in withheld[:1]]
    replies += [client.get(f"{CLAIMS}/_history") for _ in withheld[:1]]
    # then reading agrees with searching
    closed = [reply for reply in opened if reply.resource_type != CLAIMS]
    found = [r for r in replies if {str(row.get("id")) for row in r.resources} & set(withheld)]
    expect.that(
        not closed and not found,
        f"the {len(shown)} claims shown can be read, and the {len(withheld)} withheld do not come",
        f"{len(closed)} shown ones cannot be read; {len(found)} answers hold withheld ones",
        *(reply.exchange for reply in closed + found or opened + replies),
    )


@check(
    "isolation.facts-not-inferred/withheld-not-counted",
    needs=("minor",),
)
def test_withheld_rows_are_not_counted(
    api: Api, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """No total and no word of a Bundle tells a representative how much is withheld."""
    guardian, ward = _people(run_session, target)
    # given a search from which claims are withheld
    client, shown, withheld = _views(api, lease, guardian, ward)
    not_applicable_unless(withheld, f"{guardian} is shown all claims that {ward} sees.")
    reply = _claims(client, ward)
    # when its total and its outcomes are read
    told = [f"a total of {reply.total}"] if reply.total not in (None, len(shown)) else []
    told += ["an outcome says so" for one in reply.issues if one.get("code") == "suppressed"]
    # then they speak of what is shown
    expect.that(
        not told,
        f"no total, or that of the {len(shown)} claims shown, and no word of others",
        ", ".join(told) or "so",
        reply.exchange,
    )


@check(
    "isolation.existence-not-revealed/withheld",
    needs=("minor",),
)
def test_withheld_and_unknown_ids_read_alike(
    api: Api, lease: Lease, run_session: RunSession, target: Target
) -> None:
    """A withheld and a never-existing claim are answered alike."""
    guardian, ward = _people(run_session, target)
    client, _, withheld = _views(api, lease, guardian, ward)
    not_applicable_unless(withheld, f"{guardian} is shown all claims that {ward} sees.")
    replies = [client.read(CLAIMS, ident) for ident in (withheld[0], withheld[0][::-1])]
    expect(*replies).answers_alike()


def _views(
    api: Api, lease: Lease, guardian: Person, ward: Person
) -> tuple[FhirClient, list[str], list[str]]:
    """The representative's client, the claims it is shown, and those only the minor sees."""
    grant = lease.reading(guardian, choose=ward.id)
    client = api.once(grant)
    seen, own = _claims(client, ward), _claims(api.once(ward), ward)
    inconclusive_unless(
        own.ok and seen.ok and own.matches and not seen.link("next"),
        f"the claims of {ward} could not be listed whole",
        own.exchange,
        seen.exchange,
    )
    shown = [str(row.get("id")) for row in seen.matches]
    return client, shown, [i for row in own.matches if (i := str(row.get("id"))) not in shown]


def _claims(client: FhirClient, ward: Person) -> Reply:
    return client.search(CLAIMS, [("patient", ward.patient_id), ("_count", "100")])


def _people(session: RunSession, target: Target) -> tuple[Person, Person]:
    found = guardianship(target)
    assert found is not None, "needs minor: say so in @check(…, needs=('minor',))"
    return session.person(found[0]), session.person(found[1])
