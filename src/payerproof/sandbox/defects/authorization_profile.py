"""Prior authorizations that say what PDex's profile forbids, or leave out what it demands."""

from __future__ import annotations

from collections.abc import Callable

from payerproof.sandbox.data.coding import CARIN_PROFILE, THO, concept
from payerproof.sandbox.data.world import Resource, World
from payerproof.sandbox.defects.changing import data

CITES = "AC-05-5"


def _seed(name: str, title: str, change: Callable[[Resource], Resource | None]) -> None:
    def edited(world: World) -> World:
        return world.edit_authorizations(change)

    data(name, "prior_auth_data", CITES, title)(edited)


def _without(*names: str) -> Callable[[Resource], Resource]:
    return lambda one: {name: value for name, value in one.items() if name not in names}


def _nobody_focal(one: Resource) -> Resource:
    return {**one, "insurance": [{**row, "focal": False} for row in one["insurance"]]}


def _other_category(one: Resource) -> Resource:
    for line in one.get("item", ()):
        for part in line.get("adjudication", ()):
            part["category"] = concept("https://payer.sandbox.example/decision", "decided")
    return one


def _no_adjudication(one: Resource) -> Resource:
    lines = one.get("item", ())
    kept = [{k: v for k, v in line.items() if k != "adjudication"} for line in lines]
    return {**one, "item": kept}


def _of_no_type(one: Resource) -> Resource:
    return {**one, "type": {"coding": [{"system": THO + "claim-type", "code": "preauth"}]}}


def _in_words(one: Resource) -> Resource:
    for line in one.get("item", ()):
        line["productOrService"] = {"text": "as requested"}
    return one


_seed(
    "authorizations-without-status",
    "Authorizations have no status, which FHIR and the profile demand",
    _without("status"),
)
_seed(
    "authorizations-without-insurer",
    "Authorizations don't tell which payer decided: insurer is left out",
    _without("insurer"),
)
_seed(
    "authorizations-without-insurance",
    "Authorizations name no coverage",
    _without("insurance"),
)
_seed(
    "authorizations-of-no-known-type",
    "The type of an authorization is a code that the code system doesn't have",
    _of_no_type,
)
_seed(
    "authorizations-decided-in-own-codes",
    "The categories of an authorization's decisions are the plan's own codes alone",
    _other_category,
)
_seed(
    "authorizations-without-decisions-of-lines",
    "Lines of an authorization carry no adjudication",
    _no_adjudication,
)
_seed(
    "authorizations-of-services-in-words",
    "Services of an authorization are named in words, without a code",
    _in_words,
)


def _profiled(*profiles: str) -> Callable[[Resource], Resource]:
    def change(one: Resource) -> Resource:
        meta = {name: value for name, value in one["meta"].items() if name != "profile"}
        return {**one, "meta": {**meta, "profile": list(profiles)} if profiles else meta}

    return change


_seed(
    "authorizations-without-profile",
    "Authorizations name no profile",
    _profiled(),
)
_seed(
    "authorizations-by-a-claims-profile",
    "Authorizations name the profile of professional claims",
    _profiled(CARIN_PROFILE + "C4BB-ExplanationOfBenefit-Professional-NonClinician|2.1.0"),
)


def _unnamed_and_incomplete(one: Resource) -> Resource:
    return _profiled()(_without("insurer", "outcome")(one))


_seed(
    "authorizations-unnamed-and-incomplete",
    "Authorizations name no profile, and lack the insurer and the outcome that PDex's demands",
    _unnamed_and_incomplete,
)
