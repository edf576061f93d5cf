"""The report in a real browser: accessible, quiet, and whole without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from report_sample import large_run, sample_run

from payerproof.browser.engine import find_browser
from payerproof.report import render

pytestmark = pytest.mark.browser

OPEN_ALL = "document.querySelectorAll('details').forEach(one => { one.open = true })"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    path = folder / "report.html"
    path.write_bytes(render(sample_run(folder), "html"))
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        found = find_browser(install=False)
        started = playwright.chromium.launch(
            executable_path=found.executable, channel=found.channel, args=["--no-sandbox"]
        )
        yield started
        started.close()


def opened(browser: Browser, file: Path, **context) -> tuple[Page, list[str]]:
    """The page, and everything that the console said or that was requested beside it."""
    page = browser.new_context(**context).new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(file.as_uri())
    page.on("request", lambda request: heard.append(request.url))
    fetched = [one for one in heard if one != file.as_uri() and not one.startswith("data:")]
    return page, fetched


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_with_everything_open(browser, file, scheme, width):
    page, _ = opened(
        browser,
        file,
        color_scheme=scheme,
        bypass_csp=True,
        viewport={"width": width, "height": 900},
    )
    page.evaluate(OPEN_ALL)
    found = Axe().run(page).response
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    shapes = {
        node["html"]
        for one in found["incomplete"]
        if one["id"] == "color-contrast"
        for node in one["nodes"]
        if node["any"][0]["message"] != "Element content contains only non-text characters"
    }
    assert shapes == set()
    page.context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_it_opens_without_a_network_and_without_javascript(browser, file, scripts):
    page, fetched = opened(browser, file, java_script_enabled=scripts, offline=True)
    assert fetched == []
    assert page.get_by_role("heading", name="Example Health Plan").is_visible()
    assert page.locator(".verdict .word").is_visible()
    assert page.locator("article.card").count() == 6
    assert page.get_by_role("search").is_visible() is scripts
    page.locator("article.card .steps summary").first.click()
    assert page.locator("article.card .wire").first.is_visible()
    page.context.close()


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_overflows_sideways(browser, file, width):
    page, _ = opened(browser, file, viewport={"width": width, "height": 844})
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    widest = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.cover, .body')].map(one => one.clientWidth))"
    )
    assert widest <= 72 * 16
    page.context.close()


def test_the_filter_narrows_and_tells_how_many(browser, file):
    page, _ = opened(browser, file)
    everything = page.locator(".item:not([hidden])").count()
    page.locator("#filter-outcome").select_option("failed")
    cards = page.locator("article.card:not([hidden])")
    assert cards.count() == 2
    assert page.get_by_role("status").inner_text().endswith(f"of {everything} entries shown")
    page.get_by_label("Find a requirement").fill("must-support")
    expect(cards).to_have_count(1)
    page.get_by_label("Find a requirement").fill("")
    page.locator("#filter-outcome").select_option("")
    expect(page.locator(".item[hidden]")).to_have_count(0)
    expect(page.get_by_role("status")).to_be_empty()
    page.context.close()


def test_a_link_to_an_exchange_opens_it(browser, file):
    page, _ = opened(browser, file)
    page.locator("article.card a.xn").first.click()
    expect(page.locator("#x3 .wire")).to_be_visible()
    page.context.close()


def test_the_keyboard_reaches_the_verdict_first(browser, file):
    page, _ = opened(browser, file)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the verdict"
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#verdict$"))
    page.context.close()


def test_on_paper_it_is_short_and_has_what_an_auditor_files(browser, file):
    page, _ = opened(browser, file, color_scheme="dark")
    page.evaluate(OPEN_ALL)
    page.emulate_media(media="print")
    for name in ("#verdict", "#by-regulation", "#findings", "#not-tested", "#words", ".signature"):
        assert page.locator(name).is_visible(), name
    for name in ("#by-area", "#passed", "#log", "#made", "nav", ".filter", ".wire", ".repro"):
        assert not page.locator(name).first.is_visible(), name
    assert page.locator("#not-tested .ids .rid").first.is_visible()
    assert not page.locator("#by-regulation .untried").first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    document = page.pdf(format="Letter", tagged=True, outline=True)
    assert 4 <= document.count(b"/Type /Page\n") <= 15
    page.context.close()


@pytest.mark.slow
def test_a_large_run_filters_and_opens(browser, tmp_path):
    path = tmp_path / "report.html"
    path.write_bytes(render(large_run(tmp_path, 1000), "html"))
    page, fetched = opened(browser, path)
    assert fetched == []
    page.locator("#filter-outcome").select_option("passed")
    expect(page.locator("#filter-count")).to_contain_text("entries shown")
    page.context.close()
