"""What of a record a clinic gets: money, secrets, dates, prior authorizations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import partners
from payerproof.sandbox.fhir.compartment import labels
from payerproof.sandbox.partners import content, view
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "provider_access"
Money = Callable[[Resource], Resource]


def _keeping(*names: str) -> Money:
    """A filter that forgets some top-level elements."""

    def kept(resource: Resource) -> Resource:
        forgotten = {name: resource[name] for name in names if name in resource}
        return {**content.without_money(resource), **forgotten}

    return kept


def _money(name: str, title: str, strip: Money) -> None:
    seed(name, AREA, "N-BULK-11 AC-05-4", title, partners(without_money=strip))


_money(
    "amounts-in-notes",
    "Amounts are taken out of elements, not out of the words of a note",
    _keeping("processNote"),
)
_money(
    "amounts-in-extensions",
    "The filter doesn't look into extensions",
    _keeping("extension"),
)
_money("payment-kept", "What was paid, and when, goes out to clinics", _keeping("payment"))
_money("totals-kept", "Sums by category, cost-sharing among them, go out", _keeping("total"))


def _claims_only(resource: Resource) -> Resource:
    if resource["resourceType"] == "ExplanationOfBenefit":
        return content.without_money(resource)
    return resource


_money("copay-in-coverage", "Only claims are filtered; costToBeneficiary stays", _claims_only)


def _by_paths(resource: Resource) -> Resource:
    """A list of paths, written by somebody who had a professional claim before them."""
    if content.is_prior_authorization(resource) or "item" not in resource:
        return content.without_money(resource)
    header = resource.get("adjudication")
    left = content.without_money(resource)
    return {**left, "adjudication": header} if header else left


_money(
    "amounts-at-the-header",
    "Amounts are taken from lines and totals; the adjudication of the header is forgotten",
    _by_paths,
)


def _professional_only(resource: Resource) -> Resource:
    kinds = [one.get("code") for one in resource.get("type", {}).get("coding", ())]
    return resource if "pharmacy" in kinds else content.without_money(resource)


_money(
    "pharmacy-amounts-kept",
    "Pharmacy claims go out unfiltered",
    _professional_only,
)


def _no_remittance(_resource: Resource) -> bool:
    return False


seed(
    "remittance-document-sent",
    AREA,
    "N-BULK-11",
    "Remittance advices are among the documents that clinics get",
    partners(is_remittance=_no_remittance),
)


def _authorizations_too(resource: Resource) -> Resource:
    if content.is_prior_authorization(resource):
        return content.without_money({**resource, "use": "claim"}) | {"use": resource["use"]}
    return content.without_money(resource)


seed(
    "authorizations-without-amounts",
    AREA,
    "AC-05-5",
    "Amounts asked for are taken out of prior authorizations as well",
    partners(without_money=_authorizations_too),
    lawful=True,
)


def _no_authorizations(seen: View, resource: Resource) -> bool:
    return not content.is_prior_authorization(resource) and view.is_delivered(seen, resource)


seed(
    "authorizations-left-out",
    AREA,
    "AC-05-5",
    "Prior authorizations aren't given to clinics",
    partners(is_delivered=_no_authorizations),
    twin="authorizations-without-amounts",
)


def _no_denied(seen: View, resource: Resource) -> bool:
    return not content.is_denied(resource) and view.is_delivered(seen, resource)


seed(
    "denied-authorizations-left-out",
    AREA,
    "AC-05-5",
    "Denied prior authorizations are left out for clinics, as for payers",
    partners(is_delivered=_no_denied),
)


def _no_clinical(seen: View, resource: Resource) -> bool:
    return resource["resourceType"] not in ("Condition", "Observation") and view.is_delivered(
        seen, resource
    )


seed(
    "clinics-get-claims-only",
    AREA,
    "AC-05-1",
    "Clinics get claims but not the diagnoses and results that the plan holds",
    partners(is_delivered=_no_clinical),
)


def _after_new_year(resource: Resource) -> bool:
    day = content.last_day(resource)
    return day is None or day > date(2016, 1, 1)


seed(
    "clinics-get-nothing-of-new-years-day",
    AREA,
    "N-BULK-20 AC-05-6",
    "Services of 2016-01-01 are left out: «after» was read for «on or after»",
    partners(after_floor=_after_new_year),
)


def _last_three_years(resource: Resource) -> bool:
    day = content.last_day(resource)
    return day is None or day >= date(2023, 11, 21)


seed(
    "clinics-get-three-years",
    AREA,
    "AC-05-6",
    "Clinics get the last three years only",
    partners(after_floor=_last_three_years),
)


def _adolescents_only(_seen: View, resource: Resource) -> bool:
    return "ADOL" not in labels(resource)


seed(
    "substance-use-records-sent",
    AREA,
    "N-BULK-20 N-LEAK-10 AC-05-9",
    "Substance use records are labelled, and go out to clinics without consent",
    partners(is_lawful=_adolescents_only),
)


def _claims_filtered(seen: View, resource: Resource) -> bool:
    claim = resource["resourceType"] == "ExplanationOfBenefit"
    return view.is_lawful(seen, resource) if claim else _adolescents_only(seen, resource)


seed(
    "substance-use-drugs-sent",
    AREA,
    "N-LEAK-10 N-BULK-20",
    "Substance use claims are held back; the prescriptions and diagnoses behind them aren't",
    partners(is_lawful=_claims_filtered),
)


def _anybodys_consent(tenant: Tenant, _client: PartnerClient, patient: str) -> bool:
    person = tenant.world.person_of(patient)
    return person is not None and any(one == person.user for _, one in tenant.partners.part2)


seed(
    "consent-for-one-opens-all",
    AREA,
    "N-BULK-20",
    "A written consent for one clinic opens substance use records to every clinic",
    partners(has_part2_consent=_anybodys_consent),
)


def _no_notice(seen: View, resource: Resource) -> Resource:
    return seen.tenant.policies.partners.without_money(resource)


seed(
    "no-redisclosure-notice",
    AREA,
    "N-LEAK-11",
    "Substance use records go out with consent, but without the notice against redisclosure",
    partners(redacted=_no_notice),
)


def _unlabelled(seen: View, resource: Resource) -> Resource:
    shown = view.redacted(seen, resource)
    meta = {name: value for name, value in shown["meta"].items() if name != "security"}
    return {**shown, "meta": meta}


seed(
    "labels-lost-on-the-way",
    AREA,
    "N-LEAK-11",
    "Security labels are dropped from what clinics get",
    partners(redacted=_unlabelled),
)
