"""Search as FHIR R4 (3.1.1), US Core 6.1.0 and CARIN BB 2.1.0 define it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from fhir_payer import Payer
from hypothesis import given
from hypothesis import strategies as st

from payerproof.sandbox.fhir import dates

CLAIMS = "/ExplanationOfBenefit"


@pytest.fixture
def payer() -> Payer:
    return Payer()


def numbers(payer: Payer, query: str, token: str = "ada") -> set[int]:
    """Claim numbers, without the member's prefix, that a search finds over all pages."""
    return {
        int(one["identifier"][0]["value"][-5:])
        for page in payer.walk(f"{CLAIMS}?{query}", token=token)
        for one in page.matches()
        if one["use"] == "claim"
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("service-date=2015-12-31", {1}),
        ("service-date=2016-01-01", {2}),
        ("service-date=2016-01-02", {3}),
        ("service-date=2016", {2, 3}),
        ("service-date=2016-01", {2, 3}),
        ("service-date=lt2016-01-01", {1}),
        ("service-date=le2016-01-01", {1, 2}),
        ("service-date=eb2016-01-01", {1}),
        ("service-date=ge2015-12-31&service-date=lt2016-01-02", {1, 2}),
        ("service-date=2026-10-20", {15}),  # by its line
        ("service-date=2026-10-27", {14, 15}),  # 15 by its header
        ("service-start-date=2026-10-20", {15}),
        ("billable-period-start=2026-10-20", set()),
        ("billable-period-start=2026-10-27", {14, 15}),
        ("service-date=2021-05-18", {4}),  # one line of a stay of four days
        ("billable-period-start=2021-05-18", {4}),
        ("service-date=2021-05-20", set()),
        ("service-date=2015-12-31,2016-01-02", {1, 3}),
        ("service-date=sa2026-10-20", {14, 15}),
        ("service-date=gt2026-10-26", {14, 15}),
        ("created=ge2026-11-01", {14, 15}),
        ("created=2016-01", {1, 2, 3}),
        ("status=cancelled", {9, 10}),
        ("identifier=26L7K00007", {7}),
        ("identifier=https://payer.sandbox.example/claim-number|26L7K00007", {7}),
        ("identifier=https://elsewhere.example|26L7K00007", set()),
        ("identifier=|26L7K00007", set()),
        ("type=oral", {6, 12}),
        ("type=http://terminology.hl7.org/CodeSystem/claim-type|oral", {6, 12}),
        ("type=http://terminology.hl7.org/CodeSystem/claim-type|&service-date=2016-01-02", {3}),
        ("type=institutional", {4, 5, 8, 13}),
        ("type=oral,institutional&service-date=ge2026-01-01", {8, 12, 13}),
        ("type:not=pharmacy&service-date=lt2017", {1, 2}),
        ("identifier:missing=true", set()),
        ("type=ORAL", set()),
    ],
)
def test_claims_are_found(payer: Payer, query: str, expected: set[int]) -> None:
    assert numbers(payer, query) == expected


def test_service_date_gap_has_no_month_lost(payer: Payer) -> None:
    whole = numbers(payer, "_count=100")
    halves = (
        numbers(payer, "service-date=lt2026-01-01"),
        numbers(payer, "service-date=ge2026-01-01"),
    )
    assert halves[0] | halves[1] == whole
    assert len(whole) == 31


def test_reference_forms_are_equal(payer: Payer) -> None:
    ada = payer.patient("ada")
    forms = (ada, f"Patient/{ada}", f"{payer.fhir_base}/Patient/{ada}")
    found = [numbers(payer, f"patient={form}") for form in forms]
    found.append(numbers(payer, f"patient:Patient={ada}"))
    assert all(one == found[0] for one in found)
    assert len(found[0]) == 31
    assert numbers(payer, f"patient=Practitioner/{ada}") == set()


def test_post_search_equals_get(payer: Payer) -> None:
    by_get = payer.ask(f"{CLAIMS}?type=pharmacy&_count=50").ids
    by_post = payer.post(f"{CLAIMS}/_search", {"type": "pharmacy", "_count": "50"}).ids
    assert by_get == by_post
    assert len(by_get) == 18


def test_post_search_wants_a_form(payer: Payer) -> None:
    answer = payer.ask(
        f"{CLAIMS}/_search",
        method="POST",
        body=b"<!DOCTYPE x>",
        headers={"Content-Type": "application/xml"},
    )
    assert answer.status == 415


