"""Whether the payer answered, and whether anyone could log in, as one process of a run knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from payerproof.plugin.first_trip import Trouble
from payerproof.plugin.grants import Connection, Memo
from payerproof.target import Target


@dataclass(frozen=True)
class Reach:
    """How far a process came. `answered` and `connected` are None where it never tried."""

    answered: bool | None = None
    connected: bool | None = None
    troubles: tuple[str, ...] = ()
    """Sentences on what was in the way."""

    @classmethod
    def of(cls, memo: Memo, target: Target) -> Reach:
        """Read it off the memory of a run."""
        configuration = memo.once("configuration", dict)
        connections = [one for one in shared_connections(memo, target) if one]
        troubles = [one for one in (configuration, *connections) if isinstance(one, Trouble)]
        return cls(
            not isinstance(configuration, Trouble) if configuration else None,
            any(isinstance(one, Connection) for one in connections) if connections else None,
            tuple(one.sentence for one in troubles),
        )

    @classmethod
    def together(cls, reaches: Iterable[Reach]) -> Reach:
        """What several processes know: one that came through is enough."""
        known = tuple(reaches)
        answered = [one.answered for one in known if one.answered is not None]
        connected = [one.connected for one in known if one.connected is not None]
        sentences = dict.fromkeys(text for one in known for text in one.troubles)
        return cls(
            any(answered) if answered else None,
            any(connected) if connected else None,
            tuple(sentences),
        )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Reach:
        """Read what `plain` wrote."""
        return cls(plain["answered"], plain["connected"], tuple(plain["troubles"]))

    def plain(self) -> dict[str, Any]:
        """Plain values, to travel from a worker to its controller."""
        return {**asdict(self), "troubles": list(self.troubles)}


def shared_connections(memo: Memo, target: Target) -> list[Any]:
    """By persona: the shared connection, the trouble that was met, or something empty."""
    default = next((app.id for app in target.apps if app.redirect_uri), "")
    return [memo.once(f"grant:{persona.id}:{default}:0", dict) for persona in target.personas]
