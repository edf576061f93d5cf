"""Provider directory: what it tells of each provider, and that entries keep to their profiles.

42 CFR 422.120(b), 438.242(b)(6) with 438.10(h)(1)-(2), and 457.760(b); Plan-Net's profiles.
"""

from __future__ import annotations

from payerproof.expect.demands import reads
from payerproof.expect.must_support import profiles_of
from payerproof.expect.open_apis import expect_told, organizations, pharmacies, practitioners
from payerproof.expect.profiles import PLAN_NET
from payerproof.expect.published import expect_conforming, expect_seen_published
from payerproof.suite import OpenApi, check, each, expect, not_applicable_unless


@check("provider-directory.minimum-data/practitioners", needs=("directory",))
@each("field", ("name", "address", "phone", "specialty"))
def test_people_can_be_found_and_called(directory: OpenApi, field: str) -> None:
    """Each doctor has name, address, phone number and specialty."""
    directory.must_answer()
    expect_told(practitioners(directory), [field], "practitioner")


@check("provider-directory.minimum-data/organizations", needs=("directory",))
@each("field", ("name", "address", "phone"))
def test_organizations_can_be_found_and_called(directory: OpenApi, field: str) -> None:
    """Each organization that provides care has name, address and phone number."""
    directory.must_answer()
    expect_told(organizations(directory), [field], "organization")


@check("provider-directory.pharmacy-directory/listed", needs=("directory",))
def test_pharmacies_are_listed(directory: OpenApi) -> None:
    """Pharmacies can be found, so that they can be counted."""
    # given a directory that answers
    directory.must_answer()
    # when pharmacies are looked for, then there are some
    found = tuple(pharmacies(directory))
    expect.that(
        bool(found),
        "pharmacies among the services of the directory",
        f"{len(found)} pharmacies among {len(directory.known('HealthcareService'))} services",
        *(page.exchange for page in directory.pages("HealthcareService")),
    )


@check("provider-directory.pharmacy-directory/what-is-told", needs=("directory",))
@each("field", ("name", "address", "phone", "kind"))
def test_pharmacies_are_described(directory: OpenApi, field: str) -> None:
    """Each pharmacy has name, address, phone number and kind, which makes the mix."""
    directory.must_answer()
    found = tuple(pharmacies(directory))
    not_applicable_unless(found, "The directory lists no pharmacy, as another check tells.")
    expect_told(found, [field], "pharmacy")


@check("provider-directory.medicaid-content/practitioners", needs=("directory",))
@each("field", ("accepting patients", "languages", "group"))
def test_what_medicaid_asks_for(directory: OpenApi, field: str) -> None:
    """Each doctor's entry tells whether new patients are taken, which languages, which group."""
    directory.must_answer()
    expect_told(practitioners(directory), [field], "practitioner")


@check("provider-directory.profiles/conform", needs=("directory",))
@each("kind", reads("plan-net", "SHALL"))
def test_entries_conform(directory: OpenApi, kind: str) -> None:
    """Entries conform to the profiles of Plan-Net that they name, and name one."""
    # given entries of a type
    # when each is held to the profile that it names, then none departs from it
    expect_conforming(directory, kind, PLAN_NET, "Plan-Net")


@check("provider-directory.must-support/each-profile", needs=("directory",))
@each("profile", profiles_of("plan-net"))
def test_must_support_is_seen(directory: OpenApi, profile: str) -> None:
    """Every must-support element of a profile is populated somewhere in the directory."""
    # given what the directory shows, when its must-support elements are looked for
    # then each was seen
    expect_seen_published(directory, profile)
