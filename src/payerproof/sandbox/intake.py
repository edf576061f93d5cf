"""How requests for authorization come in: the operator's call, and when the API shows them.

42 CFR 422.119(b)(1)(iv)(B): a request is shown within one business day of its receipt, and so is
every change of its state. This payer shows both at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from payerproof.sandbox.control import Refused, endpoint_of, person_of, text_of
from payerproof.sandbox.data.authorizations import (
    AuthorizationFacts,
    RequestedLine,
    authorization_facts,
)
from payerproof.sandbox.data.build import authorization_resource

if TYPE_CHECKING:
    from payerproof.sandbox.data.world import Resource
    from payerproof.sandbox.tenant import Tenant

Body = dict[str, Any]
_STATES = {"pending": "pended", "approved": "approved", "denied": "denied"}
_NUMBER = re.compile(r"[A-Za-z0-9-]{1,40}")


def taken_over(shown: Resource | None, arrived: Resource) -> Resource:
    """What the API shows once a state has arrived: that state, as the next version."""
    version = int(shown["meta"]["versionId"]) + 1 if shown else 1
    return {**arrived, "meta": {**arrived["meta"], "versionId": str(version)}}


@dataclass(frozen=True)
class IntakePolicies:
    """When a request and a decision reach the API, in seconds after the day of each, and how."""

    request_delay: float = 0.0
    decision_delay: float = 0.0
    taken_over: Callable[[Resource | None, Resource], Resource | None] = taken_over


@dataclass
class Intake:
    """What has come in since the start: requests by number, and states not shown yet."""

    requests: dict[str, AuthorizationFacts] = field(
        default_factory=lambda: dict(authorization_facts())
    )
    waiting: list[tuple[float, Resource]] = field(default_factory=list)

    def arrive(self, tenant: Tenant) -> None:
        """Show the states that are due by the payer's clock, in the order in which they came."""
        now = tenant.clock.now()
        due = [resource for moment, resource in self.waiting if moment <= now]
        self.waiting = [row for row in self.waiting if row[0] > now]
        for arrived in due:
            shown = tenant.world.resource("ExplanationOfBenefit", arrived["id"])
            kept = tenant.policies.intake.taken_over(shown, arrived)
            if kept is not None:
                tenant.world = tenant.world.with_resources(kept)


def authorization(tenant: Tenant, body: Body) -> Body:
    """Put a request in, or move it on: ``{persona, number, state, received?, decided?}``.

    A second call with a number moves that request to another state; `received` is then that of
    the first. Days are dates; today by the payer's clock where they aren't given.
    """
    person = person_of(tenant, body)
    if not person.patient:
        raise Refused(f"persona: {person.user} is not a member")
    number, state = text_of(body, "number"), text_of(body, "state")
    if not _NUMBER.fullmatch(number):
        raise Refused("number: letters, digits and hyphens, 40 at most")
    if state not in _STATES:
        raise Refused(f"state: one of {', '.join(_STATES)}")
    known = tenant.intake.requests.get(number)
    if known is not None and known.member != person.user:
        raise Refused("number: it belongs to another member's request")
    request = _moved(tenant, body, known or _new(tenant, body, person.user, number), state)
    tenant.intake.requests[number] = request
    moment = tenant.clock.moment().strftime("%Y-%m-%dT%H:%M:%SZ")
    made = authorization_resource(tenant.face.logical_id, request, moment)
    tenant.intake.waiting.append((_due(tenant, request), made))
    tenant.intake.arrive(tenant)
    return {"stored": f"ExplanationOfBenefit/{made['id']}", "number": number, "state": state}


def _moved(
    tenant: Tenant, body: Body, request: AuthorizationFacts, state: str
) -> AuthorizationFacts:
    if state == "pending":
        if "decided" in body:
            raise Refused("decided: a pending request has no day of decision")
        return request.decided_as("pended", None)
    decided = _day(tenant, body, "decided")
    if decided < request.received:
        raise Refused("decided: the day of receipt or later")
    return request.decided_as(_STATES[state], decided)


def _new(tenant: Tenant, body: Body, member: str, number: str) -> AuthorizationFacts:
    return AuthorizationFacts(
        member=member,
        number=number,
        received=_day(tenant, body, "received"),
        provider="general",
        practitioner="weiss",
        diagnosis="knee",
        lines=(RequestedLine("L1833", 1, "pended", 640.0),),
    )


def _day(tenant: Tenant, body: Body, name: str) -> date:
    if name not in body:
        return tenant.clock.moment().date()
    try:
        return date.fromisoformat(text_of(body, name))
    except ValueError:
        raise Refused(f"{name}: a day such as 2026-11-18 is required") from None


def _due(tenant: Tenant, request: AuthorizationFacts) -> float:
    policies = tenant.policies.intake
    day = request.decided or request.received
    delay = policies.decision_delay if request.decided else policies.request_delay
    if not delay:
        return tenant.clock.now()
    return datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() + delay


def routes() -> list[Route]:
    """The call, below ``/control``."""
    return [Route("/authorizations", endpoint_of(authorization), methods=["POST"])]
