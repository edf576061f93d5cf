"""Payers that answer nonsense: the check reads inconclusive, code 3, and the run goes on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ended_run import OPEN, SEARCH, Ended, Go
from hostile import Hostile, Twist, altered, answer, path_ends

from payerproof.model import Outcome

Make = Callable[..., Path]
Start = Callable[[Twist], Hostile]
CLAIMS = path_ends("/fhir/ExplanationOfBenefit")
pytestmark = pytest.mark.slow


PAGES = "isolation.paging/every-page-filtered"
"""A check that follows next links."""


def could_not_tell(ended: Ended, code: int = 3, check: str = SEARCH) -> str:
    """The open check stands, the other says why not; its sentence and its exchange are there."""
    assert ended.code == code, ended.said
    assert ended.result(OPEN).outcome is Outcome.PASSED
    result = ended.result(check)
    assert result.outcome is Outcome.INCONCLUSIVE, result
    assert set(result.evidence) & set(ended.run.exchanges)
    assert (ended.folder / "report.html").is_file()
    return result.message


def test_a_web_page_instead_of_json(payer_file: Make, run: Go, hostile: Start) -> None:
    payer = hostile(answer(CLAIMS, b"<html><body>Session expired</body></html>"))
    message = could_not_tell(run(payer_file(), payer.environment))
    assert "text/html" in message


def test_a_web_page_instead_of_a_token(payer_file: Make, run: Go, hostile: Start) -> None:
    payer = hostile(answer(path_ends("/oauth/token"), b"<html>Sorry</html>"))
    message = could_not_tell(run(payer_file(), payer.environment), code=4)
    assert "not exchanged" in message


def large_bundle(size: int) -> bytes:
    """A searchset of about so many bytes, of claims of nobody in particular."""
    claim = {"resourceType": "ExplanationOfBenefit", "id": "x", "disposition": "y" * 100_000}
    entries = [{"resource": {**claim, "id": f"x{n}"}} for n in range(size // 100_000)]
    bundle = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    return json.dumps(bundle).encode()


@pytest.fixture(scope="module")
def thirty_megabytes() -> bytes:
    return large_bundle(30_000_000)


def test_thirty_megabytes_over_the_limit(
    payer_file: Make, run: Go, hostile: Start, thirty_megabytes: bytes
) -> None:
    payer = hostile(answer(CLAIMS, thirty_megabytes, "application/fhir+json"))
    path = payer_file(("max_body_bytes = 33554432", "max_body_bytes = 1048576"))
    message = could_not_tell(run(path, payer.environment))
    assert "1,048,576" in message
    assert "max_body_bytes" in message


def test_thirty_megabytes_under_the_limit(
    payer_file: Make, run: Go, hostile: Start, thirty_megabytes: bytes
) -> None:
    payer = hostile(answer(CLAIMS, thirty_megabytes, "application/fhir+json"))
    ended = run(payer_file(), payer.environment)
    # every member is shown the same claims, so nothing of theirs tells one from another
    assert ended.code in (0, 1, 3), ended.said
    assert ended.result(OPEN).outcome is Outcome.PASSED
    assert ended.result(SEARCH).outcome is not Outcome.ERROR
    kept = (ended.folder / "run.jsonl").stat().st_size
    assert kept < 5_000_000
    sizes = [one.response_bytes for one in ended.run.exchanges.values()]
    assert max(sizes) == len(thirty_megabytes)


def always_more(document: Any, url: str) -> Any:
    if isinstance(document, dict) and document.get("resourceType") == "Bundle":
        always_more.pages += 1  # type: ignore[attr-defined]
        link = {"relation": "next", "url": f"{url}?page={always_more.pages}"}  # type: ignore[attr-defined]
        return {**document, "link": [link]}
    return document


def test_next_links_without_end(payer_file: Make, run: Go, hostile: Start) -> None:
    always_more.pages = 0  # type: ignore[attr-defined]
    payer = hostile(altered(CLAIMS, always_more))
    path = payer_file(("max_pages = 50", "max_pages = 4"))
    message = could_not_tell(run(path, payer.environment, PAGES), check=PAGES)
    assert "4 pages" in message


def test_a_next_link_to_the_same_page(payer_file: Make, run: Go, hostile: Start) -> None:
    def again(document: Any, url: str) -> Any:
        return {**document, "link": [{"relation": "next", "url": url}]}

    payer = hostile(altered(CLAIMS, again))
    message = could_not_tell(run(payer_file(), payer.environment, PAGES), check=PAGES)
    assert "earlier page" in message
    assert len([path for path in payer.paths if CLAIMS(path)]) < 20


def test_redirects_in_a_circle(payer_file: Make, run: Go, hostile: Start) -> None:
    moved = answer(CLAIMS, b"", "text/plain", 302, (b"location", b"ExplanationOfBenefit"))
    message = could_not_tell(run(payer_file(), hostile(moved).environment))
    assert "302" in message