@pytest.mark.parametrize(
    "query",
    [
        "AllergyIntolerance?patient={A}",
        "CarePlan?patient={A}&category=assess-plan",
        "CareTeam?patient={A}&status=active",
        "Condition?patient={A}",
        "Condition?patient={A}&category=problem-list-item",
        "Condition?patient={A}&category=http://terminology.hl7.org/CodeSystem/condition-category|"
        "encounter-diagnosis",
        "Condition?patient={A}&clinical-status=resolved",
        "Condition?patient={A}&asserted-date=ge2019-01-01",
        "Coverage?patient={A}",
        "Device?patient={A}",
        "DiagnosticReport?patient={A}&category=LAB",
        "DiagnosticReport?patient={A}&code=24323-8",
        "DiagnosticReport?patient={A}&category=LAB&date=ge2026-01-01",
        "DocumentReference?patient={A}&type=34133-9",
        "DocumentReference?patient={A}&category=clinical-note",
        "DocumentReference?patient={A}&category=clinical-note&date=ge2026-01-01T00:00:00Z",
        "DocumentReference?patient={A}&period=2026-03-10",
        "Encounter?patient={A}&date=ge2026-01-01",
        "Encounter?patient={A}&class=AMB",
        "Goal?patient={A}&lifecycle-status=active",
        "Goal?patient={A}&target-date=ge2026-01-01",
        "Immunization?patient={A}&status=completed",
        "MedicationDispense?patient={A}&status=completed&type=FFC",
        "MedicationRequest?patient={A}&intent=order",
        "MedicationRequest?patient={A}&intent=order&status=active",
        "MedicationRequest?patient={A}&intent=order&authoredon=ge2026",
        "Observation?patient={A}&category=laboratory",
        "Observation?patient={A}&category=vital-signs",
        "Observation?patient={A}&category=social-history",
        "Observation?patient={A}&category=survey",
        "Observation?patient={A}&category=sdoh",
        "Observation?patient={A}&code=http://loinc.org|4548-4",
        "Observation?patient={A}&category=laboratory&date=ge2026-01-01",
        "Patient?_id={A}",
        "Patient?identifier=MB-4471-9038-26",
        "Patient?name=ada",
        "Patient?birthdate=1949-12-10&name=Synthetic",
        "Patient?gender=female&name=Ada",
        "Patient?gender=http://hl7.org/fhir/administrative-gender|female",
        "Patient?family=synthetic-love&gender=female",
        "Practitioner?name=okafor",
        "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|1999000072",
        "PractitionerRole?specialty=207Q00000X",
        "Organization?name=Testville",
        "Organization?address=Testville",
        "Location?name=Testville",
        "Location?address-state=MD",
        "Procedure?patient={A}&date=2021-05-18",
        "RelatedPerson?patient={A}",
        "ServiceRequest?patient={A}&category=387713003",
        "ServiceRequest?patient={A}&code=609588000&authored=2021-04",
        "Specimen?patient={A}",
    ],
)
def test_the_guides_parameters_find_what_is_there(payer: Payer, query: str) -> None:
    answer = payer.ask("/" + query.format(A=payer.patient("ada")))
    assert answer.status == 200
    assert answer.resources, "the search must find something"
    kind = query.partition("?")[0]
    assert {one["resourceType"] for one in answer.resources} == {kind}
    for one in answer.matches():
        assert payer.ask(f"/{kind}/{one['id']}").json["id"] == one["id"]


def test_a_filter_that_fits_nothing_finds_nothing(payer: Payer) -> None:
    for query in (
        "Observation?category=imaging",
        "Condition?clinical-status=inactive",
        "Encounter?date=lt2016-01-01",
        "Patient?name=vela",
        "MedicationRequest?intent=plan",
    ):
        assert payer.ask(f"/{query}").resources == []


def test_unknown_parameters_strict_and_lenient(payer: Payer) -> None:
    strict = payer.ask("/Patient?bogus=1", headers={"Prefer": "handling=strict"})
    assert strict.status == 400
    lenient = payer.ask("/Patient?bogus=1&gender=female", headers={"Prefer": "handling=lenient"})
    assert lenient.status == 200
    assert "bogus" not in lenient.link("self")
    assert "gender=female" in lenient.link("self")


def test_a_modifier_that_is_not_understood_is_refused(payer: Payer) -> None:
    for query in ("Patient?name:soundex=x", "Condition?code:in=x", "Encounter?date:above=2020"):
        assert payer.ask(f"/{query}").status == 400


def test_string_search_is_by_start_and_modifiers(payer: Payer) -> None:
    assert payer.ask("/Patient?family=SYNTHETIC").ids
    assert not payer.ask("/Patient?family=Lovelace").ids
    assert payer.ask("/Patient?family:contains=love").ids
    assert not payer.ask("/Patient?family:exact=synthetic-lovelace").ids
    assert payer.ask("/Patient?family:exact=Synthetic-Lovelace").ids


