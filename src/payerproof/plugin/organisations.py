"""Clinics and other payers in the hands of checks: their tokens, their API, their exports."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from payerproof.fhir.bulk import Exports
from payerproof.fhir.client import FhirClient
from payerproof.plugin.first_trip import LoginTrouble, Trouble
from payerproof.plugin.grants import Grant
from payerproof.polite import Unreachable
from payerproof.smart import configuration as smart_configuration
from payerproof.smart.backend import BackendServices
from payerproof.smart.configuration import SmartConfiguration
from payerproof.smart.tokens import TokenAnswer
from payerproof.target import Clinic, OtherPayer, Partner

if TYPE_CHECKING:
    from payerproof.plugin.session import RunSession

P = TypeVar("P", bound=Partner)


@dataclass(frozen=True)
class Asked:
    """A token that was asked for, and when."""

    answer: TokenAnswer
    at: float
    """Clock time, in seconds since the epoch."""

    def grant(self, partner: Partner) -> Grant:
        """The token as a grant of nobody's to the organisation."""
        expires = self.answer.document.get("expires_in")
        return Grant(
            persona="",
            app=partner.id,
            asked=tuple(partner.scopes.split()),
            scopes=self.answer.scopes,
            patient="",
            access_token=self.answer.access_token,
            expires_in=float(expires) if isinstance(expires, int | float) else None,
            issued=self.at,
            exchange=self.answer.exchange,
            document=self.answer.document,
        )


@dataclass(frozen=True, eq=False)
class Organisation(Generic[P]):
    """A clinic or another payer, as a client of one of the payer's APIs; printed as its id."""

    partner: P
    base: str
    """FHIR base URL of the API it asks, without a trailing slash."""
    _session: RunSession = field(repr=False)

    def __str__(self) -> str:
        return self.partner.id

    @property
    def id(self) -> str:
        """Its id in the payer file."""
        return self.partner.id

    @cached_property
    def configuration(self) -> SmartConfiguration:
        """What the API says about its authorization server, fetched once per run."""
        return configuration_at(self._session, self.base)

    @cached_property
    def capability(self) -> Mapping[str, Any]:
        """The API's CapabilityStatement, fetched once per run; empty where it cannot be read."""
        return self.remembering.get("metadata").body

    @property
    def backend(self) -> BackendServices:
        """The token endpoint as the organisation uses it."""
        return self._backend(self.partner)

    @property
    def backend_with_second_key(self) -> BackendServices:
        """The same with its second key; raises `ValueError` where it has none."""
        return self._backend(self.partner.with_second_key)

    def _backend(self, partner: Partner) -> BackendServices:
        endpoint = partner.token_endpoint or self.configuration.endpoint("token_endpoint")
        return BackendServices(self._session.http, partner, self.id, endpoint, partner.scopes)

    @property
    def first_answer(self) -> TokenAnswer:
        """What the run's first request for a token brought, whatever it was."""
        return self._asked(0).answer

    @property
    def grant(self) -> Grant:
        """The token with which all checks ask in its name; a fresh one where it has grown stale.

        Raises `LoginTrouble` (inconclusive) where the payer gives none.
        """
        generation = 0
        while True:
            asked = self._asked(generation)
            if not asked.answer.gave_token:
                told = f"{asked.answer.status} {asked.answer.error}".strip()
                raise LoginTrouble(f"{self} was given no token: {told}", (asked.answer.exchange,))
            grant = asked.grant(self.partner)
            self._session.grants.learn(grant)
            if not grant.stale:
                return grant
            generation += 1

    def _asked(self, generation: int) -> Asked:
        asked = self._session.memo.once(
            f"backend:{self.base}:{self.id}:{generation}",
            lambda: Asked(self.backend.ask(), time.time()),
        )
        assert isinstance(asked, Asked)
        return asked

    @property
    def anonymous(self) -> FhirClient:
        """A client of this API without a token."""
        return replace(self._session.anonymous(), base=self.base)

    @property
    def remembering(self) -> FhirClient:
        """The same, asking anything once per run only."""
        return replace(self.anonymous, memory=self._session.memo)

    @property
    def client(self) -> FhirClient:
        """A client of this API in the organisation's name."""
        return self.with_token(self.grant.access_token)

    def with_token(self, token: str) -> FhirClient:
        """A client of this API with any token, recorded in the organisation's name."""
        return replace(self.anonymous, token=token, app=self.id)

    @property
    def exports(self) -> Exports:
        """Makes exports in the organisation's name; their files are gone when the run ends."""
        folder = Path(self._session.settings.scratch) / "exports"
        return Exports(self.client, folder, self._session.target.policy.export_wait_seconds)


def configuration_at(session: RunSession, base: str) -> SmartConfiguration:
    """The SMART configuration of an API for organisations, fetched once per run.

    Raises `LoginTrouble` (inconclusive) where the API does not answer.
    """
    found = session.memo.once(f"configuration:{base}", lambda: _fetched(session, base))
    if isinstance(found, Trouble):
        raise LoginTrouble(found.sentence, found.evidence)
    assert isinstance(found, SmartConfiguration)
    return found


def _fetched(session: RunSession, base: str) -> SmartConfiguration | Trouble:
    try:
        return smart_configuration.fetch(session.http, base)
    except Unreachable as trouble:
        return Trouble(trouble.sentence, (trouble.exchange,))


def clinic_of(session: RunSession, clinic: Clinic) -> Organisation[Clinic]:
    """A clinic as a client of the Provider Access API."""
    address = session.target.endpoints.provider_access
    assert address is not None, "needs clinic: say so in @check(…, needs=('clinic',))"
    return Organisation(clinic, address.rstrip("/"), session)


def payer_of(session: RunSession, payer: OtherPayer) -> Organisation[OtherPayer]:
    """Another payer as a client of the Payer-to-Payer API."""
    address = session.target.endpoints.payer_to_payer
    assert address is not None, "needs other_payer: say so in @check(…, needs=('other_payer',))"
    return Organisation(payer, address.rstrip("/"), session)
