"""Each policy is a gate of its own: one wrong decision shows, and no other gate covers for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import pytest
from fhir_payer import Payer

from payerproof.sandbox.access import Access
from payerproof.sandbox.fhir import FhirPolicies, compartment
from payerproof.sandbox.fhir.call import Refused, Reply
from payerproof.sandbox.fhir.compartment import referring


def shows(payer: Payer, target: str, text: str, **how: Any) -> bool:
    return text in payer.ask(target, **how).content.decode()


def _patient_of_eli(payer: Payer) -> bool:
    return shows(payer, f"/Patient/{payer.patient('eli')}", "Ruiz")


def _version_of_eli(payer: Payer) -> bool:
    return shows(payer, f"/Patient/{payer.patient('eli')}/_history/1", "Ruiz")


def _claims_of_eli(payer: Payer) -> bool:
    return shows(payer, f"/ExplanationOfBenefit?patient={payer.patient('eli')}", "26E9Z")


def _second_page(payer: Payer) -> bool:
    pages = payer.walk("/ExplanationOfBenefit?_count=20")
    assert "26E9Z" not in pages[0].content.decode()
    return any("26E9Z" in page.content.decode() for page in pages[1:])


def _subscriber(payer: Payer) -> bool:
    return shows(payer, "/Coverage?_include=Coverage:subscriber", "Bruno", token="britta")


def _claims_by_doctor(payer: Payer) -> bool:
    query = "/Practitioner?_revinclude=ExplanationOfBenefit:care-team"
    return shows(payer, query, "26D3E")


def _document_of_eli(payer: Payer) -> bool:
    binary = payer.world.record(payer.patient("eli"), "Binary")[0]["id"]
    return shows(payer, f"/Binary/{binary}", "MB-7215", headers={"Accept": "text/plain"})


def _compartment_of_iva(payer: Payer) -> bool:
    return payer.ask(f"/Patient/{payer.patient('iva')}/Coverage").status == 200


def _page_of_ada(payer: Payer) -> bool:
    link = payer.ask("/ExplanationOfBenefit?_count=5").link("next")
    return shows(payer, link, "26L7K", token="eli")


def _page_after_revocation(payer: Payer) -> bool:
    link = payer.ask("/ExplanationOfBenefit?_count=5").link("next")
    payer.revoke("ada")
    return shows(payer, link, "26L7K")


def _sensitive_search(payer: Payer) -> bool:
    return shows(payer, "/ExplanationOfBenefit", "F11.20", token="fay")


def _sensitive_read(payer: Payer) -> bool:
    hidden = next(
        one
        for one in payer.world.record(payer.patient("fay"), "Condition")
        if "security" in one["meta"]
    )
    return shows(payer, f"/Condition/{hidden['id']}", "F11.20", token="fay")


def _unscoped_read(payer: Payer) -> bool:
    payer.grant("ada", scopes=("patient/Coverage.rs",))
    return _own(payer)


def _own(payer: Payer) -> bool:
    return shows(payer, f"/Patient/{payer.patient('ada')}", "Lovelace")


def _unscoped_include(payer: Payer) -> bool:
    payer.grant("ada", scopes=("patient/ExplanationOfBenefit.rs",))
    return shows(payer, "/ExplanationOfBenefit?_include=*", "Lovelace")


def _granular(payer: Payer, target: str) -> bool:
    payer.grant("ada", scopes=("patient/Observation.rs?category=laboratory",))
    return shows(payer, target, "72166-2")


def _granular_read(payer: Payer) -> bool:
    smoking = next(
        one
        for one in payer.world.record(payer.patient("ada"), "Observation")
        if one["code"]["coding"][0]["code"] == "72166-2"
    )
    return _granular(payer, f"/Observation/{smoking['id']}")


def _granular_search(payer: Payer) -> bool:
    return _granular(payer, "/Observation?_count=50")


def _contained(payer: Payer) -> bool:
    payer.grant("ada", scopes=("patient/CareTeam.rs",))
    return shows(payer, "/CareTeam", "Lovelace-Kin")


def _total_of_hidden(payer: Payer) -> bool:
    answer = payer.ask("/ExplanationOfBenefit", token="fay").json
    return answer["total"] != len(answer["entry"])


def _by_number(
    access: Any, reference: dict[str, Any], world: Any, asked: Any
) -> dict[str, Any] | None:
    named = reference.get("identifier", {})
    found = world.by_identifier("Patient", named.get("system"), named.get("value"))
    return found[0] if found else compartment.include_target(access, reference, world, asked)


def _first_page_only(access: Any, resource: Any, world: Any, asked: Any) -> bool:
    return asked.offset > 0 or compartment.may_find(access, resource, world, asked)


def _open_door(refusal: Any, segments: Any, query: Any, world: Any) -> Any:
    token = dict(query).get("access_token", "")
    person = world.people.get(token)
    if person is None:
        return refusal
    return Access("g", "app", token, person.patient, ("patient/*.rs",), "")


def _stale_cache() -> Callable[..., Reply]:
    kept: dict[str, Reply] = {}

    def cached(call: Any, target: str, make: Callable[[], Reply]) -> Reply:
        return kept.setdefault(target, make())

    return cached


def _cached_for_another(payer: Payer) -> bool:
    payer.ask("/Coverage")
    return shows(payer, "/Coverage", "MB-4471", token="eli")


def _talkative(face: Any, why: str, resource: Any) -> Refused:
    named = resource["name"][0]["family"] if resource else "unknown"
    return Refused(404, "not-found", f"{named} is {why}")


def _named_in_error(payer: Payer) -> bool:
    return shows(payer, f"/Patient/{payer.patient('eli')}", "Ruiz")


MISTAKES: list[tuple[str, Callable[..., Any], Callable[[Payer], bool]]] = [
    ("may_read", lambda *_: True, _patient_of_eli),
    ("may_vread", lambda *_: True, _version_of_eli),
    ("may_find", lambda *_: True, _claims_of_eli),
    ("may_find", _first_page_only, _second_page),
    ("include_target", _by_number, _subscriber),
    ("revinclude_sources", lambda a, t, s, w, q: referring(t, s, w), _claims_by_doctor),
    ("may_open_binary", lambda *_: True, _document_of_eli),
    ("in_own_compartment", lambda a, p: p.startswith(a.patient), _compartment_of_iva),
    ("page_access", lambda presented, made: made, _page_of_ada),
    ("page_access", lambda presented, made: made, _page_after_revocation),
    ("discloses_search", lambda *_: True, _sensitive_search),
    ("discloses_read", lambda *_: True, _sensitive_read),
    ("scope_allows", lambda *_: True, _unscoped_read),
    ("scope_allows_include", lambda *_: True, _unscoped_include),
    ("granular_read", lambda *_: True, _granular_read),
    ("granular_search", lambda *_: True, _granular_search),
    ("redact", lambda access, resource: resource, _contained),
    ("total", lambda found, *_: len(found.visible) + len(found.hidden), _total_of_hidden),
    (
        "history",
        lambda call, segments: Reply(resource={"resourceType": "Bundle"}),
        lambda p: p.ask("/_history").status == 200,
    ),
    (
        "everything",
        lambda call, segments: Reply(resource={}),
        lambda p: p.ask("/Patient/$everything").status == 200,
    ),
    (
        "batch",
        lambda call, body: Reply(resource={}),
        lambda p: p.ask("/", method="POST").status == 200,
    ),
    ("write", lambda call, *_: Reply(201), lambda p: p.ask("/Patient", method="PUT").status == 201),
    (
        "full_url",
        lambda base, kind, one: f"http://10.0.0.1/{kind}/{one}",
        lambda p: shows(p, "/Patient", "10.0.0.1"),
    ),
    ("without_token", _open_door, lambda p: shows(p, "/Patient?access_token=ada", "Ada", token="")),
    ("through_cache", _stale_cache(), _cached_for_another),
    ("absent", _talkative, _named_in_error),
    (
        "assemble",
        lambda bundle, *_: {**bundle, "total": 91234},
        lambda p: shows(p, "/Patient", "91234"),
    ),
]


@pytest.mark.parametrize(
    ("name", "wrong", "leaks"), MISTAKES, ids=[f"{n}-{i}" for i, (n, *_) in enumerate(MISTAKES)]
)
def test_a_wrong_decision_shows(
    name: str, wrong: Callable[..., Any], leaks: Callable[[Payer], bool]
) -> None:
    assert not leaks(Payer())
    assert leaks(Payer(policies=replace(FhirPolicies(), **{name: wrong})))


def test_every_policy_has_a_default_that_can_be_called() -> None:
    for field in fields(FhirPolicies):
        assert callable(getattr(FhirPolicies(), field.name))
