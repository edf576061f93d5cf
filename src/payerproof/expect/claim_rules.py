"""CARIN Blue Button's rules on claims that no profile can express, over a member's claims.

From General Guidance and the notes on the EOB profiles (1.1.0 to 2.2.0).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from payerproof.expect.claims import Claim, amounts, codes, codings, mappings, profiles
from payerproof.expect.vocabularies import ABSENT, NDC
from payerproof.fhir.surroundings import local

UNIQUE_ID = "uc"
"""Code of the identifier type of a unique claim id (C4BBIdentifierType)."""

_PAID = ("benefit", "paidtoprovider", "paidtopatient")
_REPLACED_BY = "replacedby"
_PRIOR = "prior"


def without_known_type(claims: Iterable[Claim]) -> list[Claim]:
    """Claims whose type is missing or declared absent."""
    return [
        claim
        for claim in claims
        if not any(
            one.get("code") and one.get("system") not in ABSENT
            for one in codings(claim.get("type"))
        )
    ]


def not_complete(claims: Iterable[Claim]) -> list[Claim]:
    """Claims for what was adjudicated whose outcome is not complete."""
    return [c for c in claims if c.get("use") == "claim" and c.get("outcome") != "complete"]


def without_unique_id(claims: Iterable[Claim]) -> list[Claim]:
    """Claims none of whose identifiers is marked as the unique claim id and has a value."""
    return [
        claim
        for claim in claims
        if not any(
            one.get("value") and UNIQUE_ID in codes(one.get("type"))
            for one in mappings(claim.get("identifier"))
        )
    ]


_NUMBERED = {
    "diagnosisSequence": "diagnosis",
    "procedureSequence": "procedure",
    "careTeamSequence": "careTeam",
    "informationSequence": "supportingInfo",
}
"""Elements of a line that name others of the claim by their number."""

_NETWORKS = frozenset({"innetwork", "outofnetwork"})
"""Payment status of what was paid wholly in or out of network (C4BBPayerAdjudicationStatus)."""


def with_dangling_numbers(claims: Iterable[Claim]) -> list[Claim]:
    """Claims with a line that names a diagnosis, procedure, provider or info they do not have."""
    return [
        claim
        for claim in claims
        if any(
            not set(_numbers(line.get(pointer))) <= _sequences(claim, element)
            for line in mappings(claim.get("item"))
            for pointer, element in _NUMBERED.items()
        )
    ]


def oral_with_revenue(claims: Iterable[Claim]) -> list[Claim]:
    """Oral claims with a revenue code on a line: only hospitals have these."""
    return [
        claim
        for claim in claims
        if "oral" in codes(claim.get("type"))
        and any(line.get("revenue") for line in mappings(claim.get("item")))
    ]


def mixed_and_not_other(claims: Iterable[Claim]) -> list[Claim]:
    """Claims paid in part in and in part out of network whose status as a whole is one of both."""
    found = []
    for claim in claims:
        lines = [a for i in mappings(claim.get("item")) for a in mappings(i.get("adjudication"))]
        if _networks(lines) >= _NETWORKS:
            found += [claim] if _networks(mappings(claim.get("adjudication"))) & _NETWORKS else []
    return found


def _numbers(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _sequences(claim: Claim, element: str) -> set[Any]:
    return {one.get("sequence") for one in mappings(claim.get(element))}


def _networks(parts: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    return codes(
        [one.get("reason") for one in parts if "benefitpaymentstatus" in codes(one.get("category"))]
    )


def without_one_focus(claims: Iterable[Claim]) -> list[Claim]:
    """Claims that do not mark exactly one coverage as the one they were adjudicated under."""
    return [
        claim
        for claim in claims
        if [one.get("focal") for one in mappings(claim.get("insurance"))].count(True) != 1
    ]


def insured_by_others(
    claims: Iterable[Claim], coverages: Iterable[Mapping[str, Any]], base: str
) -> list[Claim]:
    """Claims whose insurer is not a payor of their focal coverage; unknown coverages left out."""
    payors = {
        f"Coverage/{one.get('id')}": {
            local(str(payor.get("reference") or ""), base) for payor in mappings(one.get("payor"))
        }
        for one in coverages
    }
    found = []
    for claim in claims:
        insurer = local(_reference(claim.get("insurer")), base)
        focal = [one for one in mappings(claim.get("insurance")) if one.get("focal") is True]
        known = [payors.get(local(_reference(one.get("coverage")), base)) for one in focal]
        if insurer and known and all(one is not None and one - {""} for one in known):
            found += [] if any(one and insurer in one for one in known) else [claim]
    return found


def unlinked(claims: Sequence[Claim]) -> list[str]:
    """How replaced claims and their replacements fail to name each other, one text for each."""
    by_number = {
        str(one["value"]): claim
        for claim in claims
        for one in mappings(claim.get("identifier"))
        if one.get("value")
    }
    found = []
    for claim in claims:
        for number in _related(claim, _PRIOR):
            earlier = by_number.get(number)
            if (
                earlier
                and earlier.get("status") == "active"
                and not _related(earlier, _REPLACED_BY)
            ):
                found.append("a replaced claim is active and does not name its replacement")
        for number in _related(claim, _REPLACED_BY):
            later = by_number.get(number)
            own = {str(one.get("value")) for one in mappings(claim.get("identifier"))}
            if later is None:
                found.append("a replacement that is named did not come")
            elif not own & set(_related(later, _PRIOR)):
                found.append("a replacement does not name the claim it replaced")
    return found


def compounds(claims: Iterable[Claim]) -> list[Claim]:
    """Pharmacy claims that say, by NCPDP's code or by the literal, that something was mixed."""
    return [claim for claim in claims if _is_mixed(claim) or _says_compound(claim)]


