"""Faults seeded from requirements' texts alone: each shows, and a clean payer has none of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from clinic import Clinic, at, export, fetch, kick_off, members, poll, roster
from defect_payer import DefectPayer
from matched import bundle, coverage_of, patient_of, payer_consent
from member_browser import AppUnderTest, Browser, Page
from test_defects_open_apis import At

from payerproof.sandbox.defects import all_defects
from payerproof.sandbox.faces import FACES
from payerproof.sandbox.tenant import shared_world

EOB = "ExplanationOfBenefit"

# -- directory and formulary


def entry(api: str, kind: str) -> Callable[[At], dict]:
    return lambda a: a.rows(api, kind)[0]


def unread(api: str, kind: str) -> Callable[[At], bool]:
    def probe(anybody: At) -> bool:
        row = anybody.rows(api, kind)[0]
        answer = anybody.get(api, f"{kind}/{row['id']}")
        return answer.status_code != 200 or answer.json() != row

    return probe


def dangling(api: str, kind: str) -> Callable[[At], bool]:
    def probe(anybody: At) -> bool:
        named = str(anybody.rows(api, f"{kind}?_count=100"))
        where = [w.split("'")[0] for w in named.split("'reference': '")[1:]]
        return any(anybody.get(api, one).status_code == 404 for one in set(where) if "/" in one)

    return probe


def of_plan(anybody: At, kind: str) -> list[dict]:
    """Items of the formulary of one kind of plan; None where it isn't published."""
    plans = anybody.rows("formulary", "InsurancePlan?_count=100")
    plan = next(one for one in plans if f"'{kind}'" in str(one["type"]))
    formulary = str(plan["coverage"]).split("InsurancePlan/")[1].split("'")[0]
    return anybody.rows("formulary", f"Basic?formulary=InsurancePlan/{formulary}&_count=100")


def along(api: str, path: str) -> Callable[[At], bool]:
    return lambda a: (
        not any(
            row["search"]["mode"] == "include" for row in a.get(api, path).json().get("entry", ())
        )
    )


OPEN: dict[str, Callable[[At], bool]] = {
    "formulary-items-not-read": unread("formulary", "Basic"),
    "formulary-drugs-read-thinner": unread("formulary", "MedicationKnowledge"),
    "directory-roles-not-read": unread("directory", "PractitionerRole"),
    "directory-reads-thinner": unread("directory", "Practitioner"),
    "directory-read-needs-a-token": unread("directory", "Practitioner"),
    "formulary-drugs-missing": dangling("formulary", "Basic"),
    "formulary-area-missing": dangling("formulary", "InsurancePlan"),
    "directory-networks-missing": dangling("directory", "PractitionerRole"),
    "directory-organizations-without-activity": (
        lambda a: "active" not in entry("directory", "Organization")(a)
    ),
    "directory-locations-without-state": (
        lambda a: "status" not in entry("directory", "Location")(a)
    ),
    "medicare-formulary-without-tiers": (
        lambda a: "DrugTierID" not in str(of_plan(a, "mediadvhmo"))
    ),
    "medicaid-drug-list-missing": lambda a: not of_plan(a, "medi"),
    "medicaid-drug-list-empty": lambda a: not of_plan(a, "medi"),
    "formulary-brings-nothing-along": along("formulary", "Basic?_include=Basic:subject"),
    "directory-brings-no-referrers": along(
        "directory", "Practitioner?_revinclude=PractitionerRole:practitioner"
    ),
    "formulary-follows-no-guide": (
        lambda a: "instantiates" not in a.get("formulary", "metadata").json()
    ),
    "formulary-shows-members-plans": lambda a: a.get("formulary", "Coverage").status_code == 200,
}


def tells(api: str, kind: str) -> Callable[[At], bool]:
    return lambda a: (
        a.tenant.world.people["ada"].member_number in a.get(api, f"{kind}?_count=100").text
    )


