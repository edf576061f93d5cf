"""What a defect changed, held against what it says it changes."""

from __future__ import annotations

from collections.abc import Mapping

from payerproof.sandbox.defects import Defect

UNMET = ("failed", "warning", "noted")
LAWFUL_CHANGES = {
    ("not applicable", "passed"),
    ("not tested", "passed"),
    ("passed", "noted"),
    ("noted", "passed"),
}
"""Some defects need another lawful form of tokens to show; a twin may be odd, and be noted so; a
check that found no quiet moment on the clean face may find one here."""


def check_of(key: str) -> str:
    """The check id of a result key, without parameters."""
    return key.partition("[")[0]


def caught_by(clean: Mapping[str, str], found: Mapping[str, str]) -> set[str]:
    """Checks that hold on the clean face and do not hold on this tenant."""
    return {
        check_of(key)
        for key, outcome in found.items()
        if outcome in UNMET and clean.get(key) not in UNMET
    }


def problems(defect: Defect, clean: Mapping[str, str], found: Mapping[str, str]) -> list[str]:
    """Every difference that the defect does not name; empty where it is as it says.

    `clean` and `found` map result keys to outcomes; only keys in `found` are looked at.
    """
    caught = caught_by(clean, found)
    tried = {check_of(key) for key in found}
    said = [
        f"{name} should not hold, and did ({_seen(name, found)})"
        for name in defect.must_fail
        if name in tried and name not in caught
    ]
    for key, outcome in sorted(found.items()):
        name = check_of(key)
        if outcome == clean.get(key) or name in defect.must_fail:
            continue
        if (clean.get(key), outcome) in LAWFUL_CHANGES:
            continue
        if outcome in ("inconclusive", "not applicable") and name in defect.may_become_inconclusive:
            continue
        said.append(f"{key} was {clean.get(key, 'absent')} and became {outcome}")
    return said


def _seen(name: str, found: Mapping[str, str]) -> str:
    return ", ".join(sorted({outcome for key, outcome in found.items() if check_of(key) == name}))
