"""What an answer tells of the machinery behind it, and should not.

Signs after OWASP API Security Top 10 2023 (API8) and the error pages of the software that payers'
FHIR servers and identity providers are built with. Each sign has a name for the reader; what was
found is never quoted, since an error may quote a member.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

_INTERNALS = {
    "a stack trace": (
        r"^\s*at [\w$.<>]+\([^)\n]*\)",
        r"Traceback \(most recent call last\)",
        r"\n\s*File \"[^\"\n]+\", line \d+",
        r"\bException in thread\b",
        r"\bCaused by: ",
        r"\.(?:java|kt|cs|py|js|ts|go|rb):\d+\b",
    ),
    "a class name": (
        r"\b(?:java|javax|jakarta|org\.(?:hibernate|springframework|postgresql|apache|hl7|eclipse)"
        r"|ca\.uhn|com\.(?:microsoft|oracle|mysql|fasterxml|sun|ibm|mongodb)|System\.(?:Data|Web|"
        r"IO|Net|Null)|Microsoft\.(?:AspNet|Data|Health)|sqlalchemy|psycopg2?|django|starlette)"
        r"\.[\w.$]+",
        r"\b[A-Z]\w+(?:Exception|Error)\b(?=[:\s(]|$)",
    ),
    "SQL": (
        r"\bSELECT\b[^\n]{1,200}\bFROM\b",
        r"\b(?:INSERT INTO|DELETE FROM|DROP TABLE|ORDER BY)\b",
        r"\bUPDATE\b[^\n]{1,100}\bSET\b",
        r"\bSQLSTATE\b|\bORA-\d{5}\b|\bpsql\b|\bsyntax error at or near\b",
        r"\b(?:table|column|relation) [\"'`]\w+[\"'`]",
    ),
    "a file path": (
        r"(?<![\w/:.])/(?:usr|var|opt|home|etc|srv|app|root|tmp|mnt|data)/[\w./-]+",
        r"\b[A-Z]:\\(?:[\w .-]+\\)+",
    ),
}

_PLACES = {
    "a private address": (
        r"(?<![\d.])(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}"
        r"|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2}|127(?:\.\d{1,3}){3}"
        r"|169\.254(?:\.\d{1,3}){2})(?![\d.])",
    ),
    "an internal host": (
        r"\b(?:localhost|[a-z0-9-]+(?:\.[a-z0-9-]+)*"
        r"\.(?:internal|local|localdomain|lan|corp|intra|intranet|svc|cluster))\b(?!\.\w)",
    ),
}

_VERSION = re.compile(r"[A-Za-z][\w .-]*[/ ]v?\d+\.\d+|^v?\d+\.\d+")
VERSION_HEADERS = (
    "server",
    "x-powered-by",
    "x-aspnet-version",
    "x-aspnetmvc-version",
    "x-runtime",
    "x-generator",
)
"""Header fields, in lower case, by which software names itself."""


def internals_in(text: str, *, asked: str = "") -> tuple[str, ...]:
    """Names of the signs of machinery in a text; what was sent in the request does not count."""
    return _found(_INTERNALS, text, asked)


def places_in(text: str, *, published: Iterable[str] = ()) -> tuple[str, ...]:
    """Names of the signs of inner hosts and addresses; the payer's published hosts do not count."""
    return _found(_PLACES, text, "\n".join(published))


def versions_in(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Header fields that name software with its version, as ``server: nginx/1.18.0``."""
    return tuple(
        f"{name.lower()}: {value}"
        for name, value in headers
        if name.lower() in VERSION_HEADERS and _VERSION.search(value)
    )


def _found(signs: Mapping[str, tuple[str, ...]], text: str, known: str) -> tuple[str, ...]:
    return tuple(
        name
        for name, patterns in signs.items()
        if any(
            match[0].strip() not in known
            for pattern in patterns
            for match in re.finditer(pattern, text, re.MULTILINE)
        )
    )
