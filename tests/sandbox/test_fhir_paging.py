"""Pages: complete, without repetition, and for the grant that made them alone."""

from __future__ import annotations

import pytest
from fhir_payer import FACE_NAMES, Payer

from payerproof.sandbox.fhir.paging import MAX_PAGE

CLAIMS = "/ExplanationOfBenefit"


@pytest.fixture(params=FACE_NAMES)
def payer(request: pytest.FixtureRequest) -> Payer:
    return Payer(request.param)


@pytest.mark.parametrize("size", ["1", "2", "10", "37", "38", "39", "100", "1000", ""])
def test_pages_add_up(payer: Payer, size: str) -> None:
    pages = payer.walk(f"{CLAIMS}?_count={size}" if size else CLAIMS)
    ids = [one["id"] for page in pages for one in page.matches()]
    assert len(ids) == len(set(ids)) == 38
    assert all(page.matches() for page in pages)
    expected = min(int(size or payer.face.page_size), MAX_PAGE)
    assert all(len(page.matches()) == expected for page in pages[:-1])
    totals = {page.json.get("total") for page in pages}
    assert totals == ({38} if payer.face.bundle_total else {None})


def test_links_are_absolute_and_go_both_ways(payer: Payer) -> None:
    pages = payer.walk(f"{CLAIMS}?_count=10&type=pharmacy")
    for page in pages:
        for link in page.json["link"]:
            assert link["url"].startswith(f"{payer.fhir_base}{CLAIMS}")
            assert len(link["url"]) < 2000
    assert pages[0].link("previous") == ""
    back = payer.ask(pages[1].link("previous"))
    assert back.ids == pages[0].ids
    assert pages[1].link("next") == ""


def test_full_urls_can_be_read(payer: Payer) -> None:
    answer = payer.ask(f"{CLAIMS}?_count=3&_include=*")
    for entry in answer.json["entry"]:
        assert payer.ask(entry["fullUrl"]).json["id"] == entry["resource"]["id"]


def test_a_link_is_for_its_own_grant(payer: Payer) -> None:
    link = payer.ask(f"{CLAIMS}?_count=5").link("next")
    assert payer.ask(link).status == 200
    assert payer.ask(link, token="eli").status == 403
    assert payer.ask(link, token="").status == 401
    payer.grant("ada", token="ada-second-app")
    assert payer.ask(link, token="ada-second-app").status == 403


def test_a_link_dies_with_its_grant(payer: Payer) -> None:
    link = payer.ask(f"{CLAIMS}?_count=5").link("next")
    payer.revoke("ada")
    assert payer.ask(link).status == 401


def test_a_link_obeys_narrowed_scopes(payer: Payer) -> None:
    link = payer.ask(f"{CLAIMS}?_count=5&_include=ExplanationOfBenefit:patient").link("next")
    payer.grant("ada", scopes=("patient/ExplanationOfBenefit.rs",))
    assert payer.ask(link).included() == []
    payer.grant("ada", scopes=("patient/Coverage.rs",))
    assert payer.ask(link).status == 403


def test_a_link_is_of_its_own_tenant() -> None:
    link = Payer("plain").ask(f"{CLAIMS}?_count=5").link("next")
    other = Payer("plain", name="another")
    assert other.ask(link).status == 410


def test_a_link_that_was_not_made_here(payer: Payer) -> None:
    assert payer.ask(f"{CLAIMS}?_page=notakey.5.5").status == 410
    assert payer.ask(f"{CLAIMS}?_search=notakey&_offset=5&_count=5").status == 410
    assert payer.ask(f"{CLAIMS}?_page=garbage").status == 400


def test_a_posted_search_keeps_its_values_out_of_page_links(payer: Payer) -> None:
    form = {"identifier": "https://payer.sandbox.example/claim-number|", "_count": "5"}
    link = payer.post(f"{CLAIMS}/_search", form).link("next")
    assert "identifier" not in link
    assert "claim-number" not in link
    assert len(payer.ask(link).matches()) == 5


def test_count_zero_and_summary_count_give_the_number_only(payer: Payer) -> None:
    for query in ("_count=0", "_summary=count"):
        body = payer.ask(f"{CLAIMS}?{query}").json
        assert body["total"] == 38
        assert "entry" not in body


def test_included_resources_do_not_count(payer: Payer) -> None:
    pages = payer.walk(f"{CLAIMS}?_count=10&_include=*")
    assert [len(page.matches()) for page in pages] == [10, 10, 10, 8]
    assert all(page.included() for page in pages)
