"""A session with a payer outside a run, in a private folder that is gone afterwards."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from payerproof.plugin.session import RunSession
    from payerproof.polite import Http
    from payerproof.target import Target


@contextmanager
def http_only(target: Target) -> Iterator[Http]:
    """A client that keeps to the payer file's limits and certificates; its record is thrown away.

    Raises `TlsFilesError` where a certificate file can't be used.
    """
    from payerproof.polite import Http
    from payerproof.record import Recorder
    from payerproof.redact import Redactor

    with tempfile.TemporaryDirectory(prefix="payerproof-doctor-") as folder:
        redactor = Redactor(secrets.token_bytes(32))
        recorder = Recorder(Path(folder) / "segment.jsonl", redactor, "doctor")
        try:
            http = Http(recorder, target.limits, target.tls)
            try:
                yield http
            finally:
                http.close()
        finally:
            recorder.close()


@contextmanager
def bench(target: Target, login: str) -> Iterator[RunSession]:
    """A session like a run's; what members granted in it is revoked at its end.

    `login` is ``browser`` or ``hook``. Raises `BrowserMissing`, and what `RunSession.open` raises.
    """
    from payerproof.cli.material import catalogue
    from payerproof.plugin.controller import Controller, new_settings, now
    from payerproof.plugin.journal import undo
    from payerproof.plugin.session import RunSession

    with tempfile.TemporaryDirectory(prefix="payerproof-doctor-") as folder:
        began = now()
        settings = new_settings(target, Path(folder), as_of=began.date().isoformat(), login=login)
        controller = Controller.open(target, catalogue(), settings, began, command="doctor")
        try:
            session = RunSession.open(controller.settings, "doctor")
            try:
                yield session
                names = {app.id: app.name for app in target.apps}
                if login == "browser" and target.pages.app_management:
                    undo(Path(folder), session.agent, names)
            finally:
                session.close()
        finally:
            controller.abandon()
