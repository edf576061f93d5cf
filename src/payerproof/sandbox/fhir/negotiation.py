"""The outer form of requests: path, method, media type, conditional headers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import unquote

from payerproof.sandbox.data.world import Resource
from payerproof.sandbox.fhir.call import Refused

_JSON = ("application/fhir+json", "application/json", "application/*", "*/*", "text/json")
_JSON_WORDS = ("json", "application/json", "application/fhir+json", "text/json")
_VERSION = re.compile(r'fhirversion\s*=\s*"?([0-9.]+)"?')
LOGICAL_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")


def speaks_json(accept: str, format_parameter: str) -> bool:
    """Whether the client takes FHIR R4 JSON; ``_format`` overrides Accept (R4 3.1.0.1.11)."""
    if format_parameter:
        word = format_parameter.replace(" ", "+").partition(";")[0].strip().lower()
        return word in _JSON_WORDS
    if not accept.strip():
        return True
    return any(_takes(part) for part in accept.lower().split(","))


def _takes(part: str) -> bool:
    media, _, parameters = part.partition(";")
    if media.strip() not in _JSON or re.search(r"q\s*=\s*0(\.0*)?\s*($|;)", parameters):
        return False
    version = _VERSION.search(parameters)
    return version is None or version[1].startswith("4.0")


def wants_native(accept: str, format_parameter: str) -> bool:
    """Whether a Binary goes out as its content rather than as a resource (R4 binary.html)."""
    return not format_parameter and "json" not in accept.lower()


def not_modified(headers: Mapping[str, str], resource: Resource) -> bool:
    """Whether If-None-Match names the version that the token was just allowed to read."""
    tags = [tag.strip() for tag in headers.get("if-none-match", "").split(",")]
    return etag(resource) in tags


def etag(resource: Resource) -> str:
    """Make the weak ETag of a resource version."""
    return f'W/"{resource.get("meta", {}).get("versionId", "1")}"'


def path_segments(raw: bytes) -> tuple[str, ...]:
    """Take a raw path below the FHIR base apart; each segment decoded once, nothing normalised.

    ``%2F``, ``//``, ``.``, ``..`` and ``;v=1`` stay what they are, so that they name nothing.
    Raises `Refused` (404) on bytes that are no UTF-8.
    """
    path = raw.removeprefix(b"/")
    if path == b"":
        return ()
    try:
        text = path.decode("ascii")
        return tuple(unquote(segment, errors="strict") for segment in text.split("/"))
    except UnicodeDecodeError:
        raise Refused(404, "not-found", "There is no such address here.") from None


def method_of(method: str, headers: Mapping[str, str]) -> str:  # noqa: ARG001 - headers don't count
    """Return the method that counts: the one sent; override headers are not obeyed."""
    return method


def handling(headers: Mapping[str, str]) -> str:
    """Read ``Prefer: handling=strict|lenient``; lenient where nothing is said."""
    preferred = headers.get("prefer", "").lower().replace(" ", "")
    return "strict" if "handling=strict" in preferred else "lenient"
