"""URLs, references and forms: names and vocabulary are shown, values are tagged."""

from __future__ import annotations

import re
from urllib.parse import unquote, unquote_plus

from payerproof.redact.codes import Codes
from payerproof.redact.fhir_types import RESOURCE_TYPES
from payerproof.redact.tags import Tags, mark
from payerproof.redact.vocabulary import (
    DATA_KINDS,
    FHIR_CODES,
    OAUTH_CODES,
    OPERATION,
    PARAMETER_NAME,
    PATH_VERSION,
    PATH_WORDS,
    PUBLIC_NAMES,
    SECRET_NAMES,
)

_PARTS = re.compile(
    r"(?:(?P<scheme>[A-Za-z][A-Za-z0-9+.\-]*):(?P<slashes>//(?P<authority>[^/?#]*))?)?"
    r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?P<fragment>#.*)?",
    re.DOTALL,
)
_SEPARATORS = re.compile(r"(/|\\|;|%2[fF]|%5[cC]|%3[bB])")
_APP_SCHEME = re.compile(r"[a-z][a-z0-9+\-]*(\.[a-z0-9+\-]+)+")
_HOST = re.compile(r"[A-Za-z0-9_.\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_SCHEMES = frozenset({"http", "https", "urn", "mailto", "tel", "data", "file", "cid"})
_PAGING = frozenset({"_count", "_offset", "_page", "page", "_getpagesoffset", "_maxresults"})
_ADDRESSES = frozenset(
    {"redirect_uri", "aud", "iss", "resource", "post_logout_redirect_uri", "target_link_uri"}
)
_CLINICAL = frozenset({"code", "state", "request", "launch"})
"""Names that are search parameters in FHIR and credentials in OAuth."""
_INCLUDE = re.compile(r"(\*|[A-Z][A-Za-z]+:(\*|[a-z][A-Za-z\-]{0,40})(:[A-Z][A-Za-z]+)?)")
_SORT = re.compile(r"-?[a-z_][a-z_\-]{0,30}(,-?[a-z_][a-z_\-]{0,30})*")
_DATE = re.compile(r"(eq|ne|gt|lt|ge|le|sa|eb|ap)?(\d{4}(-\d\d(-\d\d(T.{1,24})?)?)?)")
_CLIENT = re.compile(r"[A-Za-z0-9][\w.\-:/]{0,127}")
_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/[^/?#|,]+")


class Addresses:
    """Redacts URLs, FHIR references and form bodies."""

    def __init__(self, tags: Tags, codes: Codes, *, whole: bool) -> None:
        self._tags = tags
        self._codes = codes
        self._whole = whole
        self._public: tuple[str, ...] = ()

    def publish(self, url: str) -> None:
        """Show the path of `url`, a public endpoint, in every URL that begins with it."""
        base = url.partition("?")[0].partition("#")[0].rstrip("/")
        if base.count("/") > 2 and base not in self._public:
            self._public = tuple(sorted((*self._public, base), key=len, reverse=True))

    def url(self, url: str, *, with_query: bool = True) -> str:
        """`url` with resource ids and parameter values tagged; relative references too."""
        parts = _PARTS.fullmatch(url)
        if parts is None or not _plausible(parts):
            return self._tags.name("address", url)
        shown = self._origin(parts) + self._path(parts, url)
        if with_query:
            query, fragment = parts["query"], parts["fragment"]
            search = _is_search(parts["path"])
            shown += "?" + self.form(query[1:], search=search) if query else ""
            shown += "#" + self._fragment(fragment[1:]) if fragment else ""
        elif parts["query"] or parts["fragment"]:
            shown += "?" + mark("left out")
        return self._tags.scrub(shown)

    def reference(self, value: str) -> str:
        """A FHIR reference: type kept, id tagged; contained and urn references likewise."""
        if value.startswith("#"):
            return "#" + self._tags.name("id", value[1:]) if value[1:] else value
        for prefix in ("urn:uuid:", "urn:oid:"):
            if value.startswith(prefix):
                return prefix + self._tags.name("id", value[len(prefix) :])
        return self.url(value)

    def form(self, text: str, *, search: bool = False) -> str:
        """Name and value pairs as in a query or a form body; of a FHIR search where `search`."""
        return "&".join(self._pair(pair, search=search) for pair in text.split("&"))

    def _origin(self, parts: re.Match[str]) -> str:
        scheme, authority = parts["scheme"], parts["authority"]
        if scheme is None:
            return ""
        if authority is None:
            return f"{scheme}:"
        user, at, host = authority.rpartition("@")
        host = host if _HOST.fullmatch(host) or not host else self._tags.name("host", host)
        return f"{scheme}://{self._tags.name('credentials', user) + at if at else ''}{host}"

    def _path(self, parts: re.Match[str], url: str) -> str:
        path = parts["path"]
        if self._whole:
            return path
        start = parts.start("path")
        place = url[: parts.end("path")]
        for base in self._public:
            if place == base or place.startswith(base + "/"):
                return path[: len(base) - start] + self._segments(path[len(base) - start :])
        return self._segments(path)

    def _segments(self, path: str) -> str:
        shown: list[str] = []
        before = ""
        for odd, piece in enumerate(_SEPARATORS.split(path)):
            if odd % 2 or not piece:
                shown.append(piece)
                continue
            word = unquote(piece)
            public = _is_path_word(word, before)
            shown.append(piece if public else self._tags.name("id", word))
            before = word
        return "".join(shown)

    def _fragment(self, text: str) -> str:
        if "=" in text:
            return self.form(text)
        return text if text.lower() in PATH_WORDS else self._tags.name("fragment", text)

    def _pair(self, pair: str, *, search: bool) -> str:
        raw_name, equals, raw_value = pair.partition("=")
        name = unquote_plus(raw_name)
        shown = raw_name if PARAMETER_NAME.fullmatch(name) else self._tags.name("name", name)
        if not raw_value:
            return shown + equals
        base = name.partition(":")[0]
        kind = "" if search and base in _CLINICAL else SECRET_NAMES.get(base, "")
        return f"{shown}={self._value(base, kind, unquote_plus(raw_value), raw_value)}"

    def _value(self, base: str, kind: str, value: str, raw: str) -> str:
        if self._whole:
            secret = kind and kind not in DATA_KINDS and "|" not in value
            return self._tags.name(kind, value) if secret else self._tags.scrub(raw)
        if base in ("scope", "scopes"):
            return self._codes.scope(value)
        if base in _ADDRESSES:
            return self.url(value, with_query=False)
        if self._is_vocabulary(base, value):
            return self._tags.scrub(raw)
        return ",".join(self._item(kind, item) for item in value.split(","))

    def _is_vocabulary(self, name: str, value: str) -> bool:
        if value in OAUTH_CODES.get(name, ()) or value in FHIR_CODES.get(name, ()):
            return name != "code"
        if name in _PAGING:
            return value.isdecimal() and len(value) <= 6
        if name in ("_include", "_revinclude"):
            return _INCLUDE.fullmatch(value) is not None
        if name in ("_sort", "_elements"):
            return _SORT.fullmatch(value) is not None
        if name == "_type":
            return all(one in RESOURCE_TYPES for one in value.split(","))
        return name in PUBLIC_NAMES and _CLIENT.fullmatch(value) is not None

    def _item(self, kind: str, item: str) -> str:
        if "|" in item:
            return self._codes.token(item)
        if _REFERENCE.fullmatch(item) or item.startswith(("http://", "https://")):
            return self.reference(item)
        date = _DATE.fullmatch(item)
        if date and not kind:
            return (date.group(1) or "") + self._tags.name("date", date.group(2))
        return self._tags.name(kind or "value", item) if item else ""


def _plausible(parts: re.Match[str]) -> bool:
    """False for prose with a colon in it, which only looks like an address."""
    scheme = parts["scheme"]
    if scheme is None or scheme.lower() in _SCHEMES:
        return True
    return _APP_SCHEME.fullmatch(scheme) is not None and parts["path"][:1] in ("", "/")


def _is_path_word(word: str, before: str) -> bool:
    """True for a path segment that is public vocabulary; `before` is the segment before it."""
    if word.lower() in PATH_WORDS or OPERATION.fullmatch(word):
        return True
    if before == "_history":
        return word.isdecimal() and len(word) <= 4
    if before in RESOURCE_TYPES:
        return False
    return word in RESOURCE_TYPES or PATH_VERSION.fullmatch(word) is not None


def _is_search(path: str) -> bool:
    """True for the path of a FHIR search: it ends in a resource type."""
    last = path.rstrip("/").rpartition("/")[2]
    return last in RESOURCE_TYPES or last == "_search"