def printed(anybody: At) -> bool:
    row = anybody.rows("formulary", "MedicationKnowledge")[0]
    later = {**row, "status": "inactive"}
    anybody.control("publish", {"api": "formulary", "resources": [later]})
    return anybody.get("formulary", f"MedicationKnowledge/{row['id']}").json()["status"] == "active"


OPEN["directory-tells-a-panel"] = tells("directory", "PractitionerRole")
OPEN["formulary-tells-who-takes-a-drug"] = tells("formulary", "MedicationKnowledge")
OPEN["formulary-never-updated"] = printed


def bundle_of(anybody: At, **headers: str):
    url = f"{anybody.tenant.base}/brands.json"
    return anybody.clinic.browser.send("GET", url, headers=headers)


def row_of(anybody: At, kind: str) -> dict:
    rows = [row["resource"] for row in bundle_of(anybody).json()["entry"]]
    return next((one for one in rows if one["resourceType"] == kind), {})


BRANDS: dict[str, Callable[[At], bool]] = {
    "brands-behind-a-login": lambda a: bundle_of(a).status_code == 401,
    "brands-announced-and-absent": lambda a: bundle_of(a).status_code == 404,
    "brands-for-no-browser-app": lambda a: (
        "access-control-allow-origin" not in bundle_of(a, origin="https://app.example").headers
    ),
    "brands-without-time": lambda a: "timestamp" not in bundle_of(a).json(),
    "brands-without-name": lambda a: "name" not in row_of(a, "Organization"),
    "brands-by-another-identifier": lambda a: (
        "other.example" in str(row_of(a, "Organization")["identifier"])
    ),
    "brands-without-endpoint": lambda a: not row_of(a, "Endpoint"),
    "brands-lead-to-another-api": lambda a: row_of(a, "Endpoint")["address"] != a.tenant.fhir_base,
    "brands-endpoint-of-no-version": lambda a: "extension" not in row_of(a, "Endpoint"),
}

# -- representatives


def app_at(clinic: Clinic) -> AppUnderTest:
    return AppUnderTest(Browser(clinic.house, clinic.tenant))


def end(clinic: Clinic, persona: str, member: str) -> None:
    clinic.control("representation", {"persona": persona, "member": member, "holds": False})


def connects(user: str, choose: str) -> Callable[[Clinic], bool]:
    def probe(clinic: Clinic) -> bool:
        body = {
            "persona": user,
            "url": app_at(clinic).authorize_url(),
            "decision": "approve",
            "choose": choose,
        }
        found = clinic.control("authorize", body)
        return "code=" in str(found.get("redirect"))

    return probe


def others_end(clinic: Clinic) -> bool:
    app = app_at(clinic)
    kept, lost = app.tokens("dee", choose="dee"), app.tokens("dee", choose="gus")
    end(clinic, "dee", "gus")
    assert app.reads(lost) != 200
    return app.reads(kept) != 200


def members_own_end(clinic: Clinic) -> bool:
    tokens = app_at(clinic).tokens("ada")
    end(clinic, "cho", "ada")
    return app_at(clinic).reads(tokens) != 200


def again(clinic: Clinic) -> bool:
    end(clinic, "dee", "gus")
    return connects("dee", "gus")(clinic)


def listed(clinic: Clinic) -> Page:
    app = app_at(clinic)
    app.tokens("cho", choose="ada")
    found = app.browser.page(clinic.tenant.base + "/portal/apps")
    assert isinstance(found, Page)
    return found


def not_ended(clinic: Clinic) -> bool:
    app = app_at(clinic)
    tokens = app.tokens("cho", choose="ada")
    tenant = clinic.tenant
    for row in tenant.policies.portal.connected_apps(tenant, "cho"):
        tenant.policies.portal.disconnect(tenant, "cho", row)
    return app.reads(tokens) == 200


HOUSEHOLD: dict[str, Callable[[Clinic], bool]] = {
    "family-counts-as-representative": connects("bruno", "britta"),
    "once-representative-of-all": connects("cho", "eli"),
    "ended-authority-ends-all": others_end,
    "ended-authority-ends-the-members-apps": members_own_end,
    "former-representative-connects-again": again,
    "representative-sees-no-apps": lambda c: "Ada" not in listed(c).text,
    "representative-cannot-end-apps": not_ended,
}

