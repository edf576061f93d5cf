"""Exports: waited for as the payer asks, fetched to disk, and the token kept to its own host."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from payerproof.fhir import bulk
from payerproof.fhir.bulk import Exports, Manifest
from payerproof.fhir.client import FhirClient
from payerproof.polite import Answer, Headers, Http

BASE = "https://payer.example/fhir"
STATUS = "https://payer.example/jobs/1"
FILE = "https://payer.example/files/1"
MANIFEST = {
    "transactionTime": "2026-11-22T00:00:00Z",
    "requiresAccessToken": True,
    "output": [{"type": "Patient", "url": FILE, "count": 2}, {"type": "Odd"}, "odd"],
    "error": [],
}
LINES = b'{"resourceType":"Patient","id":"a"}\n\nnot json\n{"resourceType":"Patient","id":"b"}\n'


@dataclass
class _Http:
    manifest: dict[str, Any] = field(default_factory=lambda: dict(MANIFEST))
    polls: int = 2
    kick_off: int = 202
    sent: list[tuple[str, str, str]] = field(default_factory=list)

    def send(self, method: str, url: str, **how: Any) -> Answer:
        self.sent.append((method, url, how["bearer"]))
        status, headers, body = self._answer(method, url)
        if how.get("into"):
            how["into"].write_bytes(body)
        return Answer(status, Headers(headers), body, url, f"x{len(self.sent)}", 1)

    def _answer(self, method: str, url: str) -> tuple[int, list[tuple[str, str]], bytes]:
        if method == "DELETE":
            return 202, [], b""
        if url == STATUS:
            self.polls -= 1
            if self.polls >= 0:
                return 202, [("Retry-After", "1")], b""
            return 200, [], json.dumps(self.manifest).encode()
        if "export" in url:
            return self.kick_off, [("Content-Location", STATUS)], b"{}"
        return 200, [], LINES


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr(bulk.time, "sleep", waits.append)
    return waits


def _exports(http: _Http, folder: Path, patience: float = 60) -> Exports:
    return Exports(FhirClient(cast(Http, http), BASE, "t"), folder, patience)


def test_an_export_from_kick_off_to_its_lines(tmp_path: Path, slept: list[float]) -> None:
    http = _Http()
    export = _exports(http, tmp_path / "private").made("Group/1/$export")
    assert export.complete
    assert slept == [bulk.FIRST_WAIT, 1.0, 1.0]
    assert [one["id"] for one in export.of("Patient")] == ["a", "b"]
    assert len(list(export.files[0].lines())) == 3
    assert export.manifest.output[0].count == 2
    assert all(bearer == "t" for _, _, bearer in http.sent)
    assert [call[0] for call in http.sent] == ["GET"] * 5
    assert (tmp_path / "private").stat().st_mode & 0o077 == 0


def test_an_export_looked_at_at_once_is_seen_to_run(tmp_path: Path, slept: list[float]) -> None:
    exports = _exports(_Http(), tmp_path)
    export = exports.awaited(exports.kick_off("Group/1/$export"), at_once=True)
    assert [one.status for one in export.status] == [202, 202, 200]
    assert slept == [1.0, 1.0]


def test_a_body_makes_it_a_post(tmp_path: Path) -> None:
    http = _Http()
    _exports(http, tmp_path).kick_off("Group/1/$davinci-data-export", body={"a": 1})
    assert http.sent[0][0] == "POST"


def test_what_is_refused_or_never_ends_is_no_export(tmp_path: Path) -> None:
    refused = _exports(_Http(kick_off=403), tmp_path).made("Group/1/$export")
    assert not refused.complete
    assert refused.files == ()
    endless = _exports(_Http(polls=10**6), tmp_path, patience=0.5).made("Group/1/$export")
    assert endless.seconds is None
    assert not endless.complete
    assert endless.manifest.output == ()


def test_the_token_stays_at_home(tmp_path: Path) -> None:
    far = {**MANIFEST, "output": [{"type": "Patient", "url": "https://elsewhere.example/f"}]}
    http = _Http(manifest=far)
    _exports(http, tmp_path).made("Group/1/$export")
    assert http.sent[-1] == ("GET", "https://elsewhere.example/f", "")
    http = _Http(manifest={**MANIFEST, "requiresAccessToken": False})
    _exports(http, tmp_path).made("Group/1/$export")
    assert http.sent[-1] == ("GET", FILE, "")


def test_an_odd_manifest_reads_as_empty() -> None:
    odd = Manifest({"output": {}, "error": None, "requiresAccessToken": "yes"})
    assert odd.every_file == ()
    assert odd.needs_token is None
    assert odd.at == ""
