"""Exports of a client that was revoked: what runs, and what lies there to be fetched."""

from __future__ import annotations

from payerproof.plugin.practice.cutting import FILE, RUNNING
from payerproof.suite import Choices, check, each, expect

NEEDS = ("clinic", "state_changes", "control:deactivate-app", "control:activate-app")


@check("revocation.bulk-links-die/addresses", needs=NEEDS, prod="no")
@each("what", (FILE, RUNNING))
def test_addresses_of_exports_die(choices: Choices, what: str) -> None:
    """When a clinic's registration is taken back, its exports and their files open no more."""
    # given an export of a clinic, whose address it could open until it was cut off
    reply = choices.cut_off().then(what)
    # then the address was refused
    expect(reply).is_refused()
