"""The form of requests and answers: media types, methods, headers, errors."""

from __future__ import annotations

import pytest
from fhir_payer import FACE_NAMES, Payer

JSON = "application/fhir+json; charset=utf-8"


@pytest.fixture
def payer() -> Payer:
    return Payer()


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("", 200),
        ("*/*", 200),
        ("application/fhir+json", 200),
        ("application/json", 200),
        ("application/fhir+json; fhirVersion=4.0", 200),
        ("application/fhir+json;charset=utf-8", 200),
        ("text/html,application/xhtml+xml,*/*;q=0.8", 200),
        ("application/fhir+xml, application/fhir+json;q=0.5", 200),
        ("application/fhir+xml", 406),
        ("text/turtle", 406),
        ("text/html", 406),
        ("application/fhir+json; fhirVersion=5.0", 406),
        ("application/fhir+json;q=0", 406),
    ],
)
def test_accept(payer: Payer, accept: str, status: int) -> None:
    headers = {"Accept": accept} if accept else {}
    answer = payer.ask(f"/Patient/{payer.patient('ada')}", headers=headers)
    assert answer.status == status
    assert answer.headers["content-type"] == JSON


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("json", 200),
        ("application/fhir%2Bjson", 200),
        ("application/fhir+json", 200),
        ("xml", 406),
        ("html", 406),
        ("text/turtle", 406),
    ],
)
def test_format_overrides_accept(payer: Payer, word: str, status: int) -> None:
    target = f"/Patient/{payer.patient('ada')}?_format={word}"
    assert payer.ask(target, headers={"Accept": "application/fhir+xml"}).status == status
    assert payer.post("/Patient/_search", {"_format": "xml"}).status == 406


@pytest.mark.parametrize("target", ["/metadata", "/Patient", "/Patient/x", "/nowhere", "/_history"])
def test_every_answer_is_kept_by_nobody(payer: Payer, target: str) -> None:
    answer = payer.ask(target)
    assert answer.headers["cache-control"] == "no-store"
    assert "Authorization" in answer.headers["vary"]
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("POST", "/Patient"),
        ("PUT", "/Patient/{A}"),
        ("PATCH", "/Patient/{A}"),
        ("DELETE", "/Patient/{A}"),
        ("POST", "/ExplanationOfBenefit"),
        ("POST", "/Consent"),
        ("DELETE", "/Patient?name=x"),
        ("TRACE", "/Patient/{A}"),
        ("PROPFIND", "/"),
    ],
)
def test_writes_are_refused_and_change_nothing(payer: Payer, method: str, target: str) -> None:
    before = payer.ask(f"/Patient/{payer.patient('ada')}").content
    target = target.format(A=payer.patient("ada"))
    answer = payer.ask(target, method=method, body=b'{"resourceType":"Patient"}')
    assert answer.status == 405
    assert answer.json["resourceType"] == "OperationOutcome"
    assert payer.ask(target, method=method, token="").status == 401
    assert payer.ask(f"/Patient/{payer.patient('ada')}").content == before


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_override_headers_are_not_obeyed(payer: Payer, name: str) -> None:
    answer = payer.ask(f"/Patient/{payer.patient('ada')}", headers={name: "DELETE"})
    assert answer.status == 200
    answer = payer.ask("/Patient", method="POST", headers={name: "GET"})
    assert answer.status == 405


def test_head_is_get_without_body(payer: Payer) -> None:
    path = f"/Patient/{payer.patient('ada')}"
    whole, head = payer.ask(path), payer.ask(path, method="HEAD")
    assert head.content == b""
    assert head.status == 200
    assert head.headers["content-length"] == str(len(whole.content))
    foreign = payer.ask(f"/Patient/{payer.patient('eli')}", method="HEAD")
    assert (foreign.status, foreign.content) == (404, b"")


def test_options_tells_methods_and_no_more(payer: Payer) -> None:
    answer = payer.ask(f"/Patient/{payer.patient('ada')}", method="OPTIONS", token="")
    assert (answer.status, answer.content) == (204, b"")
    assert "PUT" not in answer.headers["allow"]


@pytest.mark.parametrize("face", FACE_NAMES)
def test_without_token_only_metadata_answers(face: str) -> None:
    payer = Payer(face)
    assert payer.ask("/metadata", token="").status == 200
    for target in ("/Patient", f"/Patient/{payer.patient('ada')}", "/nowhere", "/_history", "/"):
        for token in ("", "null", "undefined"):
            assert payer.ask("/Patient?_page=junk", token=token).status == 401
            answer = payer.ask(target, token=token)
            assert answer.status == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.json["resourceType"] == "OperationOutcome"


def test_etag_and_conditional_read(payer: Payer) -> None:
    path = f"/Patient/{payer.patient('ada')}"
    tag = payer.ask(path).headers["etag"]
    again = payer.ask(path, headers={"If-None-Match": tag})
    assert (again.status, again.content) == (304, b"")
    foreign = payer.ask(f"/Patient/{payer.patient('eli')}", headers={"If-None-Match": tag})
    assert foreign.status == 404


