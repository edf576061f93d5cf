"""Members whose records are taken for one, or booked on one number, see nothing of each other.

A newborn's care stands on the mother's number until the child has one of its own; two members who
were merged by mistake are parted again. 45 CFR 164.502(a).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from payerproof.expect.claims import CLAIMS
from payerproof.plugin.session import RunSession
from payerproof.suite import (
    Api,
    FhirClient,
    Operator,
    Person,
    Reply,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

KINDS = (CLAIMS, "Coverage", "Condition", "Encounter", "DocumentReference", "Observation")


@check(
    "patient-access.cross-member-isolation/newborn",
    needs=("household", "state_changes", "control:newborn", "control:remove-claim"),
    prod="no",
)
def test_a_newborns_care_is_shown_to_the_mother_alone(
    api: Api, operator: Operator, relatives: tuple[Person, Person]
) -> None:
    """A claim for a newborn, booked on the mother's number, is not shown to the subscriber."""
    # given two adults under one contract, with tokens that work
    subscriber, mother = relatives
    for person in relatives:
        person.must_have("Patient", CLAIMS)
    # when a newborn's claim is booked on the number of the one who does not hold the contract
    with _newborn(api.as_(mother), mother, operator) as claim:
        client = api.as_(subscriber)
        own = client.search(CLAIMS, patient=subscriber.patient_id)
        read = client.read(CLAIMS, claim)
        asked = client.search(CLAIMS, patient=mother.patient_id)
    # then the one who holds it sees the same claims as before
    inconclusive_unless(own.matches, "the token opens no claims", own.exchange)
    known = {str(row.get("id")) for row in subscriber.record.of(CLAIMS)}
    new = [row for row in own.matches if str(row.get("id")) not in known]
    expect.that(
        not new and not read.resources and not asked.resources,
        "no further claim, and nothing of the newborn's",
        f"{len(new)} further claims in a search, {len(read.resources)} by reading, "
        f"{len(asked.resources)} by searching for the mother's",
        *(reply.exchange for reply in (own, read, asked)),
    )


@check(
    "patient-access.cross-member-isolation/after-a-merge",
    needs=("unrelated_pair", "state_changes", "control:merge", "control:unmerge"),
    prod="no",
)
def test_nothing_stays_behind_after_a_merge(
    api: Api, operator: Operator, run_session: RunSession
) -> None:
    """Once two members who were merged by mistake are parted, neither sees the other's rows."""
    # given two members who are nobody else's part, and the rows that are one's own
    free = run_session.cast.bystanders
    inconclusive_unless(len(free) > 1, "the payer file has no two members to spare")
    kept, gone = (run_session.person(one) for one in free[-2:])
    # as they were before anybody was merged, also where this is tried a second time
    theirs = set(
        run_session.memo.once(
            "before-the-merge", lambda: sorted(_in(_shown(api, gone)) - _in(_shown(api, kept)))
        )
    )
    inconclusive_unless(theirs, f"{gone} has no rows that could be moved")
    # when the two are taken for one, and parted again
    pair = {"persona": kept.id, "member": gone.id}
    with operator.changed("merge", pair, pair, by="unmerge"):
        together = _shown(api, kept)
    inconclusive_unless(
        _in(together) & theirs,
        "no row was moved by the operator's merge",
        *(reply.exchange for reply in together),
    )
    after = {person.id: _shown(api, person) for person in (kept, gone)}
    # then each has their own rows, and nobody else's
    left, lost = _in(after[kept.id]) & theirs, theirs - _in(after[gone.id])
    expect.that(
        not left and not lost,
        f"{gone}'s {len(theirs)} rows in {gone}'s record alone",
        f"{len(left)} of them stayed in {kept}'s record, {len(lost)} are missing in {gone}'s"
        if left or lost
        else "so it is",
        *(reply.exchange for replies in after.values() for reply in replies),
    )


@contextmanager
def _newborn(client: FhirClient, mother: Person, operator: Operator) -> Iterator[str]:
    """Id of a newborn's claim that is there meanwhile, as the mother's own token finds it."""
    old = {str(row.get("id")) for row in _claims(client, mother).matches}
    serviced = (datetime.now(UTC) - timedelta(days=14)).date().isoformat()
    booked = {"persona": mother.id, "serviced": serviced}
    undone = {"persona": mother.id, "booked": serviced}
    with operator.changed("newborn", booked, undone, by="remove-claim"):
        found = _claims(client, mother)
        new = sorted({str(row.get("id")) for row in found.matches} - old)
        not_applicable_unless(new, "The payer holds a newborn's claims back.", found.exchange)
        yield new[0]


def _claims(client: FhirClient, person: Person) -> Reply:
    return client.search(CLAIMS, [("patient", person.patient_id), ("_count", "200")])


def _shown(api: Api, person: Person) -> list[Reply]:
    client = api.as_(person)
    return [reply for kind in KINDS for reply in client.all_pages(kind)]


def _in(replies: Iterable[Reply]) -> set[str]:
    return _rows(row for reply in replies for row in reply.matches)


def _rows(found: Iterable[Mapping[str, Any]]) -> set[str]:
    """Type and id of each row."""
    return {f"{row.get('resourceType')}/{row.get('id')}" for row in found}
