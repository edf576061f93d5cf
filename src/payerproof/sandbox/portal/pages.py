"""Rendering of the portal's pages: templates, headers, cookies, CSRF."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jinja2 import (
    BaseLoader,
    BytecodeCache,
    ChoiceLoader,
    DictLoader,
    Environment,
    PackageLoader,
    StrictUndefined,
)
from jinja2.bccache import Bucket
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from payerproof.sandbox.portal.sessions import Journey, Session

if TYPE_CHECKING:
    from payerproof.sandbox.tenant import Tenant


class _Compiled(BytecodeCache):
    """Compiled templates of this process, so that a tenant of its own compiles what differs."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket where this very source was compiled before."""
        if code := self._kept.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


@lru_cache(maxsize=1)
def _shipped() -> Environment:
    return environment(PackageLoader("payerproof.sandbox.portal"))


def environment(loader: BaseLoader) -> Environment:
    """A template environment that escapes everything and knows no undefined names."""
    made = Environment(
        loader=loader,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        bytecode_cache=_COMPILED,
    )
    made.globals["stylesheet"] = style
    return made


def environment_of(tenant: Tenant) -> Environment:
    """The shipped templates, with the tenant's own laid over them."""
    if not tenant.templates:
        return _shipped()
    if tenant.environment is None:
        own = DictLoader(dict(tenant.templates))
        tenant.environment = environment(
            ChoiceLoader([own, PackageLoader("payerproof.sandbox.portal")])
        )
    return tenant.environment


def template_source(name: str) -> str:
    """Source of a shipped template, to derive another from."""
    return (files("payerproof.sandbox.portal") / "templates" / name).read_text("utf-8")


@lru_cache(maxsize=1)
def style() -> str:
    """The one style sheet, which stands in every page."""
    return template_source("portal.css")


@lru_cache(maxsize=1)
def style_source() -> str:
    """What a Content-Security-Policy says to let exactly that style sheet in."""
    digest = hashlib.sha256(style().encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def csrf_is_right(session: Session, presented: str) -> bool:
    """Every form carries the token of the session that it was shown to."""
    return hmac.compare_digest(session.csrf.encode(), presented.encode("utf-8", "surrogateescape"))


def page_headers(_tenant: Tenant, journey: Journey | None) -> dict[str, str]:
    """Security headers of every page.

    A form may lead on to the app that started the journey, so its origin (or custom scheme) is
    allowed as form target; browsers check redirects after a submission against it.
    """
    target = ""
    if journey is not None:
        parts = urlsplit(journey.request.redirect_uri)
        web = parts.scheme in ("http", "https")
        target = f" {parts.scheme}://{parts.netloc}" if web else f" {parts.scheme}:"
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; style-src {style_source()}; base-uri 'none'; "
            f"form-action 'self'{target}; frame-ancestors 'none'"
        ),
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-store",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def cookie_attributes(tenant: Tenant) -> str:
    """Attributes of the session cookie: this tenant only, never read by scripts, https only."""
    return f"Path=/{tenant.name}/; HttpOnly; Secure; SameSite=Lax"


def page_language(_tenant: Tenant, _request: Request) -> str:
    """Language of a page; English is what there is."""
    return "en"


def cookie_name(_tenant: Tenant) -> str:
    """Name of the session cookie."""
    return "__Secure-portal-session"


def session_of(tenant: Tenant, request: Request) -> Session:
    """The browser's session; a new one of nobody where it has none."""
    key = request.cookies.get(tenant.policies.portal.cookie_name(tenant), "")
    return (tenant.sessions.find(key) if key else None) or tenant.sessions.open()


def with_session(tenant: Tenant, session: Session, answer: Response) -> Response:
    """Send the session's key along; where it is known already that changes nothing."""
    policies = tenant.policies.portal
    name, attributes = policies.cookie_name(tenant), policies.cookie_attributes(tenant)
    answer.headers.append("set-cookie", f"{name}={session.key}; {attributes}")
    return answer


def render(
    tenant: Tenant,
    template: str,
    *,
    status: int = 200,
    language: str = "en",
    session: Session | None = None,
    journey: Journey | None = None,
    **values: Any,
) -> Response:
    """One page from its template."""
    source = environment_of(tenant).get_template(template)
    person = tenant.world.people.get(session.user) if session is not None else None
    page = source.render(
        tenant=tenant,
        face=tenant.face,
        language=language,
        session=session,
        csrf=session.csrf if session is not None else "",
        signed_in=person.name if person is not None else "",
        journey=journey,
        app=journey.request.app if journey is not None else None,
        **values,
    )
    answer = HTMLResponse(page, status, tenant.policies.portal.page_headers(tenant, journey))
    return answer if session is None else with_session(tenant, session, answer)


def error_page(tenant: Tenant, status: int, headline: str, explanation: str) -> Response:
    """A page that says what went wrong, with a way on; nothing of the request is repeated."""
    return render(
        tenant, "problem.html.j2", status=status, headline=headline, explanation=explanation
    )
