"""What a run was asked to do: selections, and the trip to the workers and back."""

from __future__ import annotations

import pytest

from payerproof.plugin.settings import Selection, Settings

CHECK = "patient-access.cross-member-isolation/read"


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), True),
        (Selection(areas=("isolation",)), True),
        (Selection(areas=("patient-access",)), True),
        (Selection(areas=("patient_access",)), False),
        (Selection(areas=("consent",)), False),
        (Selection(checks=(CHECK,)), True),
        (Selection(checks=("patient-access.cross-member-isolation",)), True),
        (Selection(checks=("smart.pkce-s256",)), False),
        (Selection(left_out=(CHECK,)), False),
        (
            Selection(areas=("isolation",), left_out=("patient-access.cross-member-isolation",)),
            False,
        ),
        (Selection(quick=True), False),
    ],
)
def test_a_selection_takes_what_was_asked_for(selection: Selection, taken: bool) -> None:
    assert selection.takes(CHECK, "isolation") is taken


def test_quick_takes_what_an_app_developer_asks_first() -> None:
    quick = Selection(quick=True)
    assert quick.takes("smart.well-known/open-json", "discovery")
    assert quick.takes("smart.patient-context/bare-id", "authorization")
    assert not quick.takes("smart.redirect-uri-exact/altered", "authorization")


def test_only_a_whole_run_is_not_partial() -> None:
    assert not Selection().partial
    assert Selection(quick=True).partial
    assert Selection(left_out=("x.y/z",)).partial


def test_settings_travel_as_json() -> None:
    settings = Settings(
        "sandbox",
        "run",
        "key",
        "scratch",
        "2026-11-21",
        selection=Selection(areas=("a",)),
        judged=("k",),
    )
    assert Settings.from_json(settings.to_json()) == settings
