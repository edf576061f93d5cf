"""What clinics get by the Provider Access API, observed once in a run and judged by many checks."""

from __future__ import annotations

from payerproof.plugin.practice.altering import Altered, Dated
from payerproof.plugin.practice.asking import Asked, Crossed
from payerproof.plugin.practice.asserting import Asserted
from payerproof.plugin.practice.choosing import Chosen, shows
from payerproof.plugin.practice.entry import Entry, offers
from payerproof.plugin.practice.exporting import Full, Handled
from payerproof.plugin.practice.fixture import Choices, Practice
from payerproof.plugin.practice.matched import Matched
from payerproof.plugin.practice.matrix import Cell, Matrix
from payerproof.plugin.practice.protected import Consented

__all__ = [
    "Altered",
    "Asked",
    "Asserted",
    "Cell",
    "Choices",
    "Chosen",
    "Consented",
    "Crossed",
    "Dated",
    "Entry",
    "Full",
    "Handled",
    "Matched",
    "Matrix",
    "Practice",
    "offers",
    "shows",
]
