"""One request, tried before a change and again and again after it."""

from __future__ import annotations

from dataclasses import dataclass

from payerproof.fhir.reply import Reply


@dataclass(frozen=True)
class Watch:
    """What a request brought before a change, and after it until it brought nothing more."""

    before: Reply
    replies: tuple[Reply, ...] = ()
    """After the change; the last one brought nothing, if any did."""
    delay: float | None = None
    """Seconds until nothing came any more; None where something still came while the run waited."""

    @property
    def last(self) -> Reply:
        """The latest reply."""
        return (self.replies or (self.before,))[-1]
