"""The fixtures of checks: what an author asks for by name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from payerproof.plugin.concurrency import sharing
from payerproof.plugin.declared import Declared
from payerproof.plugin.exchange import Exchanges
from payerproof.plugin.hands import Api, Apps, Authorization, Lease, Portal
from payerproof.plugin.observed import Observed
from payerproof.plugin.open_apis import OpenApi
from payerproof.plugin.operating import Operator
from payerproof.plugin.organisations import Organisation, clinic_of, payer_of
from payerproof.plugin.people import Person
from payerproof.plugin.practice import Choices, Practice
from payerproof.plugin.revocation import Ended
from payerproof.plugin.revoking import ended_by_the_member
from payerproof.plugin.session import RunSession
from payerproof.plugin.stash import SESSION
from payerproof.smart.configuration import SmartConfiguration
from payerproof.target import Clinic, OtherPayer, Target
from payerproof.target.needs import clinic_pair, served_clinics

NAMES = (
    "api",
    "apps",
    "authorization",
    "capability",
    "choices",
    "clinic",
    "clinics",
    "declared",
    "directory",
    "exchanges",
    "formulary",
    "lease",
    "member",
    "observed",
    "other_clinic",
    "other_payers",
    "outsider",
    "operator",
    "authorized",
    "population",
    "portal",
    "practice",
    "relatives",
    "representative",
    "revoked",
    "run_session",
    "smart",
    "stranger",
    "target",
    "undisturbed",
)
"""Every fixture of this module."""


@pytest.fixture(scope="session")
def run_session(request: pytest.FixtureRequest) -> RunSession:
    """Everything the process works with; checks ask for the narrower fixtures instead."""
    return request.config.stash[SESSION]


@pytest.fixture
def target(run_session: RunSession) -> Target:
    """The payer file: policy numbers, apps, personas, pages."""
    return run_session.target


@pytest.fixture
def api(run_session: RunSession) -> Api:
    """The payer's FHIR API, in somebody's name: ``api.as_(member)``, ``api.anonymous()``."""
    return Api(run_session)


@pytest.fixture
def apps(run_session: RunSession) -> Apps:
    """The registered apps by what they are: ``apps.default``, ``apps.of_type``, ``apps.spare``."""
    return Apps(run_session)


@pytest.fixture
def smart(run_session: RunSession) -> SmartConfiguration:
    """The payer's SMART configuration."""
    return run_session.configuration


@pytest.fixture
def capability(run_session: RunSession) -> Any:
    """The payer's CapabilityStatement as a JSON object; empty where it cannot be read."""
    return run_session.capability


@pytest.fixture
def declared(run_session: RunSession) -> Declared:
    """What the guides demand at the versions that the payer declares."""
    return run_session.declared


@pytest.fixture
def directory(run_session: RunSession) -> OpenApi:
    """The provider directory, asked by nobody in particular."""
    return run_session.open_api("directory")


@pytest.fixture
def exchanges(run_session: RunSession) -> Exchanges:
    """What other payers get of members (Payer-to-Payer)."""
    return Exchanges(run_session)


@pytest.fixture
def formulary(run_session: RunSession) -> OpenApi:
    """The drug formulary, asked by nobody in particular."""
    return run_session.open_api("formulary")


@pytest.fixture
def member(run_session: RunSession) -> Person:
    """The member most checks act for."""
    first = run_session.cast.first
    assert first is not None, "needs member: say so in @check(…, needs=('member',))"
    return run_session.person(first)


@pytest.fixture
def authorized(run_session: RunSession) -> Person:
    """The member whose prior authorizations are known, else the one most checks act for."""
    found = run_session.cast.authorized
    assert found is not None, "needs member: say so in @check(…, needs=('member',))"
    return run_session.person(found)


@pytest.fixture
def stranger(run_session: RunSession) -> Person:
    """A member who has nothing to do with `member`."""
    pair = run_session.cast.pair
    assert pair is not None, "needs unrelated_pair: say so in @check(…, needs=('unrelated_pair',))"
    return run_session.person(pair[1])


@pytest.fixture
def operator(run_session: RunSession) -> Operator:
    """What the payer's operator changes for a check, put back at its end."""
    return Operator(run_session)


