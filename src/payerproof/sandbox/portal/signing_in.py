"""Sign-in pages: one page or identifier first, then the second factor."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.portal import factors
from payerproof.sandbox.portal.visit import Visit


async def show_sign_in(visit: Visit) -> Response:
    """GET /portal/sign-in."""
    if visit.journey is None and visit.session.user:
        return await visit.onward()
    return _form(visit)


def _form(visit: Visit, error: str = "", status: int = 200) -> Response:
    first = visit.tenant.face.login == "identifier-first"
    return visit.page(
        "identifier.html.j2" if first else "sign-in.html.j2", status=status, error=error
    )


async def sign_in(visit: Visit) -> Response:
    """POST /portal/sign-in: user name and password, or the user name alone."""
    user = visit.tenant.policies.portal.normalised(visit.form.text("username"))
    if visit.tenant.face.login == "identifier-first":
        if not user:
            return _form(visit, "Enter your user name.")
        visit.session.identifier = user
        return visit.to("password")
    return await _judge(visit, user, "sign-in.html.j2")


async def show_password(visit: Visit) -> Response:
    """GET /portal/password: second page where the identifier comes first."""
    if not visit.session.identifier:
        return visit.to("sign-in")
    return visit.page("password.html.j2", error="", identifier=visit.session.identifier)


async def give_password(visit: Visit) -> Response:
    """POST /portal/password."""
    if not visit.session.identifier:
        return visit.to("sign-in")
    return await _judge(visit, visit.session.identifier, "password.html.j2")


async def _judge(visit: Visit, user: str, template: str) -> Response:
    tenant, policies = visit.tenant, visit.tenant.policies.portal
    if policies.is_locked(tenant, user):
        return _refused(visit, template, factors.LOCKED, 429)
    person = policies.password_is_right(tenant, user, visit.form.text("password"))
    if person is None:
        return await _failed(visit, user, template)
    if not policies.second_factor_is_needed(tenant, person):
        return await _enter(visit, person)
    if tenant.face.second_factor == "with-password":
        if not policies.code_is_right(tenant, person, visit.form.text("code")):
            return await _failed(visit, user, template)
        return await _enter(visit, person)
    visit.session.pending = person.user
    visit.session.pending_since = tenant.clock.now()
    return visit.to("second-factor")


async def _failed(visit: Visit, user: str, template: str) -> Response:
    tenant, policies = visit.tenant, visit.tenant.policies.portal
    await asyncio.sleep(policies.pause_before_answer(tenant, policies.failed(tenant, user)))
    if policies.is_locked(tenant, user):
        return _refused(visit, template, factors.LOCKED, 429)
    return _refused(visit, template, policies.wrong_message(tenant, user), 200)


def _refused(visit: Visit, template: str, error: str, status: int) -> Response:
    return visit.page(template, status=status, error=error, identifier=visit.session.identifier)


async def _enter(visit: Visit, person: Person) -> Response:
    visit.tenant.policies.portal.signed_in(visit.tenant, visit.session, person.user)
    return await visit.onward()


async def show_second_factor(visit: Visit) -> Response:
    """GET /portal/second-factor: only for somebody who has just given the password."""
    if visit.tenant.policies.portal.pending_person(visit.tenant, visit.session) is None:
        return visit.to("sign-in")
    return visit.page("second-factor.html.j2", error="")


async def give_second_factor(visit: Visit) -> Response:
    """POST /portal/second-factor."""
    tenant, policies = visit.tenant, visit.tenant.policies.portal
    person = policies.pending_person(tenant, visit.session)
    if person is None:
        return visit.to("sign-in")
    template = "second-factor.html.j2"
    if policies.is_locked(tenant, person.user):
        return _refused(visit, template, factors.LOCKED, 429)
    if not policies.code_is_right(tenant, person, visit.form.text("code")):
        return await _failed(visit, person.user, template)
    return await _enter(visit, person)


async def sign_out(visit: Visit) -> Response:
    """POST /portal/sign-out; on a journey this is the "not you?" switch: the journey goes on."""
    journey = visit.journey
    visit.tenant.sessions.close(visit.session)
    visit.session = visit.tenant.sessions.open()
    if journey is not None:
        journey.patient = ""
        visit.session.journeys[journey.id] = journey
        return visit.to("sign-in")
    return visit.page("signed-out.html.j2")
