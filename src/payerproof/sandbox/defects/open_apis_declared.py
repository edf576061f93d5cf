"""Directory and formulary that declare otherwise, or search less, than their guides ask."""

from __future__ import annotations

from collections.abc import Callable

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import seed
from payerproof.sandbox.defects.replacing import public
from payerproof.sandbox.fhir.call import Criterion, Refused, Reply
from payerproof.sandbox.public import api, search
from payerproof.sandbox.public.search import Shelf

CITES = "AC-11-1"
Segments = tuple[str, ...]
Pairs = list[tuple[str, str]]
Edit = Callable[[Resource], Resource]


def _declaring(which: str, change: Edit) -> object:
    def statement(shelf: Shelf) -> Resource:
        made = api.capability_statement(shelf)
        return change(made) if shelf.api == which else made

    return statement


def _types(change: Edit) -> Edit:
    """Change what a statement says of each type."""

    def changed(made: Resource) -> Resource:
        rest = made["rest"][0]
        return {**made, "rest": [{**rest, "resource": list(map(change, rest["resource"]))}]}

    return changed


def _without_profiles(row: Resource) -> Resource:
    return {name: value for name, value in row.items() if name != "supportedProfile"}


def _base_profiles(row: Resource) -> Resource:
    base = f"http://hl7.org/fhir/StructureDefinition/{row['type']}"
    return {**row, "supportedProfile": [base]}


def _fewer(made: Resource) -> Resource:
    rest = made["rest"][0]
    return {**made, "rest": [{**rest, "resource": rest["resource"][:-2]}]}


for _name, _area, _title, _change in (
    (
        "directory-declares-no-profiles",
        "directory",
        "The directory's statement names no profile of any type",
        _types(_without_profiles),
    ),
    (
        "directory-declares-fewer-types",
        "directory",
        "The directory's statement leaves two of its types out",
        _fewer,
    ),
    (
        "formulary-declares-base-profiles",
        "formulary",
        "The formulary's statement names FHIR's own profiles, not the guide's",
        _types(_base_profiles),
    ),
):
    seed(_name, _area, CITES, _title, public(capability=_declaring(_area, _change)))


def _deaf(shelf: Shelf, resource: Resource, criterion: Criterion) -> bool:
    further = ("period", "status", "pharmacy-benefit-type", "type", "name", "coverage-area")
    if shelf.api == "formulary" and criterion.parameter.name in further:
        return True
    return search.matches(shelf, resource, criterion)


seed(
    "formulary-further-searches-ignored",
    "formulary",
    CITES,
    "The formulary's statement lists searches by status, period, type and name; they find all",
    public(matches=_deaf),
)


# -- what the guide recommends beyond what it demands: drugs by their dose form


def _answering(every: bool) -> object:
    """Find every drug by a dose form, or none."""

    def matches(shelf: Shelf, resource: Resource, criterion: Criterion) -> bool:
        if shelf.api == "formulary" and criterion.parameter.name == "doseform":
            return every
        return search.matches(shelf, resource, criterion)

    return matches


def _refused(shelf: Shelf, segments: Segments, query: Pairs) -> Reply:
    by_form = any(name.partition(":")[0] == "doseform" for name, _ in query)
    if shelf.api == "formulary" and segments[:1] == ("MedicationKnowledge",) and by_form:
        raise Refused(400, "not-supported", "Drugs are not searched by their dose form.")
    return api.found(shelf, segments, query)


seed(
    "formulary-dose-form-ignored",
    "formulary",
    CITES,
    "A search for drugs by dose form finds every drug, whatever the form",
    public(matches=_answering(every=True)),
)
seed(
    "formulary-dose-form-not-indexed",
    "formulary",
    CITES,
    "A search for drugs by dose form is accepted and finds none: the form isn't indexed",
    public(matches=_answering(every=False)),
)
seed(
    "formulary-dose-form-refused",
    "formulary",
    CITES,
    "A search for drugs by dose form, which the statement lists, is answered 400",
    public(found=_refused),
)