# -- payers, clinics


def ask(payer: Clinic, user: str = "gus"):
    rows = bundle(patient_of(payer, user), coverage_of(payer, user), payer_consent(payer, user))
    body = {"resourceType": "Parameters", "parameter": rows}
    return payer.send("POST", "Patient/$member-match", json=body)


def third_reads(clinic: Clinic) -> bool:
    assert ask(clinic.other("othermark")).status_code == 200
    third = clinic.other("thirdplan")
    return third.get(f"Patient/{clinic.patient('gus')}").status_code == 200


def unmatched(clinic: Clinic) -> bool:
    return ask(clinic.other("othermark")).status_code != 200


def names_another(clinic: Clinic) -> bool:
    payer = clinic.other("othermark")
    return clinic.patient("gus") not in ask(payer).text


def waits(clinic: Clinic) -> bool:
    from payerproof.sandbox.partners.jobs import ExportJob
    from payerproof.sandbox.partners.kickoff import ExportRequest
    from payerproof.sandbox.partners.view import View

    tenant = clinic.tenant
    seen = View(tenant, tenant.clients["othermark-health"], ("system/*.rs",))
    asked = ExportRequest("a group", "", ("Patient",))
    now = tenant.clock.now()
    job = ExportJob("job", "othermark-health", seen.scopes, asked, now, now, state="complete")
    return tenant.policies.partners.status(seen, job).status == 202


def cut_off(status: bool) -> Callable[[Clinic], bool]:
    def probe(clinic: Clinic) -> bool:
        where = kick_off(clinic, type="Patient").headers["content-location"]
        file = poll(clinic, where).json()["output"][0]["url"]
        clinic.control("deactivate-app", {"client_id": clinic.client.client_id})
        return clinic.get(where if status else file).status_code == 200

    return probe


PARTNERS: dict[str, Callable[[Clinic], bool]] = {
    "exchange-opens-to-payers-unmatched": lambda c: (
        c.other("thirdplan").get(f"Patient/{c.patient('gus')}").status_code == 200
    ),
    "match-of-one-payer-opens-to-others": third_reads,
    "payers-wait-for-the-desk": waits,
    "payers-match-needs-an-address": unmatched,
    "payers-match-needs-the-name-as-text": unmatched,
    "match-answers-with-another-member": names_another,
}
FILES: dict[str, Callable[[Clinic], bool]] = {
    "cut-off-clinic-fetches-files": cut_off(status=False),
    "cut-off-clinic-watches-exports": cut_off(status=True),
}


def everybodys(clinic: Clinic, **query: str):
    headers = {"Prefer": "respond-async"}
    return clinic.send("GET", "Patient/$export", params=query, headers=headers)


def all_of(clinic: Clinic, **query: str) -> str:
    where = everybodys(clinic, **query).headers["content-location"]
    return fetch(clinic, poll(clinic, where).json()).text()


def with_no_token(clinic: Clinic, token: str) -> bool:
    headers = {"Prefer": "respond-async"}
    return clinic.send("GET", "Patient/$export", headers=headers, token=token).status_code == 202


def stays(clinic: Clinic) -> bool:
    where = everybodys(clinic, _type="Patient").headers["content-location"]
    clinic.send("DELETE", where)
    return clinic.get(where).status_code in (200, 202)


def invalid(clinic: Clinic) -> bool:
    return "rowNumber" in export(clinic, type="Patient").text()


def waits_for_consent(clinic: Clinic) -> bool:
    return clinic.patient("fay") not in str(export(clinic, type="Encounter").resources)


