"""Grants without a browser: the operator's control hook decides as the pages would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

from payerproof.browser.errors import HookFailed, NeedsBrowser
from payerproof.browser.facts import (
    AuthorizationOutcome,
    AuthorizationVisit,
    ConnectedApps,
    PageFacts,
    PageKindName,
    SharingPage,
)
from payerproof.browser.redirects import parameters_of
from payerproof.polite import Answer, Http

_DECISIONS = ("approve", "decline")


class HookAgent:
    """Speaks the hook ``grant`` of the payer file: POST with JSON, a bearer token, one answer.

    The hook runs the same code as the payer's pages for the person named, so that a grant is as
    real as one given by hand; the report says that login was not exercised. Whatever needs a page
    raises `NeedsBrowser`.
    """

    def __init__(self, http: Http, url: str, token: str) -> None:
        self._http = http
        self._url = url
        self._token = token

    def authorize(self, visit: AuthorizationVisit) -> AuthorizationOutcome:
        """Let the hook decide. Raises `NeedsBrowser` for a fresh login, a language or a look."""
        if visit.fresh or visit.locale or visit.decision not in _DECISIONS:
            raise NeedsBrowser(
                "this needs the payer's pages, and grants come from the control hook"
            )
        answer = self._http.send(
            "POST",
            self._url,
            json={
                "persona": visit.persona,
                "url": visit.url,
                "method": visit.method,
                "form": [list(pair) for pair in visit.form],
                "decision": visit.decision,
                "leave_out": list(visit.leave_out),
                "include": list(visit.include),
                "choose": visit.choose,
            },
            bearer=self._token,
            persona=visit.persona,
        )
        return _outcome(answer, _document(answer))

    def connected_apps(self, persona: str, *, anonymous: bool = False) -> ConnectedApps:
        """Raises `NeedsBrowser`: the list is a page."""
        del anonymous
        raise _needs_browser(f"the connected apps of {persona}")

    def revoke(self, persona: str, app_name: str) -> ConnectedApps:
        """Raises `NeedsBrowser`: revoking is done on a page."""
        del persona
        raise _needs_browser(f"revoking {app_name} on the portal's page")

    def revoke_all(self, persona: str, app_names: Sequence[str]) -> tuple[str, ...]:
        """Raises `NeedsBrowser`: revoking is done on a page."""
        del persona
        raise _needs_browser(f"revoking {len(app_names)} apps on the portal's page")

    def choose_sharing(self, persona: str, whose: str, *, share: bool) -> SharingPage:
        """Raises `NeedsBrowser`: the choice is made on a page."""
        del whose, share
        raise _needs_browser(f"the choice of {persona} about sharing with clinics")

    def visit(self, url: str, *, persona: str = "", locale: str = "") -> PageFacts:
        """Raises `NeedsBrowser`: a page has to be shown."""
        del url, persona, locale
        raise _needs_browser("looking at a page")

    def log_in(
        self, persona: str, *, password: str | None = None, username: str = ""
    ) -> AuthorizationOutcome:
        """Raises `NeedsBrowser`: the login form is a page."""
        del password, username
        raise _needs_browser(f"the login of {persona}")


def _needs_browser(what: str) -> NeedsBrowser:
    return NeedsBrowser(f"{what} needs a browser, and this run uses the control hook only")


def _document(answer: Answer) -> dict[str, Any]:
    if answer.status != 200:
        raise HookFailed(
            f"the grant hook answered {answer.status} (exchange {answer.exchange}); "
            "200 with a JSON object is expected"
        )
    document = answer.json()
    if not isinstance(document, dict) or "redirect" not in document:
        raise HookFailed(
            f"the grant hook's answer (exchange {answer.exchange}) is not a JSON object with the "
            "member redirect"
        )
    return document


def _outcome(answer: Answer, document: dict[str, Any]) -> AuthorizationOutcome:
    redirect = str(document["redirect"] or "")
    page = document.get("page")
    pages = (_page(page),) if isinstance(page, dict) else ()
    return AuthorizationOutcome(
        redirected=bool(redirect),
        redirect_url=redirect,
        parameters=parameters_of(redirect) if redirect else {},
        pages=pages,
        consent_shown=bool(document.get("consent_shown")),
        trouble_text=pages[-1].title if pages and not redirect else "",
        exchanges=(answer.exchange,),
    )


def _page(page: dict[str, Any]) -> PageFacts:
    """The hook tells status, title, text and kind; everything else needs a browser."""
    kind = page.get("kind", "other")
    return PageFacts(
        kind=kind if kind in get_args(PageKindName) else "other",
        url="",
        status=int(page.get("status") or 0),
        title=str(page.get("title") or ""),
        text=str(page.get("text") or ""),
    )
