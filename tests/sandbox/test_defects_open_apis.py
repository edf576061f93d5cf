"""Each seeded fault of directory and formulary shows, and a clean payer doesn't show it."""

from __future__ import annotations

import pytest
from defect_payer import seeded_by
from test_public import Anybody

from payerproof.sandbox.app import parse_tenant_name
from payerproof.sandbox.defects import all_defects


class At(Anybody):
    """Anybody, at one faulty payer."""

    def __init__(self, name):
        super().__init__()
        if name != "plain":
            self.tenant = self.clinic.house.add(name, parse_tenant_name(name))

    def control(self, path, body=None):
        headers = {"Authorization": f"Bearer {self.clinic.house.control_token}"}
        url = f"{self.tenant.base}/control/{path}"
        more = {"json": body} if body else {}
        return self.clinic.browser.send("POST" if body else "GET", url, headers=headers, **more)


def refused(api, path):
    return lambda a: a.get(api, path).status_code in (400, 401, 403)


def cookie(api):
    return lambda a: "set-cookie" in a.get(api, "Location").headers


def lacks(path, word):
    return lambda a: word not in str(a.rows("directory", path))


def deaf(api, path, right):
    return lambda a: len(a.rows(api, path)) > right


def stale(anybody):
    row = anybody.rows("directory", "Practitioner")[0]
    anybody.control("publish", {"api": "directory", "resources": [{**row, "gender": "female"}]})
    return "gender" not in anybody.get("directory", f"Practitioner/{row['id']}").json()


def kept(anybody):
    anybody.get("formulary", "MedicationKnowledge?drug-name=Bupre")
    return "Bupre" in anybody.control("disclosures").text


def member(anybody):
    ada = anybody.tenant.world.people["ada"].patient
    return anybody.get("directory", f"Patient/{ada}").status_code == 200


def in_two_places(anybody):
    """How many roles are found by each place of the one who has several."""
    rows = anybody.rows("directory", "PractitionerRole?_count=100")
    (both,) = (one["location"] for one in rows if len(one["location"]) > 1)
    names = [
        anybody.get("directory", place["reference"]).json()["address"]["line"][0] for place in both
    ]
    found = [
        {one["id"] for one in anybody.rows("directory", f"PractitionerRole?location.address={n}")}
        for n in names
    ]
    (role,) = (one["id"] for one in rows if len(one["location"]) > 1)
    return [sum(role in ids for ids in found)]


SHOWN = {
    "directory-needs-a-token": refused("directory", "Practitioner"),
    "directory-needs-a-key": refused("directory", "Practitioner"),
    "directory-statement-closed": refused("directory", "metadata"),
    "formulary-needs-a-token": refused("formulary", "Basic"),
    "formulary-asks-for-member": refused("formulary", "Basic"),
    "directory-sets-a-cookie": cookie("directory"),
    "formulary-sets-a-cookie": cookie("formulary"),
    "directory-cached-for-a-day": lambda a: (
        "86400" in a.get("directory", "Location").headers["cache-control"]
    ),
    "directory-never-updated": stale,
    "directory-without-phones": lacks("Practitioner", "telecom"),
    "directory-without-specialties": lacks("PractitionerRole", "specialty"),
    "directory-without-accepting-patients": lacks("PractitionerRole", "newpatients"),
    "directory-without-pharmacies": lacks("Organization?_count=100", "Pharmacy"),
    "directory-specialty-ignored": deaf("directory", "PractitionerRole?specialty=none", 0),
    "directory-network-ignored": deaf("directory", "PractitionerRole?network=none", 0),
    "directory-place-ignored": deaf("directory", "Location?address-city=Nowhere", 0),
    "directory-without-hours": lacks("Location", "hoursOfOperation"),
    "directory-without-accessibility": lacks("Location", "AccessibilityCS"),
    "directory-chains-ignored": deaf(
        "directory", "PractitionerRole?location.address-city=Nowhere", 0
    ),
    "directory-reverse-chains-ignored": deaf(
        "directory", "Practitioner?_has:PractitionerRole:practitioner:specialty=none", 0
    ),
    "directory-reverse-chains-refused": refused(
        "directory", "Practitioner?_has:PractitionerRole:practitioner:specialty=none"
    ),
    "directory-chains-follow-the-first": lambda a: in_two_places(a) != [2],
    "directory-other-chains-refused": refused(
        "directory", "PractitionerRole?location._lastUpdated=gt2020"
    ),
    "formulary-without-tiers": (
        lambda a: "DrugTierID-extension" not in a.get("formulary", "Basic").text
    ),
    "formulary-without-limits": (
        lambda a: "StepTherapyLimit-extension" not in a.get("formulary", "Basic").text
    ),
    "formulary-tier-ignored": deaf("formulary", "Basic?drug-tier=none", 0),
    "formulary-drug-ignored": deaf("formulary", "MedicationKnowledge?drug-name=none", 0),
    "formulary-plan-ignored": deaf("formulary", "Basic?formulary=none", 0),
    "formulary-keeps-what-was-asked": kept,
    "directory-reads-members": member,
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_fault_shows_at_the_faulty_payer_only(name):
    assert SHOWN[name](At(f"plain+{name}")) is True
    assert SHOWN[name](At("plain")) is False


def test_every_fault_of_these_areas_is_here():
    areas = ("directory", "formulary")
    known = {n for n, d in all_defects().items() if d.area in areas}
    apart = seeded_by("open_apis_served") | {
        "directory-declares-fewer-types",
        "directory-declares-no-profiles",
        "formulary-declares-base-profiles",
        "formulary-dose-form-ignored",
        "formulary-dose-form-not-indexed",
        "formulary-dose-form-refused",
        "formulary-further-searches-ignored",
        "formulary-never-updated",
    }
    assert known == set(SHOWN) | apart
