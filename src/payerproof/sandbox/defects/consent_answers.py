"""Faults of what follows a decision: a decline, an app not attested, an account without record."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, every, oauth, page, portal, swap
from payerproof.sandbox.oauth import asking, granting
from payerproof.sandbox.oauth.authorize import answer_with_code, refuse
from payerproof.sandbox.portal import deciding

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.oauth.model import AuthorizationRequest, Grant
    from payerproof.sandbox.tenant import Tenant

Scopes = tuple[str, ...]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, lawful=True))


# -- what the app is told


def _without_error(tenant: Tenant, request: AuthorizationRequest, *_: str) -> str:
    policies = tenant.policies.oauth
    told = policies.error_parameters(tenant, request.state, "", "")
    return policies.redirect_address(
        request.redirect_uri, [pair for pair in told if not pair[0].startswith("error")]
    )


def _stays_here(tenant: Tenant, _request: AuthorizationRequest, *_: str) -> str:
    return f"{tenant.base}/portal/apps"


def _as_server_error(tenant: Tenant, request: AuthorizationRequest, *_: str) -> str:
    return refuse(tenant, request, "server_error", "Something went wrong")


def _and_cleans_up(tenant: Tenant, request: AuthorizationRequest, user: str, patient: str) -> str:
    earlier = tenant.grants.grant_of(user, request.app.client_id, patient)
    if earlier is not None:
        tenant.grants.end_grant(earlier, "declined")
    return deciding.decline(tenant, request, user, patient)


def _the_least(tenant: Tenant, request: AuthorizationRequest, user: str, patient: str) -> str:
    least = tuple(s for s in request.scopes if "/" not in s or s.startswith("patient/Coverage"))
    person = tenant.world.people[user]
    wanted = replace(request, scopes=(*least, "patient/Coverage.rs"))
    grant = granting.record_decision(tenant, wanted, person, patient, wanted.scopes, False)
    return answer_with_code(tenant, wanted, grant, tenant.clock.now())


def _leaves_an_entry(tenant: Tenant, request: AuthorizationRequest, user: str, patient: str) -> str:
    if tenant.grants.grant_of(user, request.app.client_id, patient) is None:
        person = tenant.world.people[user]
        granting.record_decision(tenant, request, person, patient, (), False)
    return deciding.decline(tenant, request, user, patient)


def _in_other_words(tenant: Tenant, request: AuthorizationRequest, *_: str) -> str:
    return refuse(tenant, request, "access_denied", "user_denied: consent not given (code 4021)")


_defect(
    "decline-tells-the-app-nothing",
    "N-REV-09 Q-AUTH-14",
    "After a decline the app gets its state back, and neither a code nor an error",
    portal(decline=_without_error),
    twin="decline-in-other-words",
)
_defect(
    "decline-never-returns-to-the-app",
    "N-REV-09",
    "After a decline the member is left on the plan's own page, and the app waits",
    portal(decline=_stays_here),
    twin="decline-in-other-words",
)
_defect(
    "decline-looks-like-a-breakdown",
    "N-REV-09 Q-AUTH-20",
    "After a decline the app is told of a server error",
    portal(decline=_as_server_error),
    twin="decline-in-other-words",
)
_defect(
    "decline-ends-an-earlier-grant",
    "Q-AUTH-20 N-REV-09",
    "Don't allow at a second visit takes away what was allowed at the first",
    portal(decline=_and_cleans_up),
)
_defect(
    "decline-grants-the-least",
    "N-REV-09",
    "Don't allow still gives the app a code, for the coverage data that every app gets",
    portal(decline=_the_least),
)
_defect(
    "decline-leaves-an-entry",
    "N-REV-09 N-REV-08",
    "An app that was declined stands among the connected apps",
    portal(decline=_leaves_an_entry),
)
_twin(
    "decline-in-other-words",
    "N-REV-09",
    "A decline is access_denied with a description of the payer's own",
    portal(decline=_in_other_words),
)


# -- apps that haven't attested


def _attested_only(tenant: Tenant, app: App) -> bool:
    return app.attested and asking.app_is_let_in(tenant, app)


def _less_for_unattested(tenant: Tenant, app: App, asked: Scopes) -> Scopes:
    found = asking.grantable(tenant, app, asked)
    if app.attested:
        return found
    kept = tuple(scope for scope in found if "/" not in scope)
    return (*kept, "patient/Coverage.rs", "patient/Patient.rs")


_ALLOW = '<button type="submit" name="decision" value="allow">{{ face.allow_label }}</button>\n'

_defect(
    "unattested-app-turned-away",
    "N-REV-17 AC-03-2",
    "An app whose developer hasn't attested is refused before the member is asked",
    oauth(app_is_let_in=_attested_only),
    twin="unattested-app-needs-a-nod",
)
_defect(
    "unattested-app-cannot-be-allowed",
    "N-REV-17 AC-03-2",
    "For an app whose developer hasn't attested the consent page has no button to allow",
    page("consent", swap(_ALLOW, "{% if view.app.attested %}\n" + _ALLOW + "{% endif %}\n")),
    twin="unattested-app-needs-a-nod",
)
_defect(
    "unattested-app-gets-less",
    "N-REV-17 AC-08-2",
    "An app whose developer hasn't attested gets coverage and personal details, whatever it asks",
    oauth(grantable=_less_for_unattested),
)
_twin(
    "unattested-app-needs-a-nod",
    "N-REV-17 AC-03-2",
    "Before allowing an app that hasn't attested, a box saying so has to be ticked",
    page(
        "consent",
        swap(
            _ALLOW,
            "{% if not view.app.attested %}\n"
            '<div><input type="checkbox" id="understood" name="understood" value="yes" required>\n'
            '<label for="understood">I have read that {{ view.app.developer }} has not agreed to '
            "the privacy questions.</label></div>\n{% endif %}\n" + _ALLOW,
        ),
        swap('value="decline">', 'value="decline" formnovalidate>'),
    ),
)


# -- accounts without a member record


def _somebody(tenant: Tenant, person: Person) -> tuple[Person, ...]:
    found = deciding.members_open_to(tenant, person)
    members = (one for one in tenant.world.people.values() if one.patient)
    return found or (next(members),)


def _or_no_record(tenant: Tenant, grant: Grant) -> bool:
    person = tenant.world.people[grant.user]
    return granting.authority_holds(tenant, grant) or not (person.patient or person.represents)


_defect(
    "account-without-record-gets-the-first-member",
    "N-BOLA-34 Q-AUTH-23",
    "A portal account without a member record is given the first member of the plan",
    every(portal(members_open_to=_somebody), oauth(authority_holds=_or_no_record)),
)
_defect(
    "account-without-record-tells-the-app-nothing",
    "Q-AUTH-14 Q-AUTH-23",
    "Where no member record is linked, the app gets its state back and no error",
    portal(refuse_without_record=_without_error),
    twin="account-without-record-in-other-words",
)
_defect(
    "account-without-record-is-a-breakdown",
    "Q-AUTH-14",
    "Where no member record is linked, the app is told of a server error",
    portal(refuse_without_record=_as_server_error),
    twin="account-without-record-in-other-words",
)
_twin(
    "account-without-record-in-other-words",
    "Q-AUTH-14 Q-AUTH-23",
    "Where no member record is linked, access_denied says that this plan isn't covered",
    portal(
        refuse_without_record=lambda tenant, request: refuse(
            tenant, request, "access_denied", "Your coverage is not part of this service"
        )
    ),
)
