"""One process of a run: what its checks work with, opened from the settings."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from payerproof.browser import codec
from payerproof.browser.hook import HookAgent
from payerproof.expect.outcomes import Inconclusive, inconclusive_unless
from payerproof.fhir.client import FhirClient
from payerproof.fhir.record import CLAIMS_AND_BASICS, CLAIMS_AND_CLINICAL, Record, collect
from payerproof.fhir.reply import Reply
from payerproof.fhir.surroundings import Surroundings, collect_around
from payerproof.plugin.declared import Declared
from payerproof.plugin.first_trip import Trouble
from payerproof.plugin.grants import Grant, Grants, Memo
from payerproof.plugin.journal import Journal
from payerproof.plugin.locate import segment
from payerproof.plugin.open_apis import OpenApi, open_api
from payerproof.plugin.pairs import Pairs
from payerproof.plugin.people import Cast, Person
from payerproof.plugin.readings import Readings
from payerproof.plugin.settings import Settings
from payerproof.polite import Http, Unreachable
from payerproof.record import Recorder
from payerproof.redact import Redactor
from payerproof.smart import configuration as smart_configuration
from payerproof.smart.configuration import SmartConfiguration
from payerproof.smart.scopes import opens
from payerproof.target import App, Persona, Target, load_target, secrets_of

if TYPE_CHECKING:
    from payerproof.browser.agent import MemberAgent


_LONG = 100_000
"""Bytes of a body above which a reply is kept packed."""


UNREGISTERED = App(id="unregistered", client_id="-", type="public", scopes="patient/*.rs")
"""Stands for an app where the payer has none registered and nobody is asked who they are."""


class LocalMemo:
    """The memory of a run that has one process only. Long replies are kept packed."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}
        self._lock = threading.RLock()

    def once(self, key: str, make: Callable[[], Any]) -> Any:
        """Return what is remembered under a key, making it first where nobody has."""
        with self._lock:
            if key not in self._kept:
                made = make()
                long = isinstance(made, Reply) and len(made.answer.content) > _LONG
                self._kept[key] = _Packed(codec.dumps(made)) if long else made
            kept = self._kept[key]
        return codec.loads(kept.message) if isinstance(kept, _Packed) else kept


@dataclass(frozen=True)
class _Packed:
    message: bytes = field(repr=False)


class UnreachableTarget(Inconclusive):
    """The payer does not answer at all: nothing can be told, and nothing more is sent."""


