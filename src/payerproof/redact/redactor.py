"""The one place that decides what of an exchange may be written down."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import orjson

from payerproof.redact.addresses import Addresses
from payerproof.redact.bodies import Bodies, is_public_document, public_parts
from payerproof.redact.codes import Codes
from payerproof.redact.fields import Fields
from payerproof.redact.indent import indented
from payerproof.redact.known import KnownSecrets
from payerproof.redact.tags import Tags, label, mark, sized
from payerproof.redact.vocabulary import DATA_KINDS, ISSUED, MIME_TYPE

BODY_LIMIT = 8 * 1024
"""Characters of a redacted body that are kept."""
WHOLE_LIMIT = 64 * 1024
"""Characters of a body that are kept where bodies are kept whole, and of public documents."""

_MARGIN = 16 * 1024
_TEXTUAL = re.compile(r"text/|.*[/+](xml|html|json|javascript|ndjson|yaml)\b|application/xhtml")


class SecretInOutput(Exception):
    """A secret of this run stands in something that was about to be written."""

    def __init__(self, kind: str, where: str) -> None:
        self.kind = kind
        self.where = where
        article = "an" if label(kind)[:1] in "aeiou" else "a"
        super().__init__(
            f"{where} was not written: it contains {article} {label(kind)} of this run. "
            "Nothing of it was kept; please report this as a fault of payerproof"
        )


class Redactor:
    """Redacts by allow-list; the same value gets the same tag wherever it occurs in a run.

    `key` is the run's own random key (at least 16 bytes). With `keep_bodies`, which is for runs
    whose personas are all synthetic, bodies and URLs stay whole but for credentials.
    """

    def __init__(self, key: bytes, *, keep_bodies: bool = False) -> None:
        if len(key) < 16:
            raise ValueError("the key of the tags needs at least 16 bytes")
        self._keep = keep_bodies
        self._known = KnownSecrets()
        self._tags = Tags(key, self._known, whole=keep_bodies)
        codes = Codes(self._tags)
        self._addresses = Addresses(self._tags, codes, whole=keep_bodies)
        self._fields = Fields(self._tags, self._known, self._addresses, codes)
        self._bodies = Bodies(self._tags, self._addresses, codes)

    def __repr__(self) -> str:
        return f"<Redactor: {self._known!r}, {'whole' if self._keep else 'redacted'} bodies>"

    def learn(self, kind: str, value: str) -> None:
        """Replace `value`, in any encoding, wherever it occurs from now on.

        Values shorter than eight characters are matched as whole fields, shorter than four not.
        """
        self._known.learn(kind, value)

    def publish(self, url: str) -> None:
        """Show the path of `url` as it is: an endpoint or page out of the payer file."""
        self._addresses.publish(url)

    def tag(self, kind: str, value: str) -> str:
        """A stable name for `value`, such as *access token 3f9ac1* in angle marks."""
        return self._tags.tag(kind, value)

    def url(self, url: str) -> str:
        """Host, path words and parameter names; ids and parameter values are tagged."""
        return self._addresses.url(url)

    def headers(self, items: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Header fields by allow-list, names in lower case, repeated fields on lines of a value."""
        return self._fields.headers(items)

    def text(self, text: str) -> str:
        """Prose with every learned value and every signed token replaced by its tag."""
        return self._tags.scrub(text)

    def digest(self, content: bytes) -> str:
        """Keyed digest, so that equal bodies can be told apart from others without a guess."""
        return self._tags.digest(content)

    def body(self, content_type: str, content: bytes) -> str:
        """What may be kept of a request's or response's body."""
        if not content:
            return ""
        media = content_type.partition(";")[0].strip().lower()
        if media == "application/x-www-form-urlencoded":
            return self._form(content)
        if "ndjson" in media:
            return self._lines(content)
        document = _parsed(media, content)
        if document is None:
            return self._other(media, content)
        self._learn_issued(document)
        if is_public_document(document):
            text = orjson.dumps(public_parts(document), option=orjson.OPT_INDENT_2)
            return self._whole(text.decode(), len(content))
        if self._keep:
            return self._whole(_decoded(content), len(content), indented)
        return self._listed(document, len(content))

    def refuse(self, output: str | bytes, where: str) -> None:
        """Raise `SecretInOutput` where `output` holds a secret, in any encoding."""
        text = _decoded(output) if isinstance(output, bytes) else output
        ignored = DATA_KINDS if self._keep else frozenset()
        found = self._known.find(text, ignored)
        if found:
            line = text.count("\n", 0, found.start) + 1
            raise SecretInOutput(found.kind, f"{where}, line {line:,}")

    def _form(self, content: bytes) -> str:
        text = content.decode("utf-8", "replace")
        return self._whole(self._addresses.form(text), len(content))

    def _lines(self, content: bytes) -> str:
        if self._keep:
            return self._whole(_decoded(content), len(content))
        shown: list[str] = []
        room = BODY_LIMIT
        for line in content.splitlines():
            document = _parsed("application/json", line)
            if document is None:
                shown.append(mark(f"line that is not JSON, {len(line):,} bytes"))
                continue
            text, cut = self._bodies.write(document, room)
            shown.append(text)
            room -= len(text)
            if cut or room <= 0:
                return self._finish("\n".join(shown), len(content), cut=True)
        return self._finish("\n".join(shown), len(content), cut=False)

    def _listed(self, document: Any, size: int) -> str:
        text, cut = self._bodies.write(document, BODY_LIMIT)
        return self._finish(text, size, cut=cut)

    def _finish(self, text: str, size: int, *, cut: bool) -> str:
        shown = self._tags.scrub(text)
        return f"{shown}\n{_whole_size(size)}" if cut else shown

    def _other(self, media: str, content: bytes) -> str:
        name = media if MIME_TYPE.fullmatch(media) else "unnamed type"
        if self._keep and _TEXTUAL.match(media):
            return self._whole(_decoded(content), len(content))
        if "json" in media:
            return mark(f"{name} that cannot be parsed, {len(content):,} bytes")
        if _TEXTUAL.match(media):
            return sized(name, _decoded(content))
        return mark(f"{name}, {len(content):,} bytes")

    def _learn_issued(self, document: Any) -> None:
        if isinstance(document, dict):
            for field, kind in ISSUED.items():
                value = document.get(field)
                if isinstance(value, str) and len(value) >= 8:
                    self._known.learn(kind, value)

    def _whole(self, text: str, size: int, layout: Callable[[str], str] = str) -> str:
        """`text` without secrets, laid out and cut.

        A secret that the cut would run through could no longer be recognised, so a margin longer
        than any secret is read beyond the cut, and dropped.
        """
        self._tags.learn_named(text[: WHOLE_LIMIT + _MARGIN])
        if len(text) <= WHOLE_LIMIT:
            shown = layout(self._tags.scrub(text))
            if len(shown) <= WHOLE_LIMIT:
                return shown
        else:
            window = self._tags.scrub(text[: WHOLE_LIMIT + _MARGIN])
            shown = layout(window[:-_MARGIN])
        return f"{shown[:WHOLE_LIMIT]}\n{_whole_size(size)}"


def _whole_size(size: int) -> str:
    return mark(f"cut here: the body has {size:,} bytes in all")


def _decoded(content: bytes) -> str:
    return content.decode("utf-8", "replace")


def _parsed(media: str, content: bytes) -> Any:
    """The JSON document, or None; bodies with another label are tried where they look like it."""
    if "json" not in media and content.lstrip()[:1] not in (b"{", b"["):
        return None
    content = content.removeprefix(b"\xef\xbb\xbf")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        pass
    try:
        return json.loads(content)  # which lets lone surrogates and NaN pass
    except (ValueError, RecursionError):
        return None
