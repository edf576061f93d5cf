"""Faults of the headers of the portal's pages, and of how a page sends the browser on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse, Response

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.rewriting import Change, edge, every, page, portal, swap
from payerproof.sandbox.portal.pages import page_headers

if TYPE_CHECKING:
    from payerproof.sandbox.portal.sessions import Journey
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "consent", tuple(cites.split()), title, change, lawful=True))


_POLICY = "Content-Security-Policy"
_ANCESTORS = "; frame-ancestors 'none'"


def _headers(*left_out: str, **changed: str) -> Change:
    """Send pages with some headers left out and others replaced (``_`` for ``-``)."""
    replaced = {name.replace("_", "-"): value for name, value in changed.items()}

    def headers(tenant: Tenant, journey: Journey | None) -> dict[str, str]:
        sent = {**page_headers(tenant, journey), **replaced}
        if _ANCESTORS in left_out:
            sent[_POLICY] = sent[_POLICY].replace(_ANCESTORS, "")
        return {name: value for name, value in sent.items() if name not in left_out}

    return portal(page_headers=headers)


# -- framing

_defect(
    "pages-can-be-framed",
    "N-OAUTH-19",
    "Nothing keeps another site from showing the consent page in a frame",
    _headers("X-Frame-Options", _ANCESTORS),
    twin="pages-framed-by-nobody-new-way",
)
_defect(
    "pages-framing-by-dead-directive",
    "N-OAUTH-19",
    "Framing is left to X-Frame-Options ALLOW-FROM, which no browser heeds",
    _headers(_ANCESTORS, X_Frame_Options="ALLOW-FROM https://portal.plan.example/"),
    twin="pages-framed-by-nobody-old-way",
)
_twin(
    "pages-framed-by-nobody-new-way",
    "N-OAUTH-19",
    "Framing is forbidden by the content security policy alone, without X-Frame-Options",
    _headers("X-Frame-Options"),
)
_twin(
    "pages-framed-by-nobody-old-way",
    "N-OAUTH-19",
    "Framing is forbidden by X-Frame-Options alone, in small letters",
    _headers(_ANCESTORS, X_Frame_Options="deny"),
)


# -- referrer

_META = '<meta name="referrer" content="no-referrer">\n'

_defect(
    "pages-without-referrer-policy",
    "N-OAUTH-20",
    "The portal's pages say nothing of the Referer header, in headers or in the page",
    every(_headers("Referrer-Policy"), page("base", swap(_META, ""))),
    twin="pages-with-referrer-policy-of-origin",
)
_defect(
    "pages-send-the-whole-referrer",
    "N-OAUTH-20",
    "The portal's pages ask browsers to send their full address to every site",
    every(
        _headers(Referrer_Policy="unsafe-url"),
        page("base", swap(_META, _META.replace("no-referrer", "unsafe-url"))),
    ),
    twin="pages-with-referrer-policy-of-origin",
)
_twin(
    "pages-with-referrer-policy-of-origin",
    "N-OAUTH-20",
    "The portal's pages let browsers send their origin, and never the address, to other sites",
    every(_headers(Referrer_Policy="strict-origin"), page("base", swap(_META, ""))),
)


# -- caching


def _kept_for_going_back(
    _tenant: Tenant, path: str, _status: int, _headers: Mapping[str, str]
) -> Mapping[str, str]:
    return {"Cache-Control": "private, max-age=300"} if path == "/portal/consent" else {}


def _kept_by_everybody(
    _tenant: Tenant, path: str, status: int, _headers: Mapping[str, str]
) -> Mapping[str, str]:
    open_page = path == "/portal/apps" and status == 200
    return {"Cache-Control": "public, max-age=60"} if open_page else {}


_defect(
    "consent-page-kept-in-cache",
    "N-LEAK-05",
    "The consent page alone may be kept by the browser for five minutes",
    edge(edit_headers=_kept_for_going_back),
    twin="pages-not-stored-in-many-words",
)
_defect(
    "connected-apps-kept-in-shared-caches",
    "N-LEAK-05",
    "The connected apps page may be kept by any cache on the way for a minute",
    edge(edit_headers=_kept_by_everybody),
    twin="pages-not-stored-in-many-words",
)
_defect(
    "pages-silent-on-caching",
    "N-LEAK-05",
    "The portal's pages say nothing of caching",
    _headers("Cache-Control"),
    twin="pages-not-stored-in-many-words",
)
_twin(
    "pages-not-stored-in-many-words",
    "N-LEAK-05",
    "The portal's pages forbid caching in every way there is",
    _headers(
        Cache_Control="no-cache, no-store, must-revalidate, private, max-age=0",
        Pragma="no-cache",
        Expires="0",
    ),
)


# -- the session cookie


def _cookie(before: str, after: str) -> Change:
    def attributes(tenant: Tenant) -> str:
        return f"Path=/{tenant.name}/; HttpOnly; Secure; SameSite=Lax".replace(before, after)

    return portal(cookie_attributes=attributes)


_defect(
    "session-cookie-without-secure",
    "N-OAUTH-19 AC-00-5",
    "The session cookie also goes out over plain HTTP",
    every(_cookie("; Secure", ""), portal(cookie_name=lambda _tenant: "portal-session")),
    twin="session-cookie-of-another-name",
)
_defect(
    "session-cookie-open-to-scripts",
    "N-OAUTH-19 N-LEAK-04",
    "The session cookie can be read by any script in the page",
    _cookie("HttpOnly; ", ""),
    twin="session-cookie-of-another-name",
)
_defect(
    "session-cookie-sent-from-other-sites",
    "N-OAUTH-19",
    "The session cookie goes along with requests that other sites make",
    _cookie("SameSite=Lax", "SameSite=None"),
    twin="session-cookie-of-another-name",
)
_twin(
    "session-cookie-of-another-name",
    "N-OAUTH-19",
    "The session cookie has another name and an end after four hours",
    every(
        _cookie("; Secure", "; Secure; Max-Age=14400"),
        portal(cookie_name=lambda _tenant: "__Secure-sid"),
    ),
)


# -- how the browser is sent back to the app


def _as_it_came(location: str) -> Response:
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    answer = RedirectResponse(location, 307, headers)
    answer.headers["location"] = location
    return answer


def _found(location: str) -> Response:
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    answer = RedirectResponse(location, 302, headers)
    answer.headers["location"] = location
    return answer


_defect(
    "form-sent-on-to-the-app",
    "N-OAUTH-20 N-OAUTH-19",
    "The consent form is answered by 307, so that the browser posts it to the app again",
    portal(back_to_app=_as_it_came),
    twin="form-answered-by-302",
)
_twin(
    "form-answered-by-302",
    "N-OAUTH-20",
    "The consent form is answered by 302, which browsers follow with GET",
    portal(back_to_app=_found),
)
