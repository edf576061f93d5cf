"""The earlier version of the API, left running without what guards the present one."""

from __future__ import annotations

from collections.abc import Sequence

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import World
from payerproof.sandbox.defects.changing import fhir, seed
from payerproof.sandbox.fhir.bundles import searchset
from payerproof.sandbox.fhir.call import Refused, Reply

AREA = "isolation"
CITES = "Q-REST-29"
Pairs = Sequence[tuple[str, str]]


def _found(segments: tuple[str, ...], query: Pairs, world: World) -> Reply:
    """Whatever is asked for, of whomever."""
    if len(segments) == 2:
        resource = world.resource(segments[0], segments[1])
        if resource is None:
            raise Refused(404, "not-found", "There is no such resource.")
        return Reply(resource=resource)
    if len(segments) != 1:
        raise Refused(404, "not-found", "There is no such address.")
    asked = next((v.rpartition("/")[2] for k, v in query if k in ("patient", "_id")), "")
    rows = [one for one in world.resources(segments[0]) if world.patient_of(one) == asked]
    entries = [{"resource": one, "search": {"mode": "match"}} for one in rows]
    return Reply(resource=searchset([], entries, len(rows)))


def _open(
    presented: Access | Refusal, segments: tuple[str, ...], query: Pairs, world: World
) -> Reply:
    del presented
    return _found(segments, query, world)


def _any_token(
    presented: Access | Refusal, segments: tuple[str, ...], query: Pairs, world: World
) -> Reply:
    if isinstance(presented, Refusal):
        headers = presented.headers
        raise Refused(presented.status, "login", presented.description, headers=headers)
    return _found(segments, query, world)


seed(
    "earlier-version-left-open",
    AREA,
    CITES,
    "The DSTU2 API was left running behind a guard that is gone: it asks for no token",
    fhir(earlier_version=_open),
)
seed(
    "earlier-version-asks-not-whose",
    AREA,
    CITES,
    "The DSTU2 API asks for a token, and gives whatever record is named",
    fhir(earlier_version=_any_token),
)
