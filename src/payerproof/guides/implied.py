"""Profiles that the base specification puts on resources by their content.

R4, observation-vitalsigns: an Observation with one of the ten LOINC codes of the table there
conforms to the profile that the table names, whatever it claims in meta.profile.
"""

from __future__ import annotations

from typing import Any

from payerproof.guides.library import BASE

_LOINC = "http://loinc.org"
VITAL_SIGNS = {
    "85353-1": "vitalspanel",
    "9279-1": "resprate",
    "8867-4": "heartrate",
    "2708-6": "oxygensat",
    "8310-5": "bodytemp",
    "8302-2": "bodyheight",
    "9843-4": "headcircum",
    "29463-7": "bodyweight",
    "39156-5": "bmi",
    "85354-9": "bp",
}
"""Code -> profile of R4."""


def profiles(resource: Any) -> tuple[str, ...]:
    """Addresses of the profiles that a resource's content brings with it."""
    if not isinstance(resource, dict) or resource.get("resourceType") != "Observation":
        return ()
    code = resource.get("code")
    listed = code.get("coding") if isinstance(code, dict) else None
    if not isinstance(listed, list):
        return ()
    found = (
        VITAL_SIGNS.get(c["code"])
        for c in listed
        if isinstance(c, dict) and c.get("system") == _LOINC and isinstance(c.get("code"), str)
    )
    return tuple(dict.fromkeys(BASE + name for name in found if name is not None))
