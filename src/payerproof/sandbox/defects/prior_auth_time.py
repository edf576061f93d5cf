"""Prior authorizations that show late, go early, or lose what was sent along with them."""

from __future__ import annotations

from collections.abc import Callable

from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, seed
from payerproof.sandbox.defects.prior_auth import AREA, is_pending
from payerproof.sandbox.defects.replacing import intake
from payerproof.sandbox.intake import taken_over

_WEEK = 7 * 86400.0
_TODAY = "2026-11-21"
Keeps = Callable[[Resource], bool]

# -- what came along


def _papers(
    name: str, title: str, change: Callable[[Resource], Resource], lawful: bool = False
) -> None:
    data(name, AREA, "Q-DATA-25 PDex:prior-authorization", title, lawful=lawful)(
        lambda world: world.edit_authorizations(change)
    )


def _moved(request: Resource) -> Resource:
    for paper in request.get("supportingInfo", ()):
        kind, _, logical_id = paper["valueReference"]["reference"].partition("/")
        paper["valueReference"] = {"reference": f"{kind}/archive-{logical_id[:40]}"}
    return request


_papers(
    "authorization-papers-not-found",
    "What a clinic sent along is named by its number in the archive, and can't be read",
    _moved,
)


@data(
    "authorization-papers-not-kept",
    "prior_auth_data",
    "Q-DATA-25 PDex:prior-authorization",
    "What a clinic sent along is neither named by the request nor served",
)
def _without_papers(world: World) -> World:
    named = [
        paper["valueReference"]["reference"]
        for request in world.resources("ExplanationOfBenefit")
        for paper in request.get("supportingInfo", ())
        if request["use"] == "preauthorization"
    ]

    def change(request: Resource) -> Resource:
        return {name: value for name, value in request.items() if name != "supportingInfo"}

    return world.without(*named).edit_authorizations(change)


# -- late

seed(
    "requests-shown-a-week-later",
    "prior_auth_data",
    "PDex:pdex-395",
    "Requests come from the vendor of utilization management by a weekly file",
    intake(request_delay=_WEEK),
)
seed(
    "decisions-shown-a-week-later",
    "prior_auth_data",
    "PDex:pdex-395",
    "New requests show at once, and decisions come with a weekly file",
    intake(decision_delay=_WEEK),
)


def _decided_only(shown: Resource | None, arrived: Resource) -> Resource | None:
    return None if shown is None and is_pending(arrived) else taken_over(shown, arrived)


seed(
    "requests-shown-when-decided",
    "prior_auth_data",
    "PDex:pdex-395",
    "A request shows once it is decided, and not while it is pended",
    intake(taken_over=_decided_only),
)


def _first_of_the_day(shown: Resource | None, arrived: Resource) -> Resource | None:
    moments = [one["meta"]["lastUpdated"][:10] for one in (shown, arrived) if one]
    return None if shown and len(set(moments)) == 1 else taken_over(shown, arrived)


seed(
    "second-change-of-a-day-lost",
    "prior_auth_data",
    "PDex:pdex-395",
    "Of two changes on one day the first is kept: the load has one row per request and day",
    intake(taken_over=_first_of_the_day),
)

# -- kept


def _is_active(request: Resource) -> bool:
    """Whether an approval still holds, or nothing has been decided yet."""
    periods = request.get("preAuthRefPeriod", ())
    return is_pending(request) or any(one.get("end", "9999") >= _TODAY for one in periods)


def _kept(name: str, title: str, keeps: Keeps, *, lawful: bool = False, twin: str = "") -> None:
    data(name, AREA, "PDex:pdex-131", title, lawful=lawful, twin=twin)(
        lambda world: world.edit_authorizations(lambda one: one if keeps(one) else None)
    )


_kept(
    "authorizations-gone-after-six-months",
    "An authorization that has ended or was denied goes half a year after its last change",
    lambda one: _is_active(one) or one["meta"]["lastUpdated"] >= "2026-05-21",
    twin="authorizations-gone-after-a-year",
)
_kept(
    "active-authorizations-gone-after-a-year",
    "Every authorization goes a year after its last change, those that still hold too",
    lambda one: one["meta"]["lastUpdated"] >= "2025-11-21",
    twin="authorizations-gone-after-a-year",
)
_kept(
    "authorizations-gone-after-a-year",
    "An authorization that no longer holds goes a year and a day after its last change",
    lambda one: _is_active(one) or one["meta"]["lastUpdated"] >= "2025-11-20",
    lawful=True,
)
