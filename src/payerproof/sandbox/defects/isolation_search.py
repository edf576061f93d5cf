"""Searches that give another member's rows, because one way of asking is not looked at."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from payerproof.sandbox.access import Access
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import decision, fhir, seed
from payerproof.sandbox.fhir import compartment
from payerproof.sandbox.fhir.call import Asked, FaceFacts, Refused

_PATIENT = ("patient", "subject", "beneficiary", "subscriber")
Gate = Callable[[Access, Resource, World, Asked], bool]


def _unless(unasked: Callable[[Access, Asked], bool]) -> Gate:
    """Make the gate of a search that is not asked in some cases."""

    def may_find(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
        return unasked(access, asked) or compartment.may_find(access, resource, world, asked)

    return may_find


def _search(
    name: str, cites: str, title: str, unasked: Callable[[Access, Asked], bool], twin: str = ""
) -> None:
    seed(name, "isolation", cites, title, fhir(may_find=_unless(unasked)), twin=twin)


def _sent(asked: Asked, *names: str) -> list[str]:
    """Values of parameters as they were sent, modifiers left out of the name."""
    return [value for name, value in asked.sent if name.partition(":")[0] in names]


_search(
    "search-by-subscriber-open",
    "N-BOLA-03",
    "A Coverage search by subscriber is not held to the member, as one by beneficiary is",
    lambda _access, asked: bool(asked.values("subscriber")),
    twin="foreign-search-refused",
)

_search(
    "search-by-subject-open",
    "N-BOLA-03",
    "The member filter looks for the parameter patient; a search by subject goes unfiltered",
    lambda _access, asked: bool(asked.values("subject")),
    twin="foreign-search-refused",
)

_search(
    "search-by-absolute-reference-open",
    "N-BOLA-03",
    "A patient given as an absolute URL is not recognised as a patient, and not compared",
    lambda _access, asked: any("://" in value for value in _sent(asked, *_PATIENT)),
)

_search(
    "search-by-typed-patient-open",
    "N-BOLA-03",
    "The parameter patient:Patient is another name than patient, and nobody compares it",
    lambda _access, asked: any(name.endswith(":Patient") for name, _ in asked.sent),
)

_search(
    "posted-search-open",
    "N-BOLA-03 Q-REST-30",
    "The comparison of the patient parameter reads the URL; in a POST body it is not seen",
    lambda _access, asked: asked.posted and bool(_sent(asked, *_PATIENT)),
)

_search(
    "search-by-category-open",
    "N-BOLA-04",
    "A search by category without patient runs over everybody's observations",
    lambda _access, asked: bool(asked.values("category")) and not _sent(asked, *_PATIENT),
    twin="observations-need-a-patient",
)

_search(
    "search-by-change-time-open",
    "N-BOLA-04",
    "A search by _lastUpdated is answered from the index of changes, which knows no members",
    lambda _access, asked: bool(asked.values("_lastUpdated")),
)

_search(
    "second-page-unfiltered",
    "N-BOLA-04 N-BOLA-15",
    "The member filter is laid over the first page; later pages are cut from the raw result",
    lambda _access, asked: asked.offset > 0,
)

_search(
    "patient-list-first-compared",
    "N-BOLA-05",
    "Of several patients in one value the first is compared, and all are searched",
    lambda access, asked: any(
        value.split(",")[0].removeprefix("Patient/") == access.patient
        for value in _sent(asked, *_PATIENT)
        if "," in value
    ),
)

_search(
    "patient-list-contains-own",
    "N-BOLA-05 N-BOLA-07",
    "A patient parameter passes if the token's member occurs anywhere in its text",
    lambda access, asked: any(access.patient in value for value in _sent(asked, *_PATIENT)),
)

_search(
    "id-list-open",
    "N-BOLA-09 Q-REST-16",
    "With several ids in _id the search becomes a batch of lookups, which are not filtered",
    lambda _access, asked: any("," in value for value in _sent(asked, "_id")),
)

_search(
    "claim-search-by-id-open",
    "N-BOLA-09",
    "A search of claims by _id is answered by lookup, past the member filter",
    lambda _access, asked: (
        asked.resource_type == "ExplanationOfBenefit" and bool(_sent(asked, "_id"))
    ),
    twin="foreign-search-refused",
)

_search(
    "member-search-by-identifier-open",
    "N-BOLA-10",
    "Patient by identifier is a member lookup, as the call centre uses it, over all members",
    lambda _access, asked: asked.resource_type == "Patient" and bool(asked.values("identifier")),
)

_search(
    "claim-search-by-number-open",
    "N-BOLA-10",
    "A claim is found by its claim number, whoever's it is",
    lambda _access, asked: (
        asked.resource_type == "ExplanationOfBenefit" and bool(asked.values("identifier"))
    ),
)

_search(
    "member-search-by-name-open",
    "N-BOLA-10 N-BOLA-12",
    "Patient by family name and birth date searches all members",
    lambda _access, asked: bool(asked.values("family", "name", "birthdate")),
)

_search(
    "provenance-search-by-target-open",
    "N-BOLA-31",
    "Provenance is searched by its target, and the target's member is not asked",
    lambda _access, asked: bool(asked.values("target")),
)

_search(
    "contact-search-open",
    "N-BOLA-30",
    "RelatedPerson by name is not held to the member whose contact it is",
    lambda _access, asked: asked.resource_type == "RelatedPerson" and bool(asked.values("name")),
)

_search(
    "sorted-search-open",
    "N-BOLA-04",
    "A sorted search takes the statement that was written for reports, without member filter",
    lambda _access, asked: bool(asked.sort),
)


@decision(
    "may_find",
    "enrolment-trace-found",
    "isolation",
    "N-BOLA-31",
    "A Provenance that belongs to nobody is shown to everybody, and names all members",
)
def _unowned(access: Access, resource: Resource, world: World, asked: Asked) -> bool:
    unowned = resource["resourceType"] == "Provenance" and not world.patient_of(resource)
    return unowned or compartment.may_find(access, resource, world, asked)


def _both_given(access: Access, asked: Asked, *, posted: bool) -> bool:
    values = _sent(asked, *_PATIENT)
    first = values[0].removeprefix("Patient/") if values else ""
    return asked.posted == posted and len(values) > 1 and first == access.patient


def _last(name: str, values: Sequence[str]) -> Sequence[str]:
    return values[-1:] if name in _PATIENT else values


seed(
    "repeated-patient-last-wins",
    "isolation",
    "N-BOLA-06",
    "Of a repeated patient parameter the gateway compares the first and the server takes the last",
    fhir(
        occurrences=_last,
        may_find=_unless(lambda access, asked: _both_given(access, asked, posted=False)),
    ),
)

seed(
    "body-patient-wins-over-query",
    "isolation",
    "N-BOLA-06",
    "The gateway compares the patient of the URL, and the server takes that of the POST body",
    fhir(
        occurrences=_last,
        may_find=_unless(lambda access, asked: _both_given(access, asked, posted=True)),
    ),
)


@decision(
    "id_listed",
    "id-parameter-ignored",
    "isolation",
    "Q-REST-16",
    "_id is accepted and not evaluated, so that a search for another's id gives one's own row",
)
def _any_id(_logical_id: str, _listed: Sequence[str]) -> bool:
    return True


@decision(
    "foreign_search",
    "foreign-search-refused",
    "isolation",
    "N-BOLA-03",
    "A search that names anybody but the token's member is refused with 403",
    lawful=True,
)
def _refused(_face: FaceFacts) -> Refused:
    return Refused(403, "security", "Only the record of the connected member can be searched.")
