"""Resources of a record held to FHIR R4 and to the profiles that they name.

The guides' own rules judge (`payerproof.guides`), their known defects respected; nothing is sent.
What cannot be decided here, a licensed code list or a reference that leads out of the record, is
told as not judged and never as wrong.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from payerproof.expect.claims import codes

if TYPE_CHECKING:
    from payerproof.guides.findings import Finding
    from payerproof.guides.validator import Validator

R4 = "http://hl7.org/fhir/StructureDefinition/"
US_CORE = "http://hl7.org/fhir/us/core/"
CARIN = "http://hl7.org/fhir/us/carin-bb/"
PLAN_NET = "http://hl7.org/fhir/us/davinci-pdex-plan-net/"
PDEX = "http://hl7.org/fhir/us/davinci-pdex/"
FORMULARY = "http://hl7.org/fhir/us/davinci-drug-formulary/"

PUBLISHED: Mapping[str, frozenset[str]] = {
    US_CORE: frozenset(
        {"3.1.0", "3.1.1", "3.2.0", "4.0.0", "5.0.0", "5.0.1"}
        | {"6.0.0", "6.1.0", "7.0.0", "8.0.0", "8.0.1", "9.0.0"}
    ),
    CARIN: frozenset(["1.0.0", "1.1.0", "2.0.0", "2.1.0", "2.2.0"]),
}
"""Versions in which HL7 published each guide, ballots left out (the guides' history pages)."""

_WHOLLY_PROFILED = frozenset(
    {
        *("AllergyIntolerance", "Condition", "Coverage", "Encounter", "Goal", "Immunization"),
        *("MedicationDispense", "MedicationRequest", "Patient", "Procedure"),
    }
)
"""Types of which US Core profiles every resource; devices, plans, documents may be others."""

_SHOWN = 4
_NOT_OURS = "reference-profile"
"""Rule that a contained resource conform to the profiles of a reference to it. R4's dom-4 forbids
meta.lastUpdated in it, which CARIN's profiles demand: no contained resource can conform."""


@dataclass(frozen=True)
class Judged:
    """What the rules of one family of profiles say of some resources."""

    count: int
    """Resources that a profile of the family judged."""
    errors: tuple[Finding, ...]
    unjudged: int
    """Rules that could not be decided."""

    @property
    def told(self) -> str:
        """One clause for a report; names elements and rules, never a value."""
        if not self.errors:
            rest = f", {self.unjudged} rules not judged" if self.unjudged else ""
            return f"no departure in {self.count} resources{rest}"
        places = Counter(f"{_path(one.location)}: {one.message}" for one in self.errors)
        listed = [f"{text} ({n} times)" for text, n in places.most_common(_SHOWN)]
        more = len(places) - len(listed)
        return " ".join(listed) + (f" and {more} more" if more > 0 else "")


def judged(resources: Iterable[Mapping[str, Any]], family: str, *held: tuple[str, str]) -> Judged:
    """Judge resources by one family: `R4` alone, or the profiles of `US_CORE` or `CARIN`.

    Of a guide's profiles those count that a resource names in meta.profile; where it names no
    version, the one of `held` (guide, version) is meant.
    """
    judge = validator(*held)
    count, unjudged = 0, 0
    errors: list[Finding] = []
    for resource in resources:
        plain = _unclaimed(resource) if family == R4 else dict(resource)
        noted = judge.pass_fast(plain)
        if noted is not None:
            sites = {judge.fast.sites[number] for number in noted.unjudged}
            applied = judge.applied(plain)
            unsure = [(site.profile, site.element, site.text) for site in sites]
        else:
            full = judge.explain(plain)
            applied, unsure = full.profiles, list(full.unjudged)
            errors += [e for e in full.errors if e.profile.startswith(family) and _is_ours(e)]
        count += any(one.startswith(family) for one in applied)
        unjudged += sum(1 for profile, _, _ in unsure if profile.startswith(family))
    return Judged(count, tuple(errors), unjudged)


def _is_ours(error: Finding) -> bool:
    return error.rule != _NOT_OURS


def odd_versions(resources: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Profiles named with a version in which their guide was never published."""
    return frozenset(
        address
        for resource in resources
        for address in named(resource)
        for guide, versions in PUBLISHED.items()
        if address.startswith(guide)
        and (version := address.partition("|")[2])
        and version.partition("-")[0] not in versions
    )


def versions_of(resources: Iterable[Mapping[str, Any]], guide: str) -> frozenset[str]:
    """Versions of a guide's profiles that resources name in meta.profile."""
    return frozenset(
        version
        for resource in resources
        for address in named(resource)
        if address.startswith(guide) and (version := address.partition("|")[2])
    )


def fits_some(resource: Mapping[str, Any], addresses: Iterable[str], version: str) -> bool:
    """Whether a resource conforms to one of some profiles that it need not name.

    `version` is that of US Core; profiles of R4 itself have none.
    """
    plain = _unclaimed(resource)
    meta = plain.get("meta") or {}
    for address in addresses:
        canonical = f"{address}|{version}" if address.startswith(US_CORE) else address
        claiming = {**plain, "meta": {**meta, "profile": [canonical]}}
        if not validator().judge(claiming).errors:
            return True
    return False


def told_by_profile(resource: Mapping[str, Any], address: str) -> str:
    """How a resource departs from a profile that it need not name; "" where it conforms."""
    plain = _unclaimed(resource)
    claiming = {**plain, "meta": {**(plain.get("meta") or {}), "profile": [address]}}
    errors = tuple(validator().judge(claiming).errors)
    return Judged(1, errors, 0).told if errors else ""


def bound_to_us_core(resource: Mapping[str, Any]) -> bool:
    """Whether US Core has a profile for whatever a resource of its kind tells.

    Observations and reports may be of kinds that no profile speaks of; laboratory results are not.
    """
    kind = resource.get("resourceType")
    if kind in ("Observation", "DiagnosticReport"):
        return bool(codes(resource.get("category")) & {"laboratory", "LAB"})
    return kind in _WHOLLY_PROFILED


def named(resource: Mapping[str, Any]) -> list[str]:
    """The profiles that a resource names, with their versions."""
    meta = resource.get("meta")
    listed = meta.get("profile") if isinstance(meta, Mapping) else None
    return [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []


def _unclaimed(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The resource without the profiles that it names, so that R4 alone judges it."""
    meta = resource.get("meta")
    if not isinstance(meta, Mapping):
        return dict(resource)
    kept = {name: value for name, value in meta.items() if name != "profile"}
    rest = {name: value for name, value in resource.items() if name != "meta"}
    return {**rest, "meta": kept} if kept else rest


def validator(*held: tuple[str, str]) -> Validator:
    """The one validator of this process for some versions of guides, else for the default ones."""
    from payerproof.guides.library import DEFAULTS
    from payerproof.guides.validator import full_names

    odd = full_names(dict(held)).items() - DEFAULTS.items()
    return _validator(tuple(sorted(odd)))


@lru_cache(maxsize=4)
def _validator(held: tuple[tuple[str, str], ...]) -> Validator:
    from payerproof.guides.validator import Validator

    return Validator(dict(held))


def _path(location: str) -> str:
    """An element's path without indexes."""
    return re.sub(r"\[\d+\]", "", location)
