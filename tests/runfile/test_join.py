"""Segments of several processes become one run file, the same bytes whatever their order."""

from __future__ import annotations

import hashlib
import json
import stat
from pathlib import Path

import pytest

from payerproof.model import (
    Check,
    Citation,
    Evidence,
    Exchange,
    Level,
    Outcome,
    Requirement,
    Result,
    Severity,
)
from payerproof.runfile import JoinError, join, read_run
from payerproof.runfile.lines import to_content, to_line

HEADER = {"run": "r1", "started": "2026-11-21T14:00:00.000Z", "target": {"name": "Payer"}}
REQUIREMENTS = [
    Requirement(
        name, "It SHALL.", Level.SHALL, (Citation("RFC 6749"),), Severity.LOW, ("portal",),
        ("ANY_PAYER",), "met", "unmet", "do it",
    )
    for name in ("b.two", "a.one")
]  # fmt: skip
CHECKS = [Check("b.two/c", "Two."), Check("a.one/c", "One.")]


def exchange(name: str, second: float, **fields) -> bytes:
    values = {
        "started": f"2026-11-21T14:00:{second:06.3f}Z",
        "duration_ms": 100,
        "method": "GET",
        "url": "https://payer.example/fhir/Patient",
        "request_headers": {},
        "request_body": "",
        "status": 200,
        "response_headers": {},
        "response_body": "",
        "response_bytes": 0,
    }
    return to_line("exchange", to_content(Exchange(id=name, **(values | fields))))


def evidence(name: str, **fields) -> bytes:
    values = {"kind": "table", "caption": "a table"}
    return to_line("evidence", to_content(Evidence(id=name, **(values | fields))))


def result(check: str, outcome: Outcome = Outcome.PASSED, second: int = 30, **fields) -> bytes:
    started = f"2026-11-21T14:00:{second:02d}.000Z"
    made = Result(check, check.partition("/")[0], outcome, started=started, **fields)
    return to_line("result", to_content(made))


def note(text: str) -> bytes:
    return to_line("note", {"text": text})


def write(folder: Path, **segments: list[bytes]) -> list[Path]:
    paths = []
    for name, lines in segments.items():
        path = folder / f"{name}.jsonl"
        path.write_bytes(b"".join(lines))
        paths.append(path)
    return paths


def joined(folder: Path, paths: list[Path], **more):
    return join(paths, HEADER, REQUIREMENTS, CHECKS, folder / "run.jsonl", **more)


def test_exchanges_are_numbered_by_start_across_processes(tmp_path):
    paths = write(
        tmp_path,
        gw0=[exchange("gw0-1", 3), exchange("gw0-2", 9)],
        gw1=[exchange("gw1-1", 1.5), exchange("gw1-2", 6)],
    )
    run = joined(tmp_path, paths)
    starts = [one.started[-7:] for one in run.exchanges.values()]
    assert list(run.exchanges) == ["x1", "x2", "x3", "x4"]
    assert starts == ["01.500Z", "03.000Z", "06.000Z", "09.000Z"]


def test_simultaneous_exchanges_follow_process_and_number_not_text(tmp_path):
    lines = [exchange(f"gw0-{n}", 1, url=f"https://p.example/{n}") for n in (10, 9, 2)]
    run = joined(tmp_path, write(tmp_path, gw0=lines))
    assert [one.url[-2:].strip("/") for one in run.exchanges.values()] == ["2", "9", "10"]


def test_times_are_compared_as_times_not_as_text(tmp_path):
    late = exchange("gw0-1", 0, started="2026-11-21T14:00:02+00:00")
    early = exchange("gw0-2", 0, started="2026-11-21T09:00:01.000-05:00")
    run = joined(tmp_path, write(tmp_path, gw0=[late, early]))
    assert run.exchanges["x1"].started.startswith("2026-11-21T09")


def test_references_are_rewritten_everywhere(tmp_path):
    paths = write(
        tmp_path,
        gw0=[
            exchange("gw0-1", 5),
            exchange("gw0-2", 6),
            evidence(
                "gw0-3",
                caption="as in {x:gw0-2}",
                exchanges=("gw0-2",),
                rows=({"seen": "{x:gw0-1} and {x:gw0-2}"},),
                text="{x:gw0-1}",
            ),
            result(
                "a.one/c",
                expected="unlike {x:gw0-1}",
                observed="{x:gw0-2} says so",
                message="see {x:gw0-1}",
                evidence=("gw0-2", "gw0-3"),
                exchanges=("gw0-1", "gw0-2"),
            ),
            note("login in {x:gw0-1}"),
        ],
        broker=[exchange("broker-1", 1)],
    )
    run = joined(tmp_path, paths)
    found = run.results[0]
    assert (found.expected, found.observed, found.message) == ("unlike x2", "x3 says so", "see x2")
    assert found.evidence == ("x3", "e1")
    assert found.exchanges == ("x2", "x3")
    proof = run.evidence["e1"]
    assert (proof.caption, proof.text, proof.exchanges) == ("as in x3", "x2", ("x3",))
    assert proof.rows == ({"seen": "x2 and x3"},)
    assert run.notes == ("login in x2",)


