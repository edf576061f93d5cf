"""User-access brands: what a bundle has to hold (SMART App Launch 2.2.0, User-access Brands).

The cardinalities are those of the profiles UserAccessBrandsBundle, UserAccessBrand and
UserAccessEndpoint. A publisher may say that a brand was asked for a value and gave none
(data-absent-reason asked-declined or asked-unknown).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.claims import mappings
from payerproof.fhir.surroundings import references_in

Resource = Mapping[str, Any]
VERSION = "http://hl7.org/fhir/StructureDefinition/endpoint-fhir-version"
ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
EXCUSES = ("asked-declined", "asked-unknown")


def resources(bundle: Resource, kind: str) -> list[Resource]:
    """Resources of one type in a Bundle."""
    found = (entry.get("resource") for entry in mappings(bundle.get("entry")))
    return [one for one in found if isinstance(one, Mapping) and one.get("resourceType") == kind]


def bundle_lacks(bundle: Resource) -> list[str]:
    """What the Bundle itself lacks."""
    parts = {
        "type collection": bundle.get("type") == "collection",
        "timestamp": isinstance(bundle.get("timestamp"), str),
        "a brand": bool(resources(bundle, "Organization")),
        "an endpoint": bool(resources(bundle, "Endpoint")),
        "a brand that refers to each endpoint": not _unreferenced(bundle),
    }
    return [name for name, there in parts.items() if not there]


def brand_lacks(brand: Resource) -> list[str]:
    """What a brand (Organization) lacks."""
    website = [one for one in mappings(brand.get("telecom")) if one.get("system") == "url"]
    parts = {
        "name": isinstance(brand.get("name"), str) and brand["name"],
        "website": any(one.get("value") or _excused(one.get("_value")) for one in website),
    }
    return [name for name, there in parts.items() if not there]


def endpoint_lacks(endpoint: Resource) -> list[str]:
    """What an endpoint lacks."""
    versions = [one for one in mappings(endpoint.get("extension")) if one.get("url") == VERSION]
    contacts = [one for one in mappings(endpoint.get("contact")) if one.get("system") == "url"]
    kind = endpoint.get("connectionType")
    parts = {
        "status": isinstance(endpoint.get("status"), str),
        "connectionType hl7-fhir-rest": isinstance(kind, Mapping)
        and kind.get("code") == "hl7-fhir-rest",
        "FHIR version": any(one.get("valueCode") for one in versions),
        "a website for developers": any(
            one.get("value") or _excused(one.get("_value")) for one in contacts
        ),
        "an https address": str(endpoint.get("address")).startswith("https://"),
    }
    return [name for name, there in parts.items() if not there]


def named_by(bundle: Resource, identifier: Any) -> list[Resource]:
    """Brands with an identifier that the SMART configuration names."""
    if not isinstance(identifier, Mapping) or not identifier.get("value"):
        return []
    return [
        brand
        for brand in resources(bundle, "Organization")
        if any(
            one.get("value") == identifier["value"]
            and one.get("system") == identifier.get("system", one.get("system"))
            for one in mappings(brand.get("identifier"))
        )
    ]


def _unreferenced(bundle: Resource) -> list[str]:
    told = {ref for brand in resources(bundle, "Organization") for _, ref in references_in(brand)}
    known = [str(one.get("id", "")) for one in resources(bundle, "Endpoint")]
    return [name for name in known if name not in {ref.rpartition("/")[2] for ref in told}]


def _excused(element: Any) -> bool:
    """True where a value is missing with a reason that the guide allows."""
    extensions = mappings(element.get("extension")) if isinstance(element, Mapping) else ()
    return any(one.get("url") == ABSENT and one.get("valueCode") in EXCUSES for one in extensions)
