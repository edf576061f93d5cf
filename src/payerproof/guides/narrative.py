"""What FHIR allows in a narrative (R4 section 2.4): limited XHTML, no scripts, some content."""

from __future__ import annotations

import re
from functools import lru_cache
from xml.parsers import expat

XHTML = "http://www.w3.org/1999/xhtml"

_ELEMENT_NAMES = """
a abbr acronym address area b bdo big blockquote br caption center cite code col colgroup dd del
dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li map
mark nav ol p pre q s samp section small span strike strong sub summary sup table tbody td
tfoot th thead tr tt u ul var wbr
"""
_ATTRIBUTE_NAMES = """
title style class id lang dir accesskey tabindex span width align valign char charoff abbr axis
headers scope rowspan colspan name href hreflang charset type rel rev target src alt height border
cellpadding cellspacing usemap shape coords nohref value start size color face summary rules frame
bgcolor cite datetime compact clear noshade background nowrap xmlns longdesc ismap base space
"""
_ELEMENTS = frozenset(_ELEMENT_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_EVENT = re.compile(r"on[a-z]+$", re.IGNORECASE)


EMPTY = "the narrative has no text or image"


@lru_cache(maxsize=256)
def narrative_fault(text: str) -> str | None:
    """What is wrong with a ``div``, in one sentence; None when it is acceptable.

    `EMPTY` is what txt-2 forbids, anything else what txt-1 does.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = reader.start
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.UseForeignDTD(True)
    parser.SkippedEntityHandler = reader.entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as why:
        return f"the narrative is not well-formed XHTML ({why})"
    if reader.fault is None and not reader.content:
        return EMPTY
    return reader.fault


def html_good(text: str) -> bool:
    """Whether a ``div`` is acceptable."""
    return narrative_fault(text) is None


class _Reader:
    """Collects the first fault and whether there is any content."""

    def __init__(self) -> None:
        self.fault: str | None = None
        self.content = False
        self.first = True

    def blame(self, sentence: str) -> None:
        self.fault = self.fault or sentence

    def doctype(self, *_: object) -> None:
        self.blame("the narrative declares a document type")

    def entity(self, name: str, *_: object) -> None:
        self.blame(f"the narrative holds the entity &{name};, which XML does not define")

    def text(self, data: str) -> None:
        self.content = self.content or bool(data.strip())

    def start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if namespace != XHTML:
            self.blame(f"the narrative is not in the namespace {XHTML}")
        if self.first and local != "div":
            self.blame("the narrative does not begin with a div")
        self.first = False
        if local == "img":
            self.content = True
        if local not in _ELEMENTS:
            self.blame(f"the narrative holds the element {local}, which is not allowed")
        self.attributes(attributes)

    def attributes(self, attributes: dict[str, str]) -> None:
        for name, value in attributes.items():
            local = name.rpartition(" ")[2]
            if _EVENT.match(local) or local not in _ATTRIBUTES:
                self.blame(f"the narrative holds the attribute {local}, which is not allowed")
            if local in ("href", "src") and value.strip().lower().startswith("javascript:"):
                self.blame("the narrative holds a script address")