def test_evidence_is_numbered_by_the_results_that_cite_it(tmp_path):
    paths = write(
        tmp_path,
        gw0=[
            evidence("gw0-1", caption="uncited"),
            evidence("gw0-2", caption="of two"),
            evidence("gw0-3", caption="of one"),
            result("b.two/c", evidence=("gw0-2",)),
            result("a.one/c", evidence=("gw0-3",)),
        ],
    )
    run = joined(tmp_path, paths)
    assert [one.caption for one in run.evidence.values()] == ["of one", "of two", "uncited"]


def test_a_result_may_cite_exchanges_of_another_process(tmp_path):
    paths = write(
        tmp_path,
        broker=[exchange("broker-7", 1)],
        gw0=[result("a.one/c", evidence=("broker-7",), exchanges=("broker-7",))],
    )
    assert joined(tmp_path, paths).results[0].evidence == ("x1",)


def test_same_segments_in_any_order_give_the_same_bytes(tmp_path):
    lines = [exchange("gw0-1", 4), result("a.one/c", exchanges=("gw0-1",)), note("n")]
    paths = write(tmp_path, gw0=lines, gw1=[exchange("gw1-1", 2), result("b.two/c")])
    joined(tmp_path, paths)
    first = (tmp_path / "run.jsonl").read_bytes()
    join(paths[::-1], HEADER, REQUIREMENTS[::-1], CHECKS[::-1], tmp_path / "run.jsonl")
    assert (tmp_path / "run.jsonl").read_bytes() == first


def test_lines_stand_in_canonical_order(tmp_path):
    paths = write(
        tmp_path,
        gw0=[
            note("n"), result("b.two/c"), result("a.one/c", params={"n": "2"}),
            result("a.one/c", params={"n": "1"}), evidence("gw0-1"), exchange("gw0-2", 1),
        ],
    )  # fmt: skip
    joined(tmp_path, paths)
    lines = [json.loads(line) for line in (tmp_path / "run.jsonl").read_bytes().splitlines()]
    assert [line["kind"] for line in lines] == [
        "header", "requirement", "requirement", "check", "check", "exchange", "evidence",
        "result", "result", "result", "note", "footer",
    ]  # fmt: skip
    assert [line.get("id") for line in lines[1:5]] == ["a.one", "b.two", "a.one/c", "b.two/c"]
    assert [line["params"] for line in lines[7:9]] == [{"n": "1"}, {"n": "2"}]


def test_the_footer_counts(tmp_path):
    paths = write(
        tmp_path,
        gw0=[
            exchange("gw0-1", 1),
            exchange("gw0-2", 2, status=429),
            exchange("gw0-3", 3, method="POST", url="https://login.example/t", status=None),
            exchange("gw0-4", 4, status=503, response_headers={"retry-after": "1"}),
            exchange("gw0-5", 5, status=503),
            result("a.one/c", Outcome.FAILED, second=40, duration_ms=2500),
        ],
    )
    footer = joined(tmp_path, paths).footer
    assert footer is not None
    assert footer["requests"] == {"GET payer.example": 4, "POST login.example": 1}
    assert footer["throttled"] == 2
    assert footer["counts"]["failed"] == 1
    assert sum(footer["counts"].values()) == 1
    assert footer["ended"] == "2026-11-21T14:00:42.500Z"


def test_the_digest_is_over_every_byte_before_the_footer(tmp_path):
    run = joined(tmp_path, write(tmp_path, gw0=[exchange("gw0-1", 1)]))
    content = (tmp_path / "run.jsonl").read_bytes()
    before = content[: content.rindex(b'{"kind":"footer"')]
    assert run.footer is not None
    assert run.footer["sha256"] == hashlib.sha256(before).hexdigest()
    assert run.complete


