"""Resources whose form is wrong: elements, codes, dates and profiles that mislead an app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from payerproof.sandbox.data.coding import ICD10, THO
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data, edited

_EOB = "ExplanationOfBenefit"


def _edited(
    name: str,
    cites: str,
    title: str,
    kind: str,
    change: Callable[[Resource], Resource | None],
    **more: Any,
) -> None:
    """Seed a mapping that writes every resource of a type otherwise."""
    data(name, "patient_access", cites, title, **more)(lambda world: edited(world, kind, change))


def _dropped(*names: str) -> Callable[[Resource], Resource]:
    def change(resource: Resource) -> Resource:
        return {key: value for key, value in resource.items() if key not in names}

    return change


def _everywhere(value: Any, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Any:
    """Pass every object within a value through `change`, from the inside out."""
    if isinstance(value, dict):
        return change({key: _everywhere(inner, change) for key, inner in value.items()})
    return [_everywhere(one, change) for one in value] if isinstance(value, list) else value


def _profiles(resource: Resource) -> Resource:
    resource["meta"].pop("profile", None)
    return resource


_edited(
    "claims-without-profile",
    "Q-DATA-08",
    "Claims don't say in meta.profile which profile they follow",
    _EOB,
    _profiles,
)


def _other_profile(claim: Resource) -> Resource:
    claim["meta"]["profile"] = [claim["meta"]["profile"][0].partition("|")[0] + "|9.9.9"]
    return claim


_edited(
    "profile-of-unknown-version",
    "Q-DATA-08",
    "Claims name a version of their profile that was never published",
    _EOB,
    _other_profile,
)


def _insured(claim: Resource) -> Resource:
    insurance = [{"coverage": one["coverage"]} for one in claim["insurance"]]
    return {**claim, "insurance": insurance}


_edited(
    "insurance-focal-missing",
    "Q-DATA-01",
    "Claims don't say which insurance is the focal one (insurance.focal is 1..1)",
    _EOB,
    _insured,
)

_edited(
    "created-missing",
    "Q-DATA-27 Q-DATA-01",
    "Claims have no created date and no outcome, which strict parsers refuse",
    _EOB,
    _dropped("created", "outcome"),
)


def _absent_status(claim: Resource) -> Resource:
    absent = {
        "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason",
        "valueCode": "unknown",
    }
    return {**_dropped("status")(claim), "_status": {"extension": [absent]}}


_edited(
    "status-absent-with-reason",
    "Q-DATA-02",
    "The status of a claim is replaced by a data-absent-reason",
    _EOB,
    _absent_status,
)


def _placeholder(claim: Resource) -> Resource:
    for item in claim["item"]:
        item["productOrService"]["text"] = "XXXXX"
    return {**claim, "disposition": "Null"}


_edited(
    "placeholder-texts",
    "Q-DATA-03",
    "Services are called XXXXX and the disposition is the word Null",
    _EOB,
    _placeholder,
)


def _systemless(condition: Resource) -> Resource:
    for coding in condition["code"]["coding"]:
        coding.pop("system")
    return condition


_edited(
    "condition-code-without-system",
    "Q-DATA-06",
    "The codes of conditions come without their code system",
    "Condition",
    _systemless,
)


def _old_systems(value: dict[str, Any]) -> dict[str, Any]:
    system = str(value.get("system", ""))
    if "carin-bb/CodeSystem/C4BBAdjudication" in system and "Status" not in system:
        return {**value, "system": "http://hl7.org/fhir/us/carin-bb/CodeSystem/adjudication"}
    return value


_edited(
    "carin-codes-of-the-ballot",
    "Q-DATA-05",
    "Adjudication categories carry a code system that was renamed before CARIN BB 1.0",
    _EOB,
    lambda claim: _everywhere(claim, _old_systems),
)


def _undotted(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("system") == ICD10:
        return {**value, "code": str(value["code"]).replace(".", "")}
    return value


_edited(
    "diagnosis-codes-undotted",
    "Q-DATA-07",
    "Diagnosis codes of claims are written without the dot that the code system has",
    _EOB,
    lambda claim: _everywhere(claim, _undotted),
)


def _created_early(claim: Resource) -> Resource:
    return {**claim, "created": "2014-06-30"}


_edited(
    "claims-created-before-service",
    "Q-DATA-10",
    "Every claim was created in 2014, long before the service it is about",
    _EOB,
    _created_early,
    twin="created-with-time-and-zone",
)


def _zoneless(encounter: Resource) -> Resource:
    period = encounter["period"]
    trimmed = {key: str(value).removesuffix("Z") for key, value in period.items()}
    return {**encounter, "period": trimmed}


_edited(
    "times-without-zone",
    "Q-DATA-11",
    "The times of encounters have no zone",
    "Encounter",
    _zoneless,
    twin="created-with-time-and-zone",
)


def _contained_provider(world: World) -> World:
    def change(claim: Resource) -> Resource:
        for one in claim.get("careTeam", ()):
            found = world.at(str(one["provider"].get("reference", "")))
            if found is not None:
                inner = {key: value for key, value in found.items() if key not in ("meta", "text")}
                claim["contained"] = [{**inner, "id": "rendering"}]
                one["provider"] = {"reference": "#rendering"}
        return claim

    return world.edit_claims(change)


data(
    "practitioner-contained-in-claim",
    "patient_access",
    "Q-DATA-14 Q-REST-24",
    "Claims contain their practitioner instead of referring to one",
    lawful=True,
)(_contained_provider)


def _own_extension(claim: Resource) -> Resource:
    own = {"url": "https://payer.sandbox.example/extension/source", "valueString": "core"}
    return {**claim, "extension": [*claim.get("extension", ()), own]}


_edited(
    "claims-with-own-extension",
    "Q-DATA-15",
    "Claims carry an extension of the payer's own, which apps may pass by",
    _EOB,
    _own_extension,
    lawful=True,
)


def _displayed(value: dict[str, Any]) -> dict[str, Any]:
    if value.get("system") == THO + "claim-type":
        return {**value, "display": str(value["code"]).capitalize()}
    return value


_edited(
    "claim-types-with-display",
    "Q-DATA-04",
    "The coding of a claim's type carries its display",
    _EOB,
    lambda claim: _everywhere(claim, _displayed),
    lawful=True,
)
