"""What is sent to have a member matched: demographics, coverage, and a word on why.

HRex 1.1.0, $member-match; PDex 2.2.0, $provider-member-match and $bulk-member-match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from payerproof.fhir.reply import Reply

CONSENT_SCOPE = "http://terminology.hl7.org/CodeSystem/consentscope"
ACT_CODE = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
PARTICIPATION = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType"
NPI = "http://hl7.org/fhir/sid/us-npi"
ATTESTATION = "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/provider-treatment-relationship-consent"
_OF_PATIENTS = ("identifier", "name", "gender", "birthDate", "telecom", "address")
_OF_COVERAGES = (
    "identifier", "status", "type", "subscriberId", "relationship", "period", "payor", "class",
    "dependent",
)  # fmt: skip


@dataclass(frozen=True)
class Described:
    """A member as an asker describes them. Its repr shows nothing of it."""

    patient: Mapping[str, Any] = field(repr=False)
    coverage: Mapping[str, Any] = field(repr=False)

    def having(self, **changes: Any) -> Described:
        """The same with other demographics; None leaves an element out."""
        changed = {key: value for key, value in {**self.patient, **changes}.items() if value}
        return replace(self, patient=changed)

    def covered(self, **changes: Any) -> Described:
        """The same with another coverage; None leaves an element out."""
        changed = {key: value for key, value in {**self.coverage, **changes}.items() if value}
        return replace(self, coverage=changed)


def described(patient: Mapping[str, Any], coverage: Mapping[str, Any], name: str) -> Described:
    """A member as their own record describes them, under an id of the asker's."""
    asked = {"resourceType": "Patient", "id": name}
    asked |= {key: patient[key] for key in _OF_PATIENTS if key in patient}
    covered = {"resourceType": "Coverage", "id": f"{name}-coverage"}
    covered |= {key: coverage[key] for key in _OF_COVERAGES if key in coverage}
    me = {"reference": f"Patient/{name}"}
    return Described(asked, {**covered, "beneficiary": me, "subscriber": me})


def attestation(
    patient: str, npi: str, name: str, since: str, *, until: str = "", kind: str = "permit"
) -> dict[str, Any]:
    """An organisation's word that it treats a patient (PDex 2.2.0, treatment attestation)."""
    organisation = {"identifier": {"system": NPI, "value": npi}, "display": name}
    period = {"start": since, **({"end": until} if until else {})}
    return {
        "resourceType": "Consent",
        "id": f"{patient}-attestation",
        "meta": {"profile": [ATTESTATION]},
        "status": "active",
        "scope": _coded(CONSENT_SCOPE, "patient-privacy"),
        "category": [
            _coded(ACT_CODE, "IDSCL"),
            _coded("http://loinc.org", "64292-6"),
        ],
        "patient": {"reference": f"Patient/{patient}"},
        "dateTime": since,
        "performer": [organisation],
        "organization": [organisation],
        "sourceReference": {"display": "Attestation form on file"},
        "policy": [{"uri": "https://www.payerproof.example/attestation-policy"}],
        "verification": [{"verified": True, "verificationDate": since}],
        "provision": {
            "type": kind,
            "period": period,
            "actor": [{"role": _coded(PARTICIPATION, "IRCP"), "reference": organisation}],
            "purpose": [{"system": ACT_REASON, "code": "TREAT"}],
        },
    }


def bundle(member: Described, consent: Mapping[str, Any] | None) -> dict[str, Any]:
    """One member of a request for several."""
    parts: list[dict[str, Any]] = [
        {"name": "MemberPatient", "resource": dict(member.patient)},
        {"name": "CoverageToMatch", "resource": dict(member.coverage)},
    ]
    if consent is not None:
        parts.append({"name": "Consent", "resource": dict(consent)})
    return {"name": "MemberBundle", "part": parts}


def request(bundles: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The body of a request for several members."""
    return {"resourceType": "Parameters", "parameter": [dict(one) for one in bundles]}


def groups_in(reply: Reply) -> dict[str, Mapping[str, Any]]:
    """Groups of an answer by the name of their parameter: MatchedMembers …"""
    found: dict[str, Mapping[str, Any]] = {}
    parameters = reply.body.get("parameter")
    for one in parameters if isinstance(parameters, list) else ():
        resource = one.get("resource") if isinstance(one, Mapping) else None
        if isinstance(resource, Mapping) and resource.get("resourceType") == "Group":
            found[str(one.get("name"))] = resource
    return found


def members_in(group: Mapping[str, Any]) -> tuple[str, ...]:
    """Ids of the Patients that a Group refers to, without those marked inactive."""
    listed = group.get("member")
    references = (
        str((one.get("entity") or {}).get("reference") or "")
        for one in (listed if isinstance(listed, list) else ())
        if isinstance(one, Mapping) and one.get("inactive") is not True
    )
    return tuple(one.partition("Patient/")[2] for one in references if "Patient/" in one)


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