ALL: dict[str, Callable[[Clinic], bool]] = {
    "patient-export-of-everybody": lambda c: c.patient("ivy") in all_of(c, _type="Patient"),
    "patient-export-forgets-opt-out": lambda c: c.patient("eli") in all_of(c, _type="Patient"),
    "patient-export-without-token": lambda c: with_no_token(c, ""),
    "patient-export-by-any-token": lambda c: with_no_token(c, "made-up"),
    "patient-export-begins-without-address": lambda c: everybodys(c).status_code == 200,
    "patient-export-not-dropped": stays,
    "patient-export-of-any-type": lambda c: '"Coverage"' in all_of(c, _type="Patient"),
    "patient-export-of-any-time": lambda c: bool(
        c.patient("ada") in all_of(c, _type="Patient", _since="2040-01-01T00:00:00Z")
    ),
}
FILES["exported-lines-of-the-warehouse"] = invalid
FILES["rest-waits-for-part2-consent"] = waits_for_consent
FILES["three-members-a-clinic"] = lambda c: "bea" not in str(members_of(c))
FILES["match-not-declared"] = lambda c: "provider-member-match" not in c.get("metadata").text
FILES["match-declared-for-the-server"] = lambda c: (
    "provider-member-match" in str(c.get("metadata").json()["rest"][0].get("operation"))
)


def members_of(clinic: Clinic) -> set[str]:
    people = clinic.tenant.world.people.values()
    return {one.user for one in people if one.patient in members(roster(clinic))}


# -- members' records


def fewer(kind: str) -> Callable[[DefectPayer], bool]:
    whole = len(shared_world(FACES["plain"]).resources(kind))
    return lambda p: len(p.world.resources(kind)) < whole


def drugs(payer: DefectPayer) -> int:
    return sum("pharmacy" in str(one["type"]) for one in payer.record("ada", EOB))


def found(payer: DefectPayer, query: str) -> int:
    answer = payer.ask(f"/Observation?_count=100&{query}")
    assert answer.status == 200
    return len(answer.matches())


def between(first: str, last: str) -> str:
    return f"_lastUpdated=ge{first}&_lastUpdated=le{last}"


def first(payer: DefectPayer) -> str:
    return str(payer.record("ada", "Observation")[0]["id"])


def stamp(payer: DefectPayer) -> str:
    return str(payer.record("ada", "Observation")[0]["meta"]["lastUpdated"])


def authorization(payer: DefectPayer) -> dict:
    rows = payer.record("ada", EOB)
    return next(one for one in rows if one.get("use") == "preauthorization" and "item" in one)


def sequences(payer: DefectPayer, name: str, section: str) -> bool:
    """Whether a line names a row that isn't there."""
    for claim in payer.world.claims():
        there = {row["sequence"] for row in claim.get(section, ())}
        if any(set(line.get(name, ())) - there for line in claim["item"]):
            return True
    return False


def lines(payer: DefectPayer, kind: str) -> list[dict]:
    return [row for c in payer.world.claims() if kind in str(c["type"]) for row in c["item"]]


def mixed(payer: DefectPayer) -> bool:
    text = [str(claim) for claim in payer.world.claims() if len(claim["item"]) > 1]
    return any("'innetwork'" in one and "'outofnetwork'" in one for one in text)


def unlinked(payer: DefectPayer) -> str:
    try:
        return payer.token("hal")
    except KeyError:
        return ""


def back(payer: DefectPayer) -> bool:
    page = payer.ask("/Observation?_count=5")
    second = payer.ask(page.link("next").removeprefix(payer.base))
    return "prev" in [one["relation"] for one in second.json["link"]]


