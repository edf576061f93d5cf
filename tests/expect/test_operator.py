"""The operator's hooks: a moved clock comes back, and a hook that fails is no verdict."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest

from payerproof.expect.operator import operate
from payerproof.expect.outcomes import Inconclusive, NotTested
from payerproof.polite import Answer, Headers


class Hook:
    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.asked: list[dict[str, Any]] = []

    def send(self, method: str, url: str, **how: Any) -> Answer:
        self.asked.append({"method": method, "url": url, **json.loads(json.dumps(how["json"]))})
        return Answer(self.status, Headers([]), b"{}", url, "x1", 1)


def a_target(kind: str = "http") -> Any:
    address = "https://payer.example/clock"
    control = SimpleNamespace(kind=kind, method="POST", url=address, token=None)
    return SimpleNamespace(controls={"clock": control})


def test_a_failing_hook_is_inconclusive() -> None:
    with pytest.raises(Inconclusive, match="clock answered 500"):
        operate(Hook(500), a_target(), "clock", advance_seconds=1)


def test_a_control_by_hand_is_not_tested() -> None:
    with pytest.raises(NotTested, match=r"\[controls.clock\]"):
        operate(Hook(), a_target("person"), "clock", advance_seconds=1)
