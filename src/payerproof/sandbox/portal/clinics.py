"""The page on which members decide whether clinics get their record (42 CFR 422.121(a)(3))."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.partners.attribution import current_choice
from payerproof.sandbox.portal.deciding import day_in_words
from payerproof.sandbox.portal.visit import Visit

PAGE = "provider-access"


@dataclass(frozen=True)
class Standing:
    """One member on the page: what is in force, since when, and by whom it was decided."""

    member: Person
    own: bool
    opted_out: bool
    since: str
    by: str


def _stranger(visit: Visit) -> Response | None:
    """Send somebody who isn't signed in to the sign-in page, and back here afterwards."""
    if not visit.tenant.policies.portal.portal_needs_sign_in(visit.tenant, visit.session):
        return None
    visit.session.wanted = PAGE
    return visit.to("sign-in")


def _members(visit: Visit) -> tuple[Person, ...]:
    tenant = visit.tenant
    person = tenant.world.people[visit.session.user]
    return tenant.policies.partners.members_to_decide_for(tenant, person)


def _standing(visit: Visit, member: Person) -> Standing:
    choice = current_choice(visit.tenant, member.user)
    user = visit.session.user
    people = visit.tenant.world.people
    by = "" if choice is None else choice.by
    return Standing(
        member=member,
        own=member.user == user,
        opted_out=choice is not None and choice.opted_out,
        since=day_in_words(choice.effective) if choice is not None and choice.effective else "",
        by="you" if by == user else people[by].name if by in people else "the plan" if by else "",
    )


async def show_choices(visit: Visit) -> Response:
    """GET /portal/provider-access."""
    stranger = _stranger(visit)
    return stranger if stranger is not None else _page(visit, "")


def _page(visit: Visit, error: str, status: int = 200) -> Response:
    rows = [_standing(visit, member) for member in _members(visit)]
    saved = visit.form.text("saved") == "yes" and not error
    return visit.page("provider-access.html.j2", status=status, rows=rows, error=error, saved=saved)


async def choose(visit: Visit) -> Response:
    """POST /portal/provider-access: opt one member out of, or back into, sharing with clinics."""
    stranger = _stranger(visit)
    if stranger is not None:
        return stranger
    wanted, decision = visit.form.text("member"), visit.form.text("decision")
    member = next((one for one in _members(visit) if one.patient == wanted), None)
    if member is None or decision not in ("out", "in"):
        return _page(visit, "Nothing was changed. Choose again, please.", 400)
    tenant = visit.tenant
    now, user = tenant.clock.now(), visit.session.user
    tenant.policies.partners.choose(tenant, member.user, decision == "out", now, user)
    return visit.to(PAGE, saved="yes")
