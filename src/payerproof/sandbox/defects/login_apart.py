"""Signing in on the way from an app apart from the portal's: lost there, or by another account."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, Memory, every, page, portal, swap
from payerproof.sandbox.portal import deciding, factors, pages

if TYPE_CHECKING:
    from payerproof.sandbox.data.world import Person
    from payerproof.sandbox.portal.sessions import Journey, Session
    from payerproof.sandbox.tenant import Tenant

CITES = ("AC-02-1", "AC-02-2")
_FORMS = ("sign-in", "identifier")
_HEADING = "<h1>Sign in to your member account</h1>"
_OF_ITS_OWN = (
    "<h1>{% if journey %}Sign in to your data sharing account{% else %}Sign in to your member "
    "account{% endif %}</h1>\n{% if journey %}<p>Connecting apps takes an account of its own. The "
    "user name and password of the member portal do not work here. Call 202-555-0100 to get a "
    "data sharing account.</p>{% endif %}"
)


def _seed(name: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", CITES, title, change))


def _without_journey(template: str) -> Change:
    return page(template, swap("{{ hidden(csrf, journey) }}", "{{ hidden(csrf, none) }}"))


_seed(
    "sign-in-forgets-the-app",
    "The sign-in form loses the app: who signs in on the way lands in the portal and stays there",
    every(*map(_without_journey, _FORMS)),
)


_OF_THE_PORTAL: Memory[set[str]] = Memory(set)
"""Keys of the sessions that began with the portal's user name and password."""


def _note_the_session(tenant: Tenant, session: Session, user: str) -> None:
    factors.signed_in(tenant, session, user)
    _OF_THE_PORTAL.of(tenant).add(session.key)


def _by_another_account(tenant: Tenant, session: Session, journey: Journey) -> bool:
    by_the_portals = session.key in _OF_THE_PORTAL.of(tenant)
    return not by_the_portals and deciding.is_signed_in(tenant, session, journey)


_seed(
    "apps-need-another-account",
    "Connecting an app takes an account of its own; the portal's, which is right, is asked again",
    every(
        portal(signed_in=_note_the_session, is_signed_in=_by_another_account),
        *(page(name, swap(_HEADING, _OF_ITS_OWN)) for name in _FORMS),
    ),
)


_ON_THE_WAY: ContextVar[bool] = ContextVar("on the way from an app", default=False)


def _note_the_way(session: Session, token: str) -> bool:
    _ON_THE_WAY.set(bool(session.journeys))
    return pages.csrf_is_right(session, token)


def _in_a_table_of_its_own(tenant: Tenant, user: str, password: str) -> Person | None:
    return None if _ON_THE_WAY.get() else factors.password_is_right(tenant, user, password)


def _counted_apart(tenant: Tenant, user: str) -> int:
    return 1 if _ON_THE_WAY.get() else factors.failed(tenant, user)


_seed(
    "portals-password-wrong-on-the-way",
    "On the way from an app accounts stand in another table: the portal's password is wrong there",
    portal(
        csrf_is_right=_note_the_way,
        password_is_right=_in_a_table_of_its_own,
        failed=_counted_apart,
    ),
)
