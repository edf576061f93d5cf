"""The ASGI application: finds the tenant of a request, and lets it pass the edge."""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, field, replace

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from payerproof.sandbox import control, desk, fhir, intake
from payerproof.sandbox.apps import Registry, register_apps
from payerproof.sandbox.data.load import Package, declaring, loaded_accounts, with_package
from payerproof.sandbox.data.world import Person, World
from payerproof.sandbox.defects import all_defects
from payerproof.sandbox.external import Fetch, Fetcher
from payerproof.sandbox.faces import FACES, Face
from payerproof.sandbox.gateways import Gateways
from payerproof.sandbox.issuer import ExternalIssuer
from payerproof.sandbox.oauth import authorize, discovery, introspect, revoke, token, userinfo
from payerproof.sandbox.partners import hooks
from payerproof.sandbox.partners.clients import partner_environment, published_keys
from payerproof.sandbox.partners.routes import routes as partner_routes
from payerproof.sandbox.policies import Policies
from payerproof.sandbox.portal.routes import routes as portal_routes
from payerproof.sandbox.public import api as public
from payerproof.sandbox.public import brands
from payerproof.sandbox.tenant import Reshape, Tenant, TenantSpec

_LOG = logging.getLogger("payerproof.sandbox")


class UnknownTenant(Exception):
    """A tenant name that isn't made of a face and defects; the text says what there is."""


def parse_tenant_name(name: str) -> TenantSpec:
    """Read ``face`` or ``face+defect+defect``; raises `UnknownTenant`."""
    face_name, *defects = name.split("+")
    if face_name not in FACES:
        raise UnknownTenant(f"no face {face_name!r}; there are {', '.join(FACES)}")
    return build_spec(face_name, tuple(defects))


def build_spec(face_name: str, defects: tuple[str, ...]) -> TenantSpec:
    """Return a face with defects applied in order; raises `UnknownTenant`."""
    if face_name not in FACES:
        raise UnknownTenant(f"no face {face_name!r}; there are {', '.join(FACES)}")
    spec = TenantSpec(face=FACES[face_name])
    known = all_defects() if defects else {}
    for defect in defects:
        if defect not in known:
            raise UnknownTenant(f"no defect {defect!r}; `list defects` shows those there are")
        spec = known[defect].apply(spec)
    return spec


@dataclass
class House:
    """Everything one sandbox process holds.

    `packages` add members to every tenant; `external` is the authorization server of all of them
    where it isn't the payer's own; `gateways` are hosts beside the main one.
    """

    origin: str = "https://localhost"
    control_token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    registry: Registry = field(default_factory=lambda: register_apps(secrets.token_bytes(32)))
    tenants: dict[str, Tenant] = field(default_factory=dict)
    packages: tuple[Package, ...] = ()
    external: ExternalIssuer | None = None
    gateways: Gateways = field(default_factory=Gateways, repr=False)
    fetch: Fetch = field(default_factory=Fetcher, repr=False)
    _enlarged: dict[Face, World] = field(default_factory=dict, repr=False)

    def tenant(self, name: str) -> Tenant:
        """The tenant of this name, made at its first use; raises `UnknownTenant`."""
        if name not in self.tenants:
            self.add(name, parse_tenant_name(name))
        return self.tenants[name]

    def add(self, name: str, spec: TenantSpec) -> Tenant:
        """Make a tenant under a name, replacing one of that name."""
        if self.packages:
            spec = replace(
                spec,
                reshape=(self._with_packages(spec.face), *spec.reshape),
                policies=self._declaring(spec.policies),
            )
        if self.external:
            spec = replace(spec, external=self.external)
        self.tenants[name] = Tenant(name, self.origin, spec, self.registry.apps, self.fetch)
        return self.tenants[name]

    def _with_packages(self, face: Face) -> Reshape:
        def enlarge(world: World) -> World:
            if face not in self._enlarged:
                for package in self.packages:
                    world = with_package(world, package, face.logical_id)
                self._enlarged[face] = world
            return self._enlarged[face]

        return enlarge

    def _declaring(self, policies: Policies) -> Policies:
        """Let the CapabilityStatement name what the packages brought."""
        publish = policies.fhir.capability
        fhir_policies = replace(
            policies.fhir,
            capability=lambda statement, face: publish(declaring(statement, self.packages), face),
        )
        return replace(policies, fhir=fhir_policies)

    def loaded(self, tenant: str = "plain") -> tuple[Person, ...]:
        """People that came with the packages; their names and passwords are alike on every face."""
        return loaded_accounts(self.tenant(tenant).world)

    def environment(self, tenant: str = "plain") -> dict[str, str]:
        """Environment variables that a payer file for one tenant refers to."""
        found = {
            "PAYERPROOF_SANDBOX_URL": f"{self.origin}/{tenant}",
            "PAYERPROOF_SANDBOX_CONTROL_TOKEN": self.control_token,
            **self.registry.environment(),
            **partner_environment(),
        }
        for person in self.tenant(tenant).world.people.values():
            name = person.user.upper().replace("-", "_")
            if person.password:
                found[f"PAYERPROOF_SANDBOX_PASSWORD_{name}"] = person.password
            if person.totp:
                found[f"PAYERPROOF_SANDBOX_TOTP_{name}"] = person.totp
        return found


