"""Provider Access that claims its standards and does otherwise: discovery, clients, scopes."""

from __future__ import annotations

from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from starlette.requests import Request

from payerproof.sandbox.access import Access, Refusal
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, both, fhir, oauth, partners
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked
from payerproof.sandbox.oauth import resource
from payerproof.sandbox.oauth.forms import Parameters
from payerproof.sandbox.oauth.model import OAuthError
from payerproof.sandbox.oauth.resource import presented_token
from payerproof.sandbox.oauth.store import new_secret
from payerproof.sandbox.partners import assertions, discovery, matching, token
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.token import SystemToken
from payerproof.sandbox.tenant import Tenant

AREA = "provider_access"
CITES = "AC-05-1"
Json = dict[str, Any]


def _seed(name: str, title: str, change: Change, *, twin: str = "", lawful: bool = False) -> None:
    seed(name, AREA, CITES, title, change, twin=twin, lawful=lawful)


# -- what is declared


def _declaring(**fields: object) -> Change:
    def document(tenant: Tenant) -> Json:
        made = {**discovery.smart_configuration(tenant), **fields}
        return {name: value for name, value in made.items() if value is not None}

    return partners(smart_configuration=document)


_seed(
    "clinics-told-of-secrets",
    "Discovery for clinics declares client secrets, where only signed assertions are taken",
    _declaring(token_endpoint_auth_methods_supported=["client_secret_basic"]),
)
_seed(
    "clinics-told-of-a-weak-algorithm",
    "Discovery for clinics declares RS256 alone, where RS384 and ES384 are asked for",
    _declaring(token_endpoint_auth_signing_alg_values_supported=["RS256"]),
)
_seed(
    "clinics-not-told-of-their-grant",
    "Discovery for clinics was copied from the members': it declares authorization codes only",
    _declaring(grant_types_supported=["authorization_code", "refresh_token"]),
)


def _without_groups(_tenant: Tenant, statement: Json) -> Json:
    rest = statement["rest"][0]
    kept = [one for one in rest["resource"] if one["type"] != "Group"]
    return {**statement, "rest": [{**rest, "resource": kept}]}


def _without_exports(_tenant: Tenant, statement: Json) -> Json:
    rest = statement["rest"][0]
    rows = [
        {**one, "operation": [op for op in one["operation"] if "export" not in op["name"]]}
        if one["type"] == "Group"
        else one
        for one in rest["resource"]
    ]
    return {**statement, "rest": [{**rest, "resource": rows}]}


def _of_dstu2(_tenant: Tenant, statement: Json) -> Json:
    return {**statement, "fhirVersion": "1.0.2"}


_seed(
    "clinics-statement-without-group",
    "The statement for clinics doesn't name Group, by which everything begins",
    partners(capability=_without_groups),
)
_seed(
    "clinics-statement-without-exports",
    "The statement for clinics names none of the export operations",
    partners(capability=_without_exports),
)
_seed(
    "clinics-statement-of-another-version",
    "The statement for clinics declares FHIR 1.0.2",
    partners(capability=_of_dstu2),
)


def _match_unsaid(_tenant: Tenant, statement: Json) -> Json:
    rest = statement["rest"][0]
    rows = [
        {**one, "operation": [op for op in one["operation"] if "provider" not in op["name"]]}
        if one["type"] == "Group"
        else one
        for one in rest["resource"]
    ]
    return {**statement, "rest": [{**rest, "resource": rows}]}


_seed(
    "match-not-declared",
    "$provider-member-match works, and the statement doesn't declare it",
    partners(capability=_match_unsaid),
    twin="match-declared-for-the-server",
)


def _match_said_elsewhere(tenant: Tenant, statement: Json) -> Json:
    rest = statement["rest"][0]
    groups = next(one for one in rest["resource"] if one["type"] == "Group")
    match = [op for op in groups["operation"] if "provider" in op["name"]]
    bare = _match_unsaid(tenant, statement)
    operations = [*rest.get("operation", ()), *match]
    return {**bare, "rest": [{**bare["rest"][0], "operation": operations}]}


_seed(
    "match-declared-for-the-server",
    "$provider-member-match is declared among the operations of the server, not under Group",
    partners(capability=_match_said_elsewhere),
    lawful=True,
)


def _payers_only(_tenant: Tenant) -> tuple[str, ...]:
    return matching.OPERATIONS[1:]


_seed(
    "match-declared-and-absent",
    "$provider-member-match is declared, and answered 404",
    partners(match_operations=_payers_only),
)