@dataclass(frozen=True)
class RunSession:
    """Everything that the checks of one process share. It holds no state of any check."""

    settings: Settings
    target: Target
    recorder: Recorder = field(repr=False)
    http: Http = field(repr=False)
    memo: Memo = field(repr=False)
    agent: MemberAgent = field(repr=False)
    journal: Journal = field(repr=False)
    _people: dict[tuple[str, ...], Person] = field(default_factory=dict, repr=False)
    """Whoever was met, for it takes a while to derive their markers."""
    _open: dict[str, OpenApi] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, settings: Settings, process: str, memo: Memo | None = None) -> RunSession:
        """Open the session of a process; `memo` where the run's memory lives in this one already.

        Raises `payerproof.target.PayerFileError` and `SecretError` as `load_target` does.
        """
        target = load_target(settings.payer)
        run_dir = Path(settings.run_dir)
        redactor = Redactor(Path(settings.key_file).read_bytes(), keep_bodies=target.synthetic)
        for kind, secret in known_secrets(target):
            redactor.learn(kind, secret)
        for url in _public_addresses(target):
            redactor.publish(url)
        recorder = Recorder(segment(run_dir, process), redactor, process)
        http = Http(recorder, target.limits, target.tls, share=1 / max(1, settings.workers))
        journal = Journal(run_dir, process)
        if settings.broker:
            # imported late: a run whose grants come from a hook never loads the browser
            from payerproof.browser.client import BrokerClient

            broker = BrokerClient(settings.broker)
            return cls(settings, target, recorder, http, broker, broker, journal)
        hook = _hook(target, http)
        return cls(settings, target, recorder, http, memo or LocalMemo(), hook, journal)

    @property
    def undone_at_the_end(self) -> bool:
        """True where the run ends by revoking on the portal's page, app by app.

        That costs far fewer requests than to revoke each grant by its token.
        """
        return bool(self.settings.broker and self.target.pages.app_management)

    def close(self) -> None:
        """Take back what was obtained to be read with; close connections and the segment."""
        if not self.undone_at_the_end:
            self.readings.give_back()
        self.http.close()
        self.recorder.close()

    # -- the payer's own documents ------------------------------------------------------------

    @cached_property
    def configuration(self) -> SmartConfiguration:
        """The SMART configuration, fetched once per run.

        Raises `UnreachableTarget` where the payer does not answer.
        """
        found = self.memo.once("configuration", self._fetch_configuration)
        if isinstance(found, Trouble):
            raise UnreachableTarget(found.sentence, found.evidence)
        assert isinstance(found, SmartConfiguration)
        return found

    def _fetch_configuration(self) -> SmartConfiguration | Trouble:
        try:
            return smart_configuration.fetch(self.http, self.base)
        except Unreachable as trouble:
            return Trouble(trouble.sentence, (trouble.exchange,))

    @cached_property
    def capability(self) -> Mapping[str, Any]:
        """The CapabilityStatement, fetched once per run; empty where it cannot be read."""
        value = self.memo.once("capability", self._fetch_capability)
        return value if isinstance(value, dict) else {}

    def _fetch_capability(self) -> dict[str, Any]:
        try:
            return dict(replace(self.anonymous(), memory=self.memo).get("metadata").body)
        except Unreachable:
            return {}

    @cached_property
    def declared(self) -> Declared:
        """The guides' demands at the versions that bind this payer."""
        return Declared(self.target, self.capability)

    @property
    def base(self) -> str:
        """FHIR base URL of the Patient Access API, without a trailing slash."""
        return self.target.endpoints.patient_access.rstrip("/")

    # -- grants, clients, people --------------------------------------------------------------

    @cached_property
    def grants(self) -> Grants:
        """Where grants come from."""
        return Grants(
            self.target,
            self.http,
            self.agent,
            self.memo,
            self.journal,
            self.pairs,
            lambda: self.configuration,
        )

    @cached_property
    def pairs(self) -> Pairs:
        """Which check changes whose grants to which app."""
        return Pairs(Path(self.settings.scratch), self.journal)

    @cached_property
    def readings(self) -> Readings:
        """Narrow grants that checks only read with."""
        return Readings(self.grants, self.memo, self.pairs)

    @property
    def lends_readings(self) -> bool:
        """True where a grant to read with may outlive the check that obtained it.

        It is undone on the portal's page, or by this process where nobody else knows of it.
        """
        return self.undone_at_the_end or not self.settings.broker

    @cached_property
    def cast(self) -> Cast:
        """Who plays which part."""
        return Cast(self.target)

    def person(self, persona: Persona, among: Iterable[Persona] = ()) -> Person:
        """A persona as checks see it, told apart from these others (default: the pair)."""
        company = tuple(among) or self.cast.pair or ()
        key = (persona.id, *(one.id for one in company))
        return self._people.setdefault(key, Person(persona, self, company))

    @property
    def default_app(self) -> App:
        """The app of shared grants: the first in the payer file with a redirect address.

        Where no token is asked for there may be none; then it is one that was never registered.
        """
        return next((app for app in self.target.apps if app.redirect_uri), UNREGISTERED)

    def anonymous(self) -> FhirClient:
        """A FHIR client without a token."""
        headers = dict(self.target.quirks.headers)
        headers |= {k: v.reveal() for k, v in self.target.quirks.secret_headers.items()}
        return FhirClient(
            self.http,
            self.base,
            headers=headers,
            max_pages=self.target.limits.max_pages,
            typed=self.target.quirks.patient == "typed",
        )

    def open_api(self, name: str) -> OpenApi:
        """``directory`` or ``formulary``, as anybody may ask it."""
        if name not in self._open:
            self._open[name] = open_api(self.http, self.memo, self.target, name)
        return self._open[name]

    def client(self, grant: Grant) -> FhirClient:
        """A FHIR client that presents a grant's access token."""
        return replace(
            self.anonymous(), token=grant.access_token, persona=grant.persona, app=grant.app
        )

    def shared_grant(self, persona: Persona) -> Grant:
        """The grant with which all checks read a persona's data."""
        return self.grants.shared(persona, self.default_app)

    def greet(self, persona: Persona) -> None:
        """Let the first trip of the checks' members be that of their shared grant.

        On it they log in, and every check may look at its pages; a login of one's own would have
        to wait for the next single-use code.
        """
        if persona.id in {one.id for one in self.cast.pair or ()}:
            with suppress(Inconclusive):  # told by the checks that need the shared grant
                self.shared_grant(persona)

    def patient_id(self, persona: Persona) -> str:
        """Logical id of a persona's Patient: by token, payer file, or search (Q-TOK-01)."""
        grant = self.shared_grant(persona)
        found = grant.patient or persona.patient_id or ""
        if not found:
            reply = self.client(grant).search("Patient")
            found = next((str(one.get("id", "")) for one in reply.matches), "")
            inconclusive_unless(
                found,
                f"neither the token nor a search tells {persona.id}'s Patient",
                reply.exchange,
            )
        return found

    def record(self, persona: Persona) -> Record:
        """A persona's record, collected once per run by whichever check needs it first."""
        record = self.memo.once(f"record:{persona.id}", lambda: self._collect(persona))
        assert isinstance(record, Record)
        return record

    def _collect(self, persona: Persona) -> Record:
        grant = self.shared_grant(persona)
        served = served_types(self.capability)
        whole = {one.id for one in self.cast.pair or (self.cast.first,) if one}
        types = [
            kind
            for kind in (CLAIMS_AND_CLINICAL if persona.id in whole else CLAIMS_AND_BASICS)
            if (not served or kind in served) and opens(grant.scopes, kind, "s")
        ]
        remembering = replace(self.client(grant), memory=self.memo)
        return collect(remembering, self.patient_id(persona), types)

    def around(self, persona: Persona) -> Surroundings:
        """What a persona's record names, read once per run."""

        def read() -> Surroundings:
            remembering = replace(self.client(self.shared_grant(persona)), memory=self.memo)
            return collect_around(remembering, self.record(persona))

        found = self.memo.once(f"around:{persona.id}", read)
        assert isinstance(found, Surroundings)
        return found


def _hook(target: Target, http: Http) -> MemberAgent:
    hook = target.controls["grant"]
    return HookAgent(http, str(hook.url), hook.token.reveal() if hook.token else "")


def served_types(capability: Mapping[str, Any]) -> frozenset[str]:
    """Resource types that a CapabilityStatement lists."""
    return frozenset(
        str(resource.get("type"))
        for rest in capability.get("rest") or []
        for resource in rest.get("resource") or []
    )


def _public_addresses(target: Target) -> Iterable[str]:
    given = (*target.endpoints.model_dump().values(), *target.pages.model_dump().values())
    yield from (str(url) for url in (*given, *target.earlier_versions) if url)
    yield from (app.redirect_uri for app in target.apps if app.redirect_uri)


def known_secrets(target: Target) -> Iterable[tuple[str, str]]:
    """Every secret of a payer file, revealed, with its kind."""
    for place, secret in secrets_of(target):
        names = [step for step in place if isinstance(step, str)]
        yield ("marker" if "markers" in names else names[-1]), secret.reveal()
