"""What a clinic sent along with a request: a visit note, and a form as structured answers.

US Core 6.1.0 DocumentReference and QuestionnaireResponse. Members get what is structured
(42 CFR 422.119(b)(1)(iv)(A)(6)); the note is theirs all the same.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from payerproof.sandbox.data.coding import LOINC, US_CORE, Json, concept, us_core
from payerproof.sandbox.data.maker import Maker, instant

FORMS = "https://payer.sandbox.example/fhir/Questionnaire/"
_FORMAT = {
    "system": "http://ihe.net/fhir/ihe.formatcode.fhir/CodeSystem/formatcode",
    "code": "urn:ihe:iti:xds:2017:mimeTypeSufficient",
}
_DISPLAY = "http://hl7.org/fhir/StructureDefinition/display"


class Request(Protocol):
    """Of a request what its papers are made of."""

    @property
    def key(self) -> str:
        """Natural key of the request."""

    @property
    def member(self) -> str:
        """Whose request it is."""

    @property
    def practitioner(self) -> str:
        """Who asked."""

    @property
    def received(self) -> date:
        """The day it came in."""

    @property
    def number(self) -> str:
        """Number of the authorization."""

    @property
    def note(self) -> str:
        """What the visit note says."""

    @property
    def sensitivity(self) -> str:
        """How the law protects it."""


def build_note(maker: Maker, request: Request) -> Json:
    """Make the visit note and the Binary that holds it; return a reference to the note."""
    updated = instant(request.received, 16, 7)
    marked = request.sensitivity
    content = {"contentType": "text/plain", "data": b64encode(request.note.encode()).decode()}
    maker.add("Binary", request.key, [], updated, content, sensitivity=marked)
    url = f"Binary/{maker.id('Binary', request.key)}"
    elements = {
        "identifier": [_numbered("document-number", request)],
        "status": "current",
        "type": concept(LOINC, "11506-3", "Progress note"),
        "category": [concept(US_CORE + "us-core-documentreference-category", "clinical-note")],
        "subject": maker.ref("Patient", request.member),
        "date": instant(request.received, 11),
        "author": [maker.ref("Practitioner", request.practitioner)],
        "content": [
            {
                "attachment": {"contentType": "text/plain", "url": url, "title": "Visit note"},
                "format": _FORMAT,
            }
        ],
        "context": {"period": {"start": request.received.isoformat()}},
    }
    profiles = [us_core("us-core-documentreference")]
    maker.add("DocumentReference", request.key, profiles, updated, elements, sensitivity=marked)
    return maker.ref("DocumentReference", request.key)


def build_form(maker: Maker, request: Request, name: str, form: Mapping[str, Any]) -> Json:
    """Make the answers to the plan's questions; return a reference to them."""
    elements = {
        "identifier": _numbered("form-number", request),
        "questionnaire": FORMS + name,
        "_questionnaire": {"extension": [{"url": _DISPLAY, "valueString": form["title"]}]},
        "status": "completed",
        "subject": maker.ref("Patient", request.member),
        "authored": instant(request.received, 11),
        "author": maker.ref("Practitioner", request.practitioner),
        "item": [
            _answered(*form["first"]),
            {
                "linkId": name,
                "text": form["group"],
                "item": [_answered(*question) for question in form["questions"]],
            },
        ],
    }
    maker.add(
        "QuestionnaireResponse",
        request.key,
        [us_core("us-core-questionnaireresponse")],
        instant(request.received, 16, 8),
        elements,
        sensitivity=request.sensitivity,
    )
    return maker.ref("QuestionnaireResponse", request.key)


def _answered(link: str, question: str, said: str, follow_up: Sequence[str] = ()) -> Json:
    """One question with its answer, and the question that the answer led to."""
    answer: Json = {"valueString": said}
    if follow_up:
        answer["item"] = [_answered(*follow_up)]
    return {"linkId": link, "text": question, "answer": [answer]}


def _numbered(kind: str, request: Request) -> Json:
    system = f"https://payer.sandbox.example/{kind}"
    return {"system": system, "value": f"{request.number}-{kind.partition('-')[0].upper()}"}
