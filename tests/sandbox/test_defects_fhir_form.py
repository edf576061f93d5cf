"""Seeded faults of errors, headers, links and the CapabilityStatement."""

from __future__ import annotations

from typing import Any

import pytest
from defect_payer import DefectPayer, Shows, check, check_twin, seeded_by
from fhir_payer import Answer

EOB = "/ExplanationOfBenefit"
BAD = f"{EOB}?service-date=yesterday"


def _eli(payer: DefectPayer, kind: str = "Condition") -> str:
    return f"/{kind}/{payer.one('eli', kind)}"


def _media(answer: Answer) -> str:
    return answer.headers["content-type"].partition(";")[0]


def _says(target: str, text: str, user: str = "ada") -> Shows:
    return lambda p: text in p.text(target, user)


def _unscoped(payer: DefectPayer) -> str:
    return payer.text(EOB, token=payer.token("ada", "patient/Coverage.rs"))


def _header(target: str, name: str, text: str) -> Shows:
    return lambda p: text in p.ask(target).headers.get(name, "")


def _pages(payer: DefectPayer, size: int = 5) -> list[Answer]:
    return payer.walk(f"{EOB}?_count={size}")


def _next(payer: DefectPayer) -> str:
    return payer.ask(f"{EOB}?_count=5").link("next")


def _ids(payer: DefectPayer, size: int = 5) -> list[str]:
    return [one for page in _pages(payer, size) for one in page.ids]


def _owned(payer: DefectPayer) -> int:
    return len(payer.record("ada", EOB[1:]))


def _metadata(payer: DefectPayer) -> Any:
    return payer.ask("/metadata", token="").json


def _grows(payer: DefectPayer) -> bool:
    links = [page.link("next") for page in _pages(payer) if page.link("next")]
    return len(links[-1]) > len(links[0]) + 60


def _posted(payer: DefectPayer) -> bool:
    form = {"identifier": "26L7K00001"}
    return len(payer.post(f"{EOB}/_search", form).ids) > 1


def _advertised(payer: DefectPayer, kind: str) -> str:
    rest = _metadata(payer)["rest"][0]
    return str([one for one in rest["resource"] if one["type"] == kind])


def _statuses(payer: DefectPayer, accept: str) -> bool:
    return payer.ask("/Coverage", accept=accept).status == 406


