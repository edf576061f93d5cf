"""One request to a portal page: who asks, in which session, on which journey."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.oauth.authorize import redirect, refuse
from payerproof.sandbox.oauth.forms import Parameters, form_parameters, query_parameters
from payerproof.sandbox.oauth.model import OAuthError
from payerproof.sandbox.portal.pages import render, session_of, with_session
from payerproof.sandbox.portal.sessions import Journey, Session

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


@dataclass
class Visit:
    """What a page needs to know. `form` is the query on GET and the body on POST."""

    tenant: Tenant
    request: Request
    session: Session
    form: Parameters
    journey: Journey | None
    language: str

    def page(self, template: str, *, status: int = 200, **values: object) -> Response:
        """Render a page of this visit."""
        return render(
            self.tenant,
            template,
            status=status,
            language=self.language,
            session=self.session,
            journey=self.journey,
            **values,
        )

    def to(self, page: str, **query: str) -> Response:
        """Send the browser to a portal page, along with the journey."""
        where = f"{self.tenant.base}/portal/{page}"
        if self.journey is not None:
            query["journey"] = self.journey.id
        if query:
            where += f"?{urlencode(query)}"
        return with_session(self.tenant, self.session, redirect(where))

    def away(self, location: str) -> Response:
        """Send the browser back to the app; the journey is over."""
        if self.journey is not None:
            self.session.journeys.pop(self.journey.id, None)
        answer = self.tenant.policies.portal.back_to_app(location)
        return with_session(self.tenant, self.session, answer)

    async def onward(self) -> Response:
        """Send the browser to what comes next, or to where it wanted to go."""
        if self.journey is not None:
            return await continue_journey(self)
        wanted, self.session.wanted = self.session.wanted or "apps", ""
        return self.to(wanted)


Handler = Callable[[Visit], Awaitable[Response]]
Endpoint = Callable[[Request], Awaitable[Response]]


def expired(tenant: Tenant) -> Response:
    """The page for a journey that is unknown, too old, or another browser's."""
    return tenant.policies.portal.error_page(
        tenant,
        400,
        "This request has ended",
        "It took too long, or it was started in another browser. Nothing was shared. Go back to "
        "the app and connect again.",
    )


def page(get: Handler, post: Handler | None = None, *, journey: bool = False) -> Endpoint:
    """Make an endpoint of a page's handlers.

    Every POST must carry the session's CSRF token; where `journey` is set the page exists only
    on a journey.
    """

    async def endpoint(request: Request) -> Response:
        tenant: Tenant = request.state.tenant
        policies = tenant.policies.portal
        try:
            posted = request.method == "POST"
            form = await form_parameters(request) if posted else query_parameters(request)
        except OAuthError as error:
            return policies.error_page(tenant, 400, "We can't read this form", error.description)
        session = session_of(tenant, request)
        found = tenant.journeys.of(session, form.text("journey")) if form.text("journey") else None
        if found is None and (journey or form.text("journey")):
            return expired(tenant)
        language = policies.page_language(tenant, request)
        visit = Visit(tenant, request, session, form, found, language)
        if not posted:
            return await get(visit)
        assert post is not None
        if not policies.csrf_is_right(session, form.text("csrf")):
            return policies.error_page(
                tenant,
                403,
                "This form is out of date",
                "It does not belong to your present session. Nothing was changed. Go back, load "
                "the page again and retry.",
            )
        return await post(visit)

    return endpoint


async def take_over(tenant: Tenant, request: Request, journey: Journey) -> Response:
    """Take a browser over from the authorization endpoint."""
    language = tenant.policies.portal.page_language(tenant, request)
    session = session_of(tenant, request)
    found = tenant.journeys.of(session, journey.id)
    visit = Visit(tenant, request, session, query_parameters(request), found, language)
    return await continue_journey(visit)


async def continue_journey(visit: Visit) -> Response:
    """Find out where a journey stands and go there; answers prompt=none without any page."""
    journey, tenant, session = visit.journey, visit.tenant, visit.session
    assert journey is not None
    step = tenant.policies.portal.next_step(tenant, session, journey)
    if step == "finish":
        person = tenant.world.people[session.user]
        finish = tenant.policies.portal.finish
        return visit.away(
            finish(tenant, journey.request, person, journey.patient, session.auth_time)
        )
    if "none" in journey.request.prompt:
        error = {"sign-in": "login_required", "second-factor": "login_required"}.get(
            step, "consent_required" if step == "consent" else "interaction_required"
        )
        return visit.away(refuse(tenant, journey.request, error, "The member has to act first"))
    return visit.to(step)
