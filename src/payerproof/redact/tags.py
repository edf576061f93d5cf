"""Tags stand for values that are not shown: the same value gets the same tag throughout a run."""

from __future__ import annotations

import hashlib
import hmac
import re
from urllib.parse import unquote

from payerproof.redact.known import KnownSecrets
from payerproof.redact.vocabulary import DATA_KINDS, LABELS, SECRET_NAMES

_JWT = re.compile(r"\beyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{2,}\.[A-Za-z0-9_\-]*")


def mark(text: str) -> str:
    """`text` between the angle marks that tell a stand-in from what was really sent."""
    return f"\u2039{text}\u203a"


def sized(kind: str, text: str) -> str:
    """What is shown instead of a text: its kind and its length in characters."""
    return mark(f"{kind}, {len(text):,} character{'' if len(text) == 1 else 's'}")


def label(kind: str) -> str:
    """How a kind reads in prose: ``refresh-token`` becomes *refresh token*."""
    return LABELS.get(kind, kind.replace("-", " "))


_NAMED = re.compile(
    r"\b(?P<name>access_token|refresh_token|id_token|client_secret|password|code_verifier"
    r"|client_assertion)(?:=|%3D|\\?\"\s{0,4}:\s{0,4}\\?\")(?P<value>[^&\s\"'<>#\\|]{8,})"
)
"""Credentials in a text, by the name of their parameter or JSON member (RFC 6749)."""
_HINTS = ("_token", "client_", "password", "code_verifier")
"""One of these is part of each of the names above; looking for them is much quicker."""
_CODE = re.compile(r"[?&](?P<name>code)=(?P<value>[A-Za-z0-9._~%+/=\-]{10,})")
"""The authorization code of a redirect (RFC 6749 section 4.1.2), which has a state too."""


class Tags:
    """Names values without showing them, by a digest keyed per run.

    `whole` is True where bodies are kept whole: then a member's data (member ids, markers) is
    shown and only credentials are replaced.
    """

    def __init__(self, key: bytes, known: KnownSecrets, *, whole: bool) -> None:
        self._key = key
        self._known = known
        self._whole = whole

    def digest(self, content: bytes) -> str:
        """Keyed SHA-256 in hexadecimal, shortened to 32 characters."""
        return hmac.digest(self._key, content, hashlib.sha256).hex()[:32]

    def tag(self, kind: str, value: str) -> str:
        """Label and six hexadecimal digits: depends on kind, value and key alone."""
        raw = value.encode("utf-8", "surrogatepass")
        return mark(f"{label(kind)} {hmac.digest(self._key, raw, hashlib.sha256).hex()[:6]}")

    def name(self, kind: str, value: str) -> str:
        """The tag of `value`, under the kind it was learned as where it was learned."""
        return self.tag(self._known.kind_of(value) or kind, value)

    def scrub(self, text: str) -> str:
        """`text` with every known secret, and everything that is a signed token, replaced."""
        if "eyJ" in text:
            text = _JWT.sub(lambda match: self.name("jwt", match.group()), text)
        return self._known.replace(text, self._tag_unless_data)

    def _tag_unless_data(self, kind: str, value: str) -> str:
        return value if self._whole and kind in DATA_KINDS else self.tag(kind, value)

    def learn_named(self, text: str) -> None:
        """Learn the credentials in a text by the names they stand under, in URLs and JSON."""
        hinted = any(hint in text for hint in _HINTS)
        found = list(_NAMED.finditer(text)) if hinted else []
        if "state=" in text:
            found += _CODE.finditer(text)
        for one in found:
            value = unquote(one["value"])
            if _looks_random(value):
                self._known.learn(SECRET_NAMES[one["name"]], value)


def _looks_random(value: str) -> bool:
    """True where letters and digits are mixed; a plain word in a document is no secret."""
    return any(one.isdigit() for one in value) and any(one.isalpha() for one in value)
