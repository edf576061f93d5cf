"""The grant hook: the journey of the pages for one person, without a browser.

It runs the very functions that the pages run (`validate`, `next_step`, `consent_view`, `allow`,
`decline`, `finish`); only password and second factor are replaced by the operator's token.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from payerproof.sandbox.data.world import Person
from payerproof.sandbox.oauth.authorize import Redirected, refuse
from payerproof.sandbox.oauth.forms import Parameters
from payerproof.sandbox.oauth.model import OAuthError, UnsafeRequest
from payerproof.sandbox.portal.deciding import ConsentView, nothing_is_chosen
from payerproof.sandbox.portal.sessions import Journey, Session

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

Answer = dict[str, Any]


@dataclass(frozen=True)
class HookRequest:
    """Who acts, on which authorization request, and how they decide."""

    person: Person
    url: str
    method: str
    form: tuple[tuple[str, str], ...]
    decision: str
    leave_out: tuple[str, ...]
    include: tuple[str, ...]
    choose: str


def _redirect(location: str, *, consent: bool) -> Answer:
    return {"redirect": location, "page": None, "consent_shown": consent}


def _page(kind: str, status: int, title: str, text: str, *, consent: bool = False) -> Answer:
    page = {"kind": kind, "status": status, "title": title, "text": text}
    return {"redirect": None, "page": page, "consent_shown": consent}


def authorize_by_hook(tenant: Tenant, asked: HookRequest) -> Answer:
    """Run one authorization to its end, or to the page at which it would stop."""
    try:
        request = tenant.policies.oauth.validate(tenant, _parameters(asked))
    except UnsafeRequest as unsafe:
        return _page("error", unsafe.status, unsafe.headline, unsafe.explanation)
    except OAuthError as error:
        return _page("error", 400, "This request can't be read", error.description)
    except Redirected as refused:
        return _redirect(refused.location, consent=False)
    person, policies = asked.person, tenant.policies.portal
    if not person.password:
        return _page("login", 200, "Sign in", f"{person.name} has no portal account.")
    if not tenant.policies.desk.account_is_open(tenant, person.user):
        return _page("login", 200, "Sign in", f"The account of {person.name} is closed.")
    journey = tenant.journeys.begin(request)
    session = tenant.sessions.open()
    tenant.journeys.of(session, journey.id)
    session.user, session.auth_time = person.user, tenant.clock.now()
    try:
        return _walk(tenant, asked, session, journey, policies.next_step(tenant, session, journey))
    finally:
        tenant.sessions.close(session)


def _parameters(asked: HookRequest) -> Parameters:
    if asked.method == "POST":
        return Parameters(urlencode(asked.form, errors="surrogateescape"), exact=True)
    return Parameters(urlsplit(asked.url).query, exact=True)


def _walk(
    tenant: Tenant, asked: HookRequest, session: Session, journey: Journey, step: str
) -> Answer:
    policies, person, request = tenant.policies.portal, asked.person, journey.request
    if step == "choose-member":
        wanted = tenant.world.people.get(asked.choose or person.user)
        if wanted is None or not policies.may_choose(tenant, person, wanted.patient):
            names = [member.name for member in policies.members_open_to(tenant, person)]
            return _page("picker", 200, "Whose information do you want to share?", "\n".join(names))
        journey.patient = wanted.patient
        step = policies.next_step(tenant, session, journey)
    elif asked.choose and asked.choose != person.user:
        return _page("picker", 200, "No such choice", f"{person.name} acts for nobody else.")
    if step == "no-record":
        return _redirect(policies.refuse_without_record(tenant, request), consent=False)
    if step == "finish":
        location = policies.finish(tenant, request, person, journey.patient, session.auth_time)
        return _redirect(location, consent=False)
    if "none" in request.prompt:
        words = "The member has to act first"
        return _redirect(refuse(tenant, request, "consent_required", words), consent=False)
    return _consent(tenant, asked, session, journey)


def _consent(tenant: Tenant, asked: HookRequest, session: Session, journey: Journey) -> Answer:
    policies, person, request = tenant.policies.portal, asked.person, journey.request
    view = policies.consent_view(tenant, request, person, journey.patient)
    if asked.decision == "look":
        return _page("consent", 200, f"Share with {view.app.name}?", _words(view), consent=True)
    if asked.decision == "decline":
        location = policies.decline(tenant, request, person.user, journey.patient)
        return _redirect(location, consent=True)
    ticked = _ticked(view, asked)
    if nothing_is_chosen(view, ticked):
        text = "Tick at least one kind of information, or choose not to share."
        return _page("consent", 200, f"Share with {view.app.name}?", text, consent=True)
    location = policies.allow(tenant, request, person, journey.patient, ticked, session.auth_time)
    return _redirect(location, consent=True)


def _ticked(view: ConsentView, asked: HookRequest) -> frozenset[str]:
    """Boxes as the person leaves them: those of `leave_out` cleared, those of `include` ticked.

    A box is named by its id, its label, a word of its label, or a resource type it stands for.
    """
    cleared = {word.lower() for word in asked.leave_out}
    added = {word.lower() for word in asked.include}
    kept = set()
    for item in (*view.items, *view.extras):
        names = {item.id, *(name.lower() for name in item.types), item.label.lower()}
        names.update(re.findall(r"[a-z]+", item.label.lower()))
        if (item.ticked and not names & cleared) or names & added:
            kept.add(item.id)
    return frozenset(kept)


def _words(view: ConsentView) -> str:
    boxes = (*view.items, *view.extras)
    lines = [f"[{'x' if item.ticked else ' '}] {item.label}: {item.short}" for item in boxes]
    return "\n".join([view.attestation, *lines, f"Until {view.ends}"])
