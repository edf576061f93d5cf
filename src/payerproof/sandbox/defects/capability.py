"""CapabilityStatements that say what isn't so, or say it where nobody reads it."""

from __future__ import annotations

from typing import Any

from payerproof.sandbox.defects.changing import decision
from payerproof.sandbox.fhir.call import FaceFacts, Refused

Statement = dict[str, Any]


def _resource(statement: Statement, kind: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = statement["rest"][0]["resource"]
    return next(one for one in rows if one["type"] == kind)


@decision(
    "capability",
    "capability-in-two-rest-entries",
    "discovery",
    "Q-DISC-06",
    "The CapabilityStatement has two server entries: one with resources, one with security",
    twin="capability-also-of-a-client",
)
def _two(statement: Statement, _face: FaceFacts) -> Statement:
    rest = dict(statement["rest"][0])
    secured = {"mode": "server", "security": rest.pop("security")}
    return {**statement, "rest": [rest, secured]}


@decision(
    "capability",
    "capability-also-of-a-client",
    "discovery",
    "Q-DISC-06",
    "The CapabilityStatement also says what the payer does as a client of others",
    lawful=True,
)
def _client(statement: Statement, _face: FaceFacts) -> Statement:
    asks = {"type": "Practitioner", "interaction": [{"code": "read"}]}
    return {**statement, "rest": [*statement["rest"], {"mode": "client", "resource": [asks]}]}


@decision(
    "capability",
    "capability-of-another-version",
    "discovery",
    "Q-DATA-26 Q-DISC-05",
    "The CapabilityStatement declares FHIR 3.0.2, and the resources are R4",
)
def _version(statement: Statement, _face: FaceFacts) -> Statement:
    return {**statement, "fhirVersion": "3.0.2"}


@decision(
    "capability",
    "capability-advertises-xml",
    "discovery",
    "Q-DISC-05",
    "XML is advertised and answered with 406",
    twin="capability-in-another-order",
)
def _xml(statement: Statement, _face: FaceFacts) -> Statement:
    return {**statement, "format": [*statement["format"], "application/fhir+xml"]}


@decision(
    "capability",
    "capability-advertises-history",
    "discovery",
    "Q-DISC-05",
    "History is advertised for Patient and refused",
)
def _history(statement: Statement, _face: FaceFacts) -> Statement:
    patient = _resource(statement, "Patient")
    patient["interaction"].append({"code": "history-instance"})
    patient["readHistory"] = True
    return statement


@decision(
    "capability",
    "capability-advertises-unserved-type",
    "discovery",
    "Q-DISC-05",
    "Claim is advertised with read and search, and there is no such address",
)
def _claim(statement: Statement, _face: FaceFacts) -> Statement:
    codes = [{"code": "read"}, {"code": "search-type"}]
    statement["rest"][0]["resource"].append({"type": "Claim", "interaction": codes})
    return statement


@decision(
    "capability",
    "capability-advertises-unserved-parameter",
    "discovery",
    "Q-DISC-05 Q-REST-15",
    "ExplanationOfBenefit advertises the parameter item-udi, which searches pass over",
)
def _parameter(statement: Statement, _face: FaceFacts) -> Statement:
    claims = _resource(statement, "ExplanationOfBenefit")
    claims["searchParam"].append({"name": "item-udi", "type": "reference"})
    return statement


@decision(
    "capability",
    "capability-advertises-create",
    "discovery",
    "Q-DISC-05",
    "Creating and updating a Patient is advertised on a read-only API",
)
def _create(statement: Statement, _face: FaceFacts) -> Statement:
    _resource(statement, "Patient")["interaction"] += [{"code": "create"}, {"code": "update"}]
    return statement


@decision(
    "capability",
    "capability-without-claims",
    "discovery",
    "Q-DISC-05",
    "ExplanationOfBenefit is served and not in the CapabilityStatement",
)
def _no_claims(statement: Statement, _face: FaceFacts) -> Statement:
    rows = statement["rest"][0]["resource"]
    kept = [one for one in rows if one["type"] != "ExplanationOfBenefit"]
    return {**statement, "rest": [{**statement["rest"][0], "resource": kept}]}


@decision(
    "capability",
    "capability-without-instantiates",
    "discovery",
    "Q-DATA-26",
    "The CapabilityStatement doesn't say which of CARIN's it follows",
)
def _no_claim_to_follow(statement: Statement, _face: FaceFacts) -> Statement:
    kept = [one for one in statement["instantiates"] if "carin" not in one]
    return {**statement, "instantiates": kept}


@decision(
    "capability",
    "capability-of-an-older-guide",
    "discovery",
    "Q-DATA-26 Q-DATA-08",
    "The CapabilityStatement declares CARIN BB 1.0.0, the claims follow 2.1.0",
)
def _older(statement: Statement, _face: FaceFacts) -> Statement:
    guides = [one.replace("carin-bb|2.1.0", "carin-bb|1.0.0") for one in _guides(statement)]
    return {**statement, "implementationGuide": guides}


def _guides(statement: Statement) -> list[str]:
    return [str(one) for one in statement["implementationGuide"]]


@decision(
    "capability",
    "capability-names-internal-host",
    "discovery",
    "N-LEAK-06",
    "The CapabilityStatement names build, product version and an address of the internal network",
)
def _inside(statement: Statement, _face: FaceFacts) -> Statement:
    software = {"name": "HAPI FHIR Server", "version": "5.4.1-b2f9 (prod-core-02)"}
    address = "http://fhir-core-02.payer.internal:8080/fhir"
    place = {"description": "Production", "url": address}
    return {**statement, "software": software, "implementation": place}


@decision(
    "capability",
    "capability-without-security-service",
    "discovery",
    "Q-DISC-06 Q-DISC-05",
    "The CapabilityStatement doesn't say that the API is secured, nor how",
)
def _unsecured(statement: Statement, _face: FaceFacts) -> Statement:
    rest = {key: value for key, value in statement["rest"][0].items() if key != "security"}
    return {**statement, "rest": [rest]}


@decision(
    "capability",
    "capability-without-oauth-addresses",
    "discovery",
    "Q-DISC-03",
    "The addresses of the authorization server stand in the SMART document alone (SMART 2 allows)",
    lawful=True,
)
def _without_addresses(statement: Statement, _face: FaceFacts) -> Statement:
    rest = statement["rest"][0]
    security = {key: value for key, value in rest["security"].items() if key != "extension"}
    return {**statement, "rest": [{**rest, "security": security}]}


@decision(
    "capability",
    "capability-needs-a-token",
    "discovery",
    "Q-DISC-05 N-BOLA-40",
    "/metadata is behind the token check like everything else",
)
def _guarded(_statement: Statement, _face: FaceFacts) -> Statement:
    challenge = {"WWW-Authenticate": 'Bearer realm="fhir"'}
    raise Refused(401, "login", "An access token is required.", headers=challenge)
