"""JSON bodies by allow-list: structure and public vocabulary stay, all else is type and length."""

from __future__ import annotations

import re
from typing import Any

from payerproof.redact.addresses import Addresses
from payerproof.redact.codes import Codes
from payerproof.redact.fhir_types import RESOURCE_TYPES
from payerproof.redact.tags import Tags, mark, sized
from payerproof.redact.vocabulary import (
    FHIR_BOOLEANS,
    FHIR_CODES,
    FHIR_NUMBERS,
    METADATA_NAME,
    OAUTH_BOOLEANS,
    OAUTH_CODES,
    OAUTH_NUMBERS,
    PUBLIC_KEY_PARTS,
    PUBLIC_NAMES,
    SECRET_NAMES,
)

_DATE = re.compile(r"\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+\-]\d\d:\d\d)?)?)?)?")
_KEY = re.compile(r"_?[A-Za-z$][A-Za-z_\-]{0,47}[0-9]{0,3}[A-Za-z]{0,12}")
_FHIR_PATH = re.compile(r"([A-Z][A-Za-z]+)((\.[a-z][A-Za-z]*(\[(x|\d{1,4})\])?){0,12})")
_CLIENT = re.compile(r"[A-Za-z0-9][\w.\-:/]{0,127}")
_ADDRESS_KEYS = frozenset(
    {"fullUrl", "url", "location", "error_uri", "smart_style_url", "fhirServer", "iss", "aud"}
)
_REFERENCE_KEYS = frozenset({"reference", "fhirUser", "profile"})
_CANONICAL_KEYS = frozenset({"profile", "instantiatesCanonical", "url", "targetProfile"})
_PATH_KEYS = frozenset({"expression", "location"})
_EXTENSION_PARTS = frozenset({"ombCategory", "detailed", "text", "valueset", "period", "type"})
_BOOLEAN = f'"{mark("boolean")}"'
_NUMBER = f'"{mark("number")}"'


def shape(value: Any) -> str:
    """Type of a JSON scalar, and the length of a string."""
    if isinstance(value, bool):
        return mark("boolean")
    if isinstance(value, int | float):
        return mark("number")
    if _DATE.fullmatch(value):
        return mark("date")
    return sized("string", value)


class Bodies:
    """Writes parsed JSON indented, showing what the allow-lists name, and stops at a limit."""

    def __init__(self, tags: Tags, addresses: Addresses, codes: Codes) -> None:
        self._tags = tags
        self._addresses = addresses
        self._codes = codes

    def write(self, document: Any, limit: int) -> tuple[str, bool]:
        """The redacted text, and whether it was cut after about `limit` characters."""
        fhir = isinstance(document, dict) and "resourceType" in document
        page = _Page(limit, fhir=fhir)
        self._node(page, "", document, None, "")
        return "".join(page.pieces), page.full

    def _node(self, page: _Page, key: str, node: Any, parent: Any, margin: str) -> None:
        if page.full:
            return
        if isinstance(node, dict):
            self._object(page, node, margin)
        elif isinstance(node, list):
            self._array(page, key, node, parent, margin)
        else:
            page.add(self._scalar(page, key, node, parent))

    def _object(self, page: _Page, node: dict[str, Any], margin: str) -> None:
        if not node:
            page.add("{}")
            return
        inner = margin + "  "
        opening = "{\n"
        for key, value in node.items():
            if page.full:
                return
            shown = key if _KEY.fullmatch(key) else self._tags.name("name", key)
            page.add(f'{opening}{inner}"{shown}": ')
            self._node(page, key, value, node, inner)
            opening = ",\n"
        page.add(f"\n{margin}}}")

    def _array(self, page: _Page, key: str, node: list[Any], parent: Any, margin: str) -> None:
        if not node:
            page.add("[]")
            return
        inner = margin + "  "
        opening = "[\n"
        for value in node:
            if page.full:
                return
            page.add(opening + inner)
            self._node(page, key, value, parent, inner)
            opening = ",\n"
        page.add(f"\n{margin}]")

    def _scalar(self, page: _Page, key: str, value: Any, parent: Any) -> str:
        if value is None:
            return "null"
        if isinstance(value, str):
            return '"' + _plain(self._string(page, key, value, parent)) + '"'
        if isinstance(value, bool):
            return ("true" if value else "false") if key in page.booleans else _BOOLEAN
        return str(value) if key in page.numbers and abs(value) < 1e12 else _NUMBER

    def _string(self, page: _Page, key: str, value: str, parent: Any) -> str:
        if not value:
            return value
        if key == "resourceType":
            return value if value in RESOURCE_TYPES else shape(value)
        if key == "code" and isinstance(parent, dict) and "system" in parent:
            return self._coded(value, parent["system"])
        if value in FHIR_CODES.get(key, ()):
            return value
        return self._named(key, value) or self._field(page, key, value)

    def _coded(self, code: str, system: object) -> str:
        shape_of = self._codes.shape_of(system) if isinstance(system, str) else None
        return code if shape_of and shape_of.fullmatch(code) else shape(code)

    def _named(self, key: str, value: str) -> str:
        """Addresses and vocabulary; empty where `value` is neither."""
        if key == "system":
            return self._codes.system(value) or shape(value)
        if key in _CANONICAL_KEYS and self._codes.canonical(value):
            return value
        if key == "url" and value in _EXTENSION_PARTS:
            return value
        if key in _PATH_KEYS:
            path = _FHIR_PATH.fullmatch(value)
            if path and path.group(1) in RESOURCE_TYPES:
                return value
        if key in _REFERENCE_KEYS:
            return self._tags.scrub(self._addresses.reference(value))
        if key in _ADDRESS_KEYS and value.startswith(("http://", "https://", "urn:")):
            return self._addresses.reference(value)
        if key == "url" and value.partition("/")[0].partition("?")[0] in RESOURCE_TYPES:
            return self._addresses.url(value)
        return ""

    def _field(self, page: _Page, key: str, value: str) -> str:
        if key == "id":
            return self._tags.name("id", value)
        if page.fhir:
            return shape(value)
        if value in OAUTH_CODES.get(key, ()):
            return value
        if key == "scope":
            return self._codes.scope(value)
        if key in SECRET_NAMES:
            return self._tags.name(SECRET_NAMES[key], value)
        if key in PUBLIC_NAMES and _CLIENT.fullmatch(value):
            return self._tags.scrub(value)
        return shape(value)


