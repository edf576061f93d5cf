"""Closed lists of reasons: why nothing tests a requirement, why a provision asks for nothing.

They are closed so that "not tested" can be counted and argued about, one reason at a time.
"""

from __future__ import annotations

from enum import StrEnum


class NotTestedReason(StrEnum):
    """Why no check serves a requirement or a source entry."""

    NEEDS_ATTESTATION = "needs-attestation"
    NEEDS_OPERATOR_HOOK = "needs-operator-hook"
    NEEDS_SECOND_TARGET = "needs-second-target"
    PAGE_AUDIT_TO_COME = "page-audit-to-come"
    SUITE_TO_COME = "suite-to-come"
    CHECK_TO_COME = "check-to-come"
    PRODUCTION_ONLY = "production-only"
    COMPARES_RUNS = "compares-runs"
    NO_TARGET_OFFERS_IT = "no-target-offers-it"
    HARNESS_TESTS = "harness-tests"
    NOT_A_PAYER_DUTY = "not-a-payer-duty"
    NOT_IN_FORCE = "not-in-force"
    UNSAFE = "unsafe"

    @property
    def sentence(self) -> str:
        """The reason as a sentence for a reader of the report."""
        return _NOT_TESTED[self]


_NOT_TESTED = {
    NotTestedReason.NEEDS_ATTESTATION: (
        "Only the payer's records or a responsible person's word can show it; no request can."
    ),
    NotTestedReason.NEEDS_OPERATOR_HOOK: (
        "Trying it needs a change on the payer's side that no payer file can ask for yet."
    ),
    NotTestedReason.NEEDS_SECOND_TARGET: (
        "It compares two deployments, tenants or versions, and a payer file describes one."
    ),
    NotTestedReason.PAGE_AUDIT_TO_COME: (
        "It is judged from public pages, which the checks of this version do not read."
    ),
    NotTestedReason.SUITE_TO_COME: (
        "It belongs to an area that the checks of this version do not cover."
    ),
    NotTestedReason.CHECK_TO_COME: (
        "A check is planned for it, and this version does not have it yet."
    ),
    NotTestedReason.PRODUCTION_ONLY: ("It shows only in production, over days or under real load."),
    NotTestedReason.COMPARES_RUNS: (
        "It shows between two runs, not within one; compare them with payerproof diff."
    ),
    NotTestedReason.NO_TARGET_OFFERS_IT: (
        "No target at hand offers the feature, so a check could never be seen to fail."
    ),
    NotTestedReason.HARNESS_TESTS: (
        "It asks something of payerproof itself and is held by the tests of the harness."
    ),
    NotTestedReason.NOT_A_PAYER_DUTY: "It binds someone other than the payer under test.",
    NotTestedReason.NOT_IN_FORCE: "It is proposed, voluntary or superseded and binds nobody now.",
    NotTestedReason.UNSAFE: "Trying it could harm the payer's systems or real members.",
}


class NoRequirementReason(StrEnum):
    """Why a provision of a rule leads to no requirement."""

    DEFINES_OR_LIMITS = "defines-or-limits"
    PERMITS = "permits"
    BINDS_OTHERS = "binds-others"
    TEXT_NOT_READ = "text-not-read"
    SUPERSEDED = "superseded"

    @property
    def sentence(self) -> str:
        """The reason as a sentence for a reader of the report."""
        return _NO_REQUIREMENT[self]


_NO_REQUIREMENT = {
    NoRequirementReason.DEFINES_OR_LIMITS: (
        "The provision defines terms or limits the scope and asks for no conduct of its own."
    ),
    NoRequirementReason.PERMITS: "The provision permits something and asks for nothing.",
    NoRequirementReason.BINDS_OTHERS: (
        "The provision binds an agency or an exchange, not the payer under test."
    ),
    NoRequirementReason.TEXT_NOT_READ: (
        "The current text was not at hand when this edition was drawn up, so nothing is derived."
    ),
    NoRequirementReason.SUPERSEDED: "The provision is no longer in the rule.",
}
