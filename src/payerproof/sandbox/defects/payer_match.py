"""Payer-to-Payer: near misses that match, and refusals that tell."""

from __future__ import annotations

from dataclasses import replace

from payerproof.sandbox.data.members import MEMBER_NUMBERS
from payerproof.sandbox.data.world import Person
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import partners
from payerproof.sandbox.fhir.call import Refused, Reply
from payerproof.sandbox.partners import matching
from payerproof.sandbox.partners.matching import Asked
from payerproof.sandbox.partners.view import View
from payerproof.sandbox.tenant import Tenant

AREA = "payer_to_payer"


def _matches(name: str, title: str, describes: object) -> None:
    seed(name, AREA, "N-BULK-21", title, partners(describes=describes))


def _with(asked: Asked, **patient: object) -> Asked:
    return replace(asked, patient={**asked.patient, **patient})


def _year_only(person: Person, asked: Asked) -> bool:
    born = person.birth_date.isoformat()
    near = str(asked.patient.get("birthDate", ""))[:4] == born[:4]
    return near and matching.describes(person, _with(asked, birthDate=born))


_matches("match-by-year-of-birth", "Of the birth date only the year is compared", _year_only)


def _any_sex(person: Person, asked: Asked) -> bool:
    return matching.describes(person, _with(asked, gender=person.gender))


_matches("match-whatever-sex", "The sex that is sent isn't compared", _any_sex)


def _names_either_way(person: Person, asked: Asked) -> bool:
    for name in asked.patient.get("name", ()):
        words = {str(name.get("family", "")).casefold(), *map(str.casefold, name.get("given", ()))}
        if words == {person.family.casefold(), person.given.casefold()}:
            right = [{"family": person.family, "given": [person.given]}]
            return matching.describes(person, _with(asked, name=right))
    return False


_matches("match-names-transposed", "Given and family name may change places", _names_either_way)


def _begins_alike(person: Person, asked: Asked) -> bool:
    for name in asked.patient.get("name", ()):
        if str(name.get("family", "")).casefold().startswith(person.family.casefold()[:6]):
            right = [{"family": person.family, "given": [person.given]}]
            return matching.describes(person, _with(asked, name=right))
    return False


_matches(
    "match-by-beginning-of-name", "Family names match by their first six letters", _begins_alike
)


def _number_not_needed(person: Person, asked: Asked) -> bool:
    numbered = [{"system": MEMBER_NUMBERS, "value": person.member_number}]
    coverage = {**asked.coverage, "identifier": numbered, "subscriberId": person.subscriber_id}
    bare = replace(asked, patient={**asked.patient, "identifier": []}, coverage=coverage)
    return matching.describes(person, bare)


_matches("match-without-number", "Name and birth date are enough for a match", _number_not_needed)


def _number_alone(person: Person, asked: Asked) -> bool:
    return matching.has_number(person, asked)


_matches("match-by-number-alone", "A member number is enough for a match", _number_alone)


def _first(tenant: Tenant, asked: Asked) -> Person | None:
    def near(person: Person) -> bool:
        return bool(person.patient) and _number_not_needed(person, asked)

    return next((person for person in tenant.world.people.values() if near(person)), None)


seed(
    "first-of-several-matches",
    AREA,
    "N-BULK-21",
    "Of several members who may be meant the first is taken",
    partners(identified=_first),
)


def _candidate_told(seen: View, asked: Asked) -> Reply:
    try:
        return matching.member_match(seen, asked)
    except Refused as refused:
        people = seen.tenant.world.people.values()
        near = next((one for one in people if matching.has_number(one, asked)), None)
        if near is None or not near.patient:
            raise
        text = f"Did you mean {near.name}, born {near.birth_date}?"
        raise Refused(422, refused.code, text) from None


seed(
    "match-tells-the-candidate",
    AREA,
    "N-BULK-21 N-LEAK-01",
    "A refused match names the member who was nearly meant",
    partners(member_match=_candidate_told),
)