class _Page:
    """Pieces of output, until there are enough characters."""

    def __init__(self, limit: int, *, fhir: bool) -> None:
        self.fhir = fhir
        self.booleans = FHIR_BOOLEANS if fhir else OAUTH_BOOLEANS
        self.numbers = FHIR_NUMBERS if fhir else OAUTH_NUMBERS
        self.pieces: list[str] = []
        self._left = limit
        self.full = False

    def add(self, piece: str) -> None:
        self.pieces.append(piece)
        self._left -= len(piece)
        self.full = self._left <= 0


def _plain(text: str) -> str:
    """Shown values hold no quotes or control characters, but tags of odd keys might."""
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def is_public_document(document: Any) -> bool:
    """True for what a server tells everybody about itself.

    SMART configuration (SMART App Launch 2.2.0 section 2.1.4), OpenID Connect Discovery metadata,
    CapabilityStatement and JSON Web Key sets.
    """
    if not isinstance(document, dict):
        return False
    if "resourceType" in document:
        return document["resourceType"] in ("CapabilityStatement", "TerminologyCapabilities")
    if document.keys() == {"keys"}:
        return _is_key_set(document["keys"])
    endpoints = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    return "access_token" not in document and any(
        str(document.get(name, "")).startswith(("http://", "https://")) for name in endpoints
    )


def _is_key_set(keys: Any) -> bool:
    return isinstance(keys, list) and all(isinstance(key, dict) and "kty" in key for key in keys)


def public_parts(document: dict[str, Any]) -> dict[str, Any]:
    """What may be shown of a public document.

    Of metadata the members that RFC 8414, OpenID Connect Discovery, UDAP and SMART define; of key
    sets the members that RFC 7517 and 7518 define as public, should a private key be among them.
    """
    if "resourceType" in document:
        return document
    if document.keys() == {"keys"}:
        return {"keys": [_public_key(key) for key in document["keys"]]}
    return {
        name: part if METADATA_NAME.fullmatch(name) else mark("member outside the standards")
        for name, part in document.items()
    }


def _public_key(key: dict[str, Any]) -> dict[str, Any]:
    return {
        name: part if name in PUBLIC_KEY_PARTS else mark("private or unknown key part")
        for name, part in key.items()
    }
