"""What a run was asked to do, as one JSON value that the controller hands to every worker."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

QUICK_FOLDERS = ("discovery", "patient_access")
QUICK_REQUIREMENTS = (
    "oauth.standard-flow-suffices",
    "oauth.standard-scopes-suffice",
    "smart.patient-context",
    "smart.pkce-s256",
    "smart.public-client",
    "smart.refresh-offline",
    "smart.token-response",
)
"""What an app developer wants to know first: does the integration work, are the data there."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which checks were asked for; empty tuples mean all."""

    areas: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    quick: bool = False

    @property
    def partial(self) -> bool:
        """True where the run covers less than everything, so that it can never read *met*."""
        return any((self.areas, self.checks, self.left_out, self.personas, self.quick))

    def takes(self, check_id: str, folder: str) -> bool:
        """True where a check is part of the run; `folder` is its folder below ``suites/``."""
        requirement = check_id.partition("/")[0]
        area = requirement.partition(".")[0]
        names = {check_id, requirement}
        if names & set(self.left_out):
            return False
        if self.checks and not names & set(self.checks):
            return False
        if self.quick and folder not in QUICK_FOLDERS and requirement not in QUICK_REQUIREMENTS:
            return False
        return not self.areas or bool({folder, folder.replace("_", "-"), area} & set(self.areas))


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a process of the run needs to know."""

    payer: str
    """Payer file, or the name of a shipped one."""
    run_dir: str
    key_file: str
    """Holds the key of the tags; lies outside the run folder."""
    scratch: str
    """Private folder of the run for locks; gone at its end."""
    as_of: str
    """ISO date by which duties are judged."""
    broker: str = ""
    """Address of the broker; empty where this process does without."""
    login: str = "browser"
    """``browser`` or ``hook``: how members authorize apps."""
    selection: Selection = field(default_factory=Selection)
    deadline: float = 0.0
    """Clock time (seconds since the epoch) at which to stop starting checks; 0 for never."""
    workers: int = 1
    judged: tuple[str, ...] = ()
    """Keys of results that an interrupted run already has."""
    production: bool = False

    def to_json(self) -> str:
        """Return the settings as one JSON string."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Settings:
        """Rebuild the settings from `to_json`."""
        value: dict[str, Any] = json.loads(text)
        chosen = value.pop("selection")
        quick = bool(chosen.pop("quick"))
        selection = Selection(**{name: tuple(names) for name, names in chosen.items()}, quick=quick)
        value["judged"] = tuple(value["judged"])
        return cls(selection=selection, **value)
