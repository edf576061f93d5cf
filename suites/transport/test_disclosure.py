"""Disclosure: addresses, headers, narratives and open doors tell no more than they must."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from payerproof.expect.advertised import references
from payerproof.expect.attachments import good_answers
from payerproof.expect.claims import CLAIMS, codes, mappings
from payerproof.expect.error_text import places_in, versions_in
from payerproof.expect.hosts import by_host
from payerproof.expect.personal_facts import (
    SSN,
    elements,
    facts_in,
    members_inside,
    prose,
    unmasked,
)
from payerproof.polite import Answer, Unreachable
from payerproof.suite import (
    Api,
    Apps,
    Authorization,
    Person,
    SmartConfiguration,
    Target,
    check,
    each,
    expect,
    inconclusive_unless,
)

NUMBERED = ("Patient", "Coverage", CLAIMS)
PROVIDER = "Practitioner"
PRIVATE_TYPES = {
    "SS": "a social security number",
    "SSN": "a social security number",
    "TAX": "a tax number",
    "BA": "a bank account",
    "BANK": "a bank account",
    "ACCT": "a bank account",
}
PRIVATE_SYSTEMS = {
    "http://hl7.org/fhir/sid/us-ssn": "a social security number",
    "urn:oid:2.16.840.1.113883.4.1": "a social security number",
    "urn:oid:2.16.840.1.113883.4.4": "a tax number",
}
BANK = re.compile(r"bank|routing-?number|\biban\b|aba-?routing", re.IGNORECASE)
DOORS = {
    "actuator": r'"_links"',
    "metrics": r"^# (?:HELP|TYPE) |jvm[._]|process[._]cpu",
    ".git/HEAD": r"^ref: refs/",
    "h2-console": r"(?i)h2 console",
    "server-status": r"(?i)apache server status",
    "env": r'"propertySources"|"activeProfiles"',
    "actuator/env": r'"propertySources"|"activeProfiles"',
    ".git/config": r"^\[core\]",
}
"""Management path → what its page shows, so that a catch-all page is not taken for it."""


@check("leaks.caching/fhir-answers", needs=("member",))
def test_answers_are_not_kept(api: Api, member: Person) -> None:
    """Answers with member data forbid shared caching."""
    # given answers with member data
    replies = good_answers(api.once(member), member)
    inconclusive_unless(replies, f"{member}'s own record could not be read")
    # when their Cache-Control is read
    rules = {r.exchange: r.header("cache-control").lower() for r in replies}
    kept = {x: rule for x, rule in rules.items() if _may_be_kept(rule)}
    # then nobody but the member's own app may keep them
    expect.that(
        not kept,
        "Cache-Control: no-store or private",
        "; ".join(
            f"{rule or 'no such header'} ({{x:{x}}})" for x, rule in [*(kept or rules).items()][:6]
        ),
        *[*(kept or rules)][:8],
    )


@check("leaks.caching/userinfo-and-redirects", needs=("member",))
def test_userinfo_and_redirects_are_not_kept(
    api: Api,
    apps: Apps,
    authorization: Authorization,
    member: Person,
    smart: SmartConfiguration,
) -> None:
    """Userinfo and the redirects of the authorization endpoint forbid storing."""
    # given the userinfo of a member, where it is offered, and what a correct request is answered
    metadata = api.once().get(
        smart.issuer.rstrip("/") + "/.well-known/openid-configuration", accept="application/json"
    )
    userinfo = str(metadata.body.get("userinfo_endpoint") or "") if smart.issuer else ""
    asked = [api.once(member).get(userinfo).answer] if userinfo else []
    page = {"Accept": "text/html"}
    asked.append(api.send("GET", authorization.request(apps.default).url, headers=page))
    answers = [answer for answer in asked if answer.status < 400]
    inconclusive_unless(answers, "neither was answered", *(answer.exchange for answer in asked))
    # when their Cache-Control is read
    rules = {a.exchange: (a.headers.get("cache-control") or "").lower() for a in answers}
    kept = {x: rule for x, rule in rules.items() if _may_be_kept(rule)}
    # then nobody but the member's own app may keep them
    expect.that(
        not kept,
        "Cache-Control: no-store or private, and no time for which to keep",
        "; ".join(f"{rule or 'no such header'} ({{x:{x}}})" for x, rule in (kept or rules).items()),
        *rules,
    )


@check("leaks.internal-names/headers-and-bodies", needs=("member",))
def test_no_inner_names(
    api: Api, member: Person, smart: SmartConfiguration, target: Target
) -> None:
    """No answer names a private address, internal host or software version."""
    # given answers of each kind, and the record
    replies = [
        api.once().get("metadata"),
        *good_answers(api.once(member), member),
        api.once(member).get("NoSuchType/1"),
    ]
    published = [host for host, _ in by_host(target, smart)]
    # when headers and bodies are looked through
    told = {
        reply.exchange: found
        for reply in replies
        if (
            found := [
                *versions_in(reply.answer.headers.items()),
                *places_in(_header_text(reply.answer), published=published),
                *places_in(reply.text, published=published),
            ]
        )
    }
    inside = places_in(json.dumps(list(member.record.everything)), published=published)
    # then none of them names what lies behind
    expect.that(
        not told and not inside,
        "no private address, internal host or software version",
        "; ".join(f"{', '.join(found)} ({{x:{x}}})" for x, found in told.items())
        + (f" in the record: {', '.join(inside)}" if inside else "")
        or f"none in {len(replies)} answers and the record",
        *[*(told or (reply.exchange for reply in replies))][:8],
    )


@check("leaks.management-surfaces/well-known-paths", prod="gated")
@each("path", DOORS)
def test_management_is_closed(
    api: Api, smart: SmartConfiguration, target: Target, path: str
) -> None:
    """No management path is open on the hosts of the flow."""
    # given the hosts of the flow, and the folder that the FHIR base lies in
    roots = [f"https://{host}:{port}" for host, port in by_host(target, smart)]
    folders = dict.fromkeys([*roots, api.base.rpartition("/")[0]])
    # when the path is asked for there without a token
    answers = [answer for root in folders for answer in _asked(api, f"{root}/{path}")]
    # then no management page answers
    opened = [a for a in answers if a.status == 200 and re.search(DOORS[path], a.text, re.M)]
    expect.that(
        not opened,
        f"nothing behind /{path}",
        "; ".join(f"open ({{x:{answer.exchange}}})" for answer in opened)
        or f"{', '.join(str(a.status) for a in answers) or 'no answer'}",
        *(answer.exchange for answer in opened or answers),
    )


@check("leaks.management-surfaces/maintenance-operations", needs=("member",), prod="no")
@each("operation", ("$reindex", "$mark-all-resources-for-reindexing"))
def test_members_cannot_start_maintenance(api: Api, member: Person, operation: str) -> None:
    """A member's token starts none of the server's own maintenance."""
    # given a member's token
    client = api.as_(member)
    # when the operation is called with it
    body = {"resourceType": "Parameters", "parameter": []}
    reply = client.send("POST", operation, json=body)
    # then it is refused, and not because the token is dead
    api.still_opens(member, reply)
    expect.that(
        reply.status >= 400,
        "a refusal",
        f"status {reply.status}",
        reply.exchange,
    )


@check("leaks.identifiers/ssn-and-bank", needs=("member",))
def test_no_private_numbers(api: Api, member: Person) -> None:
    """Patient, Coverage, EOB and Practitioner hold no SSN, bank number or tax id of a person."""
    # given the member's Patient, coverage and claims, and a practitioner they refer to
    rows = [row for kind in NUMBERED for row in member.record.of(kind)]
    seen = [api.once(member).read(PROVIDER, i) for i in _ids_of(member, PROVIDER)]
    rows += [reply.body for reply in seen if reply.resource_type == PROVIDER]
    exchanges = tuple(x for kind in NUMBERED for x in member.record.exchanges.get(kind, ()))
    inconclusive_unless(rows, f"{member} sees none of {', '.join(NUMBERED)}", *exchanges)
    # when identifiers and texts are looked through; a masked number is fine
    found = Counter(
        f"{what} in {row['resourceType']}" for row in rows for what in _private_numbers(row)
    )
    # then none of these numbers is there
    expect.that(
        not found,
        "no social security, bank or personal tax number",
        ", ".join(f"{what} ({n} times)" for what, n in found.items())
        or f"none in {len(rows)} resources",
        *exchanges,
    )


@check("leaks.narrative/same-as-data", needs=("member",))
def test_narrative_tells_no_more_than_data(member: Person) -> None:
    """Narrative, display and contained parts hold no personal fact that the data elements lack."""
    # given the record, and what its data elements say of the member
    record = member.record
    exchanges = tuple(x for kind in NUMBERED for x in record.exchanges.get(kind, ()))
    inconclusive_unless(record.of("Patient"), f"{member} sees no Patient", *exchanges)
    known = "\n".join(elements(list(record.of("Patient"))))
    # when dates, numbers and addresses of mail are looked for beside the data elements, and words
    # beside masked codes
    found = Counter(
        str(row["resourceType"])
        for row in record.everything
        if facts_in(_beside(row)) - _facts_of_data(f"{known}\n" + "\n".join(elements(row)))
        or any(unmasked(row))
    )
    # then there is none that the data elements lack
    expect.that(
        not found,
        "nothing in narratives, displays and contained members that the data lack",
        ", ".join(f"{n} {kind} with more" for kind, n in found.items())
        or f"nothing more in {len(record.everything)} resources",
        *exchanges,
    )


def _identifiers(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [i for i in mappings(resource.get("identifier")) if i.get("value")]


def _may_be_kept(rule: str) -> bool:
    """True where a Cache-Control lets others keep the answer, or anybody for some time."""
    if re.search(r"\b(?:public|s-maxage)\b", rule):
        return True
    lasting = re.search(r"\bmax-age=[1-9]", rule)
    return "no-store" not in rule and ("private" not in rule or bool(lasting))


def _ids_of(member: Person, kind: str) -> list[str]:
    """The id of a resource of a type that the record refers to; empty where there is none."""
    return [ident for name, ident in references(member.record).items() if name == kind]


def _of_payment(resource: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [
        identifier
        for payment in mappings(resource.get("payment"))
        for identifier in _identifiers(payment)
    ]


def _header_text(answer: Answer) -> str:
    return "\n".join(f"{name}: {value}" for name, value in answer.headers.items())


def _asked(api: Api, url: str) -> list[Answer]:
    try:
        return [api.send("GET", url)]
    except Unreachable:
        return []


def _private_numbers(row: Mapping[str, Any]) -> Iterator[str]:
    for resource in (row, *mappings(row.get("contained"))):
        if resource.get("resourceType") != "Organization":
            for identifier in [*_identifiers(resource), *_of_payment(resource)]:
                if re.search(r"[*xX•]{3}", str(identifier["value"])):
                    continue
                system = str(identifier.get("system") or "")
                kinds = [PRIVATE_TYPES.get(code) for code in codes(identifier.get("type"))]
                named = "a bank account" if BANK.search(system) else None
                yield from filter(None, {PRIVATE_SYSTEMS.get(system), named, *kinds})
    if any(SSN.search(text) for text in (*elements(row), *prose(row))):
        yield "the shape of a social security number"


def _beside(row: Mapping[str, Any]) -> str:
    """What a resource tells beside its data elements."""
    inside = "\n".join(text for one in members_inside(row) for text in elements(one))
    return "\n".join([*prose(row), inside])


def _facts_of_data(text: str) -> frozenset[str]:
    numbers = {re.sub(r"\D", "", line) for line in text.splitlines()}
    return facts_in(text) | numbers
