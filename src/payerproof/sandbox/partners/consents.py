"""Rules on the consents that come with a match: treatment attestations, and payers' consents."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from payerproof.sandbox.data.coding import NPI

if TYPE_CHECKING:
    from payerproof.sandbox.partners.clients import PartnerClient
    from payerproof.sandbox.partners.matching import Asked
    from payerproof.sandbox.tenant import Tenant

PAYER_IDS = "https://payer.sandbox.example/payer-id"
OWN_PAYER_ID = "SBX01"
_SCOPE = ("http://terminology.hl7.org/CodeSystem/consentscope", "patient-privacy")


def attestation_holds(tenant: Tenant, client: PartnerClient, asked: Asked) -> bool:
    """Whether a clinic attests that it treats this patient now (PDex 2.2.0, Treatment Attestation).

    Active and verified, by an organization of the client's NPI, about the patient sent, for now.
    """
    consent = asked.consent
    verified = any(one.get("verified") is True for one in consent.get("verification", ()))
    organizations = [
        *consent.get("organization", ()),
        *consent.get("performer", ()),
    ]
    by_client = any(identifies(one, NPI, client.npi) for one in organizations)
    return verified and by_client and _permits(tenant, asked)


def consent_allows(tenant: Tenant, client: PartnerClient, asked: Asked) -> bool:
    """Whether a consent lets this payer give the patient's record to that one (HRex Consent).

    Active, about the patient sent, from us as source to the client as recipient, for now.
    """
    actors = asked.consent.get("provision", {}).get("actor", ())
    from_us = any(
        _role(actor) == "performer" and identifies(actor["reference"], PAYER_IDS, OWN_PAYER_ID)
        for actor in actors
    )
    to_client = any(
        _role(actor) == "IRCP" and _names_payer(actor["reference"], client) for actor in actors
    )
    return from_us and to_client and _permits(tenant, asked)


def _names_payer(reference: Mapping[str, Any], client: PartnerClient) -> bool:
    return identifies(reference, PAYER_IDS, client.payer_id) or identifies(
        reference, NPI, client.npi
    )


def _role(actor: Mapping[str, Any]) -> str:
    codings = actor.get("role", {}).get("coding", ())
    return next((str(one.get("code")) for one in codings), "")


def identifies(reference: Mapping[str, Any], system: str, value: str) -> bool:
    """Whether a logical reference carries this identifier."""
    identifier = reference.get("identifier", {})
    return bool(value) and (identifier.get("system"), identifier.get("value")) == (system, value)


def _permits(tenant: Tenant, asked: Asked) -> bool:
    """Whether a consent is active, about the patient sent, permits, and is in its period."""
    consent = asked.consent
    codings = consent.get("scope", {}).get("coding", ())
    about = str(consent.get("patient", {}).get("reference", "")).rpartition("/")[2]
    provision = consent.get("provision", {})
    start, end = consent_starts(consent), consent_ends(consent)
    now = tenant.clock.now()
    return (
        consent.get("status") == "active"
        and any((one.get("system"), one.get("code")) == _SCOPE for one in codings)
        and bool(about)
        and about == asked.patient.get("id")
        and provision.get("type") == "permit"
        and start is not None
        and start <= now
        and (end is None or now < end)
    )


def consent_starts(consent: Mapping[str, Any]) -> float | None:
    """First moment of a consent's period in seconds; None where it isn't said or isn't a date."""
    return _moment(consent.get("provision", {}).get("period", {}).get("start"), last=False)


def consent_ends(consent: Mapping[str, Any]) -> float | None:
    """Moment after which a consent no longer holds; a day counts to its end. None: no end said."""
    return _moment(consent.get("provision", {}).get("period", {}).get("end"), last=True)


def _moment(text: Any, *, last: bool) -> float | None:
    if not isinstance(text, str):
        return None
    try:
        if len(text) == 10:
            day = date.fromisoformat(text) + timedelta(days=last)
            return datetime.combine(day, time(), UTC).timestamp()
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return 0.0 if last else None