# -- who is let in


def _first_clinic(tenant: Tenant, request: Request) -> SystemToken | Refusal:
    if "authorization" in request.headers:
        return token.authenticate(tenant, request)
    client = next(one for one in tenant.clients.values() if one.kind == "provider")
    return SystemToken("", client.client_id, ("system/*.rs",), 0.0, 0.0)


_seed(
    "clinics-api-open-without-token",
    "Behind the gateway a request without a token counts as the first clinic's",
    partners(authenticate=_first_clinic),
)


async def _name_is_enough(tenant: Tenant, form: Parameters) -> PartnerClient:
    known = tenant.clients.get(form.text("client_id"))
    if known is not None and not form.text("client_assertion"):
        return known
    return await assertions.authenticated_client(tenant, form)


async def _secret_is_enough(tenant: Tenant, form: Parameters) -> PartnerClient:
    known = tenant.clients.get(form.text("client_id"))
    if known is not None and form.text("client_secret"):
        return known
    return await assertions.authenticated_client(tenant, form)


_seed(
    "clinic-known-by-name-alone",
    "A clinic's client_id without any assertion is given a token",
    partners(authenticated_client=_name_is_enough),
)
_seed(
    "clinic-known-by-any-secret",
    "Clinics have no secrets: whatever is sent as one equals the one that isn't there",
    partners(authenticated_client=_secret_is_enough),
)


def _only(*algorithms: str) -> object:
    def signed_claims(keys: KeySet, assertion: str) -> Json | None:
        try:
            return jwt.decode(assertion, keys, algorithms=list(algorithms)).claims
        except (JoseError, ValueError, TypeError, KeyError):
            return None

    return signed_claims


_seed(
    "clinics-rs384-refused",
    "RS384 is declared for assertions and refused; ES384 is taken",
    partners(signed_claims=_only("ES384")),
)
_seed(
    "clinics-es384-refused",
    "ES384 is declared for assertions and refused; RS384 is taken",
    partners(signed_claims=_only("RS384")),
)


def _with_refresh(tenant: Tenant, client: PartnerClient, scopes: tuple[str, ...]) -> Json:
    return {**token.issue(tenant, client, scopes), "refresh_token": new_secret()}


_seed(
    "clinics-get-refresh-tokens",
    "A refresh token comes with every token of a clinic",
    partners(issue=_with_refresh),
)


def _any_level(_client: PartnerClient, scope: str) -> bool:
    level, _, rest = scope.partition("/")
    return level in ("system", "user", "patient") and token.scope_is_offered(
        _client, f"system/{rest}"
    )


def _whatever_is_asked(tenant: Tenant, client: PartnerClient, asked: str) -> tuple[str, ...]:
    del tenant, client
    if not asked.split():
        raise OAuthError("invalid_scope", "No scope was asked for")
    return tuple(dict.fromkeys(asked.split()))


_seed(
    "clinics-get-members-scopes",
    "patient/ and user/ scopes are granted to clinics beside system/ ones",
    partners(scope_is_offered=_any_level),
)
_seed(
    "clinics-scopes-echoed",
    "Whatever a clinic writes into scope is granted, openid and offline_access too",
    partners(granted=_whatever_is_asked),
)

# -- clinics at the members' API


def _clinics_too(tenant: Tenant, request: Request) -> Access | Refusal:
    found = resource.authenticate(tenant, request)
    presented = presented_token(request)
    record = token.token_record(tenant, presented) if presented else None
    if record is None or isinstance(found, Access):
        return found
    scopes = tuple(one.replace("system/", "patient/") for one in record.scopes)
    return Access("system", record.client_id, record.client_id, "", scopes, "")


def _read_by_system(access: Access, found: Resource, world: World) -> bool:
    return not access.patient or compartment.may_read(access, found, world)


def _found_by_system(access: Access, found: Resource, world: World, asked: Asked) -> bool:
    return not access.patient or compartment.may_find(access, found, world, asked)


def _foreign_to_system(access: Access, named: Any) -> Any:
    return [] if not access.patient else compartment.foreign_patients(access, named)


_seed(
    "clinics-token-opens-members-api",
    "One token store for both APIs: a clinic's token opens the members', for everybody",
    both(
        oauth(authenticate=_clinics_too),
        fhir(
            may_read=_read_by_system,
            may_find=_found_by_system,
            foreign_patients=_foreign_to_system,
        ),
    ),
)
