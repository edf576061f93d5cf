"""The secrets a run has met, and how to find any of them in a text quickly.

Long secrets are found through a sampled index: of every form of a secret all pieces of a fixed
length that can fall on a sampling point are indexed, and of a text only every n-th piece is looked
up. Searching costs one pass over the text, however many secrets are known.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from payerproof.redact.encodings import forms

SHORTEST_ANYWHERE = 8
"""Values from this many characters are secret wherever they occur; shorter ones as whole fields."""
SHORTEST_GUARDED = 4
"""Values shorter than this are not guarded: they would match everywhere by chance."""

_FIELD_BEFORE = r"(?:^|[\"'`>=&?,;|\t\r\n]|\"\s{0,4}:\s{0,4})"
_FIELD_AFTER = r"(?=$|[\"'`<&#,;|}\]\t\r\n])"
_WORD_BEFORE = r"(?<![\w.:/@+\-])"
_WORD_AFTER = r"(?![\w:/@+\-]|\.\w)"


@dataclass(frozen=True, slots=True)
class Found:
    """One secret met in a text."""

    kind: str
    start: int


class _Sampled:
    """Substring search for many needles of at least `shortest` characters."""

    def __init__(self, shortest: int, piece: int) -> None:
        self._piece = piece
        self._step = shortest - piece + 1
        self._index: dict[str, tuple[str, ...]] = {}

    def add(self, needle: str) -> None:
        for offset in range(self._step):
            piece = needle[offset : offset + self._piece]
            known = self._index.get(piece, ())
            if needle not in known:
                self._index[piece] = (*known, needle)

    def candidates(self, text: str) -> set[str]:
        """Needles that may occur in `text`; every needle that does occur is among them."""
        index, piece = self._index, self._piece
        if not index or len(text) < piece:
            return set()
        seen = {text[at : at + piece] for at in range(0, len(text) - piece + 1, self._step)}
        return {needle for one in seen if one in index for needle in index[one]}


class KnownSecrets:
    """Values learned in this process, each with its kind. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kinds: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._medium = _Sampled(shortest=SHORTEST_ANYWHERE, piece=5)
        self._long = _Sampled(shortest=16, piece=8)
        self._short: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<{len(self._kinds)} known secrets>"

    def learn(self, kind: str, value: str) -> None:
        """Remember `value`; the first kind it was learned under stays."""
        if len(value) < SHORTEST_GUARDED or value in self._kinds:
            return
        with self._lock:
            if value in self._kinds:
                return
            self._kinds[value] = kind
            for form in forms(value):
                if form not in self._owners:
                    self._owners[form] = value
                    self._index(form)

    def _index(self, form: str) -> None:
        if len(form) < SHORTEST_ANYWHERE:
            self._short = (*self._short, form)
        else:
            (self._long if len(form) >= 16 else self._medium).add(form)

    def kind_of(self, value: str) -> str:
        """The kind `value` was learned under, or an empty string."""
        return self._kinds.get(value, "")

    def replace(self, text: str, tag: Callable[[str, str], str]) -> str:
        """`text` with every known secret replaced by ``tag(kind, value)``."""
        for form in self._forms_in(text):
            owner = self._owners[form]
            text = text.replace(form, tag(self._kinds[owner], owner))
        for form in self._short:
            if form in text:
                owner = self._owners[form]
                text = _replace_short(text, form, tag(self._kinds[owner], owner))
        return text

    def find(self, text: str, ignored: frozenset[str] = frozenset()) -> Found | None:
        """The first known secret in `text` of a kind not ignored, short ones as whole fields."""
        found = (one for one in self._all_in(text) if one.kind not in ignored)
        return min(found, key=lambda one: one.start, default=None)

    def _all_in(self, text: str) -> Iterator[Found]:
        for form in self._forms_in(text):
            yield Found(self._kinds[self._owners[form]], text.index(form))
        for form in self._short:
            where = _as_field(form).search(text) if form in text else None
            if where:
                yield Found(self._kinds[self._owners[form]], where.start())

    def _forms_in(self, text: str) -> list[str]:
        """Forms that occur in `text`, the longest first."""
        maybe = self._long.candidates(text) | self._medium.candidates(text)
        return sorted((form for form in maybe if form in text), key=lambda one: (-len(one), one))


def _as_field(form: str) -> re.Pattern[str]:
    return re.compile(f"({_FIELD_BEFORE}){re.escape(form)}{_FIELD_AFTER}")


def _replace_short(text: str, form: str, tag: str) -> str:
    """Whole fields; and as a word of its own where it holds a digit, as codes do in prose."""
    text = _as_field(form).sub(lambda match: match.group(1) + tag, text)
    if any(letter.isdigit() for letter in form):
        word = re.compile(f"{_WORD_BEFORE}{re.escape(form)}{_WORD_AFTER}")
        text = word.sub(lambda _: tag, text)
    return tag if text.strip() == form else text
