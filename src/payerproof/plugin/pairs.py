"""Pairs of a persona and an app: who changes their grants just now, and who reads with them.

Locks of files, since checks of several processes share the pairs. A grant that several checks read
with is safe as long as nobody changes its pair: whoever does takes the mark off it first.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from payerproof.plugin.journal import Journal
from payerproof.smart.scopes import beyond
from payerproof.target import App, Persona

LEFT_TO_OTHERS = 2
"""How many apps of a persona are always there to be changed."""


@dataclass(frozen=True)
class Pairs:
    """The pairs of a run, as one of its processes sees them."""

    scratch: Path
    journal: Journal

    @contextmanager
    def exclusive(self, persona: Persona, apps: Sequence[App]) -> Iterator[App]:
        """Hold one of several apps for one persona; no other check uses a grant of that pair.

        The first free one is taken; where none is free, the first one is waited for.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            files = [(app, stack.enter_context(self._file(persona, app))) for app in apps]
            held = next((app for app, file in files if _locked(file, fcntl.LOCK_EX)), None)
            if held is None:
                held, file = files[0]
                fcntl.flock(file, fcntl.LOCK_EX)
            self._mark(persona, held).unlink(missing_ok=True)
            yield held

    def convenient(self, persona: Persona, app: App) -> tuple[bool, bool]:
        """Sorts first what nobody reads with and the persona has consented to whole."""
        return self._mark(persona, app).exists(), not self._whole(persona, app)

    def _whole(self, persona: Persona, app: App) -> bool:
        """True where the payer may remember consent to all of an app's scopes: no page comes."""
        with suppress(FileNotFoundError):
            remembered = self._consent(persona.id, app.id).read_text(encoding="utf-8")
            return not beyond(app.scopes.split(), remembered.split())
        return False

    def consented(self, persona: str, app: str, scopes: str) -> None:
        """Note what a persona consented to on an app's page; nothing, where they left things out.

        A hint as to which pair to take and no more: the payer may remember it or not.
        """
        if self.scratch.is_dir():
            self._consent(persona, app).write_text(scopes, encoding="utf-8")

    @contextmanager
    def to_read_with(
        self, persona: Persona, apps: Sequence[App], *, narrows: bool
    ) -> Iterator[App | None]:
        """Hold a pair for a grant to be read with: a new one, or that which was longest there.

        None where that would leave others too few. Apps that are consented to whole come first, or
        last where the grant `narrows` what the payer remembers; then public ones, the later before
        the earlier, for checks ask for them least.
        """
        self.scratch.mkdir(parents=True, exist_ok=True)

        def rank(app: App) -> tuple[bool, bool, int]:
            return (self._whole(persona, app) is narrows, app.type != "public", -apps.index(app))

        ranked = sorted(apps, key=rank)
        marked = [app for app in ranked if self._mark(persona, app).exists()]
        fresh = [app for app in ranked if app not in marked]
        oldest = sorted(marked, key=lambda app: self._since(persona, app))
        with ExitStack() as stack:
            for app in fresh if len(fresh) > LEFT_TO_OTHERS else oldest:
                if _locked(stack.enter_context(self._file(persona, app)), fcntl.LOCK_EX):
                    self._mark(persona, app).unlink(missing_ok=True)
                    yield app
                    return
            yield None

    def mark(self, persona: str, app: str, name: str) -> None:
        """Note, while holding a pair, that its grant of this name is there to be read with."""
        (self.scratch / f"{persona}--{app}.read").write_text(name, encoding="utf-8")

    def read_with(self, stack: ExitStack, persona: Persona, app: App, name: str) -> bool:
        """Keep others from changing a pair; False where its grant of this name is gone."""
        file = stack.enter_context(self._file(persona, app))
        if not _locked(file, fcntl.LOCK_SH):
            return False
        with suppress(FileNotFoundError):
            return self._mark(persona, app).read_text(encoding="utf-8") == name
        return False

    def unread(self, persona: Persona, app: App) -> None:
        """Let nobody read any more with a grant of a pair that is there, nor count on consent."""
        self._mark(persona, app).unlink(missing_ok=True)
        self._consent(persona.id, app.id).unlink(missing_ok=True)

    def connected(self, persona: Persona, app: App) -> bool:
        """True where the run connected the pair and has not undone it."""
        return bool(self.journal.opened(persona.id, app.id))

    def _consent(self, persona: str, app: str) -> Path:
        return self.scratch / f"{persona}--{app}.consent"

    def _since(self, persona: Persona, app: App) -> float:
        with suppress(FileNotFoundError):
            return self._mark(persona, app).stat().st_mtime
        return 0.0

    def _file(self, persona: Persona, app: App) -> Any:
        return (self.scratch / f"{persona.id}--{app.id}.lock").open("a")

    def _mark(self, persona: Persona, app: App) -> Path:
        return self.scratch / f"{persona.id}--{app.id}.read"


def _locked(file: Any, how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
