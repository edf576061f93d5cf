"""Faults of the id_token and of userinfo: who signed in, and how much of them is told."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import minting, userinfo

if TYPE_CHECKING:
    from payerproof.sandbox.access import Access
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.oauth.model import Connection
    from payerproof.sandbox.tenant import Tenant

Claims = dict[str, Any]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, lawful=True))


def _claims(change: Callable[[Tenant, Connection, Claims], Claims]) -> Change:
    """Change the claims of the id_token; one changed to None is left out."""

    def claims(tenant: Tenant, connection: Connection, scopes: tuple[str, ...]) -> Claims:
        made = minting.id_token_claims(tenant, connection, scopes)
        changed = {**made, **change(tenant, connection, made)}
        return {name: value for name, value in changed.items() if value is not None}

    return oauth(id_token_claims=claims)


def _unsigned(claims: Claims) -> str:
    def part(value: Claims) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


_defect(
    "id-token-unsigned",
    "Q-TOK-20 Q-DISC-09",
    "The id_token isn't signed",
    oauth(signed_id_token=_unsigned),
)
_defect(
    "id-token-for-the-api",
    "Q-TOK-20",
    "The id_token names the FHIR API as its audience, not the app",
    _claims(lambda tenant, _connection, _made: {"aud": tenant.fhir_base}),
    twin="id-token-audience-in-a-list",
)
_defect(
    "id-token-of-another-issuer",
    "Q-TOK-20 Q-DISC-09",
    "The id_token names the host as issuer, without the payer's path",
    _claims(
        lambda tenant, _connection, _made: {"iss": tenant.issuer.rpartition("/")[0]},
    ),
)
_defect(
    "id-token-without-nonce",
    "Q-TOK-20",
    "The id_token doesn't repeat the nonce of the request",
    _claims(lambda _tenant, _connection, _made: {"nonce": None}),
)
_defect(
    "id-token-without-fhir-user",
    "Q-TOK-20",
    "fhirUser is granted, and isn't in the id_token",
    _claims(lambda _tenant, _connection, _made: {"fhirUser": None}),
    twin="id-token-fhir-user-relative",
)
_defect(
    "id-token-fhir-user-is-always-the-member",
    "Q-TOK-20 AC-04-6",
    "The fhirUser of a representative is the member they act for",
    _claims(
        lambda tenant, connection, made: {
            "fhirUser": made.get("fhirUser")
            and f"{tenant.fhir_base}/Patient/{connection.grant.patient}"
        }
    ),
)
_defect(
    "id-token-fhir-user-not-readable",
    "Q-TOK-20",
    "The fhirUser is an address at which there is nothing",
    _claims(
        lambda tenant, _connection, made: {
            "fhirUser": made.get("fhirUser") and f"{tenant.fhir_base}/Person/{made['sub']}"
        }
    ),
    twin="id-token-fhir-user-relative",
)
_defect(
    "id-token-with-blank-subject",
    "Q-TOK-20",
    "The subject of the id_token is blank",
    _claims(lambda _tenant, _connection, _made: {"sub": ""}),
)
_defect(
    "id-token-times-in-milliseconds",
    "Q-TOK-20",
    "The times in the id_token count milliseconds",
    _claims(
        lambda _tenant, _connection, made: {
            name: made[name] * 1000 for name in ("iat", "exp", "auth_time")
        }
    ),
)
_twin(
    "id-token-audience-in-a-list",
    "Q-TOK-20",
    "The audience of the id_token is a list of one, and the authorized party is named too",
    _claims(lambda _tenant, _connection, made: {"aud": [made["aud"]], "azp": made["aud"]}),
)
_twin(
    "id-token-fhir-user-relative",
    "Q-TOK-20",
    "The fhirUser is a relative address, to be read below the FHIR base",
    _claims(
        lambda tenant, _connection, made: {
            "fhirUser": made.get("fhirUser")
            and made["fhirUser"].removeprefix(tenant.fhir_base + "/")
        }
    ),
)

# -- personal details


def _details(person: Person) -> Claims:
    return {
        "name": person.name,
        "given_name": person.given,
        "family_name": person.family,
        "birthdate": person.birth_date.isoformat(),
        "email": person.email,
    }


_defect(
    "id-token-tells-personal-details",
    "N-SCOPE-05",
    "The id_token holds name, date of birth and e-mail, though only openid was asked",
    _claims(lambda tenant, connection, _made: _details(tenant.world.people[connection.grant.user])),
    twin="id-token-audience-in-a-list",
)
_defect(
    "id-token-subject-is-the-member-number",
    "N-SCOPE-05",
    "The subject of the id_token is the number on the member's card",
    _claims(
        lambda tenant, connection, made: {
            "sub": tenant.world.people[connection.grant.user].member_number or made["sub"]
        }
    ),
)


def _full_profile(tenant: Tenant, access: Access) -> Claims:
    return {
        **userinfo.userinfo_document(tenant, access),
        **_details(tenant.world.people[access.user]),
    }


_defect(
    "userinfo-tells-personal-details",
    "N-SCOPE-05 Q-TOK-06",
    "Userinfo tells name, date of birth and e-mail to an app that asked for openid",
    oauth(userinfo_document=_full_profile),
    twin="userinfo-names-the-issuer",
)
_defect(
    "userinfo-of-another-subject",
    "Q-TOK-04 Q-TOK-20",
    "The subject that userinfo tells isn't that of the id_token",
    oauth(
        userinfo_document=lambda tenant, access: {
            **userinfo.userinfo_document(tenant, access),
            "sub": access.patient,
        }
    ),
    twin="userinfo-names-the-issuer",
)
_twin(
    "userinfo-names-the-issuer",
    "Q-TOK-04",
    "Userinfo tells the issuer beside the subject",
    oauth(
        userinfo_document=lambda tenant, access: {
            **userinfo.userinfo_document(tenant, access),
            "iss": tenant.issuer,
        }
    ),
)
