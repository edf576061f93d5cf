"""Provider directory: an update appears within thirty days of its receipt (42 CFR 422.120(b))."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payerproof.suite import (
    OpenApi,
    Operator,
    Target,
    check,
    eventually,
    expect,
    inconclusive_unless,
    remark,
)

LIMIT = 30 * 24 * 3600
"""Seconds."""
ENTRY: Mapping[str, Any] = {
    "resourceType": "Practitioner",
    "id": "payerproof-probe",
    "meta": {
        "profile": [
            "http://hl7.org/fhir/us/davinci-pdex-plan-net/StructureDefinition/plannet-Practitioner"
        ]
    },
    "active": True,
    "name": [{"family": "Payerproofprobe", "given": ["Nova"]}],
}
"""An entry that no payer has of its own."""


@check(
    "provider-directory.thirty-days/published-change",
    needs=("directory", "control:publish", "control:clock", "state_changes"),
    prod="no",
)
def test_an_update_appears(directory: OpenApi, operator: Operator, target: Target) -> None:
    """An entry that the payer puts into its directory is found there within thirty days."""
    # given a directory that answers, and no entry of this name
    directory.must_answer()
    looks = [directory.fresh.search("Practitioner", family="Payerproofprobe")]
    inconclusive_unless(
        looks[0].is_bundle and not looks[0].matches, "the entry is there", looks[0].exchange
    )

    def there() -> bool:
        looks.append(directory.fresh.search("Practitioner", family="Payerproofprobe"))
        return bool(looks[-1].matches)

    # when the operator publishes one, and thirty days have passed
    probe = {"api": "directory", "resources": [dict(ENTRY)]}
    gone = {"api": "directory", "remove": ["Practitioner/payerproof-probe"]}
    waits, every = target.policy.revocation_wait_seconds, target.policy.revocation_poll_seconds
    with operator.changed("publish", probe, gone):
        delay = eventually(there, within=waits, every=every)
        with operator.later(LIMIT):
            found = there()
    remark(
        f"The update did not appear in the {waits:g} seconds that the run waited."
        if delay is None
        else f"The update appeared after {delay:.1f} seconds."
    )
    # then it is found
    expect.that(
        found,
        "the entry, thirty days after it was handed in",
        "it was found" if found else "it was not found",
        looks[-1].exchange,
    )
