"""Errors of the FHIR API that talk too much, come in the wrong form, or with the wrong status."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.defects.changing import decision
from payerproof.sandbox.fhir import outcome
from payerproof.sandbox.fhir.call import FaceFacts, Refused, Reply

_TRACE = (
    "Traceback (most recent call last):\n"
    '  File "/opt/fhir/app/search/parameters.py", line 214, in parse\n'
    "ValueError: could not convert value"
)


def _with(refused: Refused, target: str, diagnostics: str) -> Reply:
    reply = outcome.error_reply(refused, target)
    resource: dict[str, Any] = reply.resource or {}
    issue = {**resource["issue"][0], "diagnostics": diagnostics}
    return Reply(reply.status, {**resource, "issue": [issue]}, headers=reply.headers)


@decision(
    "error_reply",
    "stack-trace-in-diagnostics",
    "transport",
    "N-LEAK-01",
    "A value that cannot be parsed is answered with the trace of the failure",
    twin="errors-carry-a-number",
)
def _traced(refused: Refused, target: str) -> Reply:
    if refused.status == 400:
        return _with(refused, target, _TRACE)
    return outcome.error_reply(refused, target)


@decision(
    "error_reply",
    "statement-in-diagnostics",
    "transport",
    "N-LEAK-01",
    "A resource that is not found is answered with the statement that did not find it",
)
def _stated(refused: Refused, target: str) -> Reply:
    if refused.status == 404:
        statement = "SELECT res_id, res_body FROM hfj_resource WHERE res_type = ? : 0 rows"
        return _with(refused, target, statement)
    return outcome.error_reply(refused, target)


@decision(
    "error_reply",
    "class-name-in-diagnostics",
    "transport",
    "N-LEAK-01 N-LEAK-06",
    "A refusal for want of scope names the class of the server that refused",
)
def _classed(refused: Refused, target: str) -> Reply:
    if refused.status == 403:
        raised = "com.payer.fhir.security.ScopeInterceptor: ForbiddenOperationException"
        return _with(refused, target, f"{raised}: {refused.text}")
    return outcome.error_reply(refused, target)


@decision(
    "error_reply",
    "internal-host-in-diagnostics",
    "transport",
    "N-LEAK-01 N-LEAK-06",
    "An error names the server of the internal network that it comes from",
)
def _hosted(refused: Refused, target: str) -> Reply:
    text = f"{refused.text} (upstream fhir-core-02.payer.internal:8080, 10.20.4.17)"
    return _with(refused, target, text)


@decision(
    "error_reply",
    "error-echoes-the-query",
    "transport",
    "N-LEAK-01 N-LEAK-02",
    "An error repeats the address that was asked, with the member number in its query",
)
def _echoed(refused: Refused, target: str) -> Reply:
    return _with(refused, target, f"{refused.text} Request: {unquote(target)}")


@decision(
    "absent",
    "error-names-the-member",
    "transport",
    "N-LEAK-01 N-BOLA-20",
    "A refused read says whose resource it is",
)
def _named(face: FaceFacts, why: str, resource: Resource | None) -> Refused:
    refused = outcome.absent(face, why, resource)
    for element in ("patient", "subject", "beneficiary"):
        if resource is not None and why == "foreign" and element in resource:
            whose = resource[element].get("reference", "")
            refused.text = f"The {resource['resourceType']} belongs to {whose}."
    return refused


@decision(
    "absent",
    "error-shows-the-member-number",
    "transport",
    "N-LEAK-01",
    "A refused read of a Patient shows the name and the member number on file",
)
def _shown(face: FaceFacts, why: str, resource: Resource | None) -> Refused:
    refused = outcome.absent(face, why, resource)
    if resource is not None and why == "foreign" and resource["resourceType"] == "Patient":
        name, number = resource["name"][0], resource["identifier"][0]["value"]
        refused.text = f"No access to {name['given'][0]} {name['family']} ({number})."
    return refused


@decision(
    "error_reply",
    "not-found-as-html",
    "transport",
    "Q-REST-22",
    "What is not found is answered with the web server's page, in HTML",
)
def _page(refused: Refused, target: str) -> Reply:
    if refused.status != 404:
        return outcome.error_reply(refused, target)
    html = b"<html><head><title>404 Not Found</title></head><body><h1>Not Found</h1></body></html>"
    return Reply(404, raw=html, content_type="text/html; charset=utf-8")


@decision(
    "error_reply",
    "bad-request-as-xml",
    "transport",
    "Q-REST-22",
    "A value that cannot be parsed is answered in XML, whatever the client accepts",
)
def _xml(refused: Refused, target: str) -> Reply:
    if refused.status != 400:
        return outcome.error_reply(refused, target)
    issue = f'<issue><severity value="error"/><code value="{refused.code}"/></issue>'
    text = f'<OperationOutcome xmlns="http://hl7.org/fhir">{issue}</OperationOutcome>'
    return Reply(400, raw=text.encode(), content_type="application/fhir+xml")


@decision(
    "error_reply",
    "refusals-without-body",
    "transport",
    "Q-REST-22",
    "401 and 403 come with an empty body",
)
def _empty(refused: Refused, target: str) -> Reply:
    if refused.status not in (401, 403):
        return outcome.error_reply(refused, target)
    return Reply(refused.status, headers=refused.headers)


@decision(
    "error_reply",
    "bad-value-as-server-error",
    "transport",
    "Q-REST-21 N-LEAK-01",
    "A bad search value is answered as a failure of the server (500)",
)
def _server_error(refused: Refused, target: str) -> Reply:
    if refused.status == 400 and refused.code == "value":
        return outcome.error_reply(Refused(500, "exception", "Internal error"), target)
    return outcome.error_reply(refused, target)


@decision(
    "absent",
    "malformed-id-as-server-error",
    "transport",
    "Q-REST-21 N-BOLA-20",
    "An id that breaks the rules of FHIR is answered as a failure of the server (500)",
)
def _malformed(face: FaceFacts, why: str, resource: Resource | None) -> Refused:
    if why == "malformed":
        return Refused(500, "exception", "Internal error")
    return outcome.absent(face, why, resource)


@decision(
    "error_reply",
    "errors-in-two-languages",
    "transport",
    "N-LEAK-01 Q-REST-22",
    "An OperationOutcome says in a second issue, in Spanish, where help is to be had",
    lawful=True,
)
def _bilingual(refused: Refused, target: str) -> Reply:
    reply = outcome.error_reply(refused, target)
    resource: dict[str, Any] = reply.resource or {}
    words = "Consulte la documentación para desarrolladores."
    told = {"severity": "information", "code": "informational", "details": {"text": words}}
    issues = [*resource["issue"], told]
    return Reply(reply.status, {**resource, "issue": issues}, headers=reply.headers)
