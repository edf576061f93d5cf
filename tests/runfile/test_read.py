"""A truncated or altered file is read as far as it goes, and says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from payerproof.model import Outcome, Result
from payerproof.runfile import RunFileError, join, read_run
from payerproof.runfile.lines import to_content, to_line

HEADER = {"run": "r1", "started": "2026-11-21T14:00:00.000Z"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    lines = [
        to_line("result", to_content(Result(f"a.one/{n}", "a.one", Outcome.PASSED)))
        for n in range(5)
    ]
    segment = tmp_path / "gw0.jsonl"
    segment.write_bytes(b"".join(lines))
    join([segment], HEADER, [], [], tmp_path / "run.jsonl", notes=["a note"])
    return tmp_path / "run.jsonl"


def test_a_whole_file_is_complete(file):
    run = read_run(file)
    assert run.complete
    assert run.problems == ()


@pytest.mark.parametrize("cut", range(1, 400, 7))
def test_cut_anywhere_it_is_never_complete(file, cut):
    content = file.read_bytes()
    file.write_bytes(content[:-cut])
    run = read_run(file)
    assert not run.complete
    assert run.problems


def test_without_a_footer_it_says_so_and_keeps_what_is_there(file):
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:-1]))
    run = read_run(file)
    assert run.footer is None
    assert len(run.results) == 5
    assert "the footer is missing" in run.problems[0]


def test_one_changed_word_is_an_alteration(file):
    content = file.read_bytes().replace(b'"passed"', b'"failed"', 1)
    file.write_bytes(content)
    run = read_run(file)
    assert not run.complete
    assert run.problems == ("the SHA-256 in the footer does not match: the file was altered",)


def test_changed_counts_in_the_footer_are_an_alteration(file):
    file.write_bytes(file.read_bytes().replace(b'"passed":5', b'"passed":6'))
    run = read_run(file)
    assert not run.complete
    assert "counts in the footer" in run.problems[0]


def test_a_line_taken_out_is_an_alteration(file):
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join(lines[:2] + lines[3:]))
    assert not read_run(file).complete


def test_a_line_after_the_footer_is_an_alteration(file):
    file.write_bytes(file.read_bytes() + to_line("note", {"text": "all is well"}))
    run = read_run(file)
    assert not run.complete
    assert "follows the footer" in run.problems[0]
    assert run.notes == ("a note",)


def test_a_line_that_cannot_be_read_is_named(file):
    lines = file.read_bytes().splitlines(keepends=True)
    file.write_bytes(b"".join([*lines[:2], b'{"kind":"result"}\n', *lines[2:]]))
    assert "line 3 could not be read" in read_run(file).problems


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b"{}\n", b'{"kind":"note","text":"x"}\n', b"\x00\xff\n", b"[1]\n"]
)
def test_what_is_no_run_file_is_refused_with_what_would_be_right(tmp_path, content):
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    with pytest.raises(RunFileError, match=r"run\.jsonl:1: expected the header"):
        read_run(path)


def test_a_later_format_is_refused(tmp_path):
    path = tmp_path / "run.jsonl"
    path.write_bytes(to_line("header", {"schema": 2, **HEADER}))
    with pytest.raises(RunFileError, match="reads up to 1"):
        read_run(path)


def test_a_folder_without_a_run_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_run(tmp_path)
