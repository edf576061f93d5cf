"""Each management surface answers at the faulty payer only."""

from __future__ import annotations

import pytest
from defect_payer import check, check_twin
from member_browser import Browser


def page(path, word):
    def shows(payer):
        answer = Browser(payer.house, payer.tenant).send("GET", payer.tenant.base + path)
        return answer.status_code == 200 and word in answer.text

    return shows


FAULTS = {
    "actuator-answers": page("/actuator/env", "claims-db.internal"),
    "repository-served": page("/.git/config", "repositoryformatversion"),
    "reindex-for-apps": lambda p: (
        p.ask("/$reindex", method="POST", body=b"{}", content_type="application/json").status == 200
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults(name):
    check(name, FAULTS[name])


def test_twin():
    check_twin("health-says-up", page("/health", "UP"))
