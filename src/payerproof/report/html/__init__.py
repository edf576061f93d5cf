"""The report as one self-contained HTML file that opens anywhere and reaches out to nothing."""

from __future__ import annotations

from payerproof.report.html.page import MOST_BYTES, render_html

__all__ = ["MOST_BYTES", "render_html"]
