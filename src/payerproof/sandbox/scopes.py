"""SMART scopes: strict reading of v1, v2 and granular forms (SMART App Launch 2.2.0, Scopes)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

RESOURCE_TYPES: tuple[str, ...] = (
    "AllergyIntolerance",
    "Binary",
    "CarePlan",
    "CareTeam",
    "Condition",
    "Coverage",
    "Device",
    "DiagnosticReport",
    "DocumentReference",
    "Encounter",
    "ExplanationOfBenefit",
    "Goal",
    "Immunization",
    "Location",
    "Medication",
    "MedicationDispense",
    "MedicationRequest",
    "Observation",
    "Organization",
    "Patient",
    "Practitioner",
    "PractitionerRole",
    "Procedure",
    "Provenance",
    "QuestionnaireResponse",
    "RelatedPerson",
    "ServiceRequest",
    "Specimen",
)
"""Types that a member may share, and so the only types a scope may name."""

OBSERVATION_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
CONDITION_CATEGORY = "http://terminology.hl7.org/CodeSystem/condition-category"
US_CORE_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/us-core-category"
US_CORE_CONDITION_CATEGORY = "http://hl7.org/fhir/us/core/CodeSystem/condition-category"

GRANULAR: dict[str, tuple[str, ...]] = {
    "Condition": (
        f"{CONDITION_CATEGORY}|encounter-diagnosis",
        f"{CONDITION_CATEGORY}|problem-list-item",
        f"{US_CORE_CONDITION_CATEGORY}|health-concern",
    ),
    "Observation": (
        f"{US_CORE_CATEGORY}|clinical-test",
        f"{OBSERVATION_CATEGORY}|laboratory",
        f"{OBSERVATION_CATEGORY}|social-history",
        f"{US_CORE_CATEGORY}|sdoh",
        f"{OBSERVATION_CATEGORY}|survey",
        f"{OBSERVATION_CATEGORY}|vital-signs",
    ),
}
"""Category tokens that a granular scope may name (US Core, Scopes); the code alone is taken too."""

IDENTITY = ("openid", "fhirUser")
LAUNCH = "launch/patient"
OFFLINE = "offline_access"

_DATA = re.compile(
    r"(?P<context>patient|user|system)/(?P<type>\*|[A-Z][A-Za-z]+)\."
    r"(?P<verbs>read|write|\*|c?r?u?d?s?)(?:\?(?P<query>[^\s?]+))?"
)
_V1_LETTERS = {"read": "rs", "write": "cud", "*": "cruds"}


@dataclass(frozen=True)
class DataScope:
    """One scope for data. `letters` is a subset of ``cruds`` in this order, whatever the version.

    `query` is the granular restriction as ``(("category", "laboratory"),)``, or empty.
    """

    context: str
    resource_type: str
    letters: str
    version: int
    query: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        """The scope string; a v1 scope stays v1."""
        verbs = self.letters
        if self.version == 1:
            verbs = {letters: word for word, letters in _V1_LETTERS.items()}[self.letters]
        text = f"{self.context}/{self.resource_type}.{verbs}"
        if self.query:
            text += "?" + "&".join(f"{name}={value}" for name, value in self.query)
        return text

    def covers(self, other: DataScope) -> bool:
        """Tell whether everything that `other` opens is opened by this scope."""
        return (
            self.context == other.context
            and self.resource_type in ("*", other.resource_type)
            and set(other.letters) <= set(self.letters)
            and (not self.query or set(self.query) <= set(other.query))
        )

    def readable(self) -> DataScope | None:
        """The part of this scope that reads or searches, or None: members' apps never write."""
        if self.version == 1:
            return replace(self, letters="rs") if self.letters in ("rs", "cruds") else None
        letters = "".join(letter for letter in self.letters if letter in "rs")
        return replace(self, letters=letters) if letters else None


@lru_cache(maxsize=4096)
def data_scope(text: str) -> DataScope | None:
    """Read one scope for data, or return None when it isn't one, letter by letter.

    Letters out of order, unknown or missing, resource types this payer doesn't have, and granular
    parameters other than the categories of `GRANULAR` all make it unknown.
    """
    match = _DATA.fullmatch(text)
    if match is None or not match["verbs"]:
        return None
    resource_type, verbs = match["type"], match["verbs"]
    if resource_type != "*" and resource_type not in RESOURCE_TYPES:
        return None
    version = 1 if verbs in _V1_LETTERS else 2
    query: tuple[tuple[str, str], ...] = ()
    if match["query"] is not None:
        parts = (part.partition("=") for part in match["query"].split("&"))
        query = tuple((name, value) for name, _, value in parts)
        if version == 1 or not _known_restriction(resource_type, query):
            return None
    return DataScope(match["context"], resource_type, _V1_LETTERS.get(verbs, verbs), version, query)


def _known_restriction(resource_type: str, query: tuple[tuple[str, str], ...]) -> bool:
    tokens = GRANULAR.get(resource_type, ())
    codes = {token.partition("|")[2] for token in tokens}
    return len(query) == 1 and query[0][0] == "category" and query[0][1] in codes.union(tokens)


def spelled_out(scope: DataScope, types: Iterable[str] = RESOURCE_TYPES) -> tuple[DataScope, ...]:
    """Return a wildcard scope as one scope for each type; any other scope as it is, if in types."""
    types = tuple(types)
    if scope.resource_type != "*":
        return (scope,) if scope.resource_type in types else ()
    return tuple(replace(scope, resource_type=name) for name in types)


def covered(scope: str, granted: Iterable[str]) -> bool:
    """Tell whether one scope string opens no more than a set of granted scope strings."""
    granted = tuple(granted)
    if scope in granted:
        return True
    asked = data_scope(scope)
    if asked is None:
        return False
    wider = [known for known in map(data_scope, granted) if known is not None]
    return all(
        any(have.covers(part) for have in wider)
        for one in spelled_out(asked)
        for part in (replace(one, letters=letter, version=2) for letter in one.letters)
    )


def supported() -> tuple[str, ...]:
    """Every scope string that a member can grant, for `scopes_supported` in discovery."""
    names = ("*", *RESOURCE_TYPES)
    granular = tuple(
        f"patient/{name}.rs?category={token}"
        for name, tokens in GRANULAR.items()
        for token in tokens
    )
    return (
        *IDENTITY,
        LAUNCH,
        OFFLINE,
        *(f"patient/{name}.rs" for name in names),
        *(f"patient/{name}.read" for name in names),
        *granular,
    )
