"""Faults in comparing redirect URIs, and redirects to where nobody registered one."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import oauth, portal
from payerproof.sandbox.oauth import authorize
from payerproof.sandbox.oauth.model import AuthorizationRequest, UnsafeRequest
from payerproof.sandbox.portal.pages import error_page

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.tenant import Tenant

Compare = Callable[[str, str], bool]
_AREA = "authorization"
_CITES = ("N-OAUTH-01",)


def _compared(name: str, title: str, same: Compare, twin: str = "") -> None:
    """Register a way of comparing a presented redirect URI with a registered one."""

    def is_registered(app: App, presented: str) -> bool:
        try:
            return any(same(registered, presented) for registered in app.redirect_uris)
        except ValueError:
            return False

    change = oauth(redirect_uri_is_registered=is_registered)
    register(Defect(name, _AREA, _CITES, title, change, twin=twin))


_compared(
    "redirect-by-prefix",
    "A redirect URI is accepted that begins with a registered one",
    lambda registered, presented: presented.startswith(registered),
    twin="redirect-loopback-port-free",
)
_compared(
    "redirect-by-host",
    "A redirect URI is accepted that has the host of a registered one",
    lambda registered, presented: (
        presented == registered
        or urlsplit(presented)[:2] == urlsplit(registered)[:2] != ("http", "127.0.0.1:8400")
    ),
)
_compared(
    "redirect-by-domain",
    "A redirect URI is accepted on any host of the app's domain",
    lambda registered, presented: (
        presented == registered
        or (
            urlsplit(registered).scheme == urlsplit(presented).scheme == "https"
            and (urlsplit(presented).hostname or "").endswith(
                ".".join((urlsplit(registered).hostname or "").split(".")[-2:])
            )
            and urlsplit(presented).path == urlsplit(registered).path
        )
    ),
)
_compared(
    "redirect-case-insensitive",
    "Redirect URIs are compared without regard to upper and lower case",
    lambda registered, presented: presented.lower() == registered.lower(),
)
_compared(
    "redirect-query-ignored",
    "A redirect URI may carry any query",
    lambda registered, presented: presented.partition("?")[0] == registered.partition("?")[0],
)
_compared(
    "redirect-fragment-ignored",
    "A redirect URI may carry a fragment",
    lambda registered, presented: presented.partition("#")[0] == registered,
)
_compared(
    "redirect-trailing-slash-ignored",
    "A redirect URI may have a slash more than the registered one",
    lambda registered, presented: presented.rstrip("/") == registered.rstrip("/"),
)


def _same_but_port(registered: str, presented: str) -> bool:
    one, other = urlsplit(registered), urlsplit(presented)
    return presented == registered or (
        "@" not in other.netloc
        and (one.scheme, one.hostname, one.path) == (other.scheme, other.hostname, other.path)
        and (one.query, one.fragment) == (other.query, other.fragment)
    )


_compared(
    "redirect-port-ignored",
    "A redirect URI may name any port of the registered host",
    _same_but_port,
    twin="redirect-loopback-port-free",
)


def _loopback_port(registered: str, presented: str) -> bool:
    loopback = urlsplit(registered).hostname in ("127.0.0.1", "::1")
    return _same_but_port(registered, presented) if loopback else presented == registered


def _loopback(app: App, presented: str) -> bool:
    try:
        return any(_loopback_port(registered, presented) for registered in app.redirect_uris)
    except ValueError:
        return False


register(
    Defect(
        "redirect-loopback-port-free",
        _AREA,
        _CITES,
        "A native app's loopback redirect URI may name any port, as RFC 8252 section 7.3 asks",
        oauth(redirect_uri_is_registered=_loopback),
        lawful=True,
    )
)


def _same_but_user(registered: str, presented: str) -> bool:
    scheme, mark, rest = presented.partition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}" == registered


_compared(
    "redirect-userinfo-ignored",
    "A redirect URI may have a user name in front of the host",
    _same_but_user,
)


def _normalised(uri: str) -> str:
    start, _, path = uri.partition("://")
    host, slash, path = path.partition("/")
    return f"{start}://{host}{slash}{posixpath.normpath('/' + unquote(path)).lstrip('/')}"


_compared(
    "redirect-path-normalised",
    "Redirect URIs are compared after dots and percent signs in the path were resolved",
    lambda registered, presented: (
        presented == registered or _normalised(presented) == _normalised(registered)
    ),
)
_compared(
    "redirect-scheme-ignored",
    "A redirect URI may be http where https is registered",
    lambda registered, presented: (
        presented == registered or presented.replace("http:", "https:", 1) == registered
    ),
)

# -- open redirects


def _answered_at(presented: str, tenant: Tenant, parameters: Parameters, error: str) -> Exception:
    words = "The request was refused"
    state = parameters.get("state")
    return authorize.Redirected(authorize.error_redirect(tenant, presented, state, error, words))


def _error_to_any_address(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    known = tenant.policies.oauth.registered_app(tenant, parameters.text("client_id"))
    try:
        return authorize.validate(tenant, parameters)
    except UnsafeRequest:
        presented = parameters.text("redirect_uri")
        if known is None or not presented.startswith("http"):
            raise
        raise _answered_at(presented, tenant, parameters, "invalid_request") from None


register(
    Defect(
        "redirect-error-to-any-address",
        _AREA,
        ("N-OAUTH-02",),
        "A redirect URI that isn't registered gets no code, but the error is sent there",
        oauth(validate=_error_to_any_address),
        twin="redirect-refused-with-403",
    )
)


def _scope_error_first(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    presented, asked = parameters.text("redirect_uri"), parameters.text("scope")
    policies = tenant.policies.oauth
    known = any(policies.scope_is_known(tenant, scope) for scope in asked.split())
    if presented.startswith("http") and not known:
        raise _answered_at(presented, tenant, parameters, "invalid_scope")
    return authorize.validate(tenant, parameters)


register(
    Defect(
        "redirect-scope-error-before-address-is-checked",
        _AREA,
        ("N-OAUTH-02",),
        "Scopes are checked before the redirect URI, and an error in them is sent anywhere",
        oauth(validate=_scope_error_first),
        twin="redirect-refused-with-403",
    )
)


def _unknown_client_to_any_address(tenant: Tenant, parameters: Parameters) -> AuthorizationRequest:
    presented = parameters.text("redirect_uri")
    known = tenant.policies.oauth.registered_app(tenant, parameters.text("client_id"))
    if known is None and presented.startswith("https://"):
        raise _answered_at(presented, tenant, parameters, "unauthorized_client")
    return authorize.validate(tenant, parameters)


register(
    Defect(
        "redirect-unknown-client-to-any-address",
        _AREA,
        ("N-OAUTH-02",),
        "A request of an unknown client is redirected to whatever address it names",
        oauth(validate=_unknown_client_to_any_address),
        twin="redirect-refused-with-403",
    )
)
register(
    Defect(
        "redirect-refused-with-403",
        _AREA,
        ("N-OAUTH-01", "N-OAUTH-02"),
        "A page with status 403 says that the app or its address isn't registered",
        portal(
            error_page=lambda tenant, _status, headline, explanation: error_page(
                tenant, 403, headline, explanation
            )
        ),
        lawful=True,
    )
)
