"""Faults of discovery that an app meets later: words nobody knows, addresses that don't serve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from payerproof.sandbox.data.coding import US_CORE_PROFILE
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.changing import data
from payerproof.sandbox.defects.replacing import Change, fhir, oauth
from payerproof.sandbox.fhir.call import FaceFacts
from payerproof.sandbox.oauth.discovery import CAPABILITIES, smart_configuration

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant

Statement = dict[str, Any]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "discovery", tuple(cites.split()), title, change, twin=twin))


def _smart(**changed: Any) -> Change:
    """The SMART configuration with members replaced; None leaves one out."""

    def document(tenant: Tenant) -> dict[str, Any]:
        merged = {**smart_configuration(tenant), **changed}
        return {name: value for name, value in merged.items() if value is not None}

    return oauth(smart_configuration=document)


_defect(
    "smart-configuration-capabilities-misspelt",
    "Q-DISC-05",
    "The SMART configuration names capabilities in words that SMART doesn't know",
    _smart(capabilities=[*CAPABILITIES, "standalone_launch", "patient-access"]),
    twin="smart-configuration-with-more-members",
)
_defect(
    "smart-configuration-without-revocation",
    "Q-DISC-08 N-REV-01",
    "Neither the revocation endpoint nor the page that ends app access is in the configuration",
    _smart(revocation_endpoint=None, management_endpoint=None),
)
_defect(
    "token-endpoint-by-mail-only",
    "Q-DISC-10",
    "The published token endpoint is that of the test system; the right one comes by mail",
    oauth(
        smart_configuration=lambda tenant: {
            **smart_configuration(tenant),
            "token_endpoint": f"{tenant.base}/oauth/staging/token",
        }
    ),
)


def _without_us_core(statement: Statement, _face: FaceFacts) -> Statement:
    def kept(address: str) -> bool:
        return "/us/core/" not in address

    for name in ("instantiates", "implementationGuide"):
        statement[name] = [address for address in statement[name] if kept(address)]
    for one in statement["rest"][0]["resource"]:
        profiles = [address for address in one.pop("supportedProfile", []) if kept(address)]
        if profiles:
            one["supportedProfile"] = profiles
    return statement


_defect(
    "capability-without-us-core",
    "Q-DATA-26",
    "The CapabilityStatement names CARIN BB and says nothing of US Core",
    fhir(capability=_without_us_core),
    twin="capability-in-another-order",
)


@data(
    "resources-of-an-older-us-core",
    "discovery",
    "Q-DATA-26 Q-DATA-08",
    "Clinical resources name US Core 3.1.1, and the CapabilityStatement declares 6.1.0",
)
def _older(world: World) -> World:
    def change(resource: Resource) -> Resource:
        named = resource["meta"].get("profile", [])
        profiles = [
            f"{one.partition('|')[0]}|3.1.1" if one.startswith(US_CORE_PROFILE) else one
            for one in named
        ]
        if not profiles:
            return resource
        return {**resource, "meta": {**resource["meta"], "profile": profiles}}

    for kind in world.types:
        world = world.edit(kind, change)
    return world
