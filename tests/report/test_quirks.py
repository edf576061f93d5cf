"""The quirk profile: what was met, what a client must do, and nothing that was not met."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from payerproof.model import Outcome
from payerproof.report import render
from payerproof.report.quirks import quirks_of


def test_quirks_that_were_met(run: Any) -> None:
    failed = next(r for r in run.results if r.outcome is Outcome.FAILED)
    passed = next(r for r in run.results if r.outcome is Outcome.PASSED and r.check != failed.check)
    header = {
        **run.header,
        "quirks": {
            "Q-NET-01": {"cope": "Be careful.", "checks": [failed.check]},
            "Q-NET-02": {"cope": "Be bold.", "checks": [passed.check]},
        },
    }
    told = replace(run, header=header)
    assert "Q-NET-01" in {quirk.id for quirk in quirks_of(told)}
    profile = json.loads(render(told, "quirks"))
    assert profile["looked_for"] == ["Q-NET-01", "Q-NET-02"]
    assert profile["quirks"][0]["cope"] == "Be careful."
    assert profile["quirks"][0]["seen"][0]["outcome"] == "failed"
    page = render(told, "html").decode()
    assert "what your client must cope with here" in page
    assert "Be careful." in page


def test_a_run_without_quirks_says_nothing(run: Any) -> None:
    assert json.loads(render(run, "quirks"))["quirks"] == []
    assert "what your client must cope with here" not in render(run, "html").decode()
