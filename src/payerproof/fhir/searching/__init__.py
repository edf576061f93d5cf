"""Searches judged by what comes back: which resources match a query, as FHIR R4 defines it.

Written from R4 (Search, 3.1.1) and the guides' definitions of parameters, for the harness alone:
the sandbox has its own. The answer to "does it match?" has three values, and where servers may
lawfully differ it is *unknown*, so that no server is blamed for a reading of its own.
"""

from payerproof.fhir.searching.matching import Criterion, Fit, all_of, fits, satisfies
from payerproof.fhir.searching.values import values_of

__all__ = ["Criterion", "Fit", "all_of", "fits", "satisfies", "values_of"]
