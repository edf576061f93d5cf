"""What a prior authorization says: its state, days, lines, reasons and documents.

Read tolerantly from raw JSON of an ExplanationOfBenefit with use ``preauthorization``, as the PDex
Prior Authorization profile (2.0.0 to 2.2.0) lays it out. Extensions are known by the last step of
their address, since they moved from Da Vinci PAS to PDex. Review actions are those of X12 element
306 that decide something: A1 in full, A2 and A6 in part, A3 denied, A4 pending.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from payerproof.expect.claims import codes, codings, mappings

Authorization = Mapping[str, Any]

PENDING, APPROVED, PARTLY, DENIED = "pending", "approved", "partly-approved", "denied"
_ACTIONS = {"A1": APPROVED, "A2": PARTLY, "A6": PARTLY, "A3": DENIED, "A4": PENDING}
_GENERAL = frozenset({"50"})
"""Adjustment reasons that say no more than that care was not deemed necessary."""
_NO_MORE = frozenset(
    {
        *("a", "an", "any", "are", "as", "be", "because", "been", "by", "for", "is", "it", "not"),
        *("of", "that", "the", "these", "this", "to", "was", "were"),
        *("care", "considered", "deemed", "denied", "found", "item", "items", "medical"),
        *("medically", "necessary", "necessity", "need", "needed", "payer", "plan", "procedure"),
        *("request", "requested", "service", "services"),
    }
)
"""Words of which such a reason is made; one with another word says more."""


def is_authorization(resource: Mapping[str, Any]) -> bool:
    """True for an ExplanationOfBenefit that tells of a request and not of a bill."""
    return resource.get("use") == "preauthorization"


def names_authorization_profile(resource: Mapping[str, Any]) -> bool:
    """True where meta.profile names the PDex Prior Authorization profile."""
    meta = resource.get("meta")
    listed = meta.get("profile") if isinstance(meta, Mapping) else None
    return any("/pdex-priorauthorization" in str(one) for one in listed or [])


AUTHORIZATION_PROFILE = (
    "http://hl7.org/fhir/us/davinci-pdex/StructureDefinition/pdex-priorauthorization"
)


def declares_pdex(statement: Mapping[str, Any]) -> bool:
    """True where a CapabilityStatement names PDex as its guide, or lists the profile."""
    named = [
        str(one)
        for key in ("implementationGuide", "instantiates")
        for one in statement.get(key) or []
    ]
    listed = [
        str(profile)
        for rest in mappings(statement.get("rest"))
        for resource in mappings(rest.get("resource"))
        for profile in resource.get("supportedProfile") or []
    ]
    return any("/us/davinci-pdex/" in one for one in named) or any(
        one.partition("|")[0] == AUTHORIZATION_PROFILE for one in listed
    )


def state_of(row: Authorization) -> str:
    """``pending``, ``approved``, ``partly-approved``, ``denied``, or "" where nothing codes it.

    By the review actions, the lines' before the header's; without any, outcome ``queued`` is
    pending and ``partial`` partly approved.
    """
    lines = [
        {_ACTIONS[code] for part in mappings(line.get("adjudication")) for code in _decided(part)}
        for line in mappings(row.get("item"))
    ]
    found = set[str]().union(*lines) or {
        _ACTIONS[code] for part in mappings(row.get("adjudication")) for code in _decided(part)
    }
    if not found:
        return {"queued": PENDING, "partial": PARTLY}.get(str(row.get("outcome")), "")
    if len(found) == 1:
        return found.pop()
    return PENDING if PENDING in found else PARTLY


def decision_days(row: Authorization) -> frozenset[str]:
    """Days (YYYY-MM-DD) on which it was decided: of adjudications, or issue dates of its lines."""
    stated = [
        str(one.get("valueDateTime") or "")
        for part in _adjudications(row)
        for one in _extensions(part, "when-adjudicated")
    ]
    stated += [
        str(one.get("valueDate") or "")
        for line in mappings(row.get("item"))
        for one in _extensions(line, "itemPreAuthIssueDate")
    ]
    return frozenset(text[:10] for text in stated if text)


def says_when_it_ends(row: Authorization) -> bool:
    """True where an end date stands, of the whole or of a line, or words on what ends it."""
    periods = [*mappings(row.get("preAuthRefPeriod"))]
    periods += [
        period
        for line in mappings(row.get("item"))
        for one in _extensions(line, "itemPreAuthPeriod")
        for period in mappings(one.get("valuePeriod"))
    ]
    return explains(row) or any(period.get("end") for period in periods)


def line_codes(row: Authorization) -> frozenset[str]:
    """Codes of the items and services on its lines."""
    lines = [*mappings(row.get("item")), *mappings(row.get("addItem"))]
    return frozenset(code for line in lines for code in codes(line.get("productOrService")))


def denials(row: Authorization) -> tuple[Mapping[str, Any], ...]:
    """The reasons that stand with a denial, as CodeableConcepts, of lines and of the header."""
    found = [
        reason
        for part in _adjudications(row)
        if "denialreason" in codes(part.get("category"))
        for reason in mappings(part.get("reason"))
    ]
    found += [
        reason
        for part in _adjudications(row)
        for action in _extensions(part, "reviewAction")
        for one in _extensions(action, "reasonCode")
        for reason in mappings(one.get("valueCodeableConcept"))
    ]
    return tuple(found)


def is_general(reason: Mapping[str, Any]) -> bool:
    """True where the words and codes of a reason say "not necessary" at the most."""
    words = re.findall(r"\w+", str(reason.get("text") or "").lower())
    return set(words) <= _NO_MORE and codes(reason) <= _GENERAL


def explains(row: Authorization) -> bool:
    """True where words tell more than codes do: a process note or the disposition."""
    return bool(row.get("disposition")) or any(
        note.get("text") for note in mappings(row.get("processNote"))
    )


def documents(row: Authorization) -> tuple[str, ...]:
    """References of the documentation that came with the request."""
    return tuple(
        str(reference["reference"])
        for info in mappings(row.get("supportingInfo"))
        for reference in mappings(info.get("valueReference"))
        if reference.get("reference")
    )


def _adjudications(row: Authorization) -> Iterator[Mapping[str, Any]]:
    yield from mappings(row.get("adjudication"))
    for line in (*mappings(row.get("item")), *mappings(row.get("addItem"))):
        yield from mappings(line.get("adjudication"))


def _decided(part: Mapping[str, Any]) -> Iterator[str]:
    """Codes of an adjudication's review action that decide something."""
    for action in _extensions(part, "reviewAction"):
        for one in _extensions(action, "reviewActionCode"):
            for coding in codings(one.get("valueCodeableConcept")):
                if coding.get("code") in _ACTIONS:
                    yield str(coding["code"])


def _extensions(element: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    """Extensions of an element whose address ends in a name, behind any dash or slash."""
    for one in mappings(element.get("extension")):
        last = str(one.get("url") or "").rpartition("/")[2]
        if last == name or last.endswith(f"-{name}"):
            yield one
