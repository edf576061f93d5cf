"""What a client must do where a quirk is met: known quirks that checks serve, a sentence each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from catalogue_sample import ROOT

from payerproof.catalog import Catalog, CatalogError
from payerproof.catalog.quirks import read_quirks

Write = Callable[[str, str], Path]


def test_the_shipped_file(shipped: Catalog) -> None:
    found = read_quirks(ROOT / "suites" / "quirks.toml", shipped.sources)
    assert found["Q-REST-07"]["checks"] == ["quirks.relation-names/previous"]
    served = {
        name
        for name, entry in shipped.sources.items()
        if name.startswith(("Q-REST", "Q-DATA")) and entry.checks
    }
    freshness = {"Q-REST-26", "Q-REST-27", "Q-REST-28"}
    assert served - set(found) == freshness


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('Q-REST-99 = "Do."', "no quirk of sources.toml"),
        ('Q-REST-25 = "Do."', "no quirk of sources.toml that checks serve"),
        ('Q-REST-07 = "Do"', "needs one sentence"),
    ],
)
def test_a_mistake_names_its_line(write: Write, shipped: Catalog, line: str, says: str) -> None:
    file = write("quirks.toml", f"[cope]\n{line}\n") / "quirks.toml"
    with pytest.raises(CatalogError) as caught:
        read_quirks(file, shipped.sources)
    assert caught.value.line == 2
    assert says in caught.value.problem
