"""Redirects to apps: which addresses lead to one, and what they carry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True)
class Caught:
    """A redirect to an app that was caught before it left the browser."""

    url: str = field(repr=False)
    method: str
    parameters: dict[str, str] = field(repr=False)
    """Of the query, the fragment and a form_post body; the last of each name."""


def patterns(redirect_uris: Iterable[str]) -> list[dict[str, str]]:
    """Where the browser has to pause (Chrome DevTools Protocol, Fetch.enable).

    At requests to the web addresses; at documents' responses too where a scheme is an app's own.
    """
    uris = tuple(redirect_uris)
    found = [
        {"urlPattern": f"{_literal(uri.partition('#')[0])}*", "requestStage": "Request"}
        for uri in uris
        if is_web(uri)
    ]
    if not all(map(is_web, uris)):
        documents = {"urlPattern": "*", "resourceType": "Document", "requestStage": "Response"}
        found.append(documents)
    return found


def is_web(url: str) -> bool:
    """True for an address of the web; else its scheme is an app's own."""
    return url.lower().startswith(("http://", "https://"))


def _literal(uri: str) -> str:
    """Escape the wild cards of CDP patterns."""
    return uri.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def location_of(headers: Iterable[dict[str, str]]) -> str:
    """The Location among headers as the browser's protocol lists them, or an empty string."""
    return next((h["value"] for h in headers if h["name"].lower() == "location"), "")


def leads_to(url: str, redirect_uri: str) -> bool:
    """True where ``url`` is the redirect_uri with parameters added, in whatever letter case."""
    plain = redirect_uri.partition("#")[0]
    if url[: len(plain)].lower() != plain.lower():
        return False
    rest = url[len(plain) :]
    return rest[:1] in ("", "?", "#", "&")


def parameters_of(url: str, body: str = "") -> dict[str, str]:
    """Parameters of a redirect: query, then fragment, then a form body."""
    parts = urlsplit(url)
    found: dict[str, str] = {}
    for text in (parts.query, parts.fragment, body):
        found |= dict(parse_qsl(text, keep_blank_values=True))
    return found
