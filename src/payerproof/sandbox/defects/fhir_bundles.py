"""Bundles whose addresses or totals are wrong, and parameters that don't mean what they say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import decision
from payerproof.sandbox.fhir import bundles, compartment, conditions, matching, paging
from payerproof.sandbox.fhir.call import Asked, Call, FaceFacts, Found


@decision(
    "full_url",
    "full-url-of-another-host",
    "patient_access",
    "Q-REST-13 N-LEAK-06",
    "fullUrl names the host behind the gateway",
    twin="bundle-with-id-and-time",
)
def _elsewhere(base: str, resource_type: str, logical_id: str) -> str:
    inside = f"http://fhir-core-02.payer.internal:8080{urlsplit(base).path}"
    return paging.full_url(inside, resource_type, logical_id)


@decision(
    "full_url",
    "full-url-without-type",
    "patient_access",
    "Q-REST-13",
    "fullUrl leaves out the type of the resource",
)
def _typeless(base: str, _resource_type: str, logical_id: str) -> str:
    return f"{base}/{logical_id}"


@decision(
    "assemble",
    "total-counts-includes",
    "patient_access",
    "Q-REST-09",
    "Bundle.total counts what was included with what matched",
    twin="counts-not-told",
)
def _with_includes(bundle: dict[str, Any], _call: Call, asked: Asked) -> dict[str, Any]:
    included = [one for one in bundle.get("entry", ()) if one["search"]["mode"] != "match"]
    if "total" not in bundle or asked.summary == "count":
        return bundle
    return {**bundle, "total": bundle["total"] + len(included)}


@decision(
    "total",
    "total-is-of-the-page",
    "patient_access",
    "Q-REST-09",
    "Bundle.total is the number of matches on the page, not of the search",
    twin="counts-not-told",
)
def _of_page(found: Found, asked: Asked, face: FaceFacts) -> int | None:
    counted = bundles.total(found, asked, face)
    if counted is None or asked.summary == "count" or asked.count == 0:
        return counted
    return min(paging.page_size(asked, face), max(0, counted - asked.offset))


@decision(
    "unknown_parameter",
    "strict-handling-ignored",
    "patient_access",
    "Q-REST-15",
    "Unknown parameters are dropped, also for a client that asks for strict handling",
)
def _lenient(name: str, _handling: str) -> bool:
    return conditions.keep_unknown(name, "lenient")


@decision(
    "unknown_parameter",
    "unknown-parameter-in-self-link",
    "patient_access",
    "Q-REST-15",
    "The self link repeats unknown parameters as if they had been applied",
    twin="self-link-sorted",
)
def _kept(name: str, handling: str) -> bool:
    conditions.keep_unknown(name, handling)
    return True


@decision(
    "merge_sources",
    "posted-search-ignores-body",
    "patient_access",
    "Q-REST-30",
    "POST _search reads the parameters of the URL, and not those of the body",
)
def _url_only(
    query: Sequence[tuple[str, str]], _body: Sequence[tuple[str, str]]
) -> Sequence[tuple[str, str]]:
    return query


@decision(
    "may_find",
    "observations-only-by-category",
    "patient_access",
    "Q-REST-20",
    "A search for observations finds nothing unless it names a category",
)
def _by_category(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    if asked.resource_type == resource["resourceType"] == "Observation":
        named = asked.values("category", "code", "_id")
        return bool(named) and compartment.may_find(access, resource, world, asked)
    return compartment.may_find(access, resource, world, asked)


@decision(
    "reference_matches",
    "typed-patient-finds-nothing",
    "patient_access",
    "Q-REST-11 Q-DATA-18",
    "patient=Patient/{id} finds nothing; only the bare id does",
)
def _bare_only(asked: str, value: Any, parameter: Any, base: str) -> bool:
    if asked.startswith("Patient/") and parameter.name == "patient":
        return False

    return matching.reference_matches(asked, value, parameter, base)
