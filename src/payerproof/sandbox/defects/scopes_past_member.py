"""Scopes that are granted or read as more than one member's choice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.isolation_batch import batch_of
from payerproof.sandbox.defects.replacing import Change, both, fhir, oauth
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked, Call, Reply
from payerproof.sandbox.oauth import asking
from payerproof.sandbox.scopes import data_scope

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "scopes", tuple(cites.split()), title, change, twin=twin))


# -- user/ scopes


def _users_too(tenant: Tenant, app: App, asked: tuple[str, ...]) -> tuple[str, ...]:
    lawful = asking.grantable(tenant, app, asked)
    read = ((scope, data_scope(scope)) for scope in asked)
    users = (scope for scope, known in read if known and known.context == "user")
    return (*lawful, *users)


def _for_users(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    user = any(scope.startswith("user/") for scope in access.scopes)
    return user or compartment.may_find(access, resource, world, asked)


_defect(
    "user-scopes-open-every-member",
    "N-SCOPE-09",
    "A user/ scope is granted to a member's app, and opens whatever the API's own user may see",
    both(oauth(grantable=_users_too), fhir(may_find=_for_users)),
    twin="user-scopes-granted",
)

# -- writing


def _all_letters(tenant: Tenant, app: App, asked: tuple[str, ...]) -> tuple[str, ...]:
    found = ((one, data_scope(one)) for one in asking.grantable(tenant, app, asked))
    return tuple(
        str(replace(known, letters="cruds", version=2)) if known else one for one, known in found
    )


_defect(
    "reading-widened-to-everything",
    "N-SCOPE-08",
    "An app that asks to read is granted every letter, creating and deleting among them",
    oauth(grantable=_all_letters),
    twin="scopes-answered-in-the-newer-form",
)

# -- batches


def _unscoped(call: Call, body: bytes) -> Reply:
    policies = replace(
        call.policies, scope_allows=lambda *_: True, granular_read=lambda *_: True,
        granular_search=lambda *_: True,
    )  # fmt: skip
    return batch_of(replace(call, policies=policies), body)


_defect(
    "batch-entries-without-scopes",
    "N-BOLA-27 N-SCOPE-01",
    "The entries of a batch are held to the token's member, and not to its scopes",
    fhir(batch=_unscoped),
    twin="batch-served",
)
