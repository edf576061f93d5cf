"""Each seeded fault of the exchange between payers shows, and a clean payer doesn't show it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from clinic import ASYNC, Clinic, at, export, fetch, poll
from defect_payer import seeded_by
from matched import bundle, coverage_of, for_payer, patient_of, payer_consent, request_of

from payerproof.sandbox.defects import all_defects

Probe = Callable[[Clinic], bool]


def wish(payer, user, opted_in=True):
    body = {"client_id": payer.client.client_id, "persona": user, "opted_in": opted_in}
    payer.control("exchange", body)


def ask(payer, user="gus", **more):
    parts = bundle(
        more.get("patient", patient_of(payer, user)),
        more.get("coverage", coverage_of(payer, user)),
        more.get("consent", payer_consent(payer, user)),
    )
    body = {"resourceType": "Parameters", "parameter": parts}
    return payer.send("POST", "Patient/$member-match", json=body)


def matched(payer, user="gus", **more):
    return ask(payer, user, **more).status_code == 200


def with_patient(**changed) -> Probe:
    return lambda p: matched(p, patient=patient_of(p, "gus", **changed))


def with_consent(**changed) -> Probe:
    return lambda p: matched(p, consent=payer_consent(p, "gus", **changed))


def group_of(payer, body):
    begun = payer.send("POST", "Group/$bulk-member-match", json=body, headers=ASYNC)
    done = poll(payer, begun.headers["content-location"])
    groups = fetch(payer, done.json()).of("Group")
    return next(g["id"] for g in groups if g["code"]["coding"][0]["code"] == "match")


def handed(payer, *users, group=""):
    group = group or group_of(payer, for_payer(payer, *users))
    return export(payer, group, exportType="hl7.fhir.us.davinci-pdex")


def unnumbered(payer):
    coverage = coverage_of(payer, "gus", identifier=None)
    return matched(payer, coverage=coverage)


def namesake(payer):
    for user in ("iva", "ivy"):
        wish(payer, user)
    return matched(payer, "iva", coverage=coverage_of(payer, "iva", identifier=None))


def other_period(payer):
    right = payer_consent(payer, "gus")
    period = {"start": "2020-01-01", "end": "2021-01-01"}
    return matched(payer, consent={**right, "provision": {**right["provision"], "period": period}})


def for_another(payer):
    third = payer.other("thirdplan")
    wish(third, "gus")
    return matched(third, consent=payer_consent(payer, "gus"))


def one_choice(payer):
    return matched(payer.other("thirdplan"))


def after_the_consent(payer):
    payer.control("clock", {"now": "2026-11-25T12:00:00Z"})
    payer.tokens.clear()
    right = payer_consent(payer, "gus")
    soon = {"start": "2026-01-01", "end": "2026-12-05"}
    consent = {**right, "provision": {**right["provision"], "period": soon}}
    parts = bundle(patient_of(payer, "gus"), coverage_of(payer, "gus"), consent)
    group = group_of(payer, request_of(parts))
    payer.control("clock", {"now": "2026-12-07T12:00:00Z"})
    payer.tokens.clear()
    return bool(handed(payer, group=group).patients())


def oldest(payer):
    payer.control("claims", {"persona": "gus", "serviced": "2022-03-01", "number": 903})
    rows = handed(payer, "gus", "ada").of("ExplanationOfBenefit")
    return min(one["billablePeriod"]["start"] for one in rows if one["use"] == "claim")


def fays(payer):
    wish(payer, "fay")
    return "42CFRPart2" in handed(payer, "fay").text()


SHOWN: dict[str, Probe] = {
    "match-by-year-of-birth": with_patient(birthDate="1953-12-31"),
    "match-whatever-sex": with_patient(gender="female"),
    "match-names-transposed": with_patient(
        name=[{"family": "Gus", "given": ["Synthetic-Almeida"]}]
    ),
    "match-by-beginning-of-name": with_patient(
        name=[{"family": "Synthetic-Alm", "given": ["Gus"]}]
    ),
    "match-without-number": unnumbered,
    "match-by-number-alone": with_patient(name=[{"family": "X", "given": ["Y"]}]),
    "first-of-several-matches": namesake,
    "match-tells-the-candidate": lambda p: (
        "Almeida" in ask(p, patient=patient_of(p, "gus", birthDate="1953-01-01")).text
    ),
    "exchange-without-opt-in": lambda p: matched(p, "dee"),
    "withdrawn-still-exchanged": lambda p: matched(p, "bruno"),
    "opt-in-for-one-opens-all": one_choice,
    "payers-consent-not-read": with_consent(status="rejected"),
    "expired-consent-taken": other_period,
    "consent-for-another-payer-taken": for_another,
    "consent-of-another-member-taken": with_consent(patient={"reference": "Patient/theirs-ada"}),
    "consent-asked-at-match-only": after_the_consent,
    "payers-get-four-years": lambda p: oldest(p) > "2022-06-01",
    "payers-get-everything": lambda p: oldest(p) < "2020-01-01",
    "denied-authorizations-exchanged": lambda p: "denialreason" in handed(p, "gus").text(),
    "payers-get-money": lambda p: '"payment"' in handed(p, "gus").text(),
    "payers-get-substance-use-records": fays,
    "attachments-not-exchanged": lambda p: not handed(p, "gus").of("DocumentReference"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_fault_shows_at_the_faulty_payer_only(name):
    faulty = at(f"plain+{name}", "othermark")
    assert matched(faulty)
    assert SHOWN[name](faulty) is True
    assert SHOWN[name](at(name="othermark")) is False


def test_every_fault_of_this_area_is_here():
    assert {n for n, d in all_defects().items() if d.area == "payer_to_payer"} == set(
        SHOWN
    ) | seeded_by("payer_answers", "payers_waiting")
