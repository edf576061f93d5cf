"""The page: self-contained, safe, complete, and the same bytes for the same run."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from report_sample import SECRET, large_run, sample_run
from selectolax.lexbor import LexborHTMLParser as HTMLParser

from payerproof.model import Outcome
from payerproof.report import FILES, build, render, write_all
from payerproof.report.html import MOST_BYTES, render_html

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def page(report) -> str:
    return render_html(report).decode()


@pytest.fixture(scope="module")
def tree(page) -> HTMLParser:
    return HTMLParser(page)


def ids(tree: HTMLParser) -> list[str]:
    return [node.attributes["id"] for node in tree.css("[id]")]


def broken_links(tree: HTMLParser) -> list[str]:
    known = set(ids(tree))
    hrefs = [node.attributes["href"] for node in tree.css("a[href]")]
    return [href for href in hrefs if href.startswith("#") and href[1:] not in known]


def test_every_link_resolves_and_every_id_is_unique(tree):
    assert broken_links(tree) == []
    assert len(ids(tree)) == len(set(ids(tree)))


def test_every_result_and_every_exchange_has_its_place(run, report, tree):
    known = set(ids(tree))
    assert {report.anchors[result.key] for result in run.results} <= known
    assert set(run.exchanges) <= known


def test_every_finding_links_its_proof(report, tree):
    cards = tree.css("article.card")
    assert len(cards) == len(report.findings)
    for card, finding in zip(cards, report.findings, strict=True):
        if finding.outcome is not Outcome.INCONCLUSIVE:
            assert card.css('a.xn[href^="#x"]') or card.css(".steps .xn")


def test_every_passed_shall_links_an_exchange(run, tree):
    for result in run.results:
        if result.outcome is Outcome.PASSED and run.requirements[result.requirement].level.binding:
            anchor = build(run).anchors[result.key]
            assert tree.css_first(f"#{anchor}").css('a.xn[href^="#x"]'), result.key


def test_nothing_is_fetched_and_the_policy_forbids_it(page, tree):
    policy = tree.css_first('meta[http-equiv="Content-Security-Policy"]').attributes["content"]
    assert policy.startswith("default-src 'none'; ")
    assert "form-action 'none'" in policy
    assert "unsafe" not in policy
    for name, kind in (("style", "style-src"), ("script", "script-src")):
        (block,) = tree.css(name)
        text = re.search(rf"<{name}>(.*?)</{name}>", page, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
        assert "src" not in block.attributes
    assert not tree.css("link, iframe, object, form, [style], [onclick]")
    assert all(n.attributes["src"].startswith("data:image/png") for n in tree.css("[src]"))
    assert "url(" not in tree.css_first("style").text()
    assert tree.css_first('meta[name="robots"]').attributes["content"] == "noindex, nofollow"


def test_the_document_is_named_and_outlined(tree):
    assert tree.css_first("html").attributes["lang"] == "en"
    assert tree.css_first("title").text() == "Example Health Plan: not met, 21 November 2026"
    assert tree.css_first("body > a").attributes["href"] == "#verdict"
    levels = [int(node.tag[1]) for node in tree.css("h1, h2, h3, h4")]
    assert levels.count(1) == 1
    # the list of contents stands between the title and the sections
    assert all(after <= before + 1 for before, after in pairwise(levels))
    for table in tree.css("table"):
        assert table.css_first("caption") is not None
        assert "scroll" in table.parent.attributes.get("class", "")


def test_sections_stand_in_reading_order(tree):
    order = [node.attributes["id"] for node in tree.css("main > section")]
    assert order == [
        "verdict", "by-regulation", "by-area", "findings", "passed", "not-tested", "log", "made",
        "words",
    ]  # fmt: skip


def test_no_forbidden_word_reaches_a_reader(page):
    tree = HTMLParser(page)
    for node in tree.css("script, style, pre, code"):
        node.decompose()
    text = tree.body.text().lower()
    for word in ("skipped", "assertion", "%"):
        assert word not in text


def test_what_the_payer_wrote_is_text_and_never_markup(tmp_path):
    run = sample_run(tmp_path)
    nasty = "</pre><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}"
    results = tuple(replace(r, observed=nasty, message=nasty) for r in run.results)
    exchanges = {
        name: replace(x, response_body=nasty, url=x.url + nasty, response_headers={"A": nasty})
        for name, x in run.exchanges.items()
    }
    evidence = {
        name: replace(e, caption=nasty, text=nasty, image='" onerror="x')
        for name, e in run.evidence.items()
    }
    hostile = replace(run, results=results, exchanges=exchanges, evidence=evidence)
    tree = HTMLParser(render(hostile, "html").decode())
    assert len(tree.css("script")) == 1
    assert not tree.css("[onerror]")
    assert "{{ 7*7 }}" in tree.body.text()


def test_a_link_of_a_citation_goes_to_https_only(run):
    name = "authorization.pkce"
    bad = replace(run.requirements[name].citations[0], url="javascript:alert(1)")
    required = {**run.requirements, name: replace(run.requirements[name], citations=(bad,))}
    assert b"javascript:" not in render(replace(run, requirements=required), "html")


@pytest.mark.parametrize("format_name", list(FILES))
def test_the_same_run_gives_the_same_bytes_whatever_the_hash_seed(folder, run, format_name):
    script = (
        "import sys, pathlib; from payerproof.runfile import read_run; "
        "from payerproof.report import render; "
        f"sys.stdout.buffer.write(render(read_run(pathlib.Path(sys.argv[1])), {format_name!r}))"
    )
    made = [
        subprocess.run(
            [sys.executable, "-c", script, str(folder)],
            env={**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": "C"},
            capture_output=True,
            check=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Tokyo"))
    ]
    assert made[0] == made[1] == render(run, format_name)


class SecretFoundError(Exception):
    pass


def refuse(output: bytes, where: str) -> None:
    if SECRET.encode() in output:
        raise SecretFoundError(where)


@pytest.mark.parametrize("format_name", list(FILES))
def test_an_output_with_a_secret_is_refused(run, format_name):
    leaky = tuple(
        replace(r, observed=f"the page said {SECRET}") if r.outcome is Outcome.FAILED else r
        for r in run.results
    )
    looked_for = {"Q-NET-01": {"cope": "Be careful.", "checks": [r.check for r in leaky]}}
    leaking = replace(run, results=leaky, header={**run.header, "quirks": looked_for})
    with pytest.raises(SecretFoundError, match=FILES[format_name]):
        render(leaking, format_name, refuse)
    assert render(run, format_name, refuse)


def test_a_refusal_leaves_nothing_behind(tmp_path):
    sample_run(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())

    def refuse_the_last(_output: bytes, where: str) -> None:
        if where == "summary.md":
            raise SecretFoundError(where)

    with pytest.raises(SecretFoundError):
        write_all(tmp_path, refuse_the_last)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_all_outputs_are_written_privately(tmp_path):
    run = sample_run(tmp_path)
    written = write_all(tmp_path)
    assert {name: path.name for name, path in written.items()} == dict(FILES)
    for name, path in written.items():
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.read_bytes() == render(run, name)


def test_an_unknown_format_is_named_with_the_known_ones(run):
    with pytest.raises(ValueError, match="'docx' is not one of html, junit, csv, summary"):
        render(run, "docx")


@pytest.mark.parametrize("limit", [MOST_BYTES, 140_000, 120_000, 100_000, 1])
def test_with_less_room_it_leaves_out_what_passed_and_every_link_still_resolves(report, limit):
    tree = HTMLParser(render_html(report, most_bytes=limit).decode())
    assert broken_links(tree) == []
    assert len(ids(tree)) == len(set(ids(tree)))
    assert len(tree.css("article.card")) == len(report.findings)


def test_a_file_that_had_to_leave_something_out_says_so(report):
    assert "run.jsonl has all of it" in render_html(report, most_bytes=1).decode()
    assert "To keep this file below" not in render_html(report).decode()


@pytest.mark.slow
def test_a_thousand_checks_stay_below_ten_mebibytes(tmp_path):
    run = large_run(tmp_path, 1000)
    assert sum(len(x.response_body) for x in run.exchanges.values()) > 2 * MOST_BYTES
    page = render(run, "html")
    assert len(page) <= MOST_BYTES
    tree = HTMLParser(page.decode())
    assert broken_links(tree) == []
    assert len(tree.css("ol.log > li")) == 3000
    assert "are left out" in tree.css_first("#verdict").text()
