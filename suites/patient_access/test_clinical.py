"""Clinical data: every class the plan maintains, in the standard vocabularies."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from payerproof.expect.claims import CLAIMS, codes, codings, mappings
from payerproof.expect.vocabularies import LOINC, STANDARD, uses_standard, without_system
from payerproof.suite import (
    Person,
    check,
    each,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

DRUG_TYPES = ("MedicationRequest", "MedicationDispense", "Immunization")


@check("patient-access.clinical-uscdi/expected-types", needs=("member",))
def test_expected_types_come(member: Person) -> None:
    """Each resource type expected of a persona is returned."""
    expected = member.persona.expect.data
    not_applicable_unless(expected, f"The payer file names no data that {member} is known to have.")
    missing = [kind for kind in expected if not member.record.of(kind)]
    expect.that(
        not missing,
        f"each of {', '.join(expected)}",
        f"missing: {', '.join(f'{k} ({_trouble(member, k)})' for k in missing)}"
        if missing
        else ", ".join(f"{len(member.record.of(kind))} {kind}" for kind in expected),
        *(x for kind in missing or expected for x in member.record.exchanges.get(kind, ())),
    )


@check("patient-access.lab-results/value-unit-code-date", needs=("member",))
def test_laboratory_results_are_whole(member: Person) -> None:
    """Laboratory results carry value, unit, LOINC code and date."""
    # given the laboratory results, and those that laboratory reports speak of
    results = [
        row for row in member.record.of("Observation") if "laboratory" in codes(row.get("category"))
    ]
    promised = {
        str(reference.get("reference")).rpartition("/")[2]
        for report in member.record.of("DiagnosticReport")
        if "LAB" in codes(report.get("category"))
        for reference in mappings(report.get("result"))
    }
    not_applicable_unless(
        results or promised,
        f"{member}'s record holds no laboratory result, and no report that speaks of one.",
        *member.record.exchanges.get("Observation", ()),
    )
    # when each is looked at
    missing = promised - set(member.record.ids("Observation"))
    faults = {
        "without a value": [r for r in results if not _has_value(r)],
        "without a unit": [r for r in results if not _has_unit(r)],
        "without a LOINC code": [r for r in results if not _is_loinc(r)],
        "without a date": [r for r in results if not _has_date(r)],
    }
    told = [f"{len(rows)} {what}" for what, rows in faults.items() if rows]
    told += [f"{len(missing)} that a report speaks of and that do not come"] if missing else []
    # then nothing of it is wanting
    expect.that(
        not told,
        "value, unit, LOINC code and date on each laboratory result",
        ", ".join(told) or f"all of them on {len(results)} results",
        *member.record.exchanges.get("Observation", ()),
    )


@check("standards.content-vocabulary/code-systems", needs=("member",))
@each("element", STANDARD)
def test_standard_vocabularies(member: Person, element: str) -> None:
    """Diagnoses, procedures, drugs and laboratory codes use the standard systems."""
    # given every concept of that kind in the record
    concepts = [concept for concept in _concepts(member, element) if codings(concept)]
    inconclusive_unless(
        concepts,
        f"{member}'s record holds no coded {element}",
        *member.record.exchanges.get(CLAIMS, ()),
    )
    # when the systems of their codings are looked at
    local = [concept for concept in concepts if not uses_standard(concept, element)]
    nameless = [concept for concept in concepts if without_system(concept)]
    used = {str(c.get("system")) for one in local for c in codings(one) if c.get("system")}
    # then each is coded in a standard system, and each coding names its own
    expect.that(
        not local and not nameless,
        f"a standard code system for each {element}, and a system beside each code",
        f"{len(local)} of {len(concepts)} in other systems only"
        + (f" ({', '.join(sorted(used)[:3])})" if used else "")
        + f", {len(nameless)} with a code and no system",
        *member.record.exchanges.get(CLAIMS, ()),
    )


def _concepts(member: Person, element: str) -> Iterator[Mapping[str, Any]]:
    record = member.record
    claims = record.of(CLAIMS)
    pharmacy = [c for c in claims if "pharmacy" in codes(c.get("type"))]
    others = [c for c in claims if "pharmacy" not in codes(c.get("type"))]
    found: dict[str, list[object]] = {
        "diagnosis": [
            *(d.get("diagnosisCodeableConcept") for c in claims for d in _in(c, "diagnosis")),
            *(row.get("code") for row in record.of("Condition")),
        ],
        "procedure": [
            *(p.get("procedureCodeableConcept") for c in claims for p in _in(c, "procedure")),
            *(i.get("productOrService") for c in others for i in _in(c, "item")),
            *(row.get("code") for row in record.of("Procedure")),
        ],
        "drug": [
            *(i.get("productOrService") for c in pharmacy for i in _in(c, "item")),
            *(row.get("medicationCodeableConcept") for k in DRUG_TYPES for row in record.of(k)),
            *(row.get("vaccineCode") for row in record.of("Immunization")),
        ],
        "laboratory": [
            row.get("code")
            for row in record.of("Observation")
            if "laboratory" in codes(row.get("category"))
        ],
    }
    for concept in found[element]:
        yield from mappings(concept)


def _in(resource: Mapping[str, Any], name: str) -> Iterator[Mapping[str, Any]]:
    return mappings(resource.get(name))


def _trouble(member: Person, kind: str) -> str:
    return member.record.troubles.get(kind, "searched for, and none came")


def _has_value(row: Mapping[str, Any]) -> bool:
    parts = ("dataAbsentReason", "component", "hasMember")
    return any(name.startswith("value") for name in row) or any(row.get(name) for name in parts)


def _has_unit(row: Mapping[str, Any]) -> bool:
    quantity = row.get("valueQuantity")
    return not isinstance(quantity, Mapping) or bool(quantity.get("unit") or quantity.get("code"))


def _is_loinc(row: Mapping[str, Any]) -> bool:
    return any(coding.get("system") == LOINC for coding in codings(row.get("code")))


def _has_date(row: Mapping[str, Any]) -> bool:
    return any(name.startswith("effective") for name in row)
