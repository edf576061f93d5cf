"""Payer-to-Payer: consents not read, and more or less handed over than is owed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import partners
from payerproof.sandbox.partners import consents, content, view
from payerproof.sandbox.partners.clients import PartnerClient
from payerproof.sandbox.partners.matches import MatchedMember
from payerproof.sandbox.partners.matching import Asked
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "payer_to_payer"


def _everybody_wants(_tenant: Tenant, _client: PartnerClient, _member: str) -> bool:
    return True


seed(
    "exchange-without-opt-in",
    AREA,
    "N-BULK-22",
    "The other payer's consent is enough; the member's own opt-in isn't looked up",
    partners(wants_exchange=_everybody_wants),
)


def _ever_wanted(tenant: Tenant, client: PartnerClient, member: str) -> bool:
    return any(
        (one.member, one.client_id) == (member, client.client_id)
        for one in tenant.partners.exchanges
    )


seed(
    "withdrawn-still-exchanged",
    AREA,
    "N-BULK-22",
    "A withdrawn opt-in goes on counting",
    partners(wants_exchange=_ever_wanted),
)


def _for_any_payer(tenant: Tenant, _client: PartnerClient, member: str) -> bool:
    day = tenant.clock.today().date()
    return any(one.member == member and one.holds_on(day) for one in tenant.partners.exchanges)


seed(
    "opt-in-for-one-opens-all",
    AREA,
    "N-BULK-22",
    "An opt-in for one payer counts for every payer",
    partners(wants_exchange=_for_any_payer),
)


def _consent_unread(_tenant: Tenant, _client: PartnerClient, asked: Asked) -> bool:
    return asked.consent.get("resourceType") == "Consent"


seed(
    "payers-consent-not-read",
    AREA,
    "N-BULK-22",
    "Any Consent is taken: status, period and parties aren't read",
    partners(consent_allows=_consent_unread),
)


def _with_provision(asked: Asked, **changed: object) -> Asked:
    provision = {**asked.consent.get("provision", {}), **changed}
    return replace(asked, consent={**asked.consent, "provision": provision})


def _period_unread(tenant: Tenant, client: PartnerClient, asked: Asked) -> bool:
    return consents.consent_allows(
        tenant, client, _with_provision(asked, period={"start": "2000-01-01"})
    )


seed(
    "expired-consent-taken",
    AREA,
    "N-BULK-22",
    "The period of a consent isn't read",
    partners(consent_allows=_period_unread),
)


def _recipient_unread(tenant: Tenant, client: PartnerClient, asked: Asked) -> bool:
    actors = [*asked.consent.get("provision", {}).get("actor", ()), _recipient(client)]
    return consents.consent_allows(tenant, client, _with_provision(asked, actor=actors))


def _recipient(client: PartnerClient) -> Mapping[str, object]:
    identifier = {"system": consents.PAYER_IDS, "value": client.payer_id}
    return {"role": {"coding": [{"code": "IRCP"}]}, "reference": {"identifier": identifier}}


seed(
    "consent-for-another-payer-taken",
    AREA,
    "N-BULK-22",
    "Whom a consent names as recipient isn't compared with who asks",
    partners(consent_allows=_recipient_unread),
)


def _subject_unread(tenant: Tenant, client: PartnerClient, asked: Asked) -> bool:
    about = {"reference": f"Patient/{asked.patient.get('id')}"}
    return consents.consent_allows(
        tenant, client, replace(asked, consent={**asked.consent, "patient": about})
    )


seed(
    "consent-of-another-member-taken",
    AREA,
    "N-BULK-22",
    "Whom a consent is about isn't compared with the member asked for",
    partners(consent_allows=_subject_unread),
)


def _once_held(_tenant: Tenant, _member: MatchedMember) -> bool:
    return True


seed(
    "consent-asked-at-match-only",
    AREA,
    "N-BULK-22",
    "A consent that ends between match and export isn't asked again",
    partners(consent_holds=_once_held),
)


def _four_years(resource: Resource, today: date) -> bool:
    day = content.last_day(resource)
    return day is None or day >= today.replace(year=today.year - 4, day=min(today.day, 28))


seed(
    "payers-get-four-years",
    AREA,
    "N-BULK-20",
    "Four years are handed over, not five",
    partners(within_five_years=_four_years),
    twin="payers-get-everything",
)


def _all_years(_resource: Resource, _today: date) -> bool:
    return True


seed(
    "payers-get-everything",
    AREA,
    "N-BULK-20",
    "More than five years are handed over",
    partners(within_five_years=_all_years),
    lawful=True,
)


def _nothing_denied(_resource: Resource) -> bool:
    return False


seed(
    "denied-authorizations-exchanged",
    AREA,
    "AC-05-5",
    "Denied prior authorizations are handed to the next payer",
    partners(is_denied=_nothing_denied),
)


def _money_for_payers(seen: View, resource: Resource) -> Resource:
    return resource if seen.client.kind == "payer" else view.redacted(seen, resource)


seed(
    "payers-get-money",
    AREA,
    "N-BULK-11",
    "Payers get claims with their amounts: the filter is for clinics alone",
    partners(redacted=_money_for_payers),
)


def _secrets_for_payers(seen: View, resource: Resource) -> bool:
    return seen.client.kind == "payer" or view.is_lawful(seen, resource)


seed(
    "payers-get-substance-use-records",
    AREA,
    "N-BULK-20 N-LEAK-10",
    "A consent to regular data hands over substance use records too",
    partners(is_lawful=_secrets_for_payers),
)


def _no_documents(seen: View, resource: Resource) -> bool:
    document = resource["resourceType"] in ("DocumentReference", "Binary")
    return not (document and seen.client.kind == "payer") and view.is_delivered(seen, resource)


seed(
    "attachments-not-exchanged",
    AREA,
    "AC-05-5",
    "Documents that came with an authorization aren't handed over",
    partners(is_delivered=_no_documents),
)
