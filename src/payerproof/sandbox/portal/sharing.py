"""The pages between sign-in and code: member picker, consent, and no record."""

from __future__ import annotations

from starlette.responses import Response

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.portal.deciding import nothing_is_chosen
from payerproof.sandbox.portal.sessions import Journey
from payerproof.sandbox.portal.visit import Visit


def _here(visit: Visit, *steps: str) -> tuple[Journey, Person] | None:
    """The journey and who is signed in, if it stands at one of these steps."""
    assert visit.journey is not None
    step = visit.tenant.policies.portal.next_step(visit.tenant, visit.session, visit.journey)
    if step not in steps:
        return None
    return visit.journey, visit.tenant.world.people[visit.session.user]


async def show_members(visit: Visit) -> Response:
    """GET /portal/choose-member."""
    here = _here(visit, "choose-member")
    return await visit.onward() if here is None else _members(visit, here[1], "")


def _members(visit: Visit, person: Person, error: str) -> Response:
    policies = visit.tenant.policies.portal
    return visit.page(
        "choose-member.html.j2",
        error=error,
        person=person,
        members=policies.members_open_to(visit.tenant, person),
        chosen=policies.preselected_member(visit.tenant, person),
    )


async def choose_member(visit: Visit) -> Response:
    """POST /portal/choose-member: exactly one member, and only one that is open to the person."""
    here = _here(visit, "choose-member")
    if here is None:
        return await visit.onward()
    journey, person = here
    chosen = visit.form.text("member")
    if not visit.tenant.policies.portal.may_choose(visit.tenant, person, chosen):
        return _members(visit, person, "Choose whose information you want to share.")
    journey.patient = chosen
    return await visit.onward()


async def show_consent(visit: Visit) -> Response:
    """GET /portal/consent."""
    here = _here(visit, "consent")
    return await visit.onward() if here is None else _consent(visit, here, "", None)


def _consent(
    visit: Visit, here: tuple[Journey, Person], error: str, ticked: frozenset[str] | None
) -> Response:
    journey, person = here
    policies = visit.tenant.policies.portal
    view = policies.consent_view(visit.tenant, journey.request, person, journey.patient)
    if ticked is None:
        ticked = frozenset(item.id for item in (*view.items, *view.extras) if item.ticked)
    return visit.page("consent.html.j2", error=error, view=view, ticked=ticked)


async def decide(visit: Visit) -> Response:
    """POST /portal/consent: Allow with the boxes that are ticked, or Don't allow."""
    here = _here(visit, "consent")
    if here is None:
        return await visit.onward()
    journey, person = here
    policies, tenant = visit.tenant.policies.portal, visit.tenant
    decision = visit.form.text("decision")
    if decision == "decline":
        return visit.away(policies.decline(tenant, journey.request, person.user, journey.patient))
    view = policies.consent_view(tenant, journey.request, person, journey.patient)
    offered = [item.id for item in (*view.items, *view.extras)]
    ticked = frozenset(name for name in offered if visit.form.text(f"share-{name}") == "yes")
    if decision != "allow" or nothing_is_chosen(view, ticked):
        message = "Tick at least one kind of information, or choose not to share."
        return _consent(visit, here, message, ticked)
    return visit.away(
        policies.allow(
            tenant, journey.request, person, journey.patient, ticked, visit.session.auth_time
        )
    )


async def show_no_record(visit: Visit) -> Response:
    """GET /portal/no-record: signed in, but no member record is linked to the account."""
    here = _here(visit, "no-record")
    return await visit.onward() if here is None else visit.page("no-record.html.j2")


async def leave_without_record(visit: Visit) -> Response:
    """POST /portal/no-record: back to the app, which is told that nothing was granted."""
    here = _here(visit, "no-record")
    if here is None:
        return await visit.onward()
    refuse = visit.tenant.policies.portal.refuse_without_record
    return visit.away(refuse(visit.tenant, here[0].request))
