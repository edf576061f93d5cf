"""Recording: every exchange, piece of evidence and result, redacted, in the process's segment."""

from __future__ import annotations

from payerproof.record.recorder import Recorder
from payerproof.record.segment import DamagedSegment, read_segment
from payerproof.record.trail import Trail, carry

__all__ = ["DamagedSegment", "Recorder", "Trail", "carry", "read_segment"]
