"""Signing in on the way from an app apart from the portal's: lost there, or by another account."""

from __future__ import annotations

from typing import TYPE_CHECKING

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, every, page, portal, swap

if TYPE_CHECKING:
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


def _no_such_account(_tenant: Tenant, _session: Session, _journey: Journey) -> bool:
    return False


_seed(
    "apps-need-another-account",
    "Connecting an app takes an account of its own; the portal's, which is right, is asked again",
    every(
        portal(is_signed_in=_no_such_account),
        *(page(name, swap(_HEADING, _OF_ITS_OWN)) for name in _FORMS),
    ),
)
