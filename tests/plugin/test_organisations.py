"""Clinics and other payers as clients: one token per run, held like other tokens, never shown."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from payerproof.cli.material import catalogue
from payerproof.plugin.controller import Controller, new_settings, now
from payerproof.plugin.operating import changed, put_back
from payerproof.plugin.organisations import clinic_of, payer_of
from payerproof.plugin.session import RunSession
from payerproof.sandbox import Sandbox
from payerproof.target import load_target


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.fixture
def session(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RunSession]:
    sandbox.tenant("plain", name="organisations")
    for name, value in sandbox.environment("organisations").items():
        monkeypatch.setitem(os.environ, name, value)
    target = load_target("sandbox")
    settings = new_settings(target, tmp_path, as_of="2027-01-02", login="hook")
    controller = Controller.open(target, catalogue(), settings, now(), command="test")
    opened = RunSession.open(controller.settings, "gw0")
    yield opened
    opened.close()
    controller.abandon()


def test_one_token_per_run_and_none_in_the_record(session: RunSession) -> None:
    clinic = clinic_of(session, session.target.clinic("testville-clinic"))
    token = clinic.grant.access_token
    assert token
    again = clinic_of(session, session.target.clinic("testville-clinic"))
    assert again.grant.access_token == token
    assert clinic.client.search("Group").matches
    assert clinic.anonymous.search("Group").status == 401
    second = clinic.backend_with_second_key.ask()
    assert second.gave_token
    text = session.recorder.segment.read_text(encoding="utf-8")
    assert "client_assertion" in text
    assert token not in text
    assert second.access_token not in text
    assert '"d"' not in text
    assert payer_of(session, session.target.payer("othermark")).first_answer.gave_token


def test_an_export_ends_in_files_that_are_read_line_by_line(session: RunSession) -> None:
    clinic = clinic_of(session, session.target.clinic("testville-clinic"))
    (group,) = clinic.client.search("Group").matches
    export = clinic.exports.made(f"Group/{group['id']}/$export", [("_type", "Patient")])
    assert export.complete
    assert len({one["id"] for one in export.of("Patient")}) == 8
    assert clinic.exports.delete(export).status == 202
    lines = session.recorder.segment.read_text(encoding="utf-8").splitlines()
    assert any(json.loads(line).get("url", "").endswith(".ndjson") for line in lines)


def test_what_a_hook_changed_is_put_back(session: RunSession, tmp_path: Path) -> None:
    clinic = clinic_of(session, session.target.clinic("testville-clinic"))

    def shared() -> int:
        (group,) = clinic.client.search("Group").matches
        return len(group["member"])

    before = shared()
    out, back = {"persona": "ada", "opted_out": True}, {"persona": "ada", "opted_out": False}
    with changed(session, "opt-out", out, back, undo="opt-in"):
        assert shared() == before - 1
    assert shared() == before
    # a run that was killed in between leaves it to whoever restores
    session.journal.open_control("opt-in", back, "ada")
    with changed(session, "opt-out", out, out):
        pass
    assert shared() == before - 1
    assert put_back(session, tmp_path) == ()
    assert shared() == before
