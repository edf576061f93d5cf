"""Faults in what an authorization code is bound to, how long it lives, and how often it is good."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, oauth
from payerproof.sandbox.oauth import exchanging, token
from payerproof.sandbox.oauth.model import OAuthError

if TYPE_CHECKING:
    from payerproof.sandbox.apps import App
    from payerproof.sandbox.oauth.forms import Parameters
    from payerproof.sandbox.oauth.model import Code, Issued
    from payerproof.sandbox.tenant import Tenant


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "authorization", tuple(cites.split()), title, change, lawful=True))


# -- replay

_defect(
    "code-replay-leaves-the-tokens",
    "N-OAUTH-05",
    "A code presented twice is refused, and the tokens of its first use live on",
    oauth(on_code_replay=lambda _tenant, _code: None),
    twin="code-survives-a-failed-exchange",
)


def _ends_refresh_only(tenant: Tenant, code: Code) -> None:
    for record in tenant.grants.refresh_tokens.values():
        if record.connection is code.connection:
            record.revoked = True


_defect(
    "code-replay-leaves-the-access-token",
    "N-OAUTH-05",
    "A code presented twice ends the refresh token of its first use, not the access token",
    oauth(on_code_replay=_ends_refresh_only),
)


def _used_up_by_success(tenant: Tenant, app: App, form: Parameters) -> Issued:
    code = tenant.grants.codes.get(form.text("code"))
    used = code is not None and code.used
    try:
        return token.exchange(tenant, app, form)
    except OAuthError:
        if code is not None:
            code.used = used
        raise


_twin(
    "code-survives-a-failed-exchange",
    "N-OAUTH-05",
    "An exchange that fails doesn't use the code up",
    oauth(exchange=_used_up_by_success),
)

# -- what a code is bound to

_defect(
    "code-of-any-client",
    "N-OAUTH-06",
    "Any registered app can exchange a code",
    oauth(code_is_for_client=lambda _code, _app: True),
)
_defect(
    "code-of-any-public-client",
    "N-OAUTH-06",
    "Whose code it is, is only compared for apps that authenticate",
    oauth(
        code_is_for_client=lambda code, app: (
            app.type == "public" or exchanging.code_is_for_client(code, app)
        )
    ),
)
_defect(
    "code-for-any-redirect",
    "N-OAUTH-06",
    "The exchange may name any redirect URI",
    oauth(code_is_for_redirect=lambda _code, _presented: True),
    twin="code-lives-nine-minutes",
)
_defect(
    "code-redirect-may-be-missing",
    "N-OAUTH-06",
    "The redirect URI of the exchange is compared only where there is one",
    oauth(
        code_is_for_redirect=lambda code, presented: (
            not presented or exchanging.code_is_for_redirect(code, presented)
        )
    ),
)
_defect(
    "code-redirect-compared-by-host",
    "N-OAUTH-06",
    "The redirect URI of the exchange need only have the host of that of the request",
    oauth(
        code_is_for_redirect=lambda code, presented: (
            urlsplit(presented)[:2] == urlsplit(code.redirect_uri)[:2]
        )
    ),
)

# -- how long

_defect(
    "code-never-expires",
    "N-OAUTH-07 Q-AUTH-21",
    "Nobody looks whether a code has expired",
    oauth(code_is_current=lambda _tenant, _code: True),
    twin="code-lives-nine-minutes",
)
_defect(
    "code-lives-an-hour",
    "N-OAUTH-07",
    "A code is good for an hour, like an access token",
    oauth(code_lifetime=3600.0),
    twin="code-lives-nine-minutes",
)
_twin(
    "code-lives-nine-minutes",
    "N-OAUTH-07 Q-AUTH-21",
    "A code is good for nine minutes",
    oauth(code_lifetime=540.0),
)


def _with_leeway(tenant: Tenant, code: Code) -> bool:
    return tenant.clock.now() < code.expires + 900


_defect(
    "code-expiry-with-leeway-in-minutes",
    "N-OAUTH-07",
    "The leeway for clocks that differ lets a code live a quarter of an hour longer",
    oauth(code_is_current=_with_leeway),
)
