"""HTTP header fields by allow-list; credentials and cookies become tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import unquote_plus

from payerproof.redact.addresses import Addresses
from payerproof.redact.codes import Codes
from payerproof.redact.known import SHORTEST_ANYWHERE, KnownSecrets
from payerproof.redact.tags import Tags, mark, sized
from payerproof.redact.vocabulary import (
    ADDRESS_HEADERS,
    COOKIE_ATTRIBUTES,
    OAUTH_CODES,
    SHOWN_HEADERS,
    TAGGED_HEADERS,
)

LEARNED_COOKIE = 16
"""Cookie values from this many characters are taken for session secrets and learned."""

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+\-.^_`|~]{1,64}")
_COOKIE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.\-]{0,39}")
_LINK_TARGET = re.compile(r"<([^>]*)>([^,<]*)")
_LINK_PARAMETER = re.compile(r"\b(rel|type)=\"?([A-Za-z+/.\- ]{1,40})\"?")
_CHALLENGE = re.compile(r"^([A-Za-z][A-Za-z0-9\-]{0,30})(?:\s+(.*))?$", re.DOTALL)
_CHALLENGE_PARAMETER = re.compile(r"([a-z_\-]+)\s*=\s*(\"[^\"]*\"|[^\s,]+)")
_COOKIE_VALUE = re.compile(r"[A-Za-z0-9/.:, \-]{1,60}")


class Fields:
    """Redacts HTTP header fields."""

    def __init__(self, tags: Tags, known: KnownSecrets, addresses: Addresses, codes: Codes) -> None:
        self._tags = tags
        self._known = known
        self._addresses = addresses
        self._codes = codes

    def headers(self, items: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Lower-case names with what may be shown; repeated fields joined by a line break.

        Every field is read before one is shown: a cookie's value may stand in a location too.
        """
        shown: dict[str, str] = {}
        read = [(raw.lower(), self._value(raw.lower(), value)) for raw, value in items]
        for name, value in read:
            shown_name = self._tags.scrub(name)
            if not _NAME.fullmatch(name):
                shown_name = self._tags.name("header-name", name)
            text = self._tags.scrub(value)
            before = f"{shown[shown_name]}\n" if shown_name in shown else ""
            shown[shown_name] = before + text
        return shown

    def _value(self, name: str, value: str) -> str:
        if name in SHOWN_HEADERS:
            return value
        if name in ADDRESS_HEADERS:
            return self._location(value)
        if name in TAGGED_HEADERS:
            return self._tags.name(TAGGED_HEADERS[name], value)
        if name in ("authorization", "proxy-authorization"):
            return self._authorization(value)
        if name == "set-cookie":
            return self._set_cookie(value)
        if name == "cookie":
            return "; ".join(self._cookie(pair.strip()) for pair in value.split(";"))
        if name == "link":
            return self._link(value)
        if name == "www-authenticate":
            return self._challenge(value)
        return sized("text", value)

    def _location(self, value: str) -> str:
        code = re.search(r"[?&#]code=([^&#]+)", value)
        if code and len(code.group(1)) >= SHORTEST_ANYWHERE:
            self._known.learn("code", unquote_plus(code.group(1)))
        return self._addresses.url(value)

    def _authorization(self, value: str) -> str:
        scheme, space, credentials = value.partition(" ")
        if not space:
            return self._tags.name("credentials", value)
        kind = "token" if scheme.lower() in ("bearer", "dpop") else "credentials"
        known_scheme = scheme if scheme.lower() in ("bearer", "basic", "dpop") else mark("scheme")
        return f"{known_scheme} {self._tags.name(kind, credentials)}"

    def _cookie(self, pair: str) -> str:
        name, equals, value = pair.partition("=")
        if not equals:
            return self._tags.name("cookie", name) if name else ""
        if len(value) >= LEARNED_COOKIE:
            self._known.learn("cookie", value)
        shown = name if _COOKIE_NAME.fullmatch(name) else self._tags.name("cookie-name", name)
        return f"{shown}={self._tags.tag('cookie', value) if value else ''}"

    def _set_cookie(self, value: str) -> str:
        first, *rest = value.split(";")
        shown = [self._cookie(first.strip())]
        for part in rest:
            name, equals, setting = part.strip().partition("=")
            safe = name.lower() in COOKIE_ATTRIBUTES
            if safe and (not equals or _COOKIE_VALUE.fullmatch(setting)):
                shown.append(part.strip())
            else:
                shown.append(mark("attribute"))
        return "; ".join(shown)

    def _link(self, value: str) -> str:
        shown = []
        for target, rest in _LINK_TARGET.findall(value):
            known = "".join(f'; {key}="{word}"' for key, word in _LINK_PARAMETER.findall(rest))
            shown.append(f"<{self._addresses.url(target)}>{known}")
        return ", ".join(shown) or sized("text", value)

    def _challenge(self, value: str) -> str:
        """RFC 6750 section 3: scheme, error and scope are shown; prose only by its length."""
        parts = _CHALLENGE.match(value)
        if parts is None:
            return sized("text", value)
        shown = []
        for name, quoted in _CHALLENGE_PARAMETER.findall(parts.group(2) or ""):
            shown.append(f'{name}="{self._challenge_value(name, quoted.strip(chr(34)))}"')
        return f"{parts.group(1)} {', '.join(shown)}".strip()

    def _challenge_value(self, name: str, text: str) -> str:
        if name == "error" and text in OAUTH_CODES["error"]:
            return text
        if name == "scope":
            return self._codes.scope(text)
        if text.startswith(("http://", "https://")):
            return self._addresses.url(text)
        return sized("text", text)