def _operators_routes() -> list[Route]:
    return [*control.routes(), *hooks.routes(), *intake.routes(), *desk.routes()]


def _tenant_router(*, own_login: bool) -> Router:
    """All that hangs below a tenant; without `own_login` neither its OAuth endpoints nor portal."""
    oauth = [
        Route("/authorize", authorize.authorize_endpoint, methods=["GET", "POST"]),
        Route("/token", token.token_endpoint, methods=["POST"]),
        Route("/introspect", introspect.introspection_endpoint, methods=["POST"]),
        Route("/revoke", revoke.revocation_endpoint, methods=["POST"]),
        Route("/userinfo", userinfo.userinfo_endpoint, methods=["GET", "POST"]),
        Route("/jwks", discovery.jwks_endpoint),
    ]
    login = [
        Route("/.well-known/openid-configuration", discovery.openid_endpoint),
        Mount("/oauth", routes=oauth),
        Mount("/portal", routes=portal_routes()),
    ]
    return Router(
        [
            Route("/fhir/.well-known/smart-configuration", discovery.smart_endpoint),
            *fhir.mounted_at("/fhir"),
            *fhir.earlier_at("/fhir-dstu2"),
            Mount("/partner", routes=partner_routes()),
            *public.routes("directory"),
            *public.routes("formulary"),
            *brands.routes(),
            *(login if own_login else ()),
            Mount("/control", routes=_operators_routes()),
        ],
        redirect_slashes=False,
    )


class SandboxApp:
    """The whole application over a `House`."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._router = _tenant_router(own_login=house.external is None)
        self._front = Router(
            [
                Route("/", _front_page),
                Route("/clients/{client}/jwks.json", _client_keys),
                Route("/control/tenants", control.tenants_endpoint, methods=["GET", "POST"]),
            ]
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry."""
        if scope["type"] != "http":
            await self._front(scope, receive, send)
            return
        scope.setdefault("state", {})["house"] = self.house
        first = scope["path"].split("/", 2)[1] if scope["path"].startswith("/") else ""
        if first in ("", "clients", "control"):
            await self._front(scope, receive, send)
            return
        try:
            tenant = self.house.tenant(first)
        except UnknownTenant as unknown:
            await PlainTextResponse(f"{unknown}\n", 404)(scope, receive, send)
            return
        scope["state"]["tenant"] = tenant
        scope["root_path"] = f"/{first}"
        await _through_the_edge(tenant, self._router, scope, receive, send)


async def _through_the_edge(
    tenant: Tenant, inner: ASGIApp, scope: Scope, receive: Receive, send: Send
) -> None:
    request = Request(scope, receive)
    policies = tenant.policies.transport
    path = scope["path"][len(tenant.name) + 1 :] or "/"
    origin = request.headers.get("origin", "")
    begun = False

    async def send_with_headers(message: Message) -> None:
        nonlocal begun
        if message["type"] == "http.response.start":
            begun = True
            headers = MutableHeaders(scope=message)
            added = {**policies.security_headers(tenant), **policies.cors_headers(path, origin)}
            for name, value in added.items():
                headers.setdefault(name, value)
            edited = policies.edit_headers(tenant, path, message["status"], headers)
            for name, edit in edited.items():
                if edit is None:
                    del headers[name]
                else:
                    headers[name] = edit
        await send(message)

    if not path.startswith("/control"):
        tenant.log.append(policies.log_line(request, path))
    try:
        answer = policies.rewrite(tenant, request) or _preflight(tenant, request, path, origin)
        await (answer or inner)(scope, receive, send_with_headers)
    except Exception:
        _LOG.exception("%s %s failed", scope["method"], path)
        if begun:
            raise
        await policies.crash_response(tenant, request)(scope, receive, send_with_headers)


def _preflight(tenant: Tenant, request: Request, path: str, origin: str) -> Response | None:
    if request.method != "OPTIONS" or "access-control-request-method" not in request.headers:
        return None
    headers = tenant.policies.transport.preflight_headers(path, origin)
    return None if headers is None else Response(status_code=204, headers=headers)


async def _client_keys(request: Request) -> Response:
    """What a clinic publishes at an address of its own; it merely shares our process."""
    found = published_keys(request.path_params["client"])
    if found is None:
        return PlainTextResponse("There is no such client.\n", 404)
    return JSONResponse(found, headers={"Cache-Control": "public, max-age=60"})


async def _front_page(request: Request) -> Response:
    house: House = request.state.house
    return JSONResponse(
        {"sandbox": "payerproof", "faces": list(FACES), "tenants": sorted(house.tenants)}
    )
