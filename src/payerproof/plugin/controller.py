"""The process that opens a run and closes it: folder, key, broker, run file, exit code."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from platform import platform, python_version
from typing import TYPE_CHECKING, Any

from payerproof.catalog import Catalog
from payerproof.catalog.quirks import read_quirks
from payerproof.expect.outcomes import Inconclusive
from payerproof.model import Check, Outcome, Run
from payerproof.places import shipped
from payerproof.plugin.digests import environment_digest, exam_digest
from payerproof.plugin.grants import Connection, Grant, Memo, acts_for
from payerproof.plugin.journal import open_changes, scrub, undo
from payerproof.plugin.locate import make_key, segment, segments
from payerproof.plugin.operating import put_back
from payerproof.plugin.reach import Reach, shared_connections
from payerproof.plugin.sealing import key_missing
from payerproof.plugin.session import RunSession, known_secrets
from payerproof.plugin.settings import Settings
from payerproof.polite import Unreachable
from payerproof.redact import Redactor
from payerproof.runfile import join
from payerproof.runfile.lines import result_from
from payerproof.runfile.segments import index_segments
from payerproof.target import Target
from payerproof.verdict import exit_code

if TYPE_CHECKING:
    from payerproof.browser.broker import BrokerProcess
    from payerproof.browser.client import BrokerClient

EDITION = "2026-11"
"""Edition of the requirements; a new one whenever a verdict can change."""


@dataclass
class Controller:
    """Holds a run from its first file to its footer."""

    target: Target
    catalog: Catalog
    settings: Settings
    started: datetime
    command: str
    headed: bool = False
    broker: BrokerProcess | None = None
    run: Run | None = None
    troubles: list[str] = field(default_factory=list)
    """Sentences on what kept the whole run from working."""
    reaches: list[Reach] = field(default_factory=list)
    """What the processes of the run know of it."""
    shared: list[Grant] = field(default_factory=list, repr=False)
    """The shared grants: taken back at the end; none of their tokens may be in the run file."""

    @classmethod
    def open(
        cls, target: Target, catalog: Catalog, settings: Settings, started: datetime, **more: Any
    ) -> Controller:
        """Make the run folder (0700), its key and, where members log in by browser, the broker."""
        run_dir = Path(settings.run_dir)
        run_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        run_dir.chmod(0o700)
        settings = replace(
            settings,
            key_file=str(make_key(run_dir)),
            scratch=tempfile.mkdtemp(prefix="payerproof-"),
        )
        controller = cls(target, catalog, settings, started, **more)
        if settings.login == "browser" and not settings.broker:
            controller._start_broker()
        return controller

    def _start_broker(self) -> None:
        # imported late: a run whose grants come from a hook never loads the browser
        from payerproof.browser.broker import BrokerConfig, start_broker

        run_dir = Path(self.settings.run_dir)
        self.broker = start_broker(
            BrokerConfig(
                payer=self.target.path,
                run_dir=str(run_dir),
                key_file=self.settings.key_file,
                segment=segment(run_dir, "broker").name,
                headed=self.headed,
                browsers=min(self.target.limits.browsers, self.settings.workers),
            )
        )
        self.settings = replace(self.settings, broker=self.broker.address)

    def put_back(self) -> str:
        """Before a resumed run begins: undo what hooks changed and the kill left so.

        A check that meets a member who is still opted out, or a clock that is still ahead, would
        judge what we did ourselves. What members granted is taken back at the end, as ever. Returns
        what could not be put back, in words; empty where nothing is left.
        """
        run_dir = Path(self.settings.run_dir)
        if not any(one.kind == "control" for one in open_changes(run_dir)):
            return ""
        session = RunSession.open(self.settings, "resume")
        try:
            left = put_back(session, run_dir)
        finally:
            session.close()
        words = ", ".join(dict.fromkeys(f"{one.undo} {one.persona}".strip() for one in left))
        return words + key_missing(run_dir, (one.sealed for one in left))

    # -- closing ------------------------------------------------------------------------------

    def close(
        self,
        checks: Mapping[str, Check],
        *,
        allow_inconclusive: bool,
        interrupted: bool = False,
        memo: Memo | None = None,
    ) -> int:
        """Undo what is left to undo, write the run file, drop the key; return the exit code.

        An interrupted run keeps its segments and key, so that it can be resumed, and gets no run
        file.
        """
        if self.settings.broker:
            memo = self._client()
        reached, logged_in = self._how_it_went(memo)
        if interrupted:
            self._stop_broker()
            return 2
        self._undo(memo)
        self._stop_broker()
        run_dir = Path(self.settings.run_dir)
        self.run = join(
            segments(run_dir),
            self._header(),
            self.catalog.requirements.values(),
            checks.values(),
            run_dir / "run.jsonl",
            self._notes(),
        )
        self._check_canary(run_dir / "run.jsonl")
        for path in segments(run_dir):
            path.unlink()
        Path(self.settings.key_file).unlink(missing_ok=True)
        shutil.rmtree(self.settings.scratch, ignore_errors=True)
        return exit_code(
            self.run.results,
            self.catalog.requirements,
            date.fromisoformat(self.settings.as_of),
            allow_inconclusive=allow_inconclusive,
            selection=self.settings.selection.partial,
            unreachable=not reached or not logged_in,
        )

    def _client(self) -> BrokerClient:
        from payerproof.browser.client import BrokerClient

        return BrokerClient(self.settings.broker)

    def abandon(self) -> None:
        """Leave a run that never began: stop the broker, drop key and private folder."""
        self._stop_broker()
        Path(self.settings.key_file).unlink(missing_ok=True)
        shutil.rmtree(self.settings.scratch, ignore_errors=True)

    def leave(self) -> None:
        """Leave a run that can be resumed another time: its key and what it judged are kept."""
        self._stop_broker()
        shutil.rmtree(self.settings.scratch, ignore_errors=True)

    def _stop_broker(self) -> None:
        if self.broker is not None:
            self.broker.stop()
            self.broker = None

    def _how_it_went(self, memo: Memo | None) -> tuple[bool, bool]:
        """Whether the payer answered, and whether anyone could log in (True where none tried)."""
        if memo is not None:
            self.reaches.append(Reach.of(memo, self.target))
            found = shared_connections(memo, self.target)
            self.shared += [one.grant for one in found if isinstance(one, Connection)]
        reach = Reach.together(self.reaches)
        self.troubles += reach.troubles
        return reach.answered is not False, reach.connected is not False

    def _undo(self, memo: Memo | None) -> None:
        """Take back what members granted in this run: by token, the rest on the portal's page.

        What a member gave an app but once costs one request by its token, three on the page.
        """
        session = RunSession.open(self.settings, "end", memo)
        try:
            put_back(session, Path(self.settings.run_dir))
            people = {one.id: one for one in self.target.personas}
            changes = open_changes(Path(self.settings.run_dir))
            grants = Counter((one.persona, one.app) for one in changes)
            by_token = [
                grant
                for grant in self.shared
                if not session.undone_at_the_end
                or acts_for(people[grant.persona])
                or grants[grant.persona, grant.app] == 1
            ]
            for grant in by_token:
                with suppress(Unreachable, Inconclusive):
                    session.grants.give_back(grant)
            if self.settings.broker and self.target.pages.app_management:
                session.readings.give_back_acted()
                names = {app.id: app.name for app in self.target.apps}
                undo(Path(self.settings.run_dir), self._client(), names)
            scrub(Path(self.settings.run_dir))
        finally:
            session.close()

    def _check_canary(self, path: Path) -> None:
        redactor = Redactor(
            Path(self.settings.key_file).read_bytes(), keep_bodies=self.target.synthetic
        )
        for kind, value in known_secrets(self.target):
            redactor.learn(kind, value)
        for grant in self.shared:
            for token in (grant.access_token, grant.refresh_token, grant.id_token):
                if token:
                    redactor.learn("token", token)
        redactor.refuse(path.read_bytes(), path.name)

    def _notes(self) -> list[str]:
        notes = list(self.troubles)
        if self.settings.login == "hook":
            notes.append(
                "Login was not exercised: grants came from the payer's control hook, "
                "not from its pages."
            )
        left = open_changes(Path(self.settings.run_dir))
        grants = [one for one in left if one.kind != "control"]
        if grants:
            pairs = sorted({f"{change.persona} with {change.app}" for change in grants})
            notes.append("Grants that could not be taken back: " + ", ".join(pairs) + ".")
        if len(left) > len(grants):
            others = {f"{one.undo} {one.persona}".strip() for one in left if one not in grants}
            notes.append("Changes left to be put back: " + ", ".join(sorted(others)) + ".")
        return notes

    def _header(self) -> dict[str, Any]:
        target = self.target
        settings = self.settings
        return {
            "run": Path(settings.run_dir).name,
            "started": self.started.isoformat(timespec="milliseconds"),
            "suite_version": version("payerproof"),
            "edition": EDITION,
            "as_of": settings.as_of,
            "command": self.command,
            "environment": {"python": python_version(), "platform": platform(terse=True)},
            "operator": target.operator,
            "organisation": target.organisation,
            "target": {
                "name": target.name,
                "programmes": list(target.programmes),
                "state": target.state,
                "environment": target.environment,
                "endpoints": _given(target.endpoints.model_dump()),
                "pages": _given(target.pages.model_dump()),
                "synthetic": target.synthetic,
                "digest": target.digest,
            },
            "guides": dict(target.guides),
            "rules": [asdict(edition) for edition in self.catalog.rules],
            "quirks": read_quirks(shipped("suites") / "quirks.toml", self.catalog.sources),
            "selection": asdict(settings.selection) if settings.selection.partial else None,
            "limits": target.limits.model_dump(mode="json"),
            "policy": target.policy.model_dump(mode="json"),
            "personas": [
                {"id": one.id, "role": one.role, "synthetic": one.synthetic}
                for one in target.personas
            ],
            "apps": [{"id": app.id, "type": app.type} for app in target.apps],
            "login": settings.login,
            "exam_digest": exam_digest(self.catalog, settings),
            "environment_digest": environment_digest(target),
        }


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def new_settings(target: Target, run_dir: Path, **more: Any) -> Settings:
    """Settings of a run whose private places are not made yet."""
    return Settings(target.path, str(run_dir), "", "", **more)


def judged_keys(run_dir: Path) -> tuple[str, ...]:
    """Keys of the results that an interrupted run already has; errors of ours are tried again."""
    results = [result_from(content) for _, content in index_segments(segments(run_dir)).results]
    return tuple(sorted({r.key for r in results if r.outcome is not Outcome.ERROR}))


def now() -> datetime:
    """The clock of the run."""
    return datetime.now(UTC)
