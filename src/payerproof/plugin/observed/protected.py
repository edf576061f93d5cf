"""Specially protected records: what a grant without them shows by any road."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from payerproof.expect.claims import numbers
from payerproof.expect.outcomes import NotTested
from payerproof.fhir.reply import Reply
from payerproof.plugin.grants import Grant
from payerproof.plugin.observed.providers import PROVIDERS, told_by_providers
from payerproof.plugin.observed.scene import Scene
from payerproof.plugin.people import Person

BOX = ("protected", "sensitive", "substance")
"""Words by which pages name the box for such records."""

KINDS = ("Condition", "Encounter", "MedicationRequest", "ExplanationOfBenefit")
LABELS = frozenset(("42CFRPart2", "SUD", "ETH", "ETHUD", "OPIOIDUD"))
"""Security labels of substance use records (HL7 ActCode)."""
DRUG_CODES = (
    "http://hl7.org/fhir/sid/ndc",
    "http://www.nlm.nih.gov/research/umls/rxnorm",
)
"""Code systems whose codes are drugs."""


@dataclass(frozen=True)
class Protected:
    """What two grants show of one member: with the box for protected records ticked, and not."""

    whole: Grant
    kept_back: Grant
    controls: tuple[Reply, ...] = ()
    """Searches with the first grant, by type."""
    ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By type: protected records that the first grant showed."""
    roads: Mapping[str, Reply] = field(default_factory=dict)
    """Everything that was asked with the second grant, by a name for it."""
    drugs: tuple[str, ...] = ()
    """Names of drugs that stand in protected records, and in no other by a code."""
    providers: frozenset[str] = frozenset()
    """``Type/id`` of providers whom protected records name and no other, and whom the second grant
    found where it finds nobody but the member's own."""

    @property
    def shown(self) -> dict[str, Reply]:
        """The roads by which a protected record came."""
        wanted = {(kind, one) for kind, ids in self.ids.items() for one in ids}
        return {
            name: reply
            for name, reply in self.roads.items()
            if any((r.get("resourceType"), r.get("id")) in wanted for r in reply.resources)
            or any(
                f"{r.get('resourceType')}/{r.get('id')}" in self.providers for r in reply.matches
            )
            or any(drug in reply.text.lower() for drug in self.drugs)
        }


def protected(scene: Scene) -> Protected:
    """Connect one app with the box ticked, another with it left empty, and try every road."""
    person = _somebody(scene)
    whole = scene.lease(person, include=BOX)
    kept_back = scene.lease(person)
    seeing, blind = scene.api.as_(whole), scene.api.as_(kept_back)
    asked = {kind: [("patient", whole.patient), ("_count", "100")] for kind in KINDS}
    controls = {kind: seeing.search(kind, asked[kind]) for kind in KINDS}
    searched = {f"search of {kind}": blind.search(kind, asked[kind]) for kind in KINDS}
    known = frozenset(person.persona.expect.protected_records)
    found = {
        kind: tuple(
            str(row["id"])
            for row in controls[kind].matches
            if _labelled(row)
            or numbers(row) & known
            or not _has(searched[f"search of {kind}"], str(row["id"]))
        )
        for kind in KINDS
    }
    roads = dict(searched)
    for kind, ids in found.items():
        for one in ids[:1]:
            roads[f"read of {kind}"] = blind.read(kind, one)
    for kind, one in [(kind, ids[0]) for kind, ids in found.items() if ids][:1]:
        own = [("patient", whole.patient)]
        plain = "application/json"
        roads |= {
            "search by id": blind.search(kind, _id=one),
            "search by POST": blind.search_by_post(kind, patient=whole.patient),
            "summary": blind.search(kind, [*own, ("_summary", "data")]),
            "chosen elements": blind.search(kind, [*own, ("_elements", "id,code")]),
            "plain JSON": blind.get(f"{kind}/{one}", accept=plain),
            "printed": blind.get(f"{kind}/{one}", [("_pretty", "true")]),
            "an older version of the record": blind.get(f"{kind}/{one}/_history/1"),
            "an older version of the API": blind.get(f"v1/{kind}/{one}"),
            "everything": blind.get(f"Patient/{whole.patient}/$everything"),
            "references to it": blind.search("Encounter", [*own, ("_revinclude", "*")]),
        }
    drugs = _drugs_of(controls, found)
    told = {f"search of {kind}": blind.search(kind, _count="100") for kind in PROVIDERS}
    kept = [
        row
        for kind, reply in controls.items()
        for row in reply.matches
        if str(row.get("id")) in found[kind]
    ]
    providers = told_by_providers(blind, whole.patient, kept, told, scene.member.record.everything)
    return Protected(
        whole, kept_back, tuple(controls.values()), found, roads | told, drugs, providers
    )


def _somebody(scene: Scene) -> Person:
    able = [one for one in scene.session.target.personas if one.expect.protected and one.password]
    if not able:
        raise NotTested(
            "needs a persona with specially protected records: set protected = true "
            "under [personas.expect]"
        )
    return scene.session.person(able[0])


def _labelled(row: Mapping[str, Any]) -> bool:
    labels: Iterable[Mapping[str, Any]] = (row.get("meta") or {}).get("security") or ()
    return any(label.get("code") in LABELS for label in labels)


def _drugs_of(
    controls: Mapping[str, Reply], protected: Mapping[str, tuple[str, ...]]
) -> tuple[str, ...]:
    """Drugs that protected records name by a code, and no other record does (N-LEAK-10)."""
    named: dict[bool, set[str]] = {True: set(), False: set()}
    for kind, reply in controls.items():
        for row in reply.matches:
            named[str(row.get("id")) in protected[kind]].update(_drugs_in(row))
    return tuple(sorted(named[True] - named[False]))


def _drugs_in(value: object) -> Iterator[str]:
    """First words by which coded drugs are called; shorter ones occur by chance."""
    if isinstance(value, Mapping):
        codings = [one for one in value.get("coding") or () if isinstance(one, Mapping)]
        drugs = [one for one in codings if one.get("system") in DRUG_CODES]
        for name in (value.get("text"), *(one.get("display") for one in drugs)) if drugs else ():
            first = str(name or "").lower().partition(" ")[0].strip(",;")
            if len(first) > 6:
                yield first
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _drugs_in(inner)


def _has(reply: Reply, ident: str) -> bool:
    return any(row.get("id") == ident for row in reply.matches)
