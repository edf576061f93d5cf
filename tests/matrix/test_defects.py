"""Each defect, alone, fails what it says it must and changes nothing that it does not name.

Here a defect meets the checks that it names, and those of their folders where these alone do not
show it; ``make matrix`` holds every defect against whole areas.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from payerproof.model import Check
from payerproof.places import shipped
from payerproof.plugin.discover import discover_checks
from payerproof.sandbox.defects import Defect, all_defects
from tests.matrix.__main__ import RESULTS
from tests.matrix.compare import caught_by, problems
from tests.matrix.harness import Harness
from tests.matrix.near import as_of
from tests.matrix.near import folders as near_folders

DEFECTS = all_defects()
MEASURED = json.loads(RESULTS.read_text(encoding="utf-8"))["defects"]
CHECKS: dict[str, Check] = discover_checks(shipped("suites"))
Clean = Callable[[str, tuple[str, ...], str], dict[str, str]]


def _folders(defect: Defect) -> tuple[str, ...]:
    return tuple(sorted({CHECKS[name].module.partition("/")[0] for name in defect.must_fail}))


def _login(defect: Defect) -> str:
    pages = any({"browser", "portal"} & set(CHECKS[name].needs) for name in defect.must_fail)
    return "browser" if pages else "hook"


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, one in DEFECTS.items() if one.must_fail])
def test_a_defect_is_caught(harness: Harness, clean: Clean, name: str) -> None:
    defect = DEFECTS[name]
    login, folders = _login(defect), _folders(defect)
    named = harness.judge(
        f"plain+{name}", checks=defect.must_fail, login=login, as_of=as_of(defect)
    )["outcomes"]
    if caught_by({}, named) == set(defect.must_fail):
        return  # else it may show only after what other checks of the folder do
    harness.sandbox.tenant("plain", [name], f"afresh-{name}")
    found = harness.judge(f"afresh-{name}", areas=folders, login=login, as_of=as_of(defect))[
        "outcomes"
    ]
    assert not problems(defect, clean("plain", folders, login), found)


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in MEASURED if DEFECTS[name].lawful])
def test_a_benign_twin_is_left_alone(harness: Harness, clean: Clean, name: str) -> None:
    twin = DEFECTS[name]
    folders = near_folders(twin)
    found = harness.judge(f"plain+{name}", areas=folders, as_of=as_of(twin))["outcomes"]
    assert not problems(twin, clean("plain", folders, "hook"), found)


def test_what_a_defect_names_exists() -> None:
    named = {
        check
        for defect in DEFECTS.values()
        for check in (*defect.must_fail, *defect.may_become_inconclusive)
    }
    assert named <= set(CHECKS)


def test_a_lawful_oddity_fails_nothing() -> None:
    assert not [name for name, one in DEFECTS.items() if one.lawful and one.must_fail]


def test_the_committed_matrix_names_its_state_and_what_it_judged() -> None:
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert len(results["state"]) == 64
    assert set(results["defects"]) <= set(DEFECTS)
    named = {name for name, one in DEFECTS.items() if one.must_fail}
    assert named <= set(results["defects"])
    assert named == {name for name, row in results["defects"].items() if row["caught_by"]}