RECORDS: dict[str, Callable[[DefectPayer], bool]] = {
    "encounters-since-the-new-system": fewer("Encounter"),
    "procedures-since-2023": fewer("Procedure"),
    "observations-of-this-year": fewer("Observation"),
    "immunizations-of-two-years": fewer("Immunization"),
    "prescriptions-of-this-year": fewer("MedicationRequest"),
    "dispenses-of-this-year": fewer("MedicationDispense"),
    "conditions-since-2024": fewer("Condition"),
    "reports-of-this-year": fewer("DiagnosticReport"),
    "documents-of-this-year": fewer("DocumentReference"),
    "undated-conditions-left-out": fewer("AllergyIntolerance"),
    "part-d-claims-of-the-former-manager": lambda p: 0 < drugs(p) < 18,
    "part-d-claims-left-with-the-manager": lambda p: drugs(p) == 0,
    "last-updated-ignored": lambda p: found(p, "_lastUpdated=ge2090-01-01") > 0,
    "last-updated-first-of-two": lambda p: found(p, between("2000-01-01", "2001-01-01")) > 0,
    "last-updated-last-of-two": lambda p: found(p, between("2090-01-01", "2091-01-01")) > 0,
    "last-updated-by-the-day": lambda p: (
        found(p, f"_lastUpdated=gt{stamp(p)[:11]}23:59:58Z&_id={first(p)}") > 0
    ),
    "last-updated-not-indexed": lambda p: found(p, "_lastUpdated=ge2000-01-01") == 0,
    "last-updated-is-created": lambda p: found(
        p, f"_lastUpdated={stamp(p)}&_id={first(p)}"
    ) == 0,
    "repeated-parameters-united": lambda p: found(p, "date=ge2090-01-01&date=ge2000-01-01") > 0,
    "last-of-repeated-counts": lambda p: found(p, "date=ge2090-01-01&date=ge2000-01-01") > 0,
    "comparisons-one-off": lambda p: found(
        p, f"_lastUpdated=gt{stamp(p)}&_id={first(p)}"
    ) > 0,
    "moments-an-hour-late": lambda p: found(
        p, f"_lastUpdated={stamp(p)}&_id={first(p)}"
    ) == 0,
    "authorizations-without-status": lambda p: "status" not in authorization(p),
    "authorizations-without-insurer": lambda p: "insurer" not in authorization(p),
    "authorizations-without-insurance": lambda p: "insurance" not in authorization(p),
    "authorizations-of-no-known-type": lambda p: "preauth'" in str(authorization(p)["type"]),
    "authorizations-decided-in-own-codes": lambda p: "'decided'" in str(authorization(p)),
    "authorizations-without-decisions-of-lines": lambda p: (
        "adjudication" not in authorization(p)["item"][0]
    ),
    "authorizations-of-services-in-words": lambda p: (
        "coding" not in authorization(p)["item"][0]["productOrService"]
    ),
    "care-team-renumbered-at-export": lambda p: sequences(p, "careTeamSequence", "careTeam"),
    "supporting-info-of-lines-dropped": lambda p: sequences(
        p, "informationSequence", "supportingInfo"
    ),
    "pharmacy-claims-with-revenue-codes": lambda p: all("revenue" in o for o in lines(p, "pharm")),
    "dental-claims-with-text-revenue": lambda p: all("revenue" in o for o in lines(p, "oral")),
    "mixed-networks-called-out-of-network": mixed,
    "drug-codes-without-names": lambda p: not any(
        c.get("display")
        for one in lines(p, "pharmacy")
        for c in one["productOrService"].get("coding", ())
        if "ndc" in c.get("system", "")
    )
    and "text" not in lines(p, "pharmacy")[0]["productOrService"],
    "codes-without-names": lambda p: "text" not in p.record("ada", "Observation")[0]["code"],
    "practitioners-by-number-alone": lambda p: (
        "name" not in p.world.resources("Practitioner")[0]
    ),
    "organizations-by-number-alone": lambda p: any(
        "name" not in one for one in p.world.resources("Organization")
    ),
    "extensions-of-the-plans-own": lambda p: (
        "line-of-business" in str(p.record("ada", "Coverage"))
    ),
    "small-pages-with-prev": back,
    "unlinked-account-opens-everything": lambda p: bool(unlinked(p)) and (
        p.ask(f"/Patient/{p.patient('ada')}", token=unlinked(p)).status == 200
    ),
    "unlinked-account-crashes-searches": lambda p: bool(unlinked(p)),
    "unlinked-account-is-the-first-member": lambda p: bool(unlinked(p)),
}  # fmt: skip


def repeated(payer: DefectPayer) -> bool:
    answer = payer.ask("/Observation?category=laboratory&category=vital-signs&_count=100")
    return bool(answer.matches()) and answer.link("self").count("category=") == 2


