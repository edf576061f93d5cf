"""Each seeded fault of the clinics' API shows, and a clean payer doesn't show it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from clinic import Clinic, at, export, fetch, kick_off, members, poll, roster
from defect_payer import seeded_by
from joserfc.jwk import ECKey
from matched import attestation, bundle, coverage_of, for_clinic, patient_of, request_of
from member_browser import AppUnderTest, Browser, Page
from test_defects_exports import SHOWN as MORE

from payerproof.sandbox.defects import all_defects
from payerproof.sandbox.partners.clients import keys_of

Probe = Callable[[Clinic], bool]


def decide(clinic, user, opted_out=True, **more):
    clinic.control("provider-access", {"persona": user, "opted_out": opted_out, **more})


def reads(clinic, user="eli"):
    return clinic.get(f"Patient/{clinic.patient(user)}").status_code == 200


def listed(clinic, user):
    return clinic.patient(user) in members(roster(clinic))


def exported(clinic, user, **more):
    return clinic.patient(user) in export(clinic, type="Patient", **more).patients()


def days(at_days):
    return (datetime.now(UTC) + timedelta(days=at_days)).isoformat()


def after(*steps):
    """Run steps, answer the last."""

    def probe(clinic):
        found = False
        for step in steps:
            found = step(clinic)
        return found

    return probe


def operator(path, **body):
    def step(clinic):
        if body.get("client_id") == "":
            body["client_id"] = clinic.client.client_id
        clinic.control(path, body)

    return step


def as_client(name, probe):
    return lambda clinic: probe(clinic.other(name))


def claims(clinic, **more):
    return export(clinic, **more).text()


def held_files(clinic):
    where = kick_off(clinic).headers["content-location"]
    manifest = poll(clinic, where).json()
    decide(clinic, "ada")
    return clinic.patient("ada") in fetch(clinic, manifest).patients()


def running(clinic):
    clinic.control("exports/hold", {"held": True})
    where = kick_off(clinic).headers["content-location"]
    decide(clinic, "ada")
    clinic.control("exports/hold", {"held": False})
    return clinic.patient("ada") in fetch(clinic, poll(clinic, where).json()).patients()


def first_file(clinic, **more):
    where = kick_off(clinic, **more).headers["content-location"]
    return where, poll(clinic, where).json()["output"][0]["url"]


def gone(clinic, spoil):
    where, url = first_file(clinic)
    spoil(clinic, where)
    return clinic.get(url).status_code == 200


def later(seconds):
    def spoil(clinic, _where=""):
        clinic.control("clock", {"advance_seconds": seconds})
        clinic.tokens.clear()

    return spoil


def by_other(clinic):
    where, url = first_file(clinic, type="Patient")
    other = clinic.other("mockford-general")
    return other.get(where).status_code == other.get(url).status_code == 200


def deleted(clinic):
    claim = export(clinic, type="ExplanationOfBenefit").resources[0]["id"]
    clinic.control("claims", {"remove": [f"ExplanationOfBenefit/{claim}"]})
    where = kick_off(clinic, since=days(-1)).headers["content-location"]
    return "deleted" not in poll(clinic, where).json()


def returned(clinic):
    decide(clinic, "ada")
    decide(clinic, "ada", False)
    return not exported(clinic, "ada", since=days(-0.001))


def signed(key=None, algorithm="ES384", header=None, scope="system/*.rs", **changed) -> Probe:
    def probe(clinic):
        text = clinic.assertion(key and key(clinic), algorithm, header, **changed)
        return clinic.token_answer(scope, signed=text).status_code == 200

    return probe


def twice(clinic):
    text = clinic.assertion()
    clinic.token_answer(signed=text)
    return clinic.token_answer(signed=text).status_code == 200


def unsigned(clinic):
    import base64

    _, body, _ = clinic.assertion().split(".")
    head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    return clinic.token_answer(signed=f"{head}.{body}.").status_code == 200


def embedded(clinic):
    other = ECKey.generate_key("P-384", auto_kid=True)
    header = {"jwk": other.as_dict(private=False)}
    return signed(lambda _: other, header=header)(clinic)


def followed(clinic):
    hospital = clinic.other("mockford-general").client
    address = "https://evil.example/mockford-general/jwks.json"
    return signed(lambda _: keys_of(hospital).elliptic, header={"jku": address})(clinic)


def weaker(clinic):
    rsa = keys_of(clinic.client).rsa
    key = type(rsa).import_key(rsa.as_dict(private=True), {"kid": rsa.kid, "alg": "RS256"})
    return signed(lambda _: key, "RS256")(clinic)


def cut_off(clinic):
    clinic.token()
    clinic.control("deactivate-app", {"client_id": clinic.client.client_id})
    return reads(clinic, "ada")


def expired(clinic):
    clinic.token()
    clinic.control("clock", {"advance_seconds": 400})
    return reads(clinic, "ada")


def members_token(clinic):
    app = AppUnderTest(Browser(clinic.house, clinic.tenant))
    token = app.tokens("iva")["access_token"]
    return clinic.get(f"Patient/{clinic.patient('ada')}", token=token).status_code == 200


def match(clinic, *users, **consent):
    parts = [
        bundle(patient_of(clinic, u), coverage_of(clinic, u), attestation(clinic, u, **consent))
        for u in users
    ]
    path = "Group/$provider-member-match"
    answer = clinic.send("POST", path, json=request_of(*parts)).json()
    return {row["name"]: row["resource"] for row in answer["parameter"]}


def matched(clinic, user, **consent):
    return clinic.patient(user) in members(match(clinic, user, **consent)["MatchedMembers"])


def own_app(clinic):
    app = AppUnderTest(Browser(clinic.house, clinic.tenant))
    tokens = app.tokens("ada")
    decide(clinic, "ada")
    return app.reads(tokens) != 200


def wish(clinic):
    decide(clinic, "ada")
    payer = clinic.tenant.clients["othermark-health"]
    return not clinic.tenant.policies.partners.wants_exchange(clinic.tenant, payer, "ada")


def page_for_cho(clinic):
    browser = Browser(clinic.house, clinic.tenant)
    page = browser.page(clinic.tenant.base + "/portal/provider-access")
    found = browser.sign_in(page, "cho")
    assert isinstance(found, Page)
    return "Ada" not in found.text


def roster_of_other(clinic):
    other = roster(clinic.other("mockford-general"))["id"]
    return clinic.get(f"Group/{other}").status_code == 200


def told_apart(clinic):
    return clinic.get(f"Patient/{clinic.patient('eli')}").text != clinic.get("Patient/none").text


def money_in(kind, text, user="ada"):
    def probe(clinic):
        found = export(clinic, type=kind, patient=f"Patient/{clinic.patient(user)}")
        rows = [one for one in found.resources if one.get("use") != "preauthorization"]
        return text in json.dumps(rows)

    return probe


def with_consent(probe):
    def asked(clinic):
        body = {"client_id": clinic.client.client_id, "persona": "fay", "consent": True}
        clinic.control("part2-consent", body)
        return probe(clinic)

    return asked


def authorizations(clinic):
    rows = export(clinic, type="ExplanationOfBenefit").resources
    return [one for one in rows if one["use"] == "preauthorization"]


def denied(one):
    return all("denialreason" in str(line) for line in one["item"])


def cached_for_other(clinic):
    export(clinic, type="Patient")
    found = export(clinic.other("mockford-general"), type="Patient")
    return clinic.patient("bruno") in found.patients()


def cached_for_self(clinic):
    export(clinic, type="Patient")
    decide(clinic, "ada")
    return clinic.patient("ada") in export(clinic, type="Patient").patients()


def family(clinic):
    clinic.control(
        "attribution",
        {"client_id": clinic.client.client_id, "persona": "britta", "holds": False},
    )
    text = export(clinic, type="Coverage").text()
    return re.search(clinic.patient("britta"), text) is not None


def five_at_once(clinic):
    clinic.control("exports/hold", {"held": True})
    answers = [kick_off(clinic).status_code for _ in range(5)]
    clinic.control("exports/hold", {"held": False})
    return answers == [202] * 5


SHOWN: dict[str, Probe] = {
    "clinic-reads-opted-out": reads,
    "clinic-finds-opted-out": lambda c: (
        "entry" in c.get(f"Coverage?patient={c.patient('eli')}").json()
    ),
    "roster-lists-opted-out": lambda c: listed(c, "eli"),
    "opt-out-misses-attested-clinics": as_client("harbour-recovery", reads),
    "opt-in-never-restores": lambda c: decide(c, "eli", False) or not reads(c),
    "first-choice-wins": lambda c: decide(c, "eli", False) or not reads(c),
    "choices-count-before-their-day": lambda c: (
        decide(c, "ada", effective=days(5)) or not reads(c, "ada")
    ),
    "unknown-choice-means-yes": after(
        operator("provider-access/lookup", available=False), lambda c: reads(c, "ada")
    ),
    "opt-out-lost-with-the-number": after(
        operator("member-number", persona="eli", number="MB-1"), reads
    ),
    "opt-outs-of-one-programme-unread": lambda c: decide(c, "bruno") or reads(c, "bruno"),
    "nobody-shared-without-a-yes": lambda c: not reads(c, "bruno"),
    "choice-waits-three-days": lambda c: decide(c, "ada") or reads(c, "ada"),
    "opt-out-cuts-members-apps": own_app,
    "opt-out-ends-exchange": wish,
    "representative-cannot-opt-out": page_for_cho,
    "out-of-network-served": as_client("elsewhere", lambda c: reads(c, "ada")),
    "departed-clinic-served": as_client("departed", lambda c: reads(c, "ada")),
    "unattributed-served": as_client("open-door", lambda c: reads(c, "ada")),
    "ended-attribution-served": lambda c: reads(c, "dee"),
    "former-members-served": lambda c: reads(c, "gus"),
    "every-clinics-group-visible": roster_of_other,
    "roster-counts-opted-out": lambda c: roster(c).get("quantity", 0) > len(members(roster(c))),
    "roster-counts-its-members": lambda c: "quantity" in roster(c),
    "refusal-names-the-opt-out": told_apart,
    "protected-member-dropped-whole": lambda c: not reads(c, "fay"),
    "attestation-not-read": as_client("open-door", lambda c: matched(c, "ada", verification=None)),
    "attestation-is-never-enough": as_client("open-door", lambda c: not matched(c, "ada")),
    "match-finds-opted-out": lambda c: "NonMatchedMembers" not in match(c, "eli"),
    "match-tells-opt-out-apart": lambda c: "ConsentConstrainedMembers" in match(c, "eli"),
    "amounts-in-notes": money_in("ExplanationOfBenefit", "$40.00"),
    "amounts-in-extensions": money_in("ExplanationOfBenefit", "valueMoney"),
    "payment-kept": money_in("ExplanationOfBenefit", '"payment"'),
    "totals-kept": money_in("ExplanationOfBenefit", '"total"'),
    "copay-in-coverage": money_in("Coverage", "costToBeneficiary"),
    "amounts-at-the-header": money_in("ExplanationOfBenefit", '"amount"'),
    "pharmacy-amounts-kept": money_in("ExplanationOfBenefit", '"net"'),
    "remittance-document-sent": money_in("DocumentReference", "remittance-advice"),
    "authorizations-without-amounts": lambda c: "amount" not in json.dumps(authorizations(c)),
    "authorizations-left-out": lambda c: not authorizations(c),
    "denied-authorizations-left-out": lambda c: not any(map(denied, authorizations(c))),
    "clinics-get-claims-only": lambda c: not export(c, type="Condition").resources,
    "clinics-get-nothing-of-new-years-day": lambda c: (
        "2016-01-01" not in claims(c, type="ExplanationOfBenefit")
    ),
    "clinics-get-three-years": lambda c: "2021-05-18" not in claims(c, type="ExplanationOfBenefit"),
    "substance-use-records-sent": lambda c: "42CFRPart2" in claims(c),
    "substance-use-drugs-sent": lambda c: "42CFRPart2" in claims(c, type="MedicationRequest"),
    "consent-for-one-opens-all": with_consent(
        as_client("mockford-general", lambda c: "42CFRPart2" in claims(c))
    ),
    "no-redisclosure-notice": with_consent(
        lambda c: "42CFRPart2" in claims(c) and "NORDSCLCD" not in claims(c)
    ),
    "labels-lost-on-the-way": with_consent(lambda c: "42CFRPart2" not in claims(c)),
    "files-keep-who-opted-out": held_files,
    "export-forgets-opt-out": lambda c: exported(c, "eli"),
    "opt-out-asked-at-kickoff-only": running,
    "since-export-forgets-opt-out": lambda c: exported(c, "eli", since="2016-01-01T00:00:00Z"),
    "named-patients-not-in-group": lambda c: exported(
        c, "ivy", patient=f"Patient/{c.patient('ivy')}"
    ),
    "filters-search-everybody": lambda c: exported(
        c, "ivy", typeFilter="Patient?family=Synthetic-Doppel"
    ),
    "export-brings-the-family": family,
    "files-mix-types": lambda c: (
        "Coverage" in {one["resourceType"] for one in export(c, type="Patient").resources}
    ),
    "since-is-ignored": lambda c: bool(export(c, since="2040-01-01T00:00:00Z").of("Patient")),
    "since-export-leaves-a-gap": returned,
    "deleted-not-told": deleted,
    "manifest-says-no-token": lambda c: (
        not export(c, type="Patient").manifest["requiresAccessToken"]
    ),
    "files-without-token": lambda c: c.get(first_file(c)[1], token="").status_code == 200,
    "status-without-token": lambda c: c.get(first_file(c)[0], token="").status_code == 200,
    "exports-open-to-every-client": by_other,
    "files-after-delete": lambda c: gone(c, lambda c, where: c.send("DELETE", where)),
    "files-after-expiry": lambda c: gone(c, later(4000)),
    "export-cached-across-clinics": cached_for_other,
    "export-cached-over-changes": cached_for_self,
    "exports-await-approval": lambda c: (
        poll(c, kick_off(c).headers["content-location"], seconds=1).status_code == 202
    ),
    "progress-names-members": lambda c: (
        "Synthetic" in c.get(kick_off(c).headers["content-location"]).headers["x-progress"]
    ),
    "many-small-files": lambda c: len(export(c, type="Patient").manifest["output"]) > 1,
    "exports-without-limit": five_at_once,
    "asynchronous-wish-assumed": lambda c: kick_off(c, headers={}).status_code == 202,
    "backend-assertion-replayed": twice,
    "backend-assertion-never-expires": signed(exp=int(time.time()) - 4000),
    "backend-assertion-lives-long": signed(exp=int(time.time()) + 10**8),
    "backend-assertion-for-anybody": signed(aud="https://elsewhere.example/token"),
    "backend-audience-by-host": signed(aud="https://localhost/anything"),
    "backend-subject-unread": signed(sub="mockford-general-hospital"),
    "backend-keys-of-any-client": signed(lambda c: keys_of(c.other("elsewhere").client).elliptic),
    "backend-embedded-key-trusted": embedded,
    "backend-jku-followed": followed,
    "backend-weaker-algorithms": weaker,
    "backend-unsigned-assertion": unsigned,
    "backend-token-lives-a-day": lambda c: c.token_answer().json()["expires_in"] > 300,
    "backend-scopes-widened": lambda c: (
        c.token_answer("system/Group.rs").json()["scope"] != "system/Group.rs"
    ),
    "backend-scopes-unenforced": lambda c: (
        c.get("Patient", scope="system/Group.rs").status_code == 200
    ),
    "backend-cut-off-keeps-tokens": cut_off,
    "backend-expired-token-works": expired,
    "members-token-opens-clinics-api": members_token,
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_fault_shows_at_the_faulty_payer_only(name):
    assert name in all_defects()
    faulty = at(f"plain+{name}")
    assert faulty.token_answer().status_code == 200
    assert SHOWN[name](faulty) is True
    assert SHOWN[name](at()) is False


@pytest.mark.parametrize("name", [n for n in SHOWN if not all_defects()[n].lawful])
def test_a_faulty_payer_still_serves(name):
    clinic = at(f"plain+{name}")
    assert roster(clinic)["type"] == "person"
    assert clinic.get("metadata", token="").status_code == 200


def test_every_fault_of_these_modules_is_here():
    known = {n for n, d in all_defects().items() if d.area in ("provider_access", "bulk")}
    apart = {
        *seeded_by("provider_nowhere"),
        "cut-off-clinic-fetches-files",
        "cut-off-clinic-watches-exports",
        "exported-lines-of-the-warehouse",
        "match-declared-for-the-server",
        "match-not-declared",
        "rest-waits-for-part2-consent",
        "three-members-a-clinic",
    } | {name for name in known if name.startswith("patient-export-")}
    assert known == set(SHOWN) | set(MORE) | apart


def test_for_clinic_asks_for_everybody():
    assert len(for_clinic(at(), "ada", "eli")["parameter"]) == 2
