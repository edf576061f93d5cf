"""What clinics are owed and don't get as owed: thinner claims, stale consents, payments."""

from __future__ import annotations

from collections.abc import Callable

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import Change, partners
from payerproof.sandbox.defects.rewriting import Memory
from payerproof.sandbox.fhir.compartment import labels
from payerproof.sandbox.partners import content, view
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "provider_access"


def _seed(name: str, cites: str, title: str, change: Change) -> None:
    seed(name, AREA, cites, title, change)


# -- claims as they were told to the member


def _claims(change: Callable[[Resource], Resource]) -> Change:
    def told(resource: Resource) -> Resource:
        left = content.without_money(resource)
        claim = left["resourceType"] == "ExplanationOfBenefit" and left.get("use") == "claim"
        return change(left) if claim else left

    return partners(without_money=told)


def _without(*names: str) -> Callable[[Resource], Resource]:
    return lambda claim: {name: value for name, value in claim.items() if name not in names}


def _first_line(claim: Resource) -> Resource:
    return {**claim, "item": claim["item"][:1]} if "item" in claim else claim


def _by_the_month(claim: Resource) -> Resource:
    day = claim.get("billablePeriod", {}).get("start")
    if day is None:
        return claim
    return {**claim, "billablePeriod": {"start": f"{day[:7]}-01", "end": f"{day[:7]}-28"}}


_seed(
    "clinics-claims-without-diagnoses",
    "AC-05-1 AC-05-4",
    "The filter that takes money out of claims takes the diagnoses along",
    _claims(_without("diagnosis", "procedure")),
)
_seed(
    "clinics-claims-without-care-team",
    "AC-05-1",
    "Claims for clinics don't tell who treated the member: careTeam and provider are left out",
    _claims(_without("careTeam")),
)
_seed(
    "clinics-claims-of-one-line",
    "AC-05-1",
    "Of each claim clinics get the first line",
    _claims(_first_line),
)
_seed(
    "clinics-claims-by-the-month",
    "AC-05-1",
    "Dates of claims for clinics are rounded to the month",
    _claims(_by_the_month),
)

# -- what was paid under an authorization


def _paid_beside(seen: View, resource: Resource) -> Resource:
    shown = view.redacted(seen, resource)
    if not content.is_prior_authorization(shown) or seen.client.kind != "provider":
        return shown
    amount = {"value": 112.5, "currency": "USD"}
    return {**shown, "payment": {"date": "2026-10-20", "amount": amount}}


def _allowed_beside(seen: View, resource: Resource) -> Resource:
    shown = view.redacted(seen, resource)
    if not content.is_prior_authorization(shown) or seen.client.kind != "provider":
        return shown
    system = "http://hl7.org/fhir/us/carin-bb/CodeSystem/C4BBAdjudication"
    category = {"coding": [{"system": system, "code": "paidtoprovider"}]}
    total = {"category": category, "amount": {"value": 112.5, "currency": "USD"}}
    return {**shown, "total": [*shown.get("total", ()), total]}


_seed(
    "authorizations-tell-the-payment",
    "N-BULK-11 AC-05-5",
    "An authorization is joined with the claim that came of it, payment and all",
    partners(redacted=_paid_beside),
)
_seed(
    "authorizations-tell-what-was-paid",
    "N-BULK-11 AC-05-5",
    "Totals of an authorization tell what was paid to the provider under it",
    partners(redacted=_allowed_beside),
)

# -- what other law holds back, and what not

_CONSENTED: Memory[set[tuple[str, str]]] = Memory(set)


def _ever_consented(tenant: Tenant, client: PartnerClient, patient: str) -> bool:
    known, pair = _CONSENTED.of(tenant), (client.client_id, patient)
    if view.has_part2_consent(tenant, client, patient):
        known.add(pair)
    return pair in known


_seed(
    "withdrawn-part2-consent-counts",
    "N-BULK-20 AC-05-9",
    "Whether a member agreed that a clinic gets substance use records is looked up once",
    partners(has_part2_consent=_ever_consented),
)


def _protects(kind: str) -> Change:
    def is_lawful(seen: View, resource: Resource) -> bool:
        if not view.is_lawful(seen, resource):
            return False
        patient = seen.world.patient_of(resource) or ""
        held = any(labels(one) & {"42CFRPart2", "ADOL"} for one in seen.world.record(patient, kind))
        return resource["resourceType"] != kind or not held

    return partners(is_lawful=is_lawful)


_seed(
    "protected-claim-hides-all-claims",
    "AC-05-9",
    "Of a member with one protected claim no claim goes out at all",
    _protects("ExplanationOfBenefit"),
)
_seed(
    "protected-condition-hides-all-conditions",
    "AC-05-9",
    "Of a member with one protected diagnosis no diagnosis goes out at all",
    _protects("Condition"),
)


def _waits(seen: View, resource: Resource) -> bool:
    if not view.is_lawful(seen, resource):
        return False
    patient = seen.world.patient_of(resource) or ""
    held = any(
        "42CFRPart2" in labels(one)
        for kind in ("Condition", "ExplanationOfBenefit", "MedicationRequest")
        for one in seen.world.record(patient, kind)
    )
    if not held or resource["resourceType"] in ("Patient", "Coverage"):
        return True
    return seen.tenant.policies.partners.has_part2_consent(seen.tenant, seen.client, patient)


_seed(
    "rest-waits-for-part2-consent",
    "AC-05-9 N-BULK-20",
    "Of a member with a protected record nothing clinical goes out until consent to all is there",
    partners(is_lawful=_waits),
)
