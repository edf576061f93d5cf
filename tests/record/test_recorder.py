from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from payerproof.model import Outcome, Result
from payerproof.record import DamagedSegment, Recorder, carry, read_segment
from payerproof.redact import Redactor, SecretInOutput
from payerproof.runfile.lines import evidence_from, exchange_from, result_from

KEY = b"a key of the run, 32 bytes long."


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "gw0.jsonl"


@pytest.fixture
def recorder(path: Path) -> Recorder:
    return Recorder(path, Redactor(KEY), "gw0")


def send(recorder: Recorder, **changed: Any) -> str:
    parts: dict[str, Any] = {
        "started": datetime(2026, 3, 1, 12, 0, 0, 123456, UTC),
        "duration_ms": 12,
        "method": "GET",
        "url": "https://p.example/fhir/Patient/abc",
        "request_headers": [("Authorization", "Bearer tok-5f1c0c7e")],
        "request_body": b"",
        "status": 200,
        "response_headers": [("Content-Type", "application/fhir+json")],
        "response_body": b'{"resourceType":"Patient","id":"abc","name":[{"family":"Berg"}]}',
        "persona": "ada",
        "app": "app-1",
        "attempt": 1,
        "via": "http",
    }
    return recorder.exchange(**{**parts, **changed})


def test_an_exchange_is_redacted_before_it_is_written(recorder: Recorder, path: Path) -> None:
    identifier = send(recorder)
    raw = path.read_text()
    for private in ("tok-5f1c", "Berg", "abc"):
        assert private not in raw
    (line,) = read_segment(path)
    assert next(iter(line)) == "kind"
    exchange = exchange_from(line)
    assert exchange.id == identifier == "gw0-1"
    assert exchange.started == "2026-03-01T12:00:00.123+00:00"
    assert exchange.response_bytes == 64
    assert exchange.url == f"https://p.example/fhir/Patient/{recorder.redactor.tag('id', 'abc')}"
    assert exchange.request_headers["authorization"].startswith("Bearer ‹access token ")


def test_equal_bodies_have_equal_digests_under_one_key_only(path: Path) -> None:
    digests = []
    for number, key in enumerate((KEY, KEY, b"z" * 32)):
        recorder = Recorder(path.with_name(f"{number}.jsonl"), Redactor(key), "gw0")
        send(recorder)
        digests.append(read_segment(path.with_name(f"{number}.jsonl"))[0]["digest"])
    assert digests[0] == digests[1] != digests[2]


def test_lines_read_back_as_model_objects(recorder: Recorder, path: Path) -> None:
    recorder.redactor.learn("token", "tok-5f1c0c7e")
    exchange = send(recorder)
    evidence = recorder.evidence(
        "table", "Seen", exchanges=[exchange], rows=[{"what": "tok-5f1c0c7e"}], text="prose"
    )
    recorder.result(
        Result("a.b/c", "a.b", Outcome.FAILED, observed="tok-5f1c0c7e", evidence=(evidence,))
    )
    recorder.note("made with tok-5f1c0c7e")
    lines = read_segment(path)
    tag = recorder.redactor.tag("token", "tok-5f1c0c7e")
    assert evidence_from(lines[1]).rows == ({"what": tag},)
    assert evidence_from(lines[1]).kind == "table"
    assert result_from(lines[2]).outcome is Outcome.FAILED
    assert result_from(lines[2]).observed == tag
    assert lines[3] == {"kind": "note", "text": f"made with {tag}"}


def test_a_line_with_a_secret_is_refused(recorder: Recorder, path: Path) -> None:
    recorder.redactor.learn("token", "tok-5f1c0c7e")
    with pytest.raises(SecretInOutput, match=r"gw0\.jsonl"):
        recorder.result(Result("a.b/c", "a.b", Outcome.PASSED, params={"x": "tok-5f1c0c7e"}))
    assert path.read_bytes() == b""


