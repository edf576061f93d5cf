"""Expectations over replies of the FHIR server."""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote

from payerproof.expect.outcomes import settle
from payerproof.fhir.compartment import members_of
from payerproof.fhir.markers import Markers, Trace
from payerproof.fhir.reply import Reply

REFUSALS = (400, 401, 403, 404, 405, 406, 410, 415, 422, 501)


class Protected(Protocol):
    """A person whose data must not be met."""

    @property
    def patient_id(self) -> str:
        """Logical id of the person's Patient."""
        ...

    @property
    def markers(self) -> Markers:
        """What gives the person away."""
        ...


def cited(replies: Iterable[Reply]) -> str:
    """Exchange references of several replies, for a sentence."""
    return ", ".join(f"{{x:{reply.exchange}}}" for reply in replies)


def told(reply: Reply) -> str:
    """One clause on what a reply was, without any of its content."""
    if reply.is_bundle:
        return f"{reply.status} with a Bundle of {len(reply.entries)} entries ({cited([reply])})"
    what = f" with a {reply.resource_type}" if reply.resource_type else ""
    return f"{reply.status}{what} ({cited([reply])})"


@dataclass(frozen=True)
class ExpectReplies:
    """Expectations over one reply, or the same one over several."""

    replies: tuple[Reply, ...]

    @property
    def _exchanges(self) -> tuple[str, ...]:
        return tuple(reply.exchange for reply in self.replies)

    def discloses_nothing_about(self, *people: Protected) -> None:
        """Nothing in the bodies, links or headers is about these people.

        403, 404 and an empty Bundle are all fine: the disclosure counts, not the status.
        """
        found = [
            (reply, trace)
            for reply in self.replies
            for person in people
            for trace in person.markers.traces_in(reply)
        ]
        names = " or ".join(person.markers.persona for person in people)
        settle(
            not found,
            f"nothing in the answer is about {names}",
            _disclosed(found)
            if found
            else f"nothing about {names} in {len(self.replies)} answers: "
            + "; ".join(told(reply) for reply in self.replies[:4]),
            *(dict.fromkeys(r.exchange for r, _ in found) if found else self._exchanges),
        )

    def concerns_only(self, person: Protected) -> None:
        """Every resource about a member is about this one."""
        others = [
            (reply, resource)
            for reply in self.replies
            for resource in reply.resources
            if (about := members_of(resource)) and about != {person.patient_id}
        ]
        kinds = Counter(str(resource["resourceType"]) for _, resource in others)
        total = sum(len(reply.resources) for reply in self.replies)
        settle(
            not others,
            f"only resources about {person.markers.persona}",
            f"{len(others)} of {total} resources are about somebody else: "
            + ", ".join(f"{n} {kind}" for kind, n in kinds.items())
            if others
            else f"all of {total} resources are about {person.markers.persona} or about no member",
            *(dict.fromkeys(r.exchange for r, _ in others) if others else self._exchanges),
        )

    def is_refused(self) -> None:
        """Answered 4xx or 501, or with an empty Bundle; no resource came."""
        open_ones = [
            reply
            for reply in self.replies
            if reply.resources or (reply.status not in REFUSALS and not _empty_bundle(reply))
        ]
        settle(
            not open_ones,
            "a refusal, or an empty answer",
            "; ".join(told(reply) for reply in (open_ones or self.replies)[:6]),
            *(r.exchange for r in open_ones or self.replies),
        )

    def has_status(self, *allowed: int) -> None:
        """Answered with one of these statuses."""
        odd = [reply for reply in self.replies if reply.status not in allowed]
        settle(
            not odd,
            "status " + " or ".join(map(str, allowed)),
            "; ".join(told(reply) for reply in (odd or self.replies)[:6]),
            *(r.exchange for r in odd or self.replies),
        )

    def is_no_server_error(self) -> None:
        """Answered without a 5xx (501 is an answer, not a fault)."""
        odd = [reply for reply in self.replies if reply.status >= 500 and reply.status != 501]
        settle(
            not odd,
            "no server error",
            "; ".join(told(reply) for reply in (odd or self.replies)[:6]),
            *(r.exchange for r in odd or self.replies),
        )

    def answers_alike(self) -> None:
        """All answers have one status and one shape, so that existence cannot be told."""
        shapes = Counter(_shape(reply) for reply in self.replies)
        settle(
            len(shapes) == 1,
            "the same status and the same shape of answer in every case",
            "; ".join(f"{_shape(reply)} ({cited([reply])})" for reply in self.replies),
            *self._exchanges,
        )

    def has_no_resource_of(self, *types: str) -> None:
        """No resource of these types came, at whatever depth."""
        found = Counter(
            str(resource["resourceType"])
            for reply in self.replies
            for resource in reply.resources
            if resource["resourceType"] in types
        )
        settle(
            not found,
            "no " + " or ".join(types),
            ", ".join(f"{n} {kind}" for kind, n in found.items())
            or "; ".join(told(reply) for reply in self.replies[:4]),
            *self._exchanges,
        )

    def has_header(self, name: str, *words: str) -> None:
        """Every answer carries the header, with each of these words in it (case aside)."""
        odd = [
            reply
            for reply in self.replies
            if not _has_words(", ".join(reply.answer.headers.get_all(name)), words)
        ]
        settle(
            not odd,
            f"{name}: {', '.join(words) or 'present'}",
            "; ".join(
                f"{reply.header(name) or 'no such header'} ({cited([reply])})"
                for reply in (odd or self.replies)[:6]
            ),
            *(r.exchange for r in odd or self.replies),
        )


def _has_words(value: str, words: Iterable[str]) -> bool:
    return bool(value) and all(word.lower() in value.lower() for word in words)


def _empty_bundle(reply: Reply) -> bool:
    return reply.status == 200 and reply.is_bundle and not reply.resources


def _shape(reply: Reply) -> str:
    """Status and shape, leaving out what lawfully differs: ids asked for, times, request ids."""
    if reply.is_bundle:
        total = "no total" if reply.total is None else f"total {reply.total}"
        return f"{reply.status} Bundle of {len(reply.entries)} entries, {total}"
    issues = sorted(
        f"{issue.get('severity')}/{issue.get('code')}{_wording(issue, reply.asked)}"
        for issue in reply.issues
    )
    kind = reply.resource_type or "body without resource"
    return f"{reply.status} {kind} {' '.join(issues)}".strip()


def _wording(issue: Mapping[str, Any], asked: str) -> str:
    """A short tag of an issue's words, without those that were asked for and without numbers."""
    details = issue.get("details")
    said = [issue.get("diagnostics"), details.get("text") if isinstance(details, Mapping) else ""]
    given = set(_words(unquote(asked)))
    words = [w for text in said for w in _words(str(text or "")) if w not in given]
    words = [word for word in words if not re.search(r"\d", word)]
    return f" (wording {zlib.crc32(' '.join(words).encode()):08x})" if words else ""


def _words(text: str) -> list[str]:
    return [part.strip(".-") for part in re.split(r"[^\w.-]+", text) if part.strip(".-")]


def _disclosed(found: list[tuple[Reply, Trace]]) -> str:
    wholes = Counter(trace.kind for _, trace in found)
    places = ", ".join(f"{kind} ({n} times)" if n > 1 else kind for kind, n in wholes.items())
    members = ", ".join(dict.fromkeys(trace.member for _, trace in found))
    replies = list(dict.fromkeys(reply.exchange for reply, _ in found))
    where = ", ".join(f"{{x:{exchange}}}" for exchange in replies[:8])
    return f"{places} of {members} in {len(replies)} answers: {where}"
