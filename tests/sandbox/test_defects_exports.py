"""Each seeded fault of exports, standards, rosters and the page shows; a clean payer has none."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime

import httpx
import pytest
from clinic import ASSERTION, Clinic, at, export, kick_off, members, parameters, poll, roster
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jws import JWSRegistry
from matched import attestation, bundle, coverage_of, patient_of, request_of
from member_browser import Browser, Page

from payerproof.sandbox.defects import all_defects
from payerproof.sandbox.partners.clients import keys_of
from payerproof.sandbox.partners.discovery import certified

Probe = Callable[[Clinic], bool]
ATR = "$davinci-data-export"
DOWNLOAD = "hl7.fhir.us.davinci-pdex#provider-download"


def finished(clinic: Clinic, **more) -> httpx.Response:
    return poll(clinic, kick_off(clinic, **more).headers["content-location"])


def running(clinic: Clinic) -> httpx.Response:
    clinic.control("exports/hold", {"held": True})
    answer = clinic.get(kick_off(clinic).headers["content-location"])
    clinic.control("exports/hold", {"held": False})
    return answer


def by_get(clinic: Clinic, **more) -> int:
    path = f"Group/{roster(clinic)['id']}/{ATR}?exportType={DOWNLOAD.replace('#', '%23')}"
    return clinic.get(path, headers={"Prefer": "respond-async"}, **more).status_code


def without_token(clinic: Clinic) -> bool:
    path = f"Group/{roster(clinic)['id']}/{ATR}"
    headers, body = {"Prefer": "respond-async"}, parameters(exportType=DOWNLOAD)
    return clinic.send("POST", path, json=body, headers=headers, token="").status_code == 202


def others_group(clinic: Clinic) -> bool:
    other = clinic.other("mockford-general")
    begun = kick_off(clinic, roster(other)["id"], type="Patient")
    if begun.status_code != 202:
        return False
    manifest = poll(clinic, begun.headers["content-location"]).json()
    found = clinic.get(manifest["output"][0]["url"]).text if manifest["output"] else ""
    return clinic.patient("ivy") in found


def expires(clinic: Clinic) -> bool:
    """Whether Expires is wrong."""
    text = finished(clinic, type="Patient").headers.get("expires", "")
    try:
        return parsedate_to_datetime(text).year < 2026
    except ValueError:
        return True


def refused(clinic: Clinic) -> bool:
    """Whether an error is no OperationOutcome."""
    answer = kick_off(clinic, type="Nonsense")
    try:
        return answer.json().get("resourceType") != "OperationOutcome"
    except ValueError:
        return True


def named(clinic: Clinic, value: str) -> bool:
    return kick_off(clinic, type="Patient", outputFormat=value).status_code != 202


def dangling(clinic: Clinic) -> bool:
    rows = export(clinic).resources
    there = {f"{one['resourceType']}/{one['id']}" for one in rows}
    claims = [one for one in rows if one["resourceType"] == "ExplanationOfBenefit"]
    wanted = {one["provider"]["reference"] for one in claims if "reference" in one["provider"]}
    wanted |= {one["insurance"][0]["coverage"]["reference"] for one in claims}
    return not wanted <= there


def smart(clinic: Clinic) -> dict:
    return clinic.get(".well-known/smart-configuration").json()


def statement(clinic: Clinic) -> str:
    return clinic.get("metadata").text


def match(clinic: Clinic, user: str, **patient) -> dict:
    part = bundle(
        patient_of(clinic, user, **patient),
        coverage_of(clinic, user),
        attestation(clinic, user),
    )
    answer = clinic.send("POST", "Group/$provider-member-match", json=request_of(part))
    rows = answer.json().get("parameter", [])
    return {row["name"]: row["resource"] for row in rows}


def finds(user: str, **patient) -> Probe:
    return lambda clinic: (
        clinic.patient(user) in members(match(clinic, user, **patient).get("MatchedMembers", {}))
    )


def foreign_match(clinic: Clinic) -> bool:
    group = match(clinic, "ada")["MatchedMembers"]["id"]
    return clinic.other("mockford-general").get(f"Group/{group}").status_code == 200


def udap(clinic: Clinic) -> dict:
    return clinic.get(".well-known/udap").json()


def signed(clinic: Clinic) -> dict:
    key, _ = certified(clinic.base)
    registry = JWSRegistry()
    registry.max_header_length = 10_000  # a chain of certificates stands in it
    text = udap(clinic)["signed_metadata"]
    return jwt.decode(text, key, algorithms=["RS256"], registry=registry).claims


def signature_is_foreign(clinic: Clinic) -> bool:
    try:
        signed(clinic)
    except BadSignatureError:
        return True
    return False


def form(clinic: Clinic, **fields: str) -> bool:
    sent = {"grant_type": "client_credentials", "scope": "system/*.rs", **fields}
    answer = clinic.browser.send("POST", clinic.tenant.partner_token_endpoint, data=sent)
    return answer.status_code == 200


def rs384(clinic: Clinic) -> bool:
    text = clinic.assertion(keys_of(clinic.client).rsa, "RS384")
    return clinic.token_answer(signed=text).status_code != 200


def scopes(clinic: Clinic, asked: str, told: str) -> bool:
    answer = clinic.token_answer(asked)
    return told in answer.json().get("scope", "").split()


def at_members_api(clinic: Clinic) -> bool:
    url = f"{clinic.tenant.fhir_base}/Patient/{clinic.patient('ada')}"
    return clinic.get(url).status_code == 200


def claims(clinic: Clinic) -> list[dict]:
    rows = export(clinic, type="ExplanationOfBenefit").resources
    return [one for one in rows if one["use"] == "claim"]


def authorizations(clinic: Clinic) -> str:
    rows = export(clinic, type="ExplanationOfBenefit").resources
    return json.dumps([one for one in rows if one["use"] != "claim"])


def consent(clinic: Clinic, given: bool) -> None:
    body = {"client_id": clinic.client.client_id, "persona": "fay", "consent": given}
    clinic.control("part2-consent", body)


def withdrawn(clinic: Clinic) -> bool:
    consent(clinic, True)
    assert "42CFRPart2" in export(clinic).text()
    consent(clinic, False)
    return "42CFRPart2" in export(clinic).text()


def of_fay(kind: str) -> Probe:
    return lambda c: (
        not any(c.patient("fay") in json.dumps(one) for one in export(c, type=kind).of(kind))
    )


def page(clinic: Clinic, user: str = "ada") -> Page:
    browser = Browser(clinic.house, clinic.tenant)
    first = browser.page(clinic.tenant.base + "/portal/provider-access")
    found = browser.sign_in(first, user)
    assert isinstance(found, Page)
    return found


def by_number(clinic: Clinic) -> bool:
    number = clinic.tenant.world.people["ada"].member_number
    where = f"{clinic.tenant.base}/portal/provider-access"
    clinic.browser.send("GET", where, params={"number": number, "decision": "out"})
    return clinic.get(f"Patient/{clinic.patient('ada')}").status_code != 200


def chosen_on_the_page(clinic: Clinic, user: str, opted_out: bool) -> bool:
    """Whether a choice that is made as the page makes it has an effect."""
    tenant = clinic.tenant
    tenant.policies.partners.choose(tenant, user, opted_out, tenant.clock.now(), user)
    return (clinic.get(f"Patient/{clinic.patient(user)}").status_code != 200) is opted_out


SHOWN: dict[str, Probe] = {
    "kick-off-answered-as-done": lambda c: kick_off(c).status_code != 202,
    "kick-off-in-the-wrong-header": lambda c: "content-location" not in kick_off(c).headers,
    "kick-off-tells-a-path": lambda c: (
        not kick_off(c).headers["content-location"].startswith("https:")
    ),
    "attribution-export-by-get": lambda c: by_get(c) == 202,
    "foreign-group-exported": others_group,
    "kick-off-without-token": without_token,
    "running-export-answered-as-done": lambda c: running(c).status_code != 202,
    "running-export-soon": lambda c: not running(c).headers["retry-after"].isdigit(),
    "running-export-tells-at-length": lambda c: len(running(c).headers["x-progress"]) > 100,
    "export-errors-in-words": refused,
    "export-errors-of-the-gateway": refused,
    "one-name-of-ndjson": lambda c: named(c, "application/ndjson"),
    "short-name-of-ndjson-unknown": lambda c: named(c, "ndjson"),
    "manifest-without-expires": expires,
    "manifest-expires-in-seconds": expires,
    "manifest-expires-in-1970": expires,
    "export-fails-in-part": lambda c: bool(finished(c).json()["error"]),
    "export-leaves-dependents-out": lambda c: c.patient("ben") not in export(c).patients(),
    "export-without-the-network": dangling,
    "export-with-the-warehouses-ids": dangling,
    "manifest-time-as-in-a-letter": lambda c: "/" in finished(c).json()["transactionTime"],
    "clinics-told-of-secrets": lambda c: (
        "private_key_jwt" not in smart(c)["token_endpoint_auth_methods_supported"]
    ),
    "clinics-told-of-a-weak-algorithm": lambda c: (
        "ES384" not in smart(c)["token_endpoint_auth_signing_alg_values_supported"]
    ),
    "clinics-not-told-of-their-grant": lambda c: (
        "client_credentials" not in smart(c)["grant_types_supported"]
    ),
    "clinics-statement-without-group": lambda c: '"Group"' not in statement(c),
    "clinics-statement-without-exports": lambda c: "davinci-data-export" not in statement(c),
    "clinics-statement-of-another-version": lambda c: "1.0.2" in statement(c),
    "match-declared-and-absent": lambda c: not match(c, "ada"),
    "udap-as-it-should-be": lambda c: signed(c)["iss"] == c.base if "error" not in udap(c) else 0,
    "udap-signed-by-another-key": lambda c: "error" not in udap(c) and signature_is_foreign(c),
    "udap-signed-for-another-base": lambda c: "error" not in udap(c) and signed(c)["iss"] != c.base,
    "udap-signature-run-out": lambda c: (
        "error" not in udap(c) and signed(c)["exp"] < datetime.now().timestamp()
    ),
    "udap-signed-for-ten-years": lambda c: (
        "error" not in udap(c) and signed(c)["exp"] - signed(c)["iat"] > 370 * 86400
    ),
    "udap-signed-endpoints-differ": lambda c: (
        "error" not in udap(c) and signed(c)["token_endpoint"] != udap(c)["token_endpoint"]
    ),
    "udap-without-what-is-required": lambda c: (
        "error" not in udap(c) and "signed_metadata" not in udap(c)
    ),
    "clinics-api-open-without-token": lambda c: (
        c.get(f"Patient/{c.patient('ada')}", token="").status_code == 200
    ),
    "clinic-known-by-name-alone": lambda c: form(c, client_id=c.client.client_id),
    "clinic-known-by-any-secret": lambda c: form(
        c, client_id=c.client.client_id, client_secret="guessed", client_assertion_type=ASSERTION
    ),
    "clinics-rs384-refused": rs384,
    "clinics-es384-refused": lambda c: c.token_answer().status_code != 200,
    "clinics-get-refresh-tokens": lambda c: "refresh_token" in c.token_answer().json(),
    "clinics-get-members-scopes": lambda c: scopes(
        c, "system/Group.rs patient/Patient.rs", "patient/Patient.rs"
    ),
    "clinics-scopes-echoed": lambda c: scopes(
        c, "system/Group.rs offline_access", "offline_access"
    ),
    "clinics-token-opens-members-api": at_members_api,
    "appointments-attribute-nobody": lambda c: (
        c.patient("ivy") not in members(roster(c.other("mockford-general")))
    ),
    "roster-cut-after-three": lambda c: len(members(roster(c))) == 3,
    "roster-without-members": lambda c: not members(roster(c)),
    "roster-without-status": lambda c: "extension" not in roster(c),
    "roster-without-characteristic": lambda c: "characteristic" not in roster(c),
    "roster-without-identifiers": lambda c: "identifier" not in roster(c),
    "roster-of-practitioners": lambda c: roster(c)["type"] != "person",
    "group-identifier-without-system": lambda c: (
        not c.get(f"Group?identifier=http://hl7.org/fhir/sid/us-npi|{c.client.npi}")
        .json()
        .get("entry")
    ),
    "group-identifier-ignored": lambda c: bool(c.get("Group?identifier=x|y").json().get("entry")),
    "group-npi-not-indexed": lambda c: (
        not c.get(f"Group?identifier={c.client.npi}").json().get("entry")
    ),
    "matched-groups-open-to-all": foreign_match,
    "clinics-match-any-first-name": finds(
        "ada", name=[{"family": "Synthetic-Lovelace", "given": ["Zoe"]}]
    ),
    "clinics-match-any-birthday": finds("ada", birthDate="1999-09-09"),
    "clinics-match-any-number": finds(
        "ada", identifier=[{"system": "https://payer.sandbox.example/member-number", "value": "X"}]
    ),
    "matched-group-lists-opted-out": finds("eli"),
    "attestation-overrides-opt-out": finds("eli"),
    "clinics-claims-without-diagnoses": lambda c: all("diagnosis" not in o for o in claims(c)),
    "clinics-claims-without-care-team": lambda c: all("careTeam" not in one for one in claims(c)),
    "clinics-claims-of-one-line": lambda c: all(len(o.get("item", ())) < 2 for o in claims(c)),
    "clinics-claims-by-the-month": lambda c: all(
        one["billablePeriod"]["start"].endswith("-01") for one in claims(c)
    ),
    "authorizations-tell-the-payment": lambda c: '"payment"' in authorizations(c),
    "authorizations-tell-what-was-paid": lambda c: "paidtoprovider" in authorizations(c),
    "withdrawn-part2-consent-counts": withdrawn,
    "protected-claim-hides-all-claims": of_fay("ExplanationOfBenefit"),
    "protected-condition-hides-all-conditions": of_fay("Condition"),
    "opt-out-page-missing": lambda c: (
        c.browser.send("GET", c.tenant.base + "/portal/provider-access").status_code == 404
    ),
    "opt-out-page-opens-later": lambda c: "Stop sharing" not in page(c).text,
    "opt-out-by-letter-only": lambda c: "Stop sharing" not in page(c).text,
    "opt-out-by-number-alone": by_number,
    "page-forgets-the-opt-out": lambda c: not chosen_on_the_page(c, "ada", True),
    "page-forgets-the-opt-in": lambda c: not chosen_on_the_page(c, "eli", False),
    "page-waits-for-the-month": lambda c: not chosen_on_the_page(c, "ada", True),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_fault_shows_where_it_is_seeded_and_nowhere_else(name):
    assert name in all_defects()
    assert SHOWN[name](at(f"plain+{name}"))
    assert not SHOWN[name](at())
