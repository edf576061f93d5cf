"""Commands on runs that have ended: report, purge, restore, and the judgement they share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_run_sample import write_run

from payerproof.cli.judgement import judge
from payerproof.model import Outcome

Say = Callable[..., Any]


def test_findings_are_in_order_of_weight_and_grouped(ended_run: Path) -> None:
    made = judge(ended_run)
    assert made.verdict == "not met"
    assert [(one.outcome, one.requirement, len(one.checks)) for one in made.findings] == [
        ("failed", "isolation.members", 2),
        ("failed", "isolation.apps", 1),
        ("inconclusive", "revocation.dies", 1),
    ]
    assert made.findings[0].sentence == "isolation.members is not met."
    assert made.findings[2].sentence == "eli sees no claims of their own"
    assert made.areas["isolation"] == {"failed": 3}


def test_a_part_is_never_met(tmp_path: Path) -> None:
    write_run(
        tmp_path / "part",
        [("isolation.members/read", Outcome.PASSED, "")],
        selection={"areas": ["isolation"]},
    )
    assert judge(tmp_path / "part").verdict == "nothing failed in what was selected"


@pytest.mark.parametrize(
    ("form", "file", "part"),
    [
        ("html", "report.html", "<html"),
        ("junit", "junit.xml", "<testsuite"),
        ("csv", "results.csv", "isolation.members/read"),
        ("summary", "summary.md", "isolation.members"),
        ("quirks", "quirks.json", "payerproof-quirks/1"),
    ],
)
def test_reports_in_every_format(
    say: Say, ended_run: Path, form: str, file: str, part: str
) -> None:
    said = say("report", ended_run.name, "--format", form)
    assert (said.code, said.out) == (0, "")
    assert part in (ended_run / file).read_text(encoding="utf-8")
    assert part in say("report", str(ended_run), "--format", form, "--out", "-").out
    say("report", str(ended_run / "run.jsonl"), "--format", form, "--out", "deep/er/x")
    assert Path("deep/er/x").read_bytes() == (ended_run / file).read_bytes()


def test_all_reports_go_to_a_folder(say: Say, ended_run: Path) -> None:
    assert say("report", ended_run.name, "--format", "all", "--out", "out").code == 0
    assert {one.name for one in Path("out").iterdir()} == {
        "report.html", "junit.xml", "results.csv", "summary.md", "quirks.json",
    }  # fmt: skip


def test_a_file_that_is_no_run(say: Say, tmp_path: Path) -> None:
    folder = tmp_path / "reports" / "x"
    folder.mkdir(parents=True)
    (folder / "run.jsonl").write_text("hello\n")
    said = say("report", "x")
    assert said.code == 2
    assert "run.jsonl:1: expected the header of a run file" in said.err
    assert "Traceback" not in said.err


def test_a_report_that_cannot_be_written(say: Say, ended_run: Path) -> None:
    Path("file").write_text("")
    said = say("report", ended_run.name, "--out", "file/report.html")
    assert said.code == 2
    assert "can't write file/report.html" in said.err


def test_purge_asks_and_deletes_only_runs(say: Say, ended_run: Path) -> None:
    other = ended_run.parent / "holiday-pictures"
    other.mkdir()
    said = say("purge")
    assert said.code == 2
    assert "give --yes where nobody can be asked" in said.err
    assert ended_run.is_dir()
    assert say("purge", "--yes").code == 0
    assert not ended_run.exists()
    assert other.is_dir()
    assert "not made by a run" in say("purge", "holiday-pictures", "--yes").err
    assert other.is_dir()
    assert "There are no runs" in say("purge", "--yes").err


def test_purge_deletes_the_key_of_a_run_that_was_never_finished(say: Say, ended_run: Path) -> None:
    from payerproof.plugin.locate import make_key

    key = make_key(ended_run)
    assert say("purge", ended_run.name, "--yes").code == 0
    assert not key.exists()


def test_findings_of_one_cause_are_told_once(tmp_path: Path) -> None:
    from payerproof.cli.closing import _finding_lines

    names = ["isolation.members/a", "isolation.apps/a", "revocation.dies/a", "revocation.dies/b"]
    outcomes = [(name, Outcome.INCONCLUSIVE, "The payer [x] is silent.") for name in names]
    write_run(tmp_path / "run", [*outcomes, ("isolation.members/b", Outcome.FAILED, "")])
    lines = list(_finding_lines(judge(tmp_path / "run")))
    assert len(lines) == 5
    assert "failed" in lines[1]
    assert "isolation.members" in lines[3]
    assert "4 checks" in lines[3]
    assert lines[4] == "    The payer \\[x] is silent."


def test_purge_keeps_a_run_with_something_to_put_back(say: Say, ended_run: Path) -> None:
    from payerproof.plugin.journal import Journal

    Journal(ended_run, "gw0").open("grant", "ada", "app")
    said = say("purge", ended_run.name, "--yes")
    assert said.code == 2
    assert "something is left to put back" in said.err
    assert ended_run.is_dir()


def test_restore_with_nothing_left(say: Say, ended_run: Path) -> None:
    said = say("restore", ended_run.name)
    assert (said.code, said.err) == (0, "Nothing is left to put back.\n")


def test_restore_says_what_is_left_where_no_page_undoes_it(say: Say, ended_run: Path) -> None:
    from payerproof.plugin.journal import Journal

    Journal(ended_run, "gw0").open("grant", "ada", "app")
    said = say("restore", ended_run.name)
    assert said.code == 2
    assert "pages.app_management is missing" in said.err
    assert "grant of ada to app" in said.err