INTERNAL = "payer.internal"
FAULTS: dict[str, Shows] = {
    "stack-trace-in-diagnostics": _says(BAD, "Traceback"),
    "statement-in-diagnostics": _says("/Condition/none", "SELECT"),
    "class-name-in-diagnostics": lambda p: "ScopeInterceptor" in _unscoped(p),
    "internal-host-in-diagnostics": _says("/Condition/none", INTERNAL),
    "error-echoes-the-query": _says(f"{BAD}&identifier=MB-1", "MB-1"),
    "error-names-the-member": lambda p: p.patient("eli") in p.text(_eli(p)),
    "error-shows-the-member-number": lambda p: "Ruiz" in p.text(_eli(p, "Patient")),
    "not-found-as-html": lambda p: _media(p.ask("/Condition/none")) == "text/html",
    "bad-request-as-xml": lambda p: _media(p.ask(BAD)) == "application/fhir+xml",
    "refusals-without-body": lambda p: p.text("/Coverage", token="") == "",
    "bad-value-as-server-error": lambda p: p.ask(BAD).status == 500,
    "malformed-id-as-server-error": lambda p: p.ask("/Condition/a_b").status == 500,
    "no-cache-headers": lambda p: "cache-control" not in p.ask("/Coverage").headers,
    "searches-publicly-cacheable": _header("/Coverage", "cache-control", "public"),
    "documents-cacheable-without-vary": lambda p: (
        "max-age" in p.ask(f"/Binary/{p.one('ada', 'Binary')}").headers["cache-control"]
    ),
    "version-banner": _header("/Coverage", "x-powered-by", "5.4.1"),
    "backend-address-header": _header("/Coverage", "x-backend-server", "10."),
    "member-number-in-header": lambda p: (
        "MB-" in p.ask(f"/Patient/{p.patient('ada')}").headers.get("x-member-number", "")
    ),
    "document-named-after-member": lambda p: (
        "Ada_" in p.ask(f"/Binary/{p.one('ada', 'Binary')}").headers.get("content-disposition", "")
    ),
    "searches-as-plain-text": lambda p: _media(p.ask("/Coverage")) == "text/plain",
    "reads-as-bare-json": lambda p: (
        _media(p.ask(f"/Patient/{p.patient('ada')}")) == "application/json"
    ),
    "bare-json-not-accepted": lambda p: _statuses(p, "application/json"),
    "any-type-not-accepted": lambda p: _statuses(p, "*/*"),
    "next-link-plain-http": lambda p: _next(p).startswith("http://"),
    "next-link-internal-host": lambda p: INTERNAL in _next(p),
    "next-link-relative": lambda p: _next(p).startswith(EOB[1:]),
    "next-link-grows": _grows,
    "next-link-too-long": lambda p: len(_next(p)) > 2000,
    "last-page-dropped": lambda p: len(_ids(p, 7)) < _owned(p),
    "no-third-page": lambda p: len(_pages(p)) == 2,
    "empty-page-at-the-end": lambda p: "entry" not in _pages(p)[-1].json,
    "next-link-of-second-page-loops": lambda p: (
        (second := p.ask(_next(p))).ids == p.ask(second.link("next")).ids
    ),
    "pages-overlap": lambda p: len(_ids(p)) > len(set(_ids(p))),
    "page-link-holds-member-number": lambda p: "MB-4471" in _next(p),
    "count-ignored-with-last-updated": lambda p: (
        len(p.ask(f"{EOB}?_count=5&_lastUpdated=ge2000").ids) > 5
    ),
    "full-url-of-another-host": _says("/Coverage", INTERNAL),
    "full-url-without-type": lambda p: (
        "/Coverage/" not in p.ask("/Coverage").json["entry"][0]["fullUrl"]
    ),
    "total-counts-includes": lambda p: p.ask(f"{EOB}?_include=*").json["total"] > _owned(p),
    "total-is-of-the-page": lambda p: p.ask(f"{EOB}?_count=5").json["total"] == 5,
    "strict-handling-ignored": lambda p: (
        p.ask("/Coverage?bogus=1", prefer="handling=strict").status == 200
    ),
    "unknown-parameter-in-self-link": lambda p: "bogus" in p.ask("/Coverage?bogus=1").link("self"),
    "posted-search-ignores-body": _posted,
    "observations-only-by-category": lambda p: not p.ask("/Observation").ids,
    "typed-patient-finds-nothing": lambda p: (
        not p.ask(f"/Coverage?patient=Patient/{p.patient('ada')}").ids
    ),
    "capability-in-two-rest-entries": lambda p: (
        [one["mode"] for one in _metadata(p)["rest"]] == ["server", "server"]
    ),
    "capability-of-another-version": lambda p: _metadata(p)["fhirVersion"] == "3.0.2",
    "capability-advertises-xml": lambda p: "application/fhir+xml" in _metadata(p)["format"],
    "capability-advertises-history": lambda p: "history-instance" in _advertised(p, "Patient"),
    "capability-advertises-unserved-type": lambda p: _advertised(p, "Claim") != "[]",
    "capability-advertises-unserved-parameter": lambda p: "item-udi" in _advertised(p, EOB[1:]),
    "capability-advertises-create": lambda p: "create" in _advertised(p, "Patient"),
    "capability-without-claims": lambda p: _advertised(p, EOB[1:]) == "[]",
    "capability-without-instantiates": lambda p: "carin" not in str(_metadata(p)["instantiates"]),
    "capability-of-an-older-guide": lambda p: "carin-bb|1.0.0" in p.text("/metadata"),
    "capability-names-internal-host": lambda p: INTERNAL in p.text("/metadata"),
    "capability-without-security-service": lambda p: "security" not in _metadata(p)["rest"][0],
    "capability-needs-a-token": lambda p: p.ask("/metadata", token="").status == 401,
}
TWINS: dict[str, Shows] = {
    "errors-in-two-languages": _says("/Condition/none", "Consulte"),
    "private-and-never-stored": _header("/Coverage", "cache-control", "private"),
    "answers-carry-a-trace-number": _header("/Coverage", "x-request-id", "8f"),
    "previous-link-called-prev": lambda p: _pages(p)[1].link("prev") != "",
    "first-and-last-links": lambda p: p.ask(_pages(p)[0].link("last") or EOB).link("first") != "",
    "pages-of-seven": lambda p: len(p.ask(f"{EOB}?_count=50").ids) == 7,
    "capability-also-of-a-client": lambda p: _metadata(p)["rest"][-1]["mode"] == "client",
    "capability-without-oauth-addresses": lambda p: "oauth-uris" not in p.text("/metadata"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_shows(name: str) -> None:
    check(name, FAULTS[name])


@pytest.mark.parametrize("name", TWINS)
def test_a_twin_is_odd(name: str) -> None:
    check_twin(name, TWINS[name])


def test_every_entry_is_tried() -> None:
    modules = ("fhir_errors", "fhir_headers", "fhir_links", "fhir_bundles", "capability")
    assert seeded_by(*modules) == {*FAULTS, *TWINS}
