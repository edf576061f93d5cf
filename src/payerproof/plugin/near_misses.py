"""A member described nearly right: each time one thing is wrong, and nobody may be matched.

N-BULK-21; HRex 1.1.0, $member-match: no match and several matches are answered alike (422).
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from payerproof.fhir.matching import Described

NAMES = (
    "other birth date",
    "names swapped",
    "other family name",
    "other first name",
    "family name with the same beginning",
    "other sex",
    "no member number",
    "other member number",
    "member number alone",
)
"""What may be wrong, by the names that `near_misses` gives."""


def near_misses(member: Described) -> dict[str, Described]:
    """The member with one thing changed, by what it is."""
    name = dict((member.patient.get("name") or [{}])[0])
    family, given = str(name.get("family") or ""), [str(one) for one in name.get("given") or [""]]
    sexes = {"male": "female", "female": "male"}
    swapped = {**name, "family": given[0], "given": [family]}
    nobody = {**name, "family": "Payerproof", "given": ["Nemo"]}
    bare = member.having(identifier=None).covered(identifier=None, subscriberId=None)
    return {
        "other birth date": member.having(birthDate=_other_day(member)),
        "names swapped": member.having(name=[swapped]),
        "other family name": member.having(name=[{**name, "family": "Payerproof"}]),
        "other first name": member.having(name=[{**name, "given": ["Payerproof"]}]),
        "family name with the same beginning": member.having(
            name=[{**name, "family": family[:6] + "payerproof"}]
        ),
        "other sex": member.having(gender=sexes.get(str(member.patient.get("gender")), "other")),
        "no member number": bare,
        "other member number": bare.covered(subscriberId="PAYERPROOF-0"),
        "member number alone": member.having(
            name=[nobody],
            birthDate="1901-02-03",
            gender=sexes.get(str(member.patient.get("gender")), "other"),
            telecom=None,
            address=None,
        ),
    }


def _other_day(member: Described) -> str:
    """Another day of the same year."""
    written: Any = member.patient.get("birthDate")
    try:
        born = date.fromisoformat(str(written))
    except ValueError:
        return "1901-02-03"
    other = born + timedelta(days=9)
    return (other if other.year == born.year else born - timedelta(days=9)).isoformat()
