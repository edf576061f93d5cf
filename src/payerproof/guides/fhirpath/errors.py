"""What can be wrong with an expression, told apart by when it is found."""

from __future__ import annotations


class FhirPathError(Exception):
    """An expression that cannot be parsed, is not meaningful, or fails on this input."""


class FhirPathSyntaxError(FhirPathError):
    """Text that is not FHIRPath; names the position."""


class NotJudged(FhirPathError):
    """A value that cannot be known here: terminology not enumerable, reference not resolvable."""
