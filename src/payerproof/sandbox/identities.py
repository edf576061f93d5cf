"""Whose record is whose, where numbers are shared or confused: newborns, merges and their undoing.

The operator's calls do what the enrolment system would.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from payerproof.sandbox.control import Refused, endpoint_of, person_of, text_of
from payerproof.sandbox.data import injected_row, with_claim

if TYPE_CHECKING:
    from payerproof.sandbox.data.world import Person, Resource, World
    from payerproof.sandbox.tenant import Tenant

Body = dict[str, Any]
NEWBORN_NOTE = "Care of a newborn, booked on the mother's number until the child has one."
_FIRST_NUMBER = 950


@dataclass(frozen=True)
class Merge:
    """Two members taken for one: `gone`'s rows (``Type/id``) were moved into `kept`'s record."""

    kept: str
    gone: str
    rows: tuple[str, ...]


def newborn_records(_tenant: Tenant, mother: Person) -> tuple[str, ...]:
    """In whose record a newborn's claim is shown, by user: the mother's, nobody else's."""
    return (mother.user,)


def own_rows(_world: World, merge: Merge) -> tuple[str, ...]:
    """Which rows go back when a merge is undone: all that were moved."""
    return merge.rows


def newborn(tenant: Tenant, body: Body) -> Body:
    """Book a newborn's claim on the mother's number: ``{persona, serviced}``."""
    mother, stored = person_of(tenant, body), []
    tenant.desk.newborns += 1
    for user in tenant.policies.desk.newborn_records(tenant, mother):
        stored.append(_booked(tenant, user, text_of(body, "serviced")))
    tenant.desk.book(mother.user, text_of(body, "serviced"), stored)
    return {"stored": stored}


def _booked(tenant: Tenant, user: str, serviced: str) -> str:
    known = {str(one["id"]) for one in tenant.world.claims()}
    try:
        row = injected_row(user, _FIRST_NUMBER + tenant.desk.newborns, serviced)
        world = with_claim(tenant.world, tenant.face.logical_id, row)
    except ValueError as error:
        raise Refused(str(error)) from None
    made = next(one for one in world.claims() if str(one["id"]) not in known)
    note = {"number": 1, "type": "display", "text": NEWBORN_NOTE}
    tenant.world = world.with_resources({**made, "processNote": [note]})
    return f"ExplanationOfBenefit/{made['id']}"


def merge(tenant: Tenant, body: Body) -> Body:
    """Take two members for one: ``{persona, member}``; the member's rows move to the persona."""
    kept, gone = _pair(tenant, body)
    if _found(tenant, kept, gone) is not None:
        raise Refused("member: already merged")
    rows = tuple(
        f"{kind}/{one['id']}"
        for kind in tenant.world.record_types(gone.patient)
        for one in tenant.world.record(gone.patient, kind)
        if kind != "Patient"
    )
    tenant.world = moved(tenant.world, rows, gone.patient, kept.patient)
    tenant.desk.merges.append(Merge(kept.user, gone.user, rows))
    return {"moved": len(rows)}


def unmerge(tenant: Tenant, body: Body) -> Body:
    """Undo a merge: ``{persona, member}``; every row that was moved goes back."""
    kept, gone = _pair(tenant, body)
    done = _found(tenant, kept, gone)
    if done is None:
        raise Refused("member: not merged")
    rows = tenant.policies.desk.returned_rows(tenant.world, done)
    tenant.world = moved(tenant.world, rows, kept.patient, gone.patient)
    tenant.desk.merges.remove(done)
    return {"moved": len(rows)}


def _pair(tenant: Tenant, body: Body) -> tuple[Person, Person]:
    kept, gone = person_of(tenant, body), person_of(tenant, {"persona": body.get("member")})
    if not kept.patient or not gone.patient or kept.user == gone.user:
        raise Refused("persona and member: two different members are required")
    return kept, gone


def _found(tenant: Tenant, kept: Person, gone: Person) -> Merge | None:
    pair = (kept.user, gone.user)
    return next((one for one in tenant.desk.merges if (one.kept, one.gone) == pair), None)


def moved(world: World, rows: tuple[str, ...], old: str, new: str) -> World:
    """The world with rows that name one Patient naming another."""
    found = (world.at(row) for row in rows)
    changed = [_renamed(copy.deepcopy(one), old, new) for one in found if one is not None]
    return world.with_resources(*changed)


def _renamed(value: Any, old: str, new: str) -> Resource:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "reference" and inner == f"Patient/{old}":
                value[name] = f"Patient/{new}"
            else:
                _renamed(inner, old, new)
    elif isinstance(value, list):
        for inner in value:
            _renamed(inner, old, new)
    return value  # type: ignore[no-any-return]


def routes() -> list[Route]:
    """All calls, below ``/control``."""
    posts = {"/newborn": newborn, "/merge": merge, "/unmerge": unmerge}
    return [Route(path, endpoint_of(action), methods=["POST"]) for path, action in posts.items()]
