"""Prior authorizations held to the profile of PDex, where the payer declares it or they name it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.expect.claims import CLAIMS, numbers
from payerproof.expect.prior_auth import (
    AUTHORIZATION_PROFILE,
    declares_pdex,
    names_authorization_profile,
)
from payerproof.expect.profiles import PDEX, fits_some, judged
from payerproof.suite import Person, check, expect, not_applicable_unless, remark


@check("prior-auth-data.pdex-profile/named", needs=("member",))
def test_authorizations_follow_the_profile_they_name(authorized: Person) -> None:
    """Each authorization that names the PDex profile follows it."""
    # given authorizations that name the profile
    rows = [row for row in authorized.authorizations if names_authorization_profile(row)]
    not_applicable_unless(
        rows, f"No prior authorization of {authorized} names the profile.", *_from(authorized)
    )
    # when they are held to it
    found = judged(rows, PDEX)
    not_applicable_unless(found.count, "They name a version whose rules are not at hand.")
    remark(f"{found.unjudged} rules could not be judged, such as those on licensed code lists.")
    # then nothing departs from it
    expect.that(
        not found.errors,
        "prior authorizations as the profile says that they name",
        found.told,
        *_from(authorized),
    )


@check("prior-auth-data.pdex-profile/declared", needs=("member",))
def test_authorizations_follow_the_declared_profile(
    authorized: Person, capability: Mapping[str, Any]
) -> None:
    """Where PDex is declared, each authorization names its profile or conforms to it."""
    # given a statement that speaks of PDex, and authorizations
    not_applicable_unless(
        declares_pdex(capability), "The CapabilityStatement declares neither PDex nor its profile."
    )
    drugs = {one.id for one in authorized.persona.expect.authorizations if one.drug}
    rows = [row for row in authorized.authorizations if not numbers(row) & drugs]
    not_applicable_unless(rows, f"{authorized} has no prior authorization.", *_from(authorized))
    # when those that do not name the profile are held to it
    silent = [row for row in rows if not names_authorization_profile(row)]
    odd = [row for row in silent if not fits_some(row, [AUTHORIZATION_PROFILE], "")]
    remark(f"{len(silent)} of {len(rows)} prior authorizations do not name the profile.")
    # then they conform
    expect.that(
        not odd,
        "each prior authorization names the PDex profile or conforms to it",
        f"{len(odd)} of {len(rows)} do neither",
        *_from(authorized),
    )


def _from(authorized: Person) -> tuple[str, ...]:
    return authorized.record.exchanges.get(CLAIMS, ())
