"""Bad input of every kind through the command line: a finding at its place, the rest goes on."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from payerproof.guides import lines
from payerproof.guides.command import validate

GOOD: dict[str, Any] = {"resourceType": "Patient", "active": True}
ROW = json.dumps(GOOD).encode()
DEEP = b'[{"url":"http://example.org/x","extension":' * 200
LONG = (
    b'{"resourceType":"Observation","status":"final","code":{"text":"x"},'
    b'"valueQuantity":{"value":%s}}'
)


def told(path: Path, *more: str) -> tuple[int, list[tuple[str, int, int]], str]:
    """Exit code, (rule, line, column) of each finding, and the text for people."""
    answer = CliRunner().invoke(validate, [str(path), "--format", "json", *more])
    text = CliRunner().invoke(validate, [str(path), *more])
    assert text.exit_code == answer.exit_code
    body = json.loads(answer.stdout)
    if isinstance(body, list):
        rows = [(f["rule"], f["line"], f["column"]) for f in body[0]["findings"]]
        return answer.exit_code, rows, text.stdout
    rows = [
        (cause["rule"], place["line"], place["column"])
        for cause in body["findings"]
        for place in cause["examples"]
    ]
    return answer.exit_code, rows, text.stdout


@pytest.mark.parametrize(
    ("text", "expected", "code"),
    [
        (b"this is no JSON", ("json", 1, 1), 1),
        (json.dumps(GOOD).encode("utf-16"), ("json", 1, 1), 1),
        ('{"resourceType":"Patient","id":"é"}'.encode("latin-1"), ("json", 1, 33), 1),
        (b'{"resourceType":"EligibilityRequest"}', ("resource-type", 1, 1), 1),
        (b'{"resourceType":"Patient","animal":{}}', ("unknown-property", 1, 36), 1),
        (b'{"resourceType":"Pet"}', ("resource-type", 1, 1), 1),
        (
            b'{"resourceType":"Patient","meta":{"profile":["http://example.org/p|1"]}}',
            ("profile-unknown", 1, 46),
            0,
        ),
        (
            b'{"resourceType":"Patient","extension":' + DEEP + b"[]" + b"}]" * 200 + b"}",
            ("depth", 1, 3764),
            1,
        ),
        (b"[" * 100_000, ("json", 1, 1026), 1),
        (b'{"resourceType":"Patient",\n"active":true,"active":true}', ("duplicate-key", 2, 15), 1),
        (LONG % b"1e400", ("json", 1, 93), 1),
        (LONG % b"0.12345678901234567890123", ("decimal-digits", 1, 93), 0),
        (b"", ("json", 1, 1), 1),
    ],
)
def test_a_file(tmp_path: Path, text: bytes, expected: tuple[str, int, int], code: int) -> None:
    path = tmp_path / "a.json"
    path.write_bytes(text)
    exit_code, found, shown = told(path)
    if expected[0] == "depth":
        assert "depth" in {rule for rule, _, _ in found}
    else:
        assert expected in found
    assert exit_code == code
    assert expected[0] in shown


@pytest.mark.parametrize("packed", [False, True])
def test_a_bad_line_is_named_and_the_others_are_judged(
    tmp_path: Path, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "MAX_LINE", 100_000)
    rows = [ROW, b"{", ROW, b"x" * 2_000_000, b"", b'{"resourceType":"Patient","gender":"x"}', ROW]
    path = tmp_path / ("a.ndjson.gz" if packed else "a.ndjson")
    text = b"\n".join(rows)
    path.write_bytes(gzip.compress(text) if packed else text)
    code, found, shown = told(path, "--jobs", "1")
    places = {(rule, line) for rule, line, _ in found}
    assert places >= {("json", 2), ("line-too-long", 4), ("binding-required", 6)}
    assert code == 1
    assert shown.startswith("5 resources, 2 with errors, 2 lines that could not be judged")


def test_a_gzip_that_breaks_off_is_judged_up_to_there(tmp_path: Path) -> None:
    rows = [json.dumps({**GOOD, "id": f"p{at * 7919}"}).encode() for at in range(400)]
    whole = gzip.compress(b"\n".join(rows))
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(whole[: len(whole) // 2])
    code, found, shown = told(path, "--jobs", "1")
    (line,) = {line for rule, line, _ in found if rule == "gzip-truncated"}
    assert code == 1
    assert 50 < line < 400
    assert shown.startswith(f"{line - 1} resources, 0 with errors, 1 line that")


def test_several_gzip_members_are_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(ROW + b"\n") + gzip.compress(ROW) + b"\0" * 512)
    code, _, shown = told(path, "--jobs", "1")
    assert code == 0
    assert shown.startswith("2 resources, 0 with errors, 0 lines")


def test_a_gzip_bomb_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "BOMB_BYTES", 1024 * 1024)
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(ROW + b"\n" * 16 * 1024 * 1024))
    code, found, shown = told(path, "--jobs", "1")
    assert code == 1
    assert "gzip-bomb" in {rule for rule, _, _ in found}
    assert shown.startswith("1 resource, 0 with errors")


def test_nothing_to_judge_is_not_valid_by_silence(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(b"\n\n")
    code, _, shown = told(path, "--jobs", "1")
    assert code == 1
    assert "nothing was judged" in shown