def without_ingredients(claims: Iterable[Claim]) -> list[Claim]:
    """Compounds without the code 2, or a line without the literal or its ingredients by NDC."""
    return [
        claim
        for claim in compounds(claims)
        if not _is_mixed(claim)
        or not all(
            "compound" in codes(line.get("productOrService"))
            and any(
                one.get("system") == NDC and one.get("code")
                for part in mappings(line.get("detail"))
                for one in codings(part.get("productOrService"))
            )
            for line in mappings(claim.get("item"))
        )
    ]


def _is_mixed(claim: Claim) -> bool:
    return any(
        "compoundcode" in codes(info.get("category")) and "2" in codes(info.get("code"))
        for info in mappings(claim.get("supportingInfo"))
    )


def _says_compound(claim: Claim) -> bool:
    return any(
        "compound" in codes(line.get("productOrService")) for line in mappings(claim.get("item"))
    )


def has_links(claims: Iterable[Claim]) -> bool:
    """True where some claim is linked to another."""
    return any(_related(claim, _PRIOR) or _related(claim, _REPLACED_BY) for claim in claims)


def only_basis(claims: Iterable[Claim]) -> list[Claim]:
    """Claims all of whose CARIN profiles are Basis profiles."""
    found = []
    for claim in claims:
        named = [p for p in profiles(claim) if "/C4BB-ExplanationOfBenefit" in p]
        found += [claim] if named and all(one.endswith("-Basis") for one in named) else []
    return found


def without_currency(claims: Iterable[Claim]) -> list[Claim]:
    """Claims with an amount that names no currency, or another than their others; zeros aside."""
    found = []
    for claim in claims:
        named = {money.get("currency") for money in _moneys(claim) if money.get("value")}
        found += [claim] if named and (None in named or len(named) > 1) else []
    return found


def denied_and_paid(claims: Iterable[Claim]) -> list[Claim]:
    """Claims that are denied as a whole and show an amount that the plan paid."""
    return [
        claim
        for claim in claims
        if "denied" in codes([one.get("type") for one in mappings(claim.get("payment"))])
        and any(amount > 0 for amount in amounts(claim, _PAID))
    ]


def _related(claim: Claim, code: str) -> list[str]:
    return [
        str(reference.get("value"))
        for one in mappings(claim.get("related"))
        for reference in mappings(one.get("reference"))
        if code in codes(one.get("relationship")) and reference.get("value")
    ]


def _reference(value: object) -> str:
    return str(value.get("reference") or "") if isinstance(value, Mapping) else ""


def _moneys(value: object) -> list[Mapping[str, Any]]:
    """Every Money below a value: an object of value and currency, or value alone as ``amount``."""
    if isinstance(value, list):
        return [money for inner in value for money in _moneys(inner)]
    if not isinstance(value, Mapping):
        return []
    found = [
        inner
        for name, inner in value.items()
        if name in ("amount", "net", "unitPrice")
        and isinstance(inner, Mapping)
        and "value" in inner
    ]
    for name, inner in value.items():
        if name not in ("amount", "net", "unitPrice", "contained", "extension"):
            found += _moneys(inner)
    return found
