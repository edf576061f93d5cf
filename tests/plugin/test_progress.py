"""What the live view is told about how much there is to do."""

from __future__ import annotations

import pytest

from payerproof.plugin import _area


@pytest.mark.parametrize(
    ("node", "area"),
    [
        ("transport/test_links.py::test_a_link", "transport"),
        ("transport\\test_links.py::test_a_link", "transport"),
        ("transport/test_hosts.py::test_a_host[url=https://payer.example/fhir]", "transport"),
    ],
)
def test_a_check_counts_for_its_folder(node: str, area: str) -> None:
    assert _area(node) == area
