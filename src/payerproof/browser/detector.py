"""Decides what kind of page this is, before anything on it is touched.

Pure functions over a `Snapshot`. The rules come from the pages of the identity stacks that payers
run (Okta, Auth0, Azure AD B2C, ForgeRock, PingFederate, Keycloak, Cognito, Medicare's and others):

1. the kind first: password change and enrolment pages are recognised so that they are never filled;
2. evidence is ranked: ``autocomplete`` > name or id > label > type; never class names, never
   running numbers;
3. only what is visible and enabled counts;
4. identifier-first is ordinary: a page with a user name alone is a page of its own kind;
5. consent is found by its pair of an allowing and a denying control, not by ids;
6. a choice of person is a step of its own.

The rules stand in `sign_in_pages`, `choice_pages` and `other_pages`.
"""

from __future__ import annotations

from collections.abc import Callable

from payerproof.browser import choice_pages, other_pages, sign_in_pages
from payerproof.browser.kinds import Kind, Reading
from payerproof.browser.snapshot import Snapshot

_RULES: tuple[Callable[[Snapshot], Reading | None], ...] = (
    other_pages.captcha,
    sign_in_pages.enrolment,
    sign_in_pages.questions,
    sign_in_pages.methods,
    sign_in_pages.send_code,
    sign_in_pages.code,
    sign_in_pages.login,
    choice_pages.consent,
    choice_pages.picker,
    other_pages.interstitial,
    other_pages.error,
    other_pages.wait,
    other_pages.portal,
    other_pages.resume,
)


def read(page: Snapshot, *, redirect_uri: str = "") -> Reading:
    """Decide the kind of ``page``; the first rule that fits wins."""
    if redirect_uri and _is_callback(page.url, redirect_uri):
        return Reading(Kind.CALLBACK, ("the address is the app's redirect_uri",))
    for rule in _RULES:
        reading = rule(page)
        if reading is not None:
            return reading
    return Reading(Kind.OTHER, ("no rule fits",))


def _is_callback(url: str, redirect_uri: str) -> bool:
    """True where ``url`` is the redirect_uri with parameters added."""
    if not url.startswith(redirect_uri):
        return False
    rest = url[len(redirect_uri) :]
    return rest[:1] in ("", "?", "#", "&")
