"""What can be shared, in everyday words: the classes of data on the consent page."""

from __future__ import annotations

from dataclasses import dataclass

from payerproof.sandbox.scopes import (
    IDENTITY,
    LAUNCH,
    OFFLINE,
    RESOURCE_TYPES,
    DataScope,
    data_scope,
    spelled_out,
)


@dataclass(frozen=True)
class DataClass:
    """One box on the consent page, and the resource types it stands for."""

    id: str
    label: str
    short: str
    longer: str
    types: tuple[str, ...]


CLASSES: tuple[DataClass, ...] = (
    DataClass(
        "claims",
        "Claims and costs",
        "Bills the plan has received and what was paid",
        "Each visit, hospital stay, prescription or dental service that was billed to the plan: "
        "when and where it took place, what it was for, what the plan paid and what is still owed. "
        "Also care that was asked for in advance, and what the plan decided.",
        ("ExplanationOfBenefit",),
    ),
    DataClass(
        "coverage",
        "Coverage and plan",
        "Which plan, and since when",
        "Plan name, member number, group, start and end of coverage, and who holds the policy.",
        ("Coverage",),
    ),
    DataClass(
        "personal",
        "Personal details",
        "Name, birth date, address and contact details",
        "Name, birth date, sex, address, telephone, e-mail, language, race and ethnicity as far "
        "as the plan has them, and who may act for the member.",
        ("Patient", "RelatedPerson"),
    ),
    DataClass(
        "conditions",
        "Health conditions and care plans",
        "Illnesses, health concerns, goals and plans of care",
        "Conditions that have been diagnosed, health concerns, treatment goals, plans of care and "
        "the people who take part in them.",
        ("Condition", "CarePlan", "CareTeam", "Goal"),
    ),
    DataClass(
        "medicines",
        "Medicines and allergies",
        "Prescriptions, medicines picked up, allergies",
        "What was prescribed and handed out, with dose and date, and allergies or bad reactions "
        "to medicines, food or other things.",
        ("AllergyIntolerance", "Medication", "MedicationDispense", "MedicationRequest"),
    ),
    DataClass(
        "results",
        "Test results and measurements",
        "Laboratory results, blood pressure, weight, questionnaires",
        "Results of laboratory and other tests, measurements such as blood pressure and weight, "
        "answers to health questionnaires, smoking and living situation, and reports about them.",
        ("Observation", "DiagnosticReport", "Specimen"),
    ),
    DataClass(
        "visits",
        "Visits, procedures and vaccinations",
        "Appointments, operations, vaccinations, devices",
        "Visits and hospital stays with date and place, operations and other procedures, what was "
        "ordered, vaccinations, and devices such as a pacemaker.",
        ("Encounter", "Procedure", "Immunization", "Device", "ServiceRequest"),
    ),
    DataClass(
        "documents",
        "Documents",
        "Letters, summaries and notes",
        "Discharge summaries, visit notes, letters, completed forms and other papers that the plan "
        "keeps.",
        ("DocumentReference", "Binary", "QuestionnaireResponse"),
    ),
    DataClass(
        "providers",
        "Doctors, clinics and hospitals",
        "Who gave care, and where the records came from",
        "Names, addresses and specialties of the doctors, clinics, hospitals and pharmacies in "
        "the record, and who made each entry.",
        ("Organization", "Practitioner", "PractitionerRole", "Location", "Provenance"),
    ),
)
SENSITIVE = DataClass(
    "sensitive",
    "Specially protected information",
    "Treatment for alcohol or drug use and other confidential services",
    "Entries in the kinds of data ticked above that the law protects more strictly, such as "
    "treatment for alcohol or drug use. Leave this box empty to keep them out.",
    (),
)
IDENTITY_CLASS = DataClass(
    "identity",
    "Who you are to the plan",
    "An identifier that tells the app that it is you again",
    "The app learns which record stands for the person who signed in. It does not get your user "
    "name or password.",
    (),
)
OFFLINE_CLASS = DataClass(
    "offline",
    "Access while you are away",
    "The app can fetch new data when you are not using it",
    "The app can come back for the data ticked above until the end date below without asking you "
    "to sign in again.",
    (),
)
CATEGORY_WORDS = {
    "clinical-test": "results of other clinical tests",
    "laboratory": "laboratory results",
    "social-history": "social history, such as smoking",
    "sdoh": "living situation",
    "survey": "questionnaires",
    "vital-signs": "vital signs, such as blood pressure",
    "encounter-diagnosis": "diagnoses made at a visit",
    "problem-list-item": "the list of ongoing conditions",
    "health-concern": "health concerns",
}
_SENSITIVE_TYPES = frozenset(
    name
    for data_class in CLASSES
    if data_class.id not in ("coverage", "personal", "providers")
    for name in data_class.types
)


