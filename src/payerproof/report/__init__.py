"""Reports: pure projections of a run file, the same bytes for the same run.

`render` makes one of them, `write_all` all of them beside the run file. Nothing here looks at a
clock, a network or the catalogue.
"""

from __future__ import annotations

from payerproof.report.build import build
from payerproof.report.write import FILES, render, write_all

__all__ = ["FILES", "build", "render", "write_all"]
