"""docs/catalogue.md as generated: complete, and the same for the same input."""

from __future__ import annotations

from payerproof.catalog import Catalog, catalogue_markdown
from payerproof.model import Check, Prod

OPEN = Check("smart.well-known/open-json", "The configuration is open.", prod=Prod.GATED)
READ = Check("smart.well-known/any", "Any header will do.", needs=("member", "browser"))


def test_each_requirement_stands_once_with_its_sentence(shipped: Catalog) -> None:
    text = catalogue_markdown(shipped, {})
    for requirement in shipped.requirements.values():
        assert text.count(f"### `{requirement.id}`\n") == 1
        assert requirement.text in text
        assert requirement.why in text


def test_checks_stand_under_their_requirement_in_order(shipped: Catalog) -> None:
    text = catalogue_markdown(shipped, {OPEN.id: OPEN, READ.id: READ})
    section = text.partition("### `smart.well-known`")[2].partition("###")[0]
    first, second = section.strip().splitlines()[-2:]
    assert first == "- `smart.well-known/any`: Any header will do.; needs member, browser"
    assert second == (
        "- `smart.well-known/open-json`: The configuration is open.; production: gated"
    )


def test_the_same_input_gives_the_same_text(shipped: Catalog) -> None:
    one = catalogue_markdown(shipped, {OPEN.id: OPEN, READ.id: READ})
    other = catalogue_markdown(shipped, {READ.id: READ, OPEN.id: OPEN})
    assert one == other


def test_reasons_are_counted(shipped: Catalog) -> None:
    text = catalogue_markdown(shipped, {})
    reasons = [entry.reason for entry in shipped.sources.values() if entry.reason]
    attested = sum(reason == "needs-attestation" for reason in reasons)
    assert f"- `needs-attestation` ({attested}): " in text


def test_each_rule_edition_stands_with_its_provisions(shipped: Catalog) -> None:
    text = catalogue_markdown(shipped, {})
    for edition in shipped.rules:
        assert f"### {edition.rule}: {edition.title}\n" in text