@dataclass(frozen=True)
class Item:
    """One box on the consent page. `only` names what a granular request is limited to."""

    id: str
    label: str
    short: str
    longer: str
    types: tuple[str, ...]
    ticked: bool
    only: tuple[str, ...] = ()


def data_items(scopes: tuple[str, ...]) -> tuple[Item, ...]:
    """Return a box for each class of data that the scopes ask for; nothing else is offered."""
    wanted = [part for scope in scopes if (read := data_scope(scope)) for part in spelled_out(read)]
    asked = {part.resource_type for part in wanted}
    return tuple(
        Item(c.id, c.label, c.short, c.longer, c.types, True, _limits(wanted, c.types))
        for c in CLASSES
        if asked.intersection(c.types)
    )


def _limits(wanted: list[DataScope], types: tuple[str, ...]) -> tuple[str, ...]:
    """Words for the categories that a class is limited to; empty where it isn't."""
    parts = [part for part in wanted if part.resource_type in types]
    if any(not part.query for part in parts):
        return ()
    codes = dict.fromkeys(part.query[0][1].rpartition("|")[2] for part in parts)
    return tuple(CATEGORY_WORDS[code] for code in codes)


def extra_items(scopes: tuple[str, ...]) -> tuple[Item, ...]:
    """Boxes that aren't a class of data: protected entries, identity, access while away."""
    found: list[Item] = []
    types = {p.resource_type for s in scopes if (r := data_scope(s)) for p in spelled_out(r)}
    if types & _SENSITIVE_TYPES:
        found.append(_extra(SENSITIVE, ticked=False))
    if set(scopes).intersection(IDENTITY):
        found.append(_extra(IDENTITY_CLASS, ticked=True))
    if OFFLINE in scopes:
        found.append(_extra(OFFLINE_CLASS, ticked=True))
    return tuple(found)


def _extra(c: DataClass, *, ticked: bool) -> Item:
    return Item(c.id, c.label, c.short, c.longer, c.types, ticked)


def approved_scopes(scopes: tuple[str, ...], ticked: frozenset[str]) -> tuple[str, ...]:
    """Return the scopes that the ticked boxes stand for, out of those that were asked.

    A wildcard stays one only while every class is ticked; else it is spelled out.
    """
    types = tuple(name for c in CLASSES if c.id in ticked for name in c.types)
    kept = [name for name in RESOURCE_TYPES if name in types]
    whole = len(kept) == len(RESOURCE_TYPES)
    plain = {LAUNCH, *(IDENTITY if "identity" in ticked else ())}
    if "offline" in ticked:
        plain.add(OFFLINE)
    found: list[str] = []
    for scope in scopes:
        read = data_scope(scope)
        if scope in plain or (read is not None and whole):
            found.append(scope)
        elif read is not None:
            found.extend(str(part) for part in spelled_out(read, kept))
    return tuple(dict.fromkeys(found))


def words_for(scopes: tuple[str, ...], sensitive: bool) -> tuple[str, ...]:
    """Labels of what a set of granted scopes shares, for the list of connected apps."""
    labels = [item.label for item in data_items(scopes)]
    if sensitive:
        labels.append(SENSITIVE.label)
    if OFFLINE in scopes:
        labels.append(OFFLINE_CLASS.label)
    return tuple(labels)