def test_sorting(payer: Payer) -> None:
    pages = payer.walk(f"{CLAIMS}?_sort=-service-start-date&_count=7")
    found = [one for page in pages for one in page.matches()]
    days = [one["item"][0]["servicedDate"] for one in found if one["use"] == "claim"]
    assert days == sorted(days, reverse=True)


def test_includes_of_carin(payer: Payer) -> None:
    answer = payer.ask(
        f"{CLAIMS}?identifier=26L7K00014"
        "&_include=ExplanationOfBenefit:patient&_include=ExplanationOfBenefit:provider"
        "&_include=ExplanationOfBenefit:care-team&_include=ExplanationOfBenefit:coverage"
        "&_include=ExplanationOfBenefit:insurer"
    )
    kinds = sorted(one["resourceType"] for one in answer.included())
    assert kinds == ["Coverage", "Organization", "Organization", "Patient", "Practitioner"]
    starred = payer.ask(f"{CLAIMS}?identifier=26L7K00014&_include=ExplanationOfBenefit:*")
    assert {one["id"] for one in starred.included()} == {one["id"] for one in answer.included()}


def test_includes_iterate_and_take_a_target(payer: Payer) -> None:
    once = payer.ask("/PractitionerRole?_include=PractitionerRole:practitioner").included()
    assert {one["resourceType"] for one in once} == {"Practitioner"}
    query = f"{CLAIMS}?identifier=26L7K00014&_include=ExplanationOfBenefit:coverage"
    plain = payer.ask(query).included()
    iterated = payer.ask(query + "&_include:iterate=Coverage:payor").included()
    assert [one["resourceType"] for one in plain] == ["Coverage"]
    assert [one["resourceType"] for one in iterated] == ["Coverage", "Organization"]
    team = payer.ask("/CareTeam?_include=CareTeam:participant:Practitioner").included()
    assert {one["resourceType"] for one in team} == {"Practitioner"}


def test_revinclude_of_us_core_brings_provenance(payer: Payer) -> None:
    answer = payer.ask("/Observation?category=laboratory&_revinclude=Provenance:target")
    targets = {one["target"][0]["reference"] for one in answer.included()}
    assert targets == {f"Observation/{one['id']}" for one in answer.matches()}


def test_an_include_that_is_not_offered(payer: Payer) -> None:
    query = f"{CLAIMS}?_include=ExplanationOfBenefit:enterer"
    assert payer.ask(query).status == 200
    assert payer.ask(query, headers={"Prefer": "handling=strict"}).status == 400


def test_last_updated_narrows(payer: Payer) -> None:
    every = numbers(payer, "_count=100")
    late = numbers(payer, "_lastUpdated=ge2026-09-01")
    assert late
    assert late < every
    assert numbers(payer, "_lastUpdated=gt2026-11-21") == set()


INSTANT = st.datetimes(
    min_value=datetime(1990, 1, 1), max_value=datetime(2090, 1, 1), timezones=st.just(UTC)
).map(lambda moment: moment.replace(microsecond=0))
SPAN = st.tuples(INSTANT, INSTANT).map(lambda two: dates.Span(min(two), max(two)))
NOW = datetime(2026, 11, 21, tzinfo=UTC)


@given(SPAN, SPAN)
def test_comparators_relate_as_r4_says(wanted: dates.Span, found: dates.Span) -> None:
    def is_(prefix: str) -> bool:
        return dates.compare(prefix, wanted, found, NOW)

    assert is_("ne") != is_("eq")
    assert not (is_("sa") and is_("eb")) or wanted.start == wanted.end
    assert is_("ge") == (is_("gt") or is_("eq"))
    assert is_("le") == (is_("lt") or is_("eq"))
    if is_("sa") and found.end > wanted.end:
        assert is_("gt")
    if is_("eb") and found.start < wanted.start:
        assert is_("lt")


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2016", "2016-01-01T00:00:00+00:00", "2017-01-01T00:00:00+00:00"),
        ("2015-12", "2015-12-01T00:00:00+00:00", "2016-01-01T00:00:00+00:00"),
        ("2016-02-29", "2016-02-29T00:00:00+00:00", "2016-03-01T00:00:00+00:00"),
        ("2016-01-01T00:30:00+02:00", "2015-12-31T22:30:00+00:00", "2015-12-31T22:30:01+00:00"),
        ("2016-01-01T10:00-05:00", "2016-01-01T15:00:00+00:00", "2016-01-01T15:01:00+00:00"),
    ],
)
def test_a_date_covers_its_precision(text: str, start: str, end: str) -> None:
    span = dates.span(text)
    assert (span.start.isoformat(), span.end.isoformat()) == (start, end)


@pytest.mark.parametrize("text", ["", "16", "2016-13", "2016-1-1", "2016-01-01T10", "today"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        dates.span(text)
