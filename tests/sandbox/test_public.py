"""The open directory and formulary: Plan-Net 1.2.0, Drug Formulary 2.1.0, 42 CFR 422.120."""

from __future__ import annotations

import json

import pytest
from clinic import at

from payerproof.sandbox.faces import FACES
from payerproof.sandbox.public.tables import TABLES

APIS = ("directory", "formulary")


class Anybody:
    """Somebody without login, key or cookie."""

    def __init__(self, face="plain"):
        self.clinic = at(face)
        self.tenant = self.clinic.tenant

    def get(self, api, path, **more):
        return self.clinic.browser.send("GET", f"{self.tenant.base}/{api}/fhir/{path}", **more)

    def rows(self, api, path):
        answer = self.get(api, path)
        assert answer.status_code == 200, answer.text
        return [entry["resource"] for entry in answer.json().get("entry", [])]


@pytest.fixture
def anybody():
    return Anybody()


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("api", APIS)
def test_everything_is_open_to_anybody(face, api):
    anybody = Anybody(face)
    for kind in TABLES[api]:
        answer = anybody.get(api, f"{kind}?_count=100")
        assert answer.status_code == 200
        assert "set-cookie" not in answer.headers
        rows = [entry["resource"] for entry in answer.json()["entry"]]
        assert rows
        one = anybody.get(api, f"{kind}/{rows[0]['id']}")
        assert one.json() == rows[0]
    assert anybody.get(api, "metadata").json()["fhirVersion"] == "4.0.1"


@pytest.mark.parametrize("api", APIS)
def test_no_member_is_behind_it(anybody, api):
    for kind in ("Patient", "Coverage", "ExplanationOfBenefit", "Group"):
        assert anybody.get(api, kind).status_code == 404
    text = json.dumps([anybody.rows(api, f"{kind}?_count=100") for kind in TABLES[api]])
    for person in anybody.tenant.world.people.values():
        for fact in (person.patient, person.family, person.member_number, person.email):
            assert not fact or fact not in text


@pytest.mark.parametrize("api", APIS)
def test_references_resolve(anybody, api):
    for kind in TABLES[api]:
        for row in anybody.rows(api, f"{kind}?_count=100"):
            for reference in anybody.tenant.published[api].references(row):
                assert anybody.get(api, reference).status_code == 200, reference


def value_at(row, name, api):
    from payerproof.sandbox.fhir.matching import elements

    found = elements(row, TABLES[api][row["resourceType"]][name])
    if not found:
        return ""
    one = found[0]
    if isinstance(one, str):
        return one[:10] if name == "_lastUpdated" else one
    if "reference" in one:
        return one["reference"]
    if "start" in one:
        return "ge" + one["start"]
    if "coding" in one:
        return f"{one['coding'][0]['system']}|{one['coding'][0]['code']}"
    return next((str(one[k]) for k in ("value", "family", "city") if k in one), "")


@pytest.mark.parametrize(
    ("api", "kind", "name"),
    [(api, kind, name) for api in APIS for kind, rows in TABLES[api].items() for name in rows],
)
def test_every_parameter_finds_what_has_the_value(anybody, api, kind, name):
    rows = anybody.rows(api, f"{kind}?_count=100")
    values = [(row, value_at(row, name, api)) for row in rows]
    having = [(row, value) for row, value in values if value]
    assert having
    row, value = having[0]
    found = anybody.get(api, kind, params={name: value, "_count": "100"}).json()
    assert row["id"] in [entry["resource"]["id"] for entry in found["entry"]]
    nobody = {"date": "1999-01-01"}.get(TABLES[api][kind][name].kind, "no-such-value")
    assert anybody.get(api, kind, params={name: nobody}).json()["total"] == 0


def test_includes(anybody):
    roles = anybody.rows("directory", "PractitionerRole?_include=PractitionerRole:practitioner")
    assert {"PractitionerRole", "Practitioner"} == {row["resourceType"] for row in roles}
    back = anybody.rows("directory", "Practitioner?_revinclude=PractitionerRole:practitioner")
    assert "PractitionerRole" in {row["resourceType"] for row in back}
    items = anybody.rows("formulary", "Basic?_include=Basic:subject&_include=Basic:formulary")
    assert {"Basic", "MedicationKnowledge", "InsurancePlan"} == {r["resourceType"] for r in items}


def test_pages(anybody):
    seen, path = [], "Basic?_count=4"
    while path:
        found = anybody.get("formulary", path).json()
        seen += [entry["resource"]["id"] for entry in found["entry"]]
        following = [link["url"] for link in found["link"] if link["relation"] == "next"]
        path = following[0].partition("/fhir/")[2] if following else ""
    assert len(seen) == len(set(seen)) == 15


def test_minimum_data_of_providers_and_pharmacies(anybody):
    for organization in anybody.rows("directory", "Organization?type=fac"):
        assert organization["name"]
        assert organization["telecom"]
        assert organization["address"]
    pharmacies = anybody.rows("directory", "HealthcareService?service-category=pharm")
    assert pharmacies
    for role in anybody.rows("directory", "PractitionerRole"):
        assert role["specialty"]
        assert "newpatients" in json.dumps(role)


def test_only_the_network_is_listed(anybody):
    text = json.dumps(anybody.rows("directory", "Organization?_count=100"))
    assert "Testville Family Clinic" in text
    assert "Departed" not in text
    assert "Elsewhere" not in text


def test_updates_show_at_once_with_their_date(anybody):
    row = anybody.rows("directory", "Practitioner?family=Okafor")[0]
    moved = {**row, "telecom": [{"system": "phone", "value": "202-555-0199"}]}
    anybody.clinic.control("publish", {"api": "directory", "resources": [moved]})
    shown = anybody.get("directory", f"Practitioner/{row['id']}").json()
    assert shown["telecom"] == moved["telecom"]
    assert shown["meta"]["lastUpdated"] > row["meta"]["lastUpdated"]
    gone = f"Practitioner/{row['id']}"
    anybody.clinic.control("publish", {"api": "directory", "remove": [gone]})
    assert anybody.get("directory", gone).status_code == 404
    anybody.clinic.control("reset", {})
    assert anybody.get("directory", gone).json()["meta"] == row["meta"]


@pytest.mark.parametrize("api", APIS)
def test_nothing_is_kept_of_who_asks_and_nothing_written(anybody, api):
    kind = next(iter(TABLES[api]))
    anybody.get(api, f"{kind}?name=x", headers={"Authorization": "Bearer whatever"})
    assert anybody.clinic.control("disclosures")["disclosures"] == []
    url = f"{anybody.tenant.base}/{api}/fhir/{kind}"
    assert anybody.clinic.browser.send("POST", url, json={}).status_code == 405
    form = {"_count": "1"}
    assert anybody.clinic.browser.send("POST", f"{url}/_search", data=form).status_code == 200
    assert anybody.get(api, "Nonsense").status_code == 404
    assert anybody.get(api, f"{kind}?_count=many").status_code == 400