def test_versions(payer: Payer) -> None:
    path = f"/Patient/{payer.patient('ada')}"
    assert payer.ask(f"{path}/_history/1").json == payer.ask(path).json
    assert payer.ask(f"{path}/_history/2").status == 404
    assert payer.ask(f"{path}/_history/0").status == 404


def test_elements_and_summary(payer: Payer) -> None:
    chosen = payer.ask("/ExplanationOfBenefit?_elements=identifier&_count=2").resources
    for one in chosen:
        assert {"id", "meta", "identifier", "status", "patient"} <= set(one)
        assert "item" not in one
        assert one["meta"]["tag"][0]["code"] == "SUBSETTED"
    data = payer.ask("/Patient?_summary=data").resources[0]
    assert "text" not in data
    assert data["name"]
    text = payer.ask("/CarePlan?_summary=text").resources[0]
    assert {"text", "status", "intent", "subject"} <= set(text)
    assert "goal" not in text
    alone = payer.ask(f"/Patient/{payer.patient('ada')}?_elements=gender").json
    assert alone["gender"] == "female"
    assert "name" not in alone


def test_projection_reaches_nothing_withheld(payer: Payer) -> None:
    payer.grant("ada", scopes=("patient/ExplanationOfBenefit.rs",))
    for query in ("_elements=patient", "_summary=data", "_elements=contained,text,extension"):
        content = payer.ask(f"/ExplanationOfBenefit?{query}").content.decode()
        assert "Lovelace" not in content
        assert "Analytical Engine" not in content


ERRORS = [
    "/Patient/{C}",
    "/Patient?birthdate=Eli",
    "/Patient?_id={C}",
    "/ExplanationOfBenefit?service-date=%27;DROP%20TABLE%20claims",
    "/Patient/" + "z" * 4000,
    "/ExplanationOfBenefit?{C}=1",
]


@pytest.mark.parametrize("target", ERRORS)
@pytest.mark.parametrize("preference", ["handling=strict", "handling=lenient"])
def test_errors_tell_nothing_of_the_inside_or_of_a_member(
    payer: Payer, target: str, preference: str
) -> None:
    answer = payer.ask(target.format(C=payer.patient("eli")), headers={"Prefer": preference})
    if answer.status == 200:
        assert not answer.resources or payer.patient("ada") in answer.content.decode()
        return
    issue = answer.json["issue"][0]
    assert set(answer.json) == {"resourceType", "issue"}
    for word in ("Traceback", "payerproof", "starlette", "/src", ".py", "DROP", "Eli", "Ruiz"):
        assert word not in issue["diagnostics"]


def test_metadata_tells_what_is_served(payer: Payer) -> None:
    statement = payer.ask("/metadata", token="").json
    assert statement["resourceType"] == "CapabilityStatement"
    assert statement["fhirVersion"] == "4.0.1"
    assert statement["implementation"]["url"] == payer.fhir_base
    assert "http://hl7.org/fhir/us/carin-bb/CapabilityStatement/c4bb" in statement["instantiates"]
    (rest,) = statement["rest"]
    uris = rest["security"]["extension"][0]["extension"]
    assert {one["url"] for one in uris} >= {"authorize", "token", "revoke", "introspect"}
    assert all(one["valueUri"].startswith(payer.base) for one in uris)
    assert not {"batch", "transaction", "history-system"} & {
        one["code"] for one in rest.get("interaction", [])
    }
    for resource in rest["resource"]:
        kind = resource["type"]
        codes = {one["code"] for one in resource["interaction"]}
        assert codes <= {"read", "vread", "search-type"}
        for parameter in resource.get("searchParam", []):
            query = f"/{kind}?{parameter['name']}:missing=true"
            assert payer.ask(query, headers={"Prefer": "handling=strict"}).status == 200
        for include in resource.get("searchInclude", []):
            query = f"/{kind}?_include={include}"
            assert payer.ask(query, headers={"Prefer": "handling=strict"}).status == 200
        for include in resource.get("searchRevInclude", []):
            query = f"/{kind}?_revinclude={include}"
            assert payer.ask(query, headers={"Prefer": "handling=strict"}).status == 200


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        (
            "ExplanationOfBenefit",
            "_id patient _lastUpdated type identifier service-date service-start-date "
            "billable-period-start",
        ),
        ("Coverage", "_id patient _lastUpdated"),
        ("Patient", "_id identifier name birthdate gender"),
        ("Observation", "patient category code date status"),
        ("DocumentReference", "_id patient type category date period status"),
    ],
)
def test_metadata_names_the_guides_parameters(payer: Payer, kind: str, parameters: str) -> None:
    resources = payer.ask("/metadata", token="").json["rest"][0]["resource"]
    (found,) = [one for one in resources if one["type"] == kind]
    assert set(parameters.split()) <= {one["name"] for one in found["searchParam"]}
