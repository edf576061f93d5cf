"""Exports: bad lines are findings, never fatal; the answer does not depend on who does the work."""

from __future__ import annotations

import copy
import gzip
import os
import signal
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from payerproof.guides import bulk, lines
from payerproof.guides.command import guides, validate
from payerproof.guides.lines import Bad, Line, Task, read, tasks

from .people import CLAIM, MEMBER

SETTINGS = bulk.Settings()


def claims(count: int) -> list[bytes]:
    out = []
    for at in range(count):
        value = copy.deepcopy(CLAIM)
        value["id"] = f"c{at}"
        if at % 10 == 3:
            value["status"] = "done"
        out.append(orjson.dumps(value))
    return out


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(lines, "RANGE", 20_000)
    path = tmp_path / "ExplanationOfBenefit.ndjson"
    rows = claims(60)
    rows[20] = b"not json"
    rows[40] = b""
    path.write_bytes(b"\n".join(rows) + b"\n")
    return path


def told(summary: Any) -> dict[str, Any]:
    found: dict[str, Any] = summary.as_json()
    return found


def test_every_line_is_judged_once_and_named(export: Path) -> None:
    summary = bulk.judge_files([export], SETTINGS, 1)
    assert (summary.resources, summary.with_errors, summary.bad_lines) == (59, 7, 1)
    causes = {row["rule"]: row for row in told(summary)["findings"]}
    assert causes["json"]["examples"][0]["line"] == 21
    assert causes["binding-required"]["count"] == 6
    assert [e["line"] for e in causes["binding-required"]["examples"]] == [4, 14, 24]
    assert causes["dom-6"]["count"] == 58


def test_processes_change_nothing(export: Path) -> None:
    packed = export.with_name("more.ndjson.gz")
    packed.write_bytes(gzip.compress(export.read_bytes()))
    one = bulk.judge_files([export, packed], SETTINGS, 1)
    two = bulk.judge_files([export, packed], SETTINGS, 2)
    assert told(one) == told(two)
    assert one.resources == 118


def test_a_worker_that_dies_loses_and_doubles_nothing(
    export: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = bulk.judge_files([export], SETTINGS, 1)
    marker = tmp_path / "died"
    monkeypatch.setattr(bulk, "judge_task", _Deadly(str(marker)))
    again = bulk.judge_files([export], SETTINGS, 2)
    assert marker.exists()
    assert told(again) == told(whole)


class _Deadly:
    """Judges, but kills its process the first time it is given the second task."""

    def __init__(self, marker: str) -> None:
        self.marker = marker

    def __call__(self, task: Task, settings: bulk.Settings) -> bulk.Summary:
        if task.index == 1 and not Path(self.marker).exists():
            Path(self.marker).touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return _judge_task(task, settings)


_judge_task = bulk.judge_task


def test_ranges_hold_every_line_exactly_once(export: Path) -> None:
    found = [item.text for task in tasks([export]) for item in read(task) if isinstance(item, Line)]
    assert found == export.read_bytes().split(b"\n")[:-1]


def test_a_line_that_is_too_long_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 5_000)
    rows = [*claims(1), b'{"a": "' + b"x" * 3_000_000 + b'"}', *claims(1)]
    plain, packed = tmp_path / "a.ndjson", tmp_path / "b.ndjson.gz"
    plain.write_bytes(b"\n".join(rows))
    packed.write_bytes(gzip.compress(b"\n".join(rows)))
    for path in (plain, packed):
        items = [item for task in tasks([path]) for item in read(task)]
        assert [type(i) for i in items] == [Line, Bad, Line]
        assert (items[1].number, items[2].number) == (2, 3)


def test_a_truncated_and_a_damaged_gzip_are_findings_and_the_rest_goes_on(tmp_path: Path) -> None:
    whole = gzip.compress(b"\n".join(claims(40)))
    (tmp_path / "a.ndjson.gz").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "b.ndjson.gz").write_bytes(b"no gzip at all")
    (tmp_path / "c.ndjson").write_bytes(b"\n".join(claims(2)))
    paths = sorted(tmp_path.iterdir())
    summary = bulk.judge_files(paths, SETTINGS, 1)
    rules = {row["rule"] for row in told(summary)["findings"]}
    assert rules >= {"gzip-truncated", "gzip-damaged"}
    assert summary.resources >= 2


def test_a_gzip_bomb_is_not_unpacked_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "BOMB_BYTES", 1024 * 1024)
    path = tmp_path / "bomb.ndjson.gz"
    path.write_bytes(gzip.compress(b"\n" * 16 * 1024 * 1024))
    items = list(read(Task(0, str(path))))
    assert [i.rule for i in items if isinstance(i, Bad)] == ["gzip-bomb"]


def test_must_support_is_told_for_the_population(export: Path) -> None:
    support = told(bulk.judge_files([export], SETTINGS, 1))["mustSupport"]
    (profile,) = support
    assert "C4BB-ExplanationOfBenefit-Pharmacy|2.1.0" in profile
    missing = support[profile]["neverPopulated"]
    assert "ExplanationOfBenefit.payee.type" in missing
    assert "ExplanationOfBenefit.total:adjudicationamounttype" not in missing
    assert "ExplanationOfBenefit.supportingInfo:dayssupply" not in missing
    assert "ExplanationOfBenefit.supportingInfo:compoundcode" in missing


def test_the_command_writes_every_format(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(orjson.dumps(MEMBER))
    bad.write_bytes(orjson.dumps({**MEMBER, "gender": "none"}))
    for form in ("text", "json", "csv", "operation-outcome"):
        answer = CliRunner().invoke(validate, [str(good), str(bad), "--format", form])
        assert answer.exit_code == 1, answer.output
        assert "administrative-gender" in answer.output
    assert CliRunner().invoke(validate, [str(good)]).exit_code == 0
    outcome = CliRunner().invoke(validate, [str(bad), "--format", "operation-outcome"])
    from payerproof.guides.validator import Validator

    assert Validator().judge(orjson.loads(outcome.output)).errors == []


def test_the_command_sums_up_an_export(export: Path) -> None:
    for form in ("text", "json", "csv", "operation-outcome"):
        answer = CliRunner().invoke(validate, [str(export), "--format", form, "--jobs", "1"])
        assert answer.exit_code == 1
        assert "binding-required" in answer.output


def test_wrong_usage_says_what_would_be_right(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(b"{}")
    answer = CliRunner().invoke(validate, [str(file), "--guide", "carin-bb"])
    assert answer.exit_code == 2
    assert "carin-bb@2.1.0" in answer.output
    answer = CliRunner().invoke(validate, [str(file), "--guide", "carin-bb@9"])
    assert answer.exit_code == 2
    assert "2.1.0" in answer.output


def test_guides_are_listed_with_their_defects() -> None:
    listed = CliRunner().invoke(guides, ["list"])
    assert "hl7.fhir.us.carin-bb#2.1.0" in listed.output
    assert "FHIR-56423" in CliRunner().invoke(guides, ["errata"]).output
