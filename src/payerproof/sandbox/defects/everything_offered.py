"""$everything listed and not served, or with a Patient that is there twice or not at all.

Written from R4's text on the operation Patient/$everything and on CapabilityStatement operations.
"""

from __future__ import annotations

from payerproof.sandbox.defects.changing import fhir, seed
from payerproof.sandbox.defects.isolation_doors import own_everything, with_everything
from payerproof.sandbox.fhir.bundles import searchset
from payerproof.sandbox.fhir.call import Call, Refused, Reply

_AREA = "quirks"
_CITES = "R4:patient-everything"
Segments = tuple[str, ...]


def _rows(
    call: Call, segments: Segments
) -> tuple[list[dict[str, object]], list[dict[str, object]]]:
    entries = list((own_everything(call, segments).resource or {})["entry"])
    own = [one for one in entries if one["resource"]["resourceType"] == "Patient"]
    return entries, own


def _twice(call: Call, segments: Segments) -> Reply:
    entries, own = _rows(call, segments)
    return Reply(resource=searchset([], [*entries, *own], None))


def _without(call: Call, segments: Segments) -> Reply:
    entries, own = _rows(call, segments)
    return Reply(resource=searchset([], [one for one in entries if one not in own], None))


def _for_clinics(_call: Call, _segments: Segments) -> Reply:
    raise Refused(403, "forbidden", "$everything is for clinics and other payers.")


def _unknown(_call: Call, _segments: Segments) -> Reply:
    raise Refused(404, "not-found", "There is no such operation.")


seed(
    "everything-listed-not-served",
    _AREA,
    _CITES,
    "The statement lists $everything under Patient, and it answers 404",
    fhir(everything=_unknown, capability=with_everything),
)
seed(
    "everything-with-the-patient-twice",
    _AREA,
    _CITES,
    "$everything holds the Patient twice",
    fhir(everything=_twice, capability=with_everything),
)
seed(
    "everything-without-the-patient",
    _AREA,
    _CITES,
    "$everything holds what refers to the Patient, and not the Patient",
    fhir(everything=_without, capability=with_everything),
)
seed(
    "everything-for-clinics-alone",
    _AREA,
    _CITES,
    "$everything is listed, and refused to members' apps with 403",
    fhir(everything=_for_clinics, capability=with_everything),
    lawful=True,
)