RECORDS["last-of-repeated-counts-unsaid"] = repeated
RECORDS["first-of-repeated-counts-unsaid"] = repeated
RECORDS["authorizations-without-profile"] = lambda p: "profile" not in authorization(p)["meta"]
RECORDS["authorizations-by-a-claims-profile"] = lambda p: (
    "Professional" in str(authorization(p)["meta"]["profile"])
)


def declared(api: str) -> Callable[[At], list[dict]]:
    return lambda a: a.get(api, "metadata").json()["rest"][0]["resource"]


OPEN["directory-declares-no-profiles"] = lambda a: (
    not any("supportedProfile" in one for one in declared("directory")(a))
)
OPEN["directory-declares-fewer-types"] = lambda a: (
    "PractitionerRole" not in {one["type"] for one in declared("directory")(a)}
)
OPEN["formulary-declares-base-profiles"] = lambda a: (
    "hl7.org/fhir/StructureDefinition/Basic" in str(declared("formulary")(a))
)
OPEN["formulary-further-searches-ignored"] = lambda a: bool(
    a.rows("formulary", "Basic?period=lt1990-01-01")
)


def nobody(clinic: Clinic):
    rows = bundle(
        patient_of(clinic, "gus", birthDate="1900-01-01"),
        coverage_of(clinic, "gus"),
        payer_consent(clinic, "gus"),
    )
    body = {"resourceType": "Parameters", "parameter": rows}
    payer = clinic.other("othermark")
    return payer.send("POST", "Patient/$member-match", json=body).status_code


PARTNERS["member-match-not-declared"] = lambda c: "/member-match" not in c.get("metadata").text
PARTNERS["match-answers-without-identifier"] = lambda c: (
    "MemberIdentifier" not in ask(c.other("othermark")).text
)
PARTNERS["match-answers-with-a-patient"] = lambda c: (
    ask(c.other("othermark")).json()["resourceType"] == "Patient"
)
PARTNERS["no-match-answered-404"] = lambda c: nobody(c) == 404
PARTNERS["no-match-answered-as-success"] = lambda c: nobody(c) == 200
RECORDS["authorizations-unnamed-and-incomplete"] = lambda p: "outcome" not in authorization(p)


def earlier(payer: DefectPayer, token: str) -> bool:
    browser = Browser(payer.house, payer.tenant)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{payer.tenant.base}/fhir-dstu2/Patient/{payer.patient('ada')}"
    return browser.send("GET", url, headers=headers).status_code == 200


RECORDS["earlier-version-left-open"] = lambda p: earlier(p, "")
RECORDS["earlier-version-asks-not-whose"] = lambda p: earlier(p, p.token("iva"))


@pytest.mark.parametrize("name", [*BRANDS, *ALL])
def test_a_fault_of_what_the_plain_face_has_not_shows(name):
    if name in BRANDS:
        assert BRANDS[name](At(f"plain+{name}"))
        assert not BRANDS[name](At("plain+brands-as-they-should-be"))
    else:
        assert ALL[name](at(f"plain+{name}"))
        assert not ALL[name](at("plain+patient-export-as-it-should-be"))


@pytest.mark.parametrize("name", OPEN)
def test_an_open_fault_shows_at_the_faulty_payer_only(name):
    assert OPEN[name](At(f"plain+{name}"))
    assert not OPEN[name](At("plain"))


@pytest.mark.parametrize("name", [*HOUSEHOLD, *PARTNERS, *FILES])
def test_a_fault_of_authority_or_exchange_shows_at_the_faulty_payer_only(name):
    shows = {**HOUSEHOLD, **PARTNERS, **FILES}[name]
    assert shows(at(f"plain+{name}"))
    assert not shows(at())


@pytest.mark.parametrize("name", RECORDS)
def test_a_fault_of_the_record_shows_at_the_faulty_payer_only(name):
    assert name in all_defects()
    assert RECORDS[name](DefectPayer(f"plain+{name}"))
    assert not RECORDS[name](DefectPayer("plain"))
