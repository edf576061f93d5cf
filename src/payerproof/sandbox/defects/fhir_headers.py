"""Headers and media types of FHIR answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from payerproof.sandbox.defects.changing import decision
from payerproof.sandbox.fhir import negotiation, outcome
from payerproof.sandbox.fhir.call import Call, Reply

_CACHE = ("Cache-Control", "Pragma")


def _kind(reply: Reply) -> str:
    return str((reply.resource or {}).get("resourceType", ""))


def _without(reply: Reply, *names: str) -> dict[str, str]:
    return {name: value for name, value in outcome.headers_of(reply).items() if name not in names}


@decision(
    "headers_of",
    "no-cache-headers",
    "transport",
    "N-LEAK-05",
    "FHIR answers say nothing about caching",
    twin="private-and-never-stored",
)
def _silent(reply: Reply) -> Mapping[str, str]:
    return _without(reply, *_CACHE)


@decision(
    "headers_of",
    "searches-publicly-cacheable",
    "transport",
    "N-LEAK-05 N-BOLA-37",
    "Any cache may keep the answer to a search for a minute",
    twin="private-and-never-stored",
)
def _public(reply: Reply) -> Mapping[str, str]:
    if _kind(reply) != "Bundle":
        return outcome.headers_of(reply)
    return {**_without(reply, *_CACHE), "Cache-Control": "public, max-age=60"}


@decision(
    "headers_of",
    "documents-cacheable-without-vary",
    "transport",
    "N-LEAK-05 N-BOLA-37",
    "The content of documents is kept for a day, and the token is not part of the cache's key",
)
def _documents(reply: Reply) -> Mapping[str, str]:
    if not reply.raw:
        return outcome.headers_of(reply)
    return {**_without(reply, *_CACHE, "Vary"), "Cache-Control": "max-age=86400"}


@decision(
    "headers_of",
    "private-and-never-stored",
    "transport",
    "N-LEAK-05",
    "Caching is forbidden in other words: private, no-store, max-age=0, and no Pragma",
    lawful=True,
)
def _private(reply: Reply) -> Mapping[str, str]:
    return {**_without(reply, *_CACHE), "Cache-Control": "private, no-store, max-age=0"}


@decision(
    "headers_of",
    "version-banner",
    "transport",
    "N-LEAK-06",
    "Every FHIR answer names the server's product and version",
    twin="answers-carry-a-trace-number",
)
def _banner(reply: Reply) -> Mapping[str, str]:
    product = "HAPI FHIR 5.4.1 REST Server (FHIR Server; FHIR 4.0.1/R4)"
    return {**outcome.headers_of(reply), "X-Powered-By": product}


@decision(
    "headers_of",
    "backend-address-header",
    "transport",
    "N-LEAK-06",
    "A header of every answer tells the address of the node that made it",
    twin="answers-carry-a-trace-number",
)
def _node(reply: Reply) -> Mapping[str, str]:
    return {**outcome.headers_of(reply), "X-Backend-Server": "10.20.4.31:8080"}


@decision(
    "headers_of",
    "answers-carry-a-trace-number",
    "transport",
    "N-LEAK-06",
    "A header of every answer carries a trace number without meaning to others",
    lawful=True,
)
def _trace(reply: Reply) -> Mapping[str, str]:
    return {**outcome.headers_of(reply), "X-Request-Id": "8f14e45fceea167a5a36dedd4bea2543"}


@decision(
    "headers_of",
    "member-number-in-header",
    "transport",
    "N-LEAK-02",
    "A header, meant for the log of the gateway, holds the member number",
)
def _member(reply: Reply) -> Mapping[str, str]:
    headers = outcome.headers_of(reply)
    if _kind(reply) not in ("Patient", "Coverage") or not reply.resource:
        return headers
    return {**headers, "X-Member-Number": str(reply.resource["identifier"][0]["value"])}


@decision(
    "through_cache",
    "document-named-after-member",
    "transport",
    "N-LEAK-02",
    "The file name of a document is made of the member's name",
    twin="documents-under-a-plain-name",
)
def _file_name(call: Call, target: str, make: Callable[[], Reply]) -> Reply:
    reply = make()
    person = call.world.person_of(call.access.patient)
    if "/Binary/" not in target or person is None:
        return reply
    file = f"{person.given}_{person.family}_visit.txt"
    return reply.with_headers({"Content-Disposition": f'attachment; filename="{file}"'})


@decision(
    "headers_of",
    "searches-as-plain-text",
    "transport",
    "Q-REST-14",
    "Bundles are sent as text/plain",
    twin="media-type-in-capitals",
)
def _plain(reply: Reply) -> Mapping[str, str]:
    headers = outcome.headers_of(reply)
    if _kind(reply) != "Bundle":
        return headers
    return {**headers, "Content-Type": "text/plain; charset=utf-8"}


@decision(
    "headers_of",
    "reads-as-bare-json",
    "transport",
    "Q-REST-14",
    "Single resources are sent as application/json, Bundles as application/fhir+json",
    twin="media-type-in-capitals",
)
def _bare(reply: Reply) -> Mapping[str, str]:
    headers = outcome.headers_of(reply)
    if reply.resource is None or _kind(reply) == "Bundle":
        return headers
    return {**headers, "Content-Type": "application/json"}


@decision(
    "negotiate",
    "bare-json-not-accepted",
    "transport",
    "Q-REST-14",
    "Accept: application/json is refused (406); only application/fhir+json will do",
)
def _strict(accept: str, format_parameter: str) -> bool:
    if not format_parameter and accept.strip() == "application/json":
        return False
    return negotiation.speaks_json(accept, format_parameter)


@decision(
    "negotiate",
    "any-type-not-accepted",
    "transport",
    "Q-REST-14",
    "Accept: */* is refused (406), though it takes anything",
)
def _no_wildcard(accept: str, format_parameter: str) -> bool:
    if not format_parameter and accept.strip() == "*/*":
        return False
    return negotiation.speaks_json(accept, format_parameter)
