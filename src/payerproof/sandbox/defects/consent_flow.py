"""Faults of the way through consent: when it is asked, and what a decision leads to."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import (
    Change,
    Memory,
    edge,
    every,
    oauth,
    portal,
)
from payerproof.sandbox.oauth import asking, granting
from payerproof.sandbox.oauth.authorize import answer_with_code
from payerproof.sandbox.oauth.minting import issue
from payerproof.sandbox.portal import deciding
from payerproof.sandbox.portal.pages import render, session_of

if TYPE_CHECKING:
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.oauth.model import (
        AuthorizationRequest,
        Connection,
        Issued,
    )
    from payerproof.sandbox.portal.deciding import Step
    from payerproof.sandbox.portal.sessions import Journey, Session
    from payerproof.sandbox.tenant import Tenant

Scopes = tuple[str, ...]
_ASKED = granting.consent_is_remembered


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, lawful=True))


# -- when consent is asked


def _attested_apps_are_trusted(
    tenant: Tenant, request: AuthorizationRequest, user: str, patient: str
) -> bool:
    return request.app.attested or _ASKED(tenant, request, user, patient)


def _whoever_the_member_is(
    tenant: Tenant, request: AuthorizationRequest, user: str, patient: str
) -> bool:
    given = [g for g in tenant.grants.grants_by(user) if g.client_id == request.app.client_id]
    return any(asking.stays_within(request.scopes, grant.scopes) for grant in given) or _ASKED(
        tenant, request, user, patient
    )


def _whatever_is_asked(
    tenant: Tenant, request: AuthorizationRequest, user: str, patient: str
) -> bool:
    return tenant.grants.grant_of(user, request.app.client_id, patient) is not None


def _grant_what_is_asked(
    tenant: Tenant, request: AuthorizationRequest, person: Person, patient: str, auth_time: float
) -> str:
    record = tenant.policies.oauth.record_decision
    grant = record(tenant, request, person, patient, request.scopes, False)
    return answer_with_code(tenant, request, grant, auth_time)


def _ended_or_not(tenant: Tenant, request: AuthorizationRequest, user: str, patient: str) -> bool:
    return any(
        (grant.user, grant.client_id, grant.patient) == (user, request.app.client_id, patient)
        and asking.stays_within(request.scopes, grant.scopes)
        for grant in tenant.grants.grants.values()
    )


def _prompt_unheeded(
    tenant: Tenant, request: AuthorizationRequest, user: str, patient: str
) -> bool:
    return _ASKED(tenant, replace(request, prompt=frozenset()), user, patient)


def _never(*_: object) -> bool:
    return False


def _quietly(tenant: Tenant, session: Session, journey: Journey) -> Step:
    step = deciding.next_step(tenant, session, journey)
    return "finish" if step == "consent" and "none" in journey.request.prompt else step


_ANSWERED: Memory[set[tuple[str, str, str]]] = Memory(set)


def _note_and_decline(
    tenant: Tenant, request: AuthorizationRequest, user: str, patient: str
) -> str:
    _ANSWERED.of(tenant).add((user, request.app.client_id, patient))
    return deciding.decline(tenant, request, user, patient)


def _answered(tenant: Tenant, request: AuthorizationRequest, user: str, patient: str) -> bool:
    known = (user, request.app.client_id, patient) in _ANSWERED.of(tenant)
    return known or _ASKED(tenant, request, user, patient)


_defect(
    "consent-not-asked-for-attested-apps",
    "AC-02-3 N-REV-16",
    "Apps whose developer has attested get a code without the member being asked",
    oauth(consent_is_remembered=_attested_apps_are_trusted),
    twin="consent-asked-every-time",
)
_defect(
    "consent-for-one-member-counts-for-another",
    "AC-04-6 N-HOUSE-09",
    "A representative who connected an app for one member isn't asked for the next",
    oauth(consent_is_remembered=_whoever_the_member_is),
    twin="consent-asked-every-time",
)
_defect(
    "wider-scopes-granted-silently",
    "N-OAUTH-27 Q-AUTH-19 AC-04-2",
    "An app that was allowed something gets whatever it asks for later, without a page",
    every(oauth(consent_is_remembered=_whatever_is_asked), portal(finish=_grant_what_is_asked)),
    twin="consent-asked-every-time",
)
_defect(
    "prompt-none-grants-silently",
    "N-OAUTH-27",
    "With prompt=none a signed-in member's data are granted without any consent",
    portal(next_step=_quietly),
)
_defect(
    "consent-remembered-after-revocation",
    "N-REV-07 AC-04-2",
    "An app that the member has cut off gets in again without being asked about",
    oauth(consent_is_remembered=_ended_or_not),
    twin="consent-asked-every-time",
)
_defect(
    "declining-counts-as-an-answer",
    "N-REV-09 Q-AUTH-19",
    "Whoever has declined once isn't asked again, and the app gets in at its next try",
    every(portal(decline=_note_and_decline), oauth(consent_is_remembered=_answered)),
    twin="consent-asked-every-time",
)
_defect(
    "prompt-consent-unheeded",
    "Q-AUTH-19",
    "With prompt=consent a remembered consent answers all the same",
    oauth(consent_is_remembered=_prompt_unheeded),
)
_twin(
    "consent-asked-every-time",
    "Q-AUTH-19 AC-04-2",
    "No consent is remembered: the page is shown at each visit",
    oauth(consent_is_remembered=_never),
)


def _unguarded(tenant: Tenant, request: Request) -> Response | None:
    """The consent page for a browser in which nobody has signed in."""
    journey_id = request.query_params.get("journey", "")
    if request.method != "GET" or request.scope["path"] != f"/{tenant.name}/portal/consent":
        return None
    session = session_of(tenant, request)
    journey = None if session.user else tenant.journeys.of(session, journey_id)
    if journey is None:
        return None
    asked, policies = journey.request, tenant.policies.portal
    member = replace(next(iter(tenant.world.people.values())), given="Plan", family="member")
    view = deciding.ConsentView(
        app=asked.app,
        person=member,
        member=member,
        own=True,
        items=policies.data_items(tenant, asked),
        extras=policies.extra_items(tenant, asked),
        ends=policies.end_words(tenant),
        attestation=policies.attestation_words(asked.app),
        replaces=False,
    )
    ticked = frozenset(item.id for item in (*view.items, *view.extras) if item.ticked)
    return render(
        tenant, "consent.html.j2", session=session, journey=journey, error="", view=view,
        ticked=ticked,
    )  # fmt: skip


_defect(
    "consent-page-open-before-sign-in",
    "AC-02-3 N-OAUTH-28",
    "The address of the consent page shows the page to somebody who hasn't signed in",
    edge(rewrite=_unguarded),
)


# -- whose decision it is


def _latest_of_the_app(
    tenant: Tenant, connection: Connection, scopes: Scopes, first: bool
) -> Issued:
    if first:
        client = connection.grant.client_id
        of_app = [c for c in tenant.grants.connections.values() if c.grant.client_id == client]
        connection = of_app[-1]
    return issue(tenant, connection, scopes, first)


_defect(
    "code-is-for-whoever-came-last",
    "N-BOLA-36",
    "A code is exchanged for the latest authorization of the app, whoever gave that",
    oauth(issue=_latest_of_the_app),
)
_defect(
    "form-token-unchecked",
    "N-OAUTH-19",
    "The portal's forms carry a token against forgery, and nobody looks at it",
    portal(csrf_is_right=lambda _session, _presented: True),
)
_defect(
    "form-token-of-any-session",
    "N-OAUTH-19",
    "The portal takes the form token of another session for its own",
    portal(csrf_is_right=lambda session, presented: len(presented) == len(session.csrf)),
)