def test_a_torn_last_line_is_dropped_and_noted(tmp_path):
    whole = result("a.one/c", Outcome.PASSED, 10)
    torn = result("a.one/c", Outcome.FAILED, 20)[:-20]
    run = joined(tmp_path, write(tmp_path, gw0=[whole, torn]))
    assert [one.outcome for one in run.results] == [Outcome.PASSED]
    assert any("gw0.jsonl was torn" in text for text in run.notes)
    assert run.complete


def test_a_whole_last_line_without_its_line_feed_is_torn_too(tmp_path):
    run = joined(tmp_path, write(tmp_path, gw0=[result("a.one/c")[:-1]]))
    assert not run.results


@pytest.mark.parametrize(
    "damage",
    [b"not json\n", b"[]\n", b'{"kind":"surprise"}\n', b'{"kind":"result"}\n', b"\xff\xfe\n", b"\n",
     b'{"kind":"exchange","id":"gw0-9"}\n'],
)  # fmt: skip
def test_damage_in_the_middle_loses_that_line_only(tmp_path, damage):
    run = joined(tmp_path, write(tmp_path, gw0=[result("a.one/c"), damage, result("b.two/c")]))
    assert len(run.results) == 2
    assert any("damaged line of gw0.jsonl" in text for text in run.notes)


def test_of_a_result_judged_twice_the_later_counts(tmp_path):
    paths = write(
        tmp_path,
        gw0=[result("a.one/c", Outcome.PASSED, 50)],
        gw1=[result("a.one/c", Outcome.INCONCLUSIVE, 20)],
    )
    run = joined(tmp_path, paths)
    assert [one.outcome for one in run.results] == [Outcome.PASSED]
    assert any("1 earlier result was judged again" in text for text in run.notes)


def test_ids_that_recur_after_a_resume_mean_the_nearest_before(tmp_path):
    first, second = "https://p.example/first", "https://p.example/second"
    paths = write(
        tmp_path,
        gw0=[
            exchange("gw0-1", 1, url=first),
            result("a.one/c", observed="{x:gw0-1}", exchanges=("gw0-1",)),
            exchange("gw0-1", 40, url=second),
            result("b.two/c", observed="{x:gw0-1}", exchanges=("gw0-1",)),
        ],
    )
    run = joined(tmp_path, paths)
    urls = {one.check: run.exchanges[one.exchanges[0]].url for one in run.results}
    assert urls == {"a.one/c": first, "b.two/c": second}
    assert [one.observed for one in run.results] == ["x1", "x2"]


def test_a_reference_that_could_mean_two_exchanges_is_dropped_not_guessed(tmp_path):
    paths = write(
        tmp_path,
        broker=[exchange("broker-1", 1)],
        broker_2=[exchange("broker-1", 30)],
        gw0=[result("a.one/c", observed="as in {x:broker-1}", exchanges=("broker-1",))],
    )
    run = joined(tmp_path, paths)
    assert run.results[0].exchanges == ()
    assert run.results[0].observed == "as in an exchange that was not recorded"
    assert any("could not be followed" in text for text in run.notes)


def test_a_lone_surrogate_and_a_line_separator_survive(tmp_path):
    odd = "a\ud800b\u2028c\u0000"
    run = joined(tmp_path, write(tmp_path, gw0=[result("a.one/c", observed=odd)]))
    assert run.results[0].observed == odd
    assert run.complete


def test_the_file_is_private(tmp_path):
    joined(tmp_path, write(tmp_path, gw0=[]))
    assert stat.S_IMODE((tmp_path / "run.jsonl").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.glob("*.part")] == []


@pytest.mark.parametrize("lacking", [{"run": ""}, {"started": "noon"}, {"started": None}])
def test_a_header_without_run_or_start_is_refused(tmp_path, lacking):
    with pytest.raises(JoinError, match="'run' and 'started'"):
        join([], HEADER | lacking, [], [], tmp_path / "run.jsonl")
    assert not (tmp_path / "run.jsonl").exists()


def test_given_notes_come_first_and_none_twice(tmp_path):
    paths = write(tmp_path, gw0=[note("same"), note("b")], gw1=[note("a"), note("same")])
    run = joined(tmp_path, paths, notes=("z first", "same"))
    assert run.notes == ("z first", "same", "a", "b")


def test_reading_back_gives_what_was_written(tmp_path):
    paths = write(tmp_path, gw0=[exchange("gw0-1", 1), result("a.one/c", params={"n": "1"})])
    written = joined(tmp_path, paths)
    assert written == read_run(tmp_path / "run.jsonl") == read_run(tmp_path)
    assert written.requirements["a.one"] == REQUIREMENTS[1]
    assert written.checks["b.two/c"] == CHECKS[0]
