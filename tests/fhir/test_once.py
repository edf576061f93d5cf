"""A client with a memory sends each request once, and afresh on a second try."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from payerproof.fhir.client import FhirClient, asking_anew
from payerproof.polite import Answer, Headers, Http

BASE = "https://payer.example/fhir"


@dataclass
class _Http:
    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, method: str, url: str, **how: Any) -> Answer:
        self.sent.append((url, how["headers"]["Accept"]))
        return Answer(200, Headers(()), b"{}", url, f"x{len(self.sent)}", 1)


class _Memory:
    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def once(self, key: str, make: Any) -> Any:
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]


def _client(http: _Http, memory: _Memory, token: str = "t") -> FhirClient:
    return FhirClient(cast(Http, http), BASE, token, memory=memory)


def test_the_same_request_is_sent_once() -> None:
    http, memory = _Http(), _Memory()
    first = _client(http, memory).read("Patient", "p")
    again = _client(http, memory).read("Patient", "p")
    assert first is again
    assert len(http.sent) == 1


def test_other_tokens_forms_and_headers_are_other_requests() -> None:
    http, memory = _Http(), _Memory()
    client = _client(http, memory)
    client.read("Patient", "p")
    _client(http, memory, "other").read("Patient", "p")
    client.get("Patient/p", accept="*/*")
    client.search_by_post("Patient", _id="p")
    client.search_by_post("Patient", _id="q")
    assert len(http.sent) == 5


def test_a_header_replaces_the_default_of_its_name() -> None:
    http = _Http()
    _client(http, _Memory()).get("Patient/p", accept="*/*")
    assert http.sent == [(f"{BASE}/Patient/p", "*/*")]


def test_a_second_try_asks_anew_and_once() -> None:
    http, memory = _Http(), _Memory()
    client = _client(http, memory)
    client.read("Patient", "p")
    with asking_anew():
        client.read("Patient", "p")
        client.read("Patient", "p")
    assert len(http.sent) == 2


def test_no_key_holds_a_token() -> None:
    memory = _Memory()
    _client(_Http(), memory, "a-secret-token").read("Patient", "p")
    assert not any("a-secret-token" in key for key in memory.kept)