def test_nested_trails(recorder: Recorder) -> None:
    with recorder.during("outer/x", persona="ada") as outer:
        first = send(recorder)
        with recorder.during("inner/y", app="app-2") as inner:
            second = send(recorder, persona="", app="")
            proof = recorder.evidence("text", "Proof")
        third = send(recorder)
    send(recorder)
    assert outer.exchanges == [first, second, third]
    assert inner.exchanges == [second]
    assert inner.evidence == outer.evidence == [proof]
    lines = {line["id"]: line for line in read_segment(recorder.segment)}
    assert lines[second]["check"] == "inner/y"
    assert (lines[second]["persona"], lines[second]["app"]) == ("ada", "app-2")
    assert lines[third]["check"] == "outer/x"


def test_trails_close_on_errors(recorder: Recorder) -> None:
    with pytest.raises(RuntimeError), recorder.during("a.b/c"):
        raise RuntimeError
    identifier = send(recorder)
    assert read_segment(recorder.segment)[0]["check"] == ""
    assert identifier == "gw0-1"


def test_helper_threads_record_into_the_check_that_started_them(recorder: Recorder) -> None:
    with ThreadPoolExecutor(8) as pool:
        with recorder.during("one/x") as one:
            tasks = [pool.submit(carry(send), recorder) for _ in range(20)]
        with recorder.during("two/y") as two:
            tasks += [pool.submit(carry(send), recorder) for _ in range(20)]
        ids = [task.result() for task in tasks]
    assert len(set(ids)) == 40
    assert sorted(one.exchanges) == sorted(ids[:20])
    assert sorted(two.exchanges) == sorted(ids[20:])
    checks = {line["id"]: line["check"] for line in read_segment(recorder.segment)}
    assert {checks[one_id] for one_id in ids[:20]} == {"one/x"}


def test_one_carried_function_may_run_in_many_threads_at_once(recorder: Recorder) -> None:
    barrier = threading.Barrier(4, timeout=60)

    def work() -> str:
        barrier.wait()
        return send(recorder)

    with recorder.during("one/x") as trail, ThreadPoolExecutor(4) as pool:
        carried = carry(work)
        ids = [task.result() for task in [pool.submit(carried) for _ in range(4)]]
    assert sorted(trail.exchanges) == sorted(ids)


def test_two_recorders_do_not_mix(recorder: Recorder, path: Path) -> None:
    other = Recorder(path.with_name("gw1.jsonl"), Redactor(KEY), "gw1")
    with recorder.during("one/x") as one, other.during("two/y") as two:
        mine, theirs = send(recorder), send(other)
    assert one.exchanges == [mine]
    assert two.exchanges == [theirs]


def test_numbers_go_on_after_a_resume_and_a_torn_line_is_dropped(
    recorder: Recorder, path: Path
) -> None:
    send(recorder)
    recorder.evidence("text", "Proof")
    recorder.close()
    with path.open("ab") as segment:
        segment.write(b'{"kind":"exchange","id":"gw0-3","url":"https')
    assert [line["id"] for line in read_segment(path)] == ["gw0-1", "gw0-2"]
    resumed = Recorder(path, Redactor(KEY), "gw0")
    assert [line["id"] for line in resumed.earlier] == ["gw0-1", "gw0-2"]
    assert send(resumed) == "gw0-3"
    assert [line["id"] for line in read_segment(path)] == ["gw0-1", "gw0-2", "gw0-3"]


def test_damage_in_the_midst_is_named(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b'{"kind":"note","text":"x"}\n{"kind\n{"kind":"note","text":"y"}\n')
    with pytest.raises(DamagedSegment, match=r"gw0\.jsonl, line 2"):
        read_segment(path)


def test_segments_are_private(recorder: Recorder, path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_lone_surrogate_does_not_stop_the_recorder(recorder: Recorder, path: Path) -> None:
    recorder.note("broken \ud800 text")
    assert read_segment(path)[0]["text"].startswith("broken ")


def test_what_was_recorded_outlives_kill_9(path: Path) -> None:
    program = (
        "import sys, pathlib\n"
        "from payerproof.record import Recorder\n"
        "from payerproof.redact import Redactor\n"
        "recorder = Recorder(pathlib.Path(sys.argv[1]), Redactor(b'k' * 32), 'gw0')\n"
        "number = 0\n"
        "while True:\n"
        "    number += 1\n"
        "    recorder.note(f'note {number}')\n"
        "    if number == 50:\n"
        "        print('ready', flush=True)\n"
        "        sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert [line["text"] for line in read_segment(path)] == [f"note {n}" for n in range(1, 51)]
