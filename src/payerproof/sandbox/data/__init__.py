"""The sandbox payer's synthetic people and their record: facts in, FHIR R4 resources out."""

from __future__ import annotations

from payerproof.sandbox.data.build import build_world, injected_row, with_claim
from payerproof.sandbox.data.world import Person, World

__all__ = ["Person", "World", "build_world", "injected_row", "with_claim"]
