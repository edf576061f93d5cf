"""Faults in what scripts of other origins may do (CORS)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from payerproof.sandbox.defects import Defect, register
from payerproof.sandbox.defects.replacing import Change, transport
from payerproof.sandbox.transport import cors_headers, is_open_to_scripts, preflight_headers

Headers = dict[str, str]


def _defect(name: str, cites: str, title: str, change: Change, twin: str = "") -> None:
    register(Defect(name, "transport", tuple(cites.split()), title, change, twin=twin))


def _twin(name: str, cites: str, title: str, change: Change) -> None:
    register(Defect(name, "transport", tuple(cites.split()), title, change, lawful=True))


def _allowing(allow: Callable[[str, str], Headers]) -> Change:
    """Let `allow` (path, origin) say more in the answers to actual requests and preflights."""

    def actual(path: str, origin: str) -> Headers:
        return {**cors_headers(path, origin), **(allow(path, origin) if origin else {})}

    def preflight(path: str, origin: str) -> Headers | None:
        lawful = preflight_headers(path, origin)
        return None if lawful is None else {**lawful, **allow(path, origin)}

    return transport(cors_headers=actual, preflight_headers=preflight)


def _reflected(origin: str) -> Headers:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }


_defect(
    "cors-reflects-any-origin-with-credentials",
    "N-OAUTH-21",
    "Every API answer allows whatever origin asks, with the browser's credentials",
    _allowing(lambda path, origin: _reflected(origin) if is_open_to_scripts(path) else {}),
    twin="cors-reflects-the-origin-without-credentials",
)
_defect(
    "cors-reflects-origin-at-userinfo",
    "N-OAUTH-21",
    "Userinfo alone allows whatever origin asks, with the browser's credentials",
    _allowing(lambda path, origin: _reflected(origin) if path == "/oauth/userinfo" else {}),
    twin="cors-reflects-the-origin-without-credentials",
)
_defect(
    "cors-trusts-origins-by-their-ending",
    "N-OAUTH-21",
    "An origin whose name ends like the payer's is allowed with credentials",
    _allowing(
        lambda path, origin: (
            _reflected(origin)
            if is_open_to_scripts(path) and (urlsplit(origin).hostname or "").endswith("example")
            else {}
        )
    ),
)
_defect(
    "cors-trusts-the-null-origin",
    "N-OAUTH-21",
    "The origin null, which any sandboxed frame has, is allowed with credentials",
    _allowing(
        lambda path, origin: (
            _reflected(origin) if is_open_to_scripts(path) and origin == "null" else {}
        )
    ),
)
_defect(
    "cors-open-on-portal-pages",
    "N-OAUTH-21 N-OAUTH-19",
    "Scripts of any origin may read the portal's pages with the member's session",
    transport(
        cors_headers=lambda path, origin: (
            _reflected(origin)
            if origin and path.startswith("/portal/")
            else cors_headers(path, origin)
        )
    ),
)
_twin(
    "cors-reflects-the-origin-without-credentials",
    "N-OAUTH-21 Q-NET-01",
    "API answers name the origin that asks, and never allow credentials",
    _allowing(
        lambda path, origin: (
            {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
            if is_open_to_scripts(path)
            else {}
        )
    ),
)


def _closed(*starts: str) -> Change:
    def is_closed(path: str) -> bool:
        return path.startswith(starts)

    return transport(
        cors_headers=lambda path, origin: {} if is_closed(path) else cors_headers(path, origin),
        preflight_headers=lambda path, origin: (
            None if is_closed(path) else preflight_headers(path, origin)
        ),
    )


_defect(
    "cors-missing-at-the-token-endpoint",
    "Q-NET-01",
    "Browser apps may call the API, and can't read the answer of the token endpoint",
    _closed("/oauth/token"),
    twin="cors-reflects-the-origin-without-credentials",
)
_defect(
    "cors-missing-on-discovery",
    "Q-NET-02",
    "Browser apps can't read the discovery documents and the CapabilityStatement",
    _closed("/fhir/.well-known/", "/.well-known/", "/fhir/metadata"),
    twin="cors-reflects-the-origin-without-credentials",
)


def _without_authorization(path: str, origin: str) -> Headers | None:
    headers = preflight_headers(path, origin)
    return headers and {**headers, "Access-Control-Allow-Headers": "Content-Type, Accept"}


_defect(
    "cors-preflight-without-authorization",
    "Q-NET-01",
    "A preflight is answered, and doesn't allow the Authorization header",
    transport(preflight_headers=_without_authorization),
)
_twin(  # POST is a CORS-safelisted method (Fetch standard 2.2.1): browsers ask no leave for it
    "cors-preflight-without-post",
    "Q-NET-01",
    "A preflight is answered, and doesn't name POST, for which no leave is needed",
    transport(
        preflight_headers=lambda path, origin: (
            (headers := preflight_headers(path, origin))
            and {**headers, "Access-Control-Allow-Methods": "GET, OPTIONS"}
        )
    ),
)
