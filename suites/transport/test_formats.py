"""Bodies in formats that nobody asked for: a parser that reads them is a door.

The documents sent here define an entity of their own and name no address: where they are read,
nothing is fetched by it.
"""

from __future__ import annotations

import gzip
from xml.sax.saxutils import escape

from payerproof.suite import (
    Api,
    Lease,
    Person,
    SmartConfiguration,
    Target,
    check,
    expect,
    inconclusive_unless,
    not_applicable_unless,
)

XML = {"Content-Type": "application/xml"}
GROWN = 8_000_000
"""Bytes that no form of a search has."""
TYPE = '<!DOCTYPE {root} [<!ENTITY probe "{text}">]>'


@check("leaks.formats/search", needs=("member",), prod="gated")
def test_a_search_in_xml_is_refused(api: Api, member: Person) -> None:
    """A search by POST is read as a form only, and an XML document with entities refused."""
    # given a search by POST that works as a form
    client = api.as_(member)
    form = client.search_by_post("Patient", _id=member.patient_id)
    not_applicable_unless(form.ok, "Searching by POST is not offered.", form.exchange)
    # when the same is asked in XML, with an entity for the id
    body = (
        TYPE.format(root="Parameters", text=escape(member.patient_id))
        + '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="_id"/>'
        '<valueString value="&probe;"/></parameter></Parameters>'
    )
    answer = api.send(
        "POST",
        f"{api.base}/Patient/_search",
        content=body.encode(),
        headers=XML,
        bearer=api.grant_of(member).access_token,
    )
    # then it is refused
    expect.that(
        400 <= answer.status < 500,
        "a refusal, such as 415",
        f"status {answer.status}",
        form.exchange,
        answer.exchange,
    )


@check("leaks.formats/compressed", needs=("member",), prod="no")
def test_a_body_that_grows_is_refused(api: Api, member: Person) -> None:
    """A compressed search of a few kilobytes that unpacks to eight million bytes is not read."""
    # given a search by POST that finds the member's Patient, as a form
    client = api.as_(member)
    form = client.search_by_post("Patient", _id=member.patient_id)
    not_applicable_unless(form.ok, "Searching by POST is not offered.", form.exchange)
    inconclusive_unless(form.matches, "the member's own Patient is not found", form.exchange)
    # when a form for nobody comes compressed, with empty pairs up to eight million bytes
    body = gzip.compress(b"_id=payerproof-nobody" + b"&" * GROWN)
    answer = api.send(
        "POST",
        f"{api.base}/Patient/_search",
        content=body,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "Content-Encoding": "gzip",
            "Accept": "application/fhir+json",
        },
        bearer=api.grant_of(member).access_token,
    )
    inconclusive_unless(answer.status < 500, f"it was answered {answer.status}", answer.exchange)
    # then it is refused, or was not unpacked: a search for nobody would find nothing
    read = answer.status < 400 and member.patient_id not in answer.text
    expect.that(
        not read,
        "a refusal, such as 413 or 415",
        "a search as the unpacked form asks" if read else f"status {answer.status}",
        form.exchange,
        answer.exchange,
    )


@check("leaks.formats/token", needs=("member", "two_apps"), prod="gated")
def test_a_token_request_in_xml_is_refused(
    api: Api, lease: Lease, member: Person, smart: SmartConfiguration, target: Target
) -> None:
    """The token endpoint reads forms only, and an XML document with entities is refused."""
    # given a grant with a refresh token
    grant = lease(member)
    app = target.app(grant.app)
    not_applicable_unless(grant.refresh_token, "No refresh token was given.", grant.exchange)
    # when it is used in XML
    endpoint = smart.endpoint("token_endpoint")
    fields = {
        "grant_type": "refresh_token",
        "refresh_token": grant.refresh_token,
        "client_id": app.client_id,
    }
    inner = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    body = TYPE.format(root="request", text="probe") + f"<request>{inner}&probe;</request>"
    answer = api.send("POST", endpoint, content=body.encode(), headers=XML)
    # then it is refused, and not for what the document says
    told = answer.text if answer.status < 500 else ""
    expect.that(
        400 <= answer.status < 500 and "access_token" not in told,
        "a refusal, such as 415",
        f"status {answer.status}",
        answer.exchange,
    )