@pytest.fixture
def population(run_session: RunSession) -> tuple[Person, ...]:
    """The members whose whole records are collected, the one most checks act for first."""
    first = run_session.cast.first
    assert first is not None, "needs member: say so in @check(…, needs=('member',))"
    return tuple(run_session.person(one) for one in run_session.cast.pair or (first,))


@pytest.fixture
def relatives(run_session: RunSession) -> tuple[Person, Person]:
    """Two adults of one household, each with a login, neither acting for the other."""
    found = run_session.cast.relatives
    assert found is not None, "needs household: say so in @check(…, needs=('household',))"
    return run_session.person(found[0], found), run_session.person(found[1], found)


@pytest.fixture
def representative(run_session: RunSession) -> Person:
    """A personal representative, who acts for at least one member."""
    found = run_session.cast.representative()
    assert found is not None, "needs representative: say so in @check(…, needs=('representative',))"
    return run_session.person(found)


@pytest.fixture
def undisturbed(run_session: RunSession) -> Iterator[None]:
    """Nobody changes meanwhile what is shared with clinics."""
    with sharing(Path(run_session.settings.scratch), changes=False):
        yield


@pytest.fixture
def practice(run_session: RunSession, undisturbed: None) -> Practice:
    """What clinics get, tried once in a run and judged by several checks."""
    del undisturbed  # held while the check looks
    return Practice(run_session)


@pytest.fixture
def choices(run_session: RunSession) -> Choices:
    """What clinics get while something is changed for a moment; never beside ``clinic``."""
    return Choices(run_session)


@pytest.fixture
def clinics(run_session: RunSession, undisturbed: None) -> tuple[Organisation[Clinic], ...]:
    """Every clinic of the payer file, as a client of the Provider Access API."""
    del undisturbed  # held while the check looks
    return tuple(clinic_of(run_session, one) for one in run_session.target.clinics)


@pytest.fixture
def clinic(run_session: RunSession, undisturbed: None) -> Organisation[Clinic]:
    """The clinic most checks act for: in the network, with a member who can log in."""
    del undisturbed  # held while the check looks
    served = served_clinics(run_session.target)
    assert served, "needs clinic: say so in @check(…, needs=('clinic',))"
    pair = clinic_pair(run_session.target)
    return clinic_of(run_session, pair[0] if pair else served[0])


@pytest.fixture
def other_clinic(run_session: RunSession, undisturbed: None) -> Organisation[Clinic]:
    """A second clinic in the network, with a member whom `clinic` does not treat."""
    del undisturbed  # held while the check looks
    pair = clinic_pair(run_session.target)
    assert pair is not None, "needs two_clinics: say so in @check(…, needs=('two_clinics',))"
    return clinic_of(run_session, pair[1])


@pytest.fixture
def outsider(run_session: RunSession, undisturbed: None) -> Organisation[Clinic]:
    """A clinic outside the network that treats a test member."""
    del undisturbed  # held while the check looks
    found = [one for one in run_session.target.clinics if not one.in_network and one.treats]
    assert found, "needs clinic_out_of_network: say so in @check(…)"
    return clinic_of(run_session, found[0])


@pytest.fixture
def other_payers(run_session: RunSession) -> tuple[Organisation[OtherPayer], ...]:
    """Every other payer of the payer file, as a client of the Payer-to-Payer API."""
    return tuple(payer_of(run_session, one) for one in run_session.target.payers)


@pytest.fixture
def revoked(run_session: RunSession) -> Ended:
    """The run's one revocation in the portal: what was tried before it, and after."""
    return ended_by_the_member(run_session)


@pytest.fixture
def observed(run_session: RunSession) -> Observed:
    """What is tried once in a run and judged by several checks."""
    return Observed(run_session)


@pytest.fixture
def authorization(run_session: RunSession) -> Authorization:
    """The authorization server, as a member's browser and an app see it."""
    return Authorization(run_session)


@pytest.fixture
def lease(run_session: RunSession) -> Iterator[Lease]:
    """Grants of one's own, which may be changed; they are given back when the check ends."""
    with ExitStack() as stack:
        yield Lease(run_session, stack)


@pytest.fixture
def portal(run_session: RunSession) -> Portal:
    """The member portal's pages in the browser."""
    return Portal(run_session)
