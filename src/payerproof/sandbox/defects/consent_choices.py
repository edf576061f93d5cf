"""Faults of the member's choices: what becomes of an empty box, and of a second decision."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, data, every, fhir, oauth, portal
from payerproof.sandbox.fhir.scopes import allows, parse
from payerproof.sandbox.oauth.asking import stays_within
from payerproof.sandbox.oauth.granting import connection_is_cut, record_decision
from payerproof.sandbox.oauth.minting import id_token_claims
from payerproof.sandbox.oauth.userinfo import userinfo_document
from payerproof.sandbox.portal import classes
from payerproof.sandbox.scopes import data_scope

if TYPE_CHECKING:
    from payerproof.sandbox.access import Access
    from payerproof.sandbox.data.world import Person, Resource, World
    from payerproof.sandbox.oauth.model import AuthorizationRequest, Connection, Grant
    from payerproof.sandbox.tenant import Tenant

Scopes = tuple[str, ...]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, lawful=True))


# -- what an empty box does


def _wildcard_stays(request: AuthorizationRequest, ticked: frozenset[str]) -> Scopes:
    approved = classes.approved_scopes(request.scopes, ticked)
    wild = [s for s in request.scopes if (d := data_scope(s)) and d.resource_type == "*"]
    return tuple(dict.fromkeys((*approved, *wild)))


def _patient_always(request: AuthorizationRequest, ticked: frozenset[str]) -> Scopes:
    approved = classes.approved_scopes(request.scopes, ticked)
    return tuple(dict.fromkeys((*approved, "patient/Patient.rs")))


def _without_limits(request: AuthorizationRequest, ticked: frozenset[str]) -> Scopes:
    approved = classes.approved_scopes(request.scopes, ticked)
    return tuple(dict.fromkeys(scope.partition("?")[0] for scope in approved))


def _all_of_the_grant(_request: AuthorizationRequest, grant: Grant) -> Scopes:
    return grant.scopes


def _search_by_any_scope(access: Access, resource_type: str, verb: str) -> bool:
    return allows(access, resource_type, verb) or (verb == "s" and any(map(parse, access.scopes)))


def _rides_along(_access: Access, _resource_type: str) -> bool:
    return True


def _for_every_app(_scopes: Scopes) -> bool:
    return True


_defect(
    "unticked-class-granted-with-wildcard",
    "N-REV-16 Q-TOK-06",
    "Where an app asks for everything, everything is granted whatever the member unticks",
    portal(approved_scopes=_wildcard_stays),
)
_defect(
    "personal-details-granted-unasked",
    "N-SCOPE-08 Q-TOK-06",
    "Personal details are in every grant, asked for or not, ticked or not",
    every(portal(approved_scopes=_patient_always), oauth(connection_scopes=_all_of_the_grant)),
)
_defect(
    "category-granted-as-whole-type",
    "N-SCOPE-08 N-REV-16",
    "A request for one category of results is shown as such and granted as all results",
    every(portal(approved_scopes=_without_limits), oauth(connection_scopes=_all_of_the_grant)),
)
_defect(
    "unticked-class-found-by-search",
    "N-REV-16 Q-TOK-06",
    "A kind of data that was unticked is refused by id and delivered by search",
    fhir(scope_allows=_search_by_any_scope),
)
_defect(
    "unticked-class-comes-by-include",
    "N-REV-16 N-SCOPE-04 Q-TOK-06",
    "A kind of data that was unticked comes along with another by _include",
    fhir(scope_allows_include=_rides_along),
)
_defect(
    "unticked-access-while-away-granted",
    "N-REV-16 AC-08-1",
    "A refresh token is issued although access while away was unticked",
    oauth(refresh_is_issued=_for_every_app),
)


# -- protected data


def _withheld_elsewhere(*_: object) -> bool:
    return True


def _tick_is_for_good(
    tenant: Tenant,
    request: AuthorizationRequest,
    person: Person,
    patient: str,
    approved: Scopes,
    sensitive: bool,
) -> Grant:
    known = any(g.sensitive for g in tenant.grants.grants_by(person.user) if g.patient == patient)
    return record_decision(tenant, request, person, patient, approved, sensitive or known)


_defect(
    "protected-data-found-by-search",
    "N-SCOPE-13",
    "Specially protected records that the member kept back are withheld by id and found by search",
    fhir(discloses_search=_withheld_elsewhere),
)
_defect(
    "protected-data-opened-by-id",
    "N-SCOPE-13",
    "Specially protected records that the member kept back are left out of search and read by id",
    fhir(discloses_read=_withheld_elsewhere),
)
_defect(
    "protected-data-shared-with-next-app",
    "N-SCOPE-13 N-REV-16",
    "The tick for protected information given to one app counts for every app after it",
    oauth(record_decision=_tick_is_for_good),
)


# -- a second, narrower decision


def _never_cut(_connection: Connection, _grant: Grant) -> bool:
    return False


def _always_cut(_connection: Connection, _grant: Grant) -> bool:
    return True


def _added_up(
    tenant: Tenant,
    request: AuthorizationRequest,
    person: Person,
    patient: str,
    approved: Scopes,
    sensitive: bool,
) -> Grant:
    earlier = tenant.grants.grant_of(person.user, request.app.client_id, patient)
    both = (*approved, *(earlier.scopes if earlier else ()))
    return record_decision(tenant, request, person, patient, tuple(dict.fromkeys(both)), sensitive)


def _access_tokens_only(tenant: Tenant, *decision: Any) -> Grant:
    grant = record_decision(tenant, *decision)
    for token in tenant.grants.access_tokens.values():
        if token.connection.grant is grant and connection_is_cut(token.connection, grant):
            token.revoked = True
    return grant


def _narrowed(tenant: Tenant, *decision: Any) -> Grant:
    grant = record_decision(tenant, *decision)
    for connection in tenant.grants.connections_of(grant):
        if connection_is_cut(connection, grant):
            connection.scopes = grant.scopes
    for token in tenant.grants.access_tokens.values():
        if token.connection.grant is grant and not stays_within(token.scopes, grant.scopes):
            token.scopes = grant.scopes
    return grant


_defect(
    "narrower-consent-keeps-wider-tokens",
    "N-SCOPE-12 Q-TOK-22",
    "After a narrower consent the tokens of the wider one go on opening everything",
    oauth(connection_is_cut=_never_cut),
    twin="narrower-consent-narrows-tokens",
)
_defect(
    "narrower-consent-keeps-wider-refresh-token",
    "N-SCOPE-12",
    "A narrower consent cuts the old access token, and the old refresh token fetches a wide one",
    oauth(connection_is_cut=_never_cut, record_decision=_access_tokens_only),
    twin="narrower-consent-narrows-tokens",
)
_defect(
    "second-consent-adds-to-the-first",
    "N-SCOPE-12 N-REV-16",
    "What a member unticks at a second consent stays granted from the first",
    oauth(record_decision=_added_up),
    twin="new-consent-ends-earlier-tokens",
)
_twin(
    "narrower-consent-narrows-tokens",
    "N-SCOPE-12 Q-TOK-22",
    "A narrower consent leaves the app's earlier tokens alive and narrows them",
    oauth(connection_is_cut=_never_cut, record_decision=_narrowed),
)
_twin(
    "new-consent-ends-earlier-tokens",
    "Q-TOK-22",
    "Each new decision on the consent page ends the app's earlier tokens for that member",
    oauth(connection_is_cut=_always_cut),
)


# -- demographics by other ways


def _names_everybody(tenant: Tenant, access: Access) -> dict[str, Any]:
    person = tenant.world.people[access.user]
    return {**userinfo_document(tenant, access), "name": person.name, "email": person.email}


def _id_token_with_profile(
    tenant: Tenant, connection: Connection, scopes: Scopes
) -> dict[str, Any]:
    person = tenant.world.people[connection.grant.user]
    profile = {"given_name": person.given, "birthdate": person.birth_date.isoformat()}
    return {**id_token_claims(tenant, connection, scopes), **profile}


def _claims_name_the_member(world: World) -> World:
    def named(claim: Resource) -> Resource:
        member = world.person_of(world.patient_of(claim) or "")
        if member is not None:
            claim["patient"]["display"] = member.name
        return claim

    return world.edit_claims(named)


def _coverage_tells_the_birth_date(world: World) -> World:
    def told(coverage: Resource) -> Resource:
        member = world.person_of(world.patient_of(coverage) or "")
        if member is not None:
            words = f"{escape(member.name)}, born {member.birth_date.isoformat()}"
            div = f'<div xmlns="http://www.w3.org/1999/xhtml">{words}</div>'
            coverage["text"] = {"status": "generated", "div": div}
        return coverage

    return world.edit("Coverage", told)


_defect(
    "userinfo-names-the-member",
    "N-SCOPE-05 Q-TOK-06",
    "Userinfo tells name and e-mail address, whether or not personal details were ticked",
    oauth(userinfo_document=_names_everybody),
)
_defect(
    "id-token-tells-the-birth-date",
    "N-SCOPE-05 Q-TOK-06",
    "The id_token tells first name and birth date to an app that got no personal details",
    oauth(id_token_claims=_id_token_with_profile),
)
_defect(
    "claims-name-the-member",
    "N-SCOPE-04 Q-TOK-06",
    "Every claim carries the member's name beside the reference, personal details ticked or not",
    data(_claims_name_the_member),
)
_defect(
    "coverage-tells-the-birth-date",
    "N-SCOPE-04",
    "The narrative of Coverage tells name and birth date, personal details ticked or not",
    data(_coverage_tells_the_birth_date),
)
