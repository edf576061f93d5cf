"""What a run was asked to do, kept in its folder so that ``--resume RUN`` needs no more."""

from __future__ import annotations

import json
import os
import re
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from payerproof.cli.failures import Stop

FILE = "invocation.json"


@dataclass(frozen=True)
class Invocation:
    """Everything that decides what is judged and how."""

    payer: str
    """Absolute path of the payer file, or the name of a shipped one."""
    areas: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    personas: tuple[str, ...] = ()
    quick: bool = False
    as_of: str = ""
    """ISO date; empty for today."""
    max_seconds: float | None = None
    jobs: int = 3
    login: str = "browser"
    headed: bool = False
    production: bool = False
    allow_inconclusive: bool = False

    @property
    def selection(self) -> dict[str, object]:
        """The part that selects checks, as the plugin reads it."""
        names = ("areas", "checks", "left_out", "personas", "quick")
        return {name: getattr(self, name) for name in names}

    def save(self, folder: Path) -> None:
        """Keep it in the run folder."""
        (folder / FILE).write_text(json.dumps(asdict(self), indent=1) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Invocation:
        """Read what `save` wrote. Raises `Stop` where there is nothing to resume."""
        try:
            kept = json.loads((folder / FILE).read_text(encoding="utf-8"))
            values: dict[str, Any] = {
                one.name: tuple(value) if isinstance(value := kept[one.name], list) else value
                for one in fields(cls)
            }
            return cls(**values)
        except (OSError, ValueError, TypeError, KeyError):
            raise Stop(f"{folder / FILE} can't be read: {folder} is no run to resume.") from None


def new_run_folder(reports: Path, payer: str) -> Path:
    """Make a private folder for a run: ``reports/20261121-140233-sandbox``."""
    stem = re.sub(r"[^a-z0-9]+", "-", Path(payer).stem.lower()).strip("-") or "payer"
    name = f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{stem}"
    try:
        reports.mkdir(parents=True, exist_ok=True)
        for number in range(1, 1000):
            folder = reports / (name if number == 1 else f"{name}-{number}")
            try:
                folder.mkdir(mode=0o700)
            except FileExistsError:
                continue
            return folder
    except OSError as error:
        raise Stop(
            f"can't write to {reports}: {error.strerror}. Choose another --reports."
        ) from None
    raise Stop(f"{reports} has a thousand runs named {name}; choose another --reports.")


def run_folder(run: str, reports: Path) -> Path:
    """The folder of a run given by path or by name. Raises `Stop` where there is none."""
    for folder in (Path(run), reports / run):
        if folder.is_dir():
            return folder.resolve()
        if folder.name == "run.jsonl" and folder.is_file():
            return folder.parent.resolve()
    last = sorted((one.name for one in reports.glob("*/") if is_run(one)), reverse=True)[:3]
    known = f" Latest in {reports}{os.sep}: {', '.join(last)}." if last else ""
    raise Stop(f"there is no run '{run}' here or in {reports}{os.sep}.{known}")


def is_run(folder: Path) -> bool:
    """True where a folder was made by a run of ours."""
    return (folder / FILE).is_file() or (folder / "run.jsonl").is_file()
