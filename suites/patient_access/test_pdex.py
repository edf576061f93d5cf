"""PDex: devices, dispensed drugs and Provenance held to its profiles, where the payer uses them.

PDex adds three profiles to those of US Core; prior authorizations are judged by `prior-auth-data`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from payerproof.expect.linked import keys_of
from payerproof.expect.pdex import KINDS, lists_profile, naming, never_seen, profile_of
from payerproof.expect.profiles import PDEX, fits_some, judged
from payerproof.fhir.reply import Reply
from payerproof.fhir.rows import together
from payerproof.fhir.surroundings import local, references_in
from payerproof.suite import Api, Person, check, each, expect, not_applicable_unless, remark

TRACED = ("Device", "MedicationDispense")
"""Types with whose resources their Provenance is fetched."""
FOLLOWED = 4
"""References of Provenance that are followed where nothing has shown what they name."""


@check("standards.pdex-profiles/named", needs=("member",))
@each("kind", tuple(KINDS))
def test_resources_follow_the_pdex_profile_they_name(api: Api, member: Person, kind: str) -> None:
    """Each resource that names the PDex profile of its type follows it."""
    # given resources that name it
    rows = naming(_rows(api, member, kind), kind)
    not_applicable_unless(rows, f"No {kind} of {member} names the profile of PDex.")
    # when they are held to it
    found = judged(rows, PDEX)
    not_applicable_unless(found.count, "They name a version whose rules are not at hand.")
    remark(f"{found.unjudged} rules could not be judged, such as those on licensed code lists.")
    # then nothing departs from it
    expect.that(
        not found.errors, f"{kind} as PDex says", found.told, *_exchanges(api, member, kind)
    )


@check("standards.pdex-profiles/declared", needs=("member",))
@each("kind", tuple(KINDS))
def test_a_declared_pdex_profile_is_served(
    api: Api, member: Person, capability: Mapping[str, Any], kind: str
) -> None:
    """Where the statement lists the PDex profile of a type, some resource conforms to it."""
    # given a statement that lists it, and resources of the type
    not_applicable_unless(
        lists_profile(capability, kind), f"The CapabilityStatement does not list it for {kind}."
    )
    rows = _rows(api, member, kind)
    not_applicable_unless(rows, f"{member} has no {kind}.")
    # when each is held to it, whatever it names
    fitting = [row for row in rows if fits_some(row, [profile_of(kind)], "")]
    # then one conforms at least
    expect.that(
        bool(fitting),
        f"some {kind} that conforms to the profile which the statement lists",
        f"{len(fitting)} of {len(rows)} do",
        *_exchanges(api, member, kind),
    )


@check("standards.pdex-must-support/each-profile", needs=("member",))
@each("kind", tuple(KINDS))
def test_pdex_must_support_is_seen(
    api: Api,
    member: Person,
    population: tuple[Person, ...],
    capability: Mapping[str, Any],
    kind: str,
) -> None:
    """Every must-support element of a PDex profile in use is populated somewhere."""
    # given resources of the population that name the profile, or all where the statement lists it
    rows = [row for person in population for row in person.known(kind)]
    rows = rows or list(_rows(api, member, kind))
    used = naming(rows, kind) or [row for row in rows if lists_profile(capability, kind)]
    not_applicable_unless(used, f"No {kind} of the test members follows the profile of PDex.")
    # when its must-support elements are looked for
    found = never_seen(used, kind)
    # then each was seen
    expect.that(
        not found.missing,
        f"each of {found.total} must-support elements in some {kind}",
        f"never in {found.resources}: {', '.join(found.missing)}"
        if found.missing
        else f"so in {found.resources}",
        *_exchanges(api, member, kind),
    )


@check("us-core.references/of-provenance", needs=("member",))
def test_references_of_provenance_resolve(api: Api, member: Person) -> None:
    """What Provenance refers to on this server can be read there."""
    # given Provenance of devices and dispensed drugs, and all that the member's token has shown
    rows = _rows(api, member, "Provenance")
    not_applicable_unless(rows, f"No Provenance came of {member}'s devices and dispensed drugs.")
    shown = keys_of(together(member.record.everything, member.around.everything))
    named = dict.fromkeys(local(ref, api.base) for row in rows for _, ref in references_in(row))
    beyond = [one for one in named if one and one not in shown][:FOLLOWED]
    # when what it names besides is read
    replies = {one: api.once(member).get(one) for one in beyond}
    dead = [one for one, reply in replies.items() if reply.status in (404, 410)]
    # then each is there (a token may lack the scope for some)
    expect.that(
        not dead,
        f"each of {len(named)} references of Provenance leads to a resource",
        f"{len(dead)} of {len(beyond)} that were followed lead nowhere" if dead else "each does",
        *(reply.exchange for reply in replies.values()),
        *_exchanges(api, member, "Provenance"),
    )


def _rows(api: Api, member: Person, kind: str) -> Sequence[Mapping[str, Any]]:
    """Resources of a type; Provenance is that of devices and dispensed drugs."""
    if kind != "Provenance":
        return member.record.of(kind)
    replies = [_with_provenance(api, member, one) for one in TRACED if member.record.of(one)]
    return [
        row
        for reply in replies
        for row in (*reply.included, *reply.matches)
        if row.get("resourceType") == kind
    ]


def _exchanges(api: Api, member: Person, kind: str) -> tuple[str, ...]:
    if kind != "Provenance":
        return member.record.exchanges.get(kind, ())
    traced = (one for one in TRACED if member.record.of(one))
    return tuple(_with_provenance(api, member, one).exchange for one in traced)


def _with_provenance(api: Api, member: Person, kind: str) -> Reply:
    """The search that US Core's checks send as well, so that it is sent once."""
    pairs = [("patient", member.patient_id), ("_revinclude", "Provenance:target")]
    return api.once(member).search(kind, [*pairs, ("_count", "100")])
