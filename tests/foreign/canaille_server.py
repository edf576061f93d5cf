"""Serves Canaille, as its authors wrote it, with our test members and apps.

Run as a process: settings come as one line of JSON on standard input, ``{"issuer": …}`` goes to
standard output once it listens, and it ends when its input closes.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import socket
import sys
import threading
from typing import Any

from canaille import create_app
from canaille.app import models
from canaille.backends import Backend
from canaille.backends.memory.backend import MemoryBackend
from hypercorn.asyncio import serve
from hypercorn.config import Config
from joserfc.jwk import RSAKey


def hold_every_filter() -> None:
    """Make queries of Canaille's storage in memory hold in every attribute asked for.

    As shipped (0.3.6), a query by several attributes finds whatever matches any one of them: the
    code of an app's earlier request is taken for the code presented, and one member's consent for
    another's. Its databases don't do that.
    """
    one_by_one = MemoryBackend.do_query

    def do_query(self: Any, model: Any, *args: Any, **filters: Any) -> list[Any]:
        found = one_by_one(self, model, *args, **filters)
        for name, value in filters.items():
            alike = {one.id for one in one_by_one(self, model, **{name: value})}
            found = [one for one in found if one.id in alike]
        return list(found)

    MemoryBackend.do_query = do_query


def configuration(port: int) -> dict[str, Any]:
    key = RSAKey.generate_key(2048, auto_kid=True).as_dict(private=True)
    return {
        "SECRET_KEY": "of-one-run",
        "SERVER_NAME": f"localhost:{port}",
        "PREFERRED_URL_SCHEME": "https",
        "SESSION_COOKIE_SECURE": True,
        "CANAILLE": {
            "NAME": "Canaille",
            "DATABASE": "memory",
            "SMTP": None,
            "LANGUAGE": "en",
            "TIMEZONE": "UTC",
            "AUTHENTICATION_FACTORS": ["password", "otp"],
            "LOGGING": {"version": 1},
        },
        "CANAILLE_OIDC": {
            "REQUIRE_NONCE": False,
            "TRUSTED_DOMAINS": [],
            "ACTIVE_JWKS": [key],
        },
    }


def fill(settings: dict[str, Any]) -> None:
    backend = Backend.instance
    for one in settings["members"]:
        backend.save(
            models.User(
                user_name=one["user"],
                formatted_name=one["name"],
                family_name=one["name"].split()[-1],
                emails=[f"{one['user']}@members.example"],
                password=one["password"],
                secret_token=one["otp_secret"],
                last_otp_login=datetime.datetime.now(datetime.UTC),
            )
        )
    clients = [client(one) for one in settings["apps"]]
    for one in clients:
        backend.save(one)
    audience = next(one for one in clients if one.client_id == settings["payer_client"])
    for one in clients:
        one.audience = [one, audience]
        backend.save(one)


def client(app: dict[str, Any]) -> Any:
    secret = app.get("secret", "")
    return models.Client(
        client_id=app["client_id"],
        client_secret=secret or None,
        client_name=app["name"],
        client_uri=app.get("site"),
        policy_uri=app.get("privacy_policy"),
        redirect_uris=app["redirect_uris"],
        grant_types=["authorization_code", "refresh_token"],
        response_types=["code"],
        token_endpoint_auth_method="client_secret_basic" if secret else "none",
        scope=app["scope"].split(),
        client_id_issued_at=datetime.datetime.now(datetime.UTC),
    )


async def until_closed(app: Any, bound: socket.socket, settings: dict[str, Any]) -> None:
    config = Config()
    config.bind = [f"fd://{bound.fileno()}"]
    config.certfile, config.keyfile = settings["chain"], settings["key"]
    config.errorlog = None
    # Over HTTP/2 a page that the browser leaves may keep the server waiting for room to send.
    config.alpn_protocols = ["http/1.1"]
    closed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def watch() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(closed.set)

    threading.Thread(target=watch, daemon=True).start()
    print(json.dumps({"issuer": f"https://localhost:{bound.getsockname()[1]}"}), flush=True)
    # threads of its own for each request: a stuck one holds up no other
    await serve(app, config, shutdown_trigger=closed.wait, mode="wsgi")


def main() -> None:
    settings = json.loads(sys.stdin.readline())
    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen()
    hold_every_filter()
    app = create_app(config=configuration(bound.getsockname()[1]))
    with app.app_context(), Backend.instance.session():
        fill(settings)
    asyncio.run(until_closed(app, bound, settings))


if __name__ == "__main__":
    main()
