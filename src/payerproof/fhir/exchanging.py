"""What another payer sends for a member's record: a Consent, and the two requests for a match.

HRex 1.1.0, $member-match and the profile hrex-consent; PDex 2.2.0, $bulk-member-match.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from payerproof.fhir.matching import ACT_CODE, CONSENT_SCOPE, NPI, PARTICIPATION, Described
from payerproof.fhir.reply import Reply

PROFILE = "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition/hrex-consent"
POLICY = "http://hl7.org/fhir/us/davinci-hrex/StructureDefinition-hrex-consent.html#"
"""Followed by ``regular`` or ``sensitive`` (value set hrex-consent-policy)."""
ROLES = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
ACTIONS = "http://terminology.hl7.org/CodeSystem/consentaction"


def consent(
    member: Described,
    *,
    source: Mapping[str, Any],
    recipient: Mapping[str, Any],
    period: tuple[str, str],
    policy: str = "regular",
    kind: str = "permit",
    status: str = "active",
    patient: str = "",
) -> dict[str, Any]:
    """A member's consent that a payer hands their record to another.

    `source` and `recipient` are References to the payer that is asked and to the one that asks;
    `period` is its first and last day or moment; `patient` names somebody else than the member
    who is asked for.
    """
    who = {"reference": f"Patient/{patient or member.patient['id']}"}
    return {
        "resourceType": "Consent",
        "id": f"{member.patient['id']}-consent",
        "meta": {"profile": [PROFILE]},
        "status": status,
        "scope": _coded(CONSENT_SCOPE, "patient-privacy"),
        "category": [_coded(ACT_CODE, "IDSCL")],
        "patient": who,
        "dateTime": period[0],
        "performer": [who],
        "sourceReference": {"display": "Signed form on file"},
        "policy": [{"uri": POLICY + policy}],
        "provision": {
            "type": kind,
            "period": {"start": period[0], "end": period[1]},
            "actor": [
                {"role": _coded(ROLES, "performer"), "reference": dict(source)},
                {"role": _coded(PARTICIPATION, "IRCP"), "reference": dict(recipient)},
            ],
            "action": [_coded(ACTIONS, "disclose")],
        },
    }


def organisation(npi: str, name: str) -> dict[str, Any]:
    """A Reference to an organisation by its NPI."""
    return {"identifier": {"system": NPI, "value": npi}, "display": name}


def single(member: Described, word: Mapping[str, Any] | None) -> dict[str, Any]:
    """The body of $member-match."""
    parts = [("MemberPatient", member.patient), ("CoverageToMatch", member.coverage)]
    listed = [{"name": name, "resource": dict(one)} for name, one in parts]
    if word is not None:
        listed.append({"name": "Consent", "resource": dict(word)})
    return {"resourceType": "Parameters", "parameter": listed}


def matched_patient(reply: Reply) -> str:
    """Logical id of the Patient that a $member-match names; empty where it names none."""
    parameters = reply.body.get("parameter")
    listed = parameters if isinstance(parameters, list) else []
    for one in (each for each in listed if isinstance(each, Mapping)):
        if one.get("name") == "MemberId":
            reference = one.get("valueReference")
            written = str((reference or {}).get("reference") or "")
            return written.rpartition("/")[2]
    return ""


def identifies(reply: Reply) -> bool:
    """Whether a $member-match answered with anybody."""
    parameters = reply.body.get("parameter")
    listed = parameters if isinstance(parameters, list) else []
    names = {one.get("name") for one in listed if isinstance(one, Mapping)}
    return reply.ok and bool(names & {"MemberIdentifier", "MemberId"})


def groups(resources: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    """Groups of a finished $bulk-member-match by the last word of their profile or code."""
    found: dict[str, Mapping[str, Any]] = {}
    for resource in resources:
        if resource.get("resourceType") == "Group":
            found[group_kind(resource)] = resource
    return found


def group_kind(group: Mapping[str, Any]) -> str:
    """``match``, ``nomatch`` or ``consentconstraint``: what a Group of a match is of."""
    codings = [
        coding
        for name in ("code",)
        for coding in (group.get(name) or {}).get("coding") or []
        if isinstance(coding, Mapping)
    ]
    return next((str(coding.get("code")) for coding in codings), "")


def _coded(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}
